from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class SaleSubscription(models.Model):
    """What the form of a contract tells about its life: versions, what is scheduled, drafts."""

    _inherit = "sale.subscription"

    has_versions = fields.Boolean(
        compute="_compute_versions", help="Lines were changed, ended or begin later."
    )
    current_line_ids = fields.One2many(
        "sale.subscription.line",
        compute="_compute_versions",
        readonly=False,
        string="Lines Now and to Come",
    )
    ended_line_ids = fields.One2many(
        "sale.subscription.line", compute="_compute_versions", string="Versions That Ended"
    )
    scheduled_pause_date = fields.Date(
        string="Pauses On",
        compute="_compute_scheduled_pause",
        help="First day without service of the next pause.",
    )
    scheduled_pause_until = fields.Date(
        string="Goes On", compute="_compute_scheduled_pause", help="Empty: resumed by hand."
    )

    # === COMPUTE METHODS === #
    @api.depends("line_ids.date_start", "line_ids.date_end", "line_ids.predecessor_id")
    def _compute_versions(self):
        for contract in self:
            today = contract._get_today()
            begin = max(today, contract.date_start or today)
            lines = contract.line_ids
            # Replaced before they began: nobody ever had them.
            lived = lines.filtered(lambda li: not li.date_end or li.date_end >= li.date_start)
            lived = lived._sort_by_agreement()
            ended = lived.filtered(lambda li, today=today: li.date_end and li.date_end < today)
            contract.ended_line_ids = ended
            contract.current_line_ids = lived - ended
            contract.has_versions = any(
                line.predecessor_id
                or line.date_end
                or (line.date_start and line.date_start > begin)
                for line in lines
            )

    @api.depends("pause_ids.date_from", "pause_ids.date_until")
    def _compute_scheduled_pause(self):
        for contract in self:
            pause = contract._get_scheduled_pauses()[:1]
            contract.scheduled_pause_date = pause.date_from
            contract.scheduled_pause_until = pause.date_until

    # === ACTION METHODS === #
    def action_open_change_wizard(self):
        """Open the dialog that changes what the contract delivers.

        :rtype: dict
        """
        self._check_one()
        self._check_operation("change")
        return self._get_dialog_action(
            self.env._("Change"), "sale.subscription.change.wizard", dialog_size="extra-large"
        )

    def action_open_pause_wizard(self):
        """Open the dialog that asks from when and until when.

        :rtype: dict
        """
        self._check_one()
        self._check_operation("pause")
        return self._get_dialog_action(self.env._("Pause"), "sale.subscription.pause.wizard")

    def action_withdraw_pause(self):
        """Take back the pauses that haven't begun.

        :return: True
        :raise UserError: if there is none.
        """
        self.check_access("write")
        for contract in self:
            pauses = contract._get_scheduled_pauses()
            if not pauses:
                raise UserError(self.env._("%s has no pause ahead of it.", contract.name))
            commands = [Command.delete(pause.id) for pause in pauses]
            contract.sudo().pause_ids = commands  # sudo: see `action_pause`
            contract.message_post(body=self.env._("The scheduled pause was withdrawn."))
        self._apply_due_transitions()
        self._update_next_invoice_date()
        return True

    # === BUSINESS METHODS === #
    def _drop_draft_invoices(self):
        """Delete what drafts never confirmed bill of these contracts; their charges wait again.

        Drafts that bill something else as well keep that.

        :return: None
        """
        self.check_access("write")
        # sudo: a salesperson bills contracts without accounting rights, see `_create_invoices`.
        moves = self._get_draft_invoices().sudo()
        for move in moves:
            lines = move.invoice_line_ids.filtered(lambda line: line.subscription_id in self)
            if lines == move.invoice_line_ids.filtered(lambda li: li.display_type == "product"):
                move.unlink()
            else:
                move.invoice_line_ids = [Command.delete(line.id) for line in lines]

    # === GETTERS === #
    def _get_scheduled_pauses(self):
        """Return the pauses that haven't begun, the next one first.

        :rtype: sale.subscription.pause
        """
        self.ensure_one()
        today = self._get_today()
        return self.pause_ids.filtered(lambda p: p.date_from > today).sorted("date_from")

    def _get_paid_until(self):
        """Return the first day that isn't invoiced yet; None when nothing is.

        :rtype: date | None
        """
        coverage = self.line_ids._get_coverage()
        return max((stretches[-1][1] for stretches in coverage.values() if stretches), default=None)

    def _get_draft_invoices(self):
        """Return the drafts of these contracts that were never confirmed.

        :rtype: account.move
        """
        lines = self.env["account.move.line"].search(
            [("subscription_id", "in", self.ids), ("parent_state", "=", "draft")]
        )
        return lines.move_id.filtered(lambda move: not move.posted_before)

    def _get_dialog_action(self, name, model, **context):
        """Return the action that opens a dialog about this contract.

        :param str name: title of the dialog.
        :param str model: its model.
        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_id": self.id, **context},
        }

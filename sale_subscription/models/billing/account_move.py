from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    subscription_ids = fields.Many2many(
        "sale.subscription", compute="_compute_subscription_ids", string="Subscriptions"
    )
    subscription_count = fields.Integer(compute="_compute_subscription_ids")

    # === COMPUTE METHODS === #
    @api.depends("invoice_line_ids.subscription_id")
    def _compute_subscription_ids(self):
        for move in self:
            move.subscription_ids = move.invoice_line_ids.subscription_id
            move.subscription_count = len(move.subscription_ids)

    # === ACTION METHODS === #
    def action_view_subscriptions(self):
        """Open the contracts this invoice bills.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_action"
        )
        contracts = self.subscription_ids
        if len(contracts) == 1:
            action.update(view_mode="form", views=[(False, "form")], res_id=contracts.id)
        else:
            action["domain"] = [("id", "in", contracts.ids)]
        return action

    def button_cancel(self):
        """Override of `account` to give the charges of cancelled invoices back."""
        result = super().button_cancel()
        # sudo: the ledger follows the invoice, whoever may cancel it.
        self.line_ids.sudo().subscription_charge_ids._free()
        return result

    def button_draft(self):
        """Override of `account`: a cancelled invoice gets its charges back, if they still wait."""
        cancelled = self.filtered(lambda move: move.state == "cancel")
        result = super().button_draft()
        # sudo: the ledger follows the invoice, whoever may reset it.
        for line in cancelled.line_ids.sudo().filtered("subscription_freed_charge_ids"):
            charges = line.subscription_freed_charge_ids
            again = charges.invoice_line_id.move_id[:1]
            if again:
                raise UserError(
                    self.env._(
                        "The period of this invoice was invoiced again on %(invoice)s meanwhile.",
                        invoice=again.display_name,
                    )
                )
            charges.invoice_line_id = line
            line.subscription_freed_charge_ids = False
            charges.subscription_id._update_next_invoice_date()
        return result

    # === BUSINESS METHODS === #
    @api.model
    def _bill_charges(self, groups):
        """Create the draft invoices for groups of charges and link the ledger to their lines.

        :param list groups: tuples `(key, charges)`, see
            `sale.subscription._get_invoice_grouping_key`; all of one company.
        :return: the drafts, in the order of the groups.
        :rtype: account.move
        """
        values, ordered = [], []
        for key, charges in groups:
            charges._fit_prices()
            sign = -1 if charges._is_given_back() else 1
            values.append(self._prepare_subscription_invoice(key[1], charges, sign))
            ordered += charges
        moves = self._create_subscription_invoices(values)
        lines = [line for move in moves for line in self._get_charged_lines(move)]
        for line, charge in zip(lines, ordered, strict=True):
            charge.invoice_line_id = line
        return moves

    @api.model
    def _get_charged_lines(self, move):
        """Return an invoice's lines in the order they were created: one per charge."""
        return move.line_ids.filtered(lambda line: line.display_type == "product").sorted("id")

    @api.model
    def _prepare_subscription_invoice(self, invoice_date, charges, sign):
        """Return an invoice with a line per charge, in the customer's language.

        :param date invoice_date: date of the invoice.
        :param charges: the `sale.subscription.charge` it bills.
        :param int sign: -1 makes it a credit note.
        :return: values of an `account.move`.
        :rtype: dict
        """
        contracts = charges.subscription_id
        lang = contracts[0].partner_invoice_id.lang or contracts[0].partner_id.lang
        if lang:
            charges = charges.with_context(lang=lang)
        values = contracts._prepare_invoice(
            invoice_date, "out_invoice" if sign > 0 else "out_refund"
        )
        values["invoice_line_ids"] = [
            fields.Command.create(charge._prepare_invoice_line(sign)) for charge in charges
        ]
        corrected = charges._get_corrected_invoices() if sign < 0 else ()
        if len(corrected) == 1:
            # As core's reversal does: posting reconciles them as far as the invoice is open.
            values["reversed_entry_id"] = corrected.id
        return values

    def _get_subscription_template(self):
        """Return the subscription template that rules this invoice: that of its first contract.

        :rtype: sale.subscription.template
        """
        self.ensure_one()
        # sudo: who posts or pays an invoice needs no right on contracts.
        return self.line_ids.subscription_id[:1].sudo().template_id

    def _get_subscription_invoicing_mode(self):
        """Return the invoicing mode of the contracts on this invoice.

        :rtype: str
        """
        return self._get_subscription_template().invoicing_mode

    def _queue_subscription_mail(self):
        """Hand posted invoices to core's sending queue; customers without e-mail are told apart.

        :return: None
        """
        reachable = self.filtered(lambda move: move.partner_id.email)
        for move in self - reachable:
            move.message_post(
                body=self.env._(
                    "Not sent: %(customer)s has no e-mail address.",
                    customer=move.partner_id.display_name,
                )
            )
        if not reachable:
            return
        for author, moves in reachable.grouped(
            lambda m: m.invoice_user_id or self.env.user
        ).items():
            moves.sending_data = {
                "author_user_id": author.id,
                "author_partner_id": author.partner_id.id,
            }
        # sudo: waking a job up needs no rights of the user.
        self.env.ref("account.ir_cron_account_move_send").sudo()._trigger()

    def _get_mail_template(self):
        """Override of `account`: subscription invoices use their template's mail, if it has one."""
        if len(self) == 1:
            template = self._get_subscription_template().invoice_mail_template_id
            if template and self.move_type == "out_invoice":
                return template
        return super()._get_mail_template()

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .sale_subscription_price_update_line import OPEN_STATES


class SaleSubscriptionPriceUpdate(models.Model):
    """The buttons of a price update: compute, apply, try again, take back."""

    _inherit = "sale.subscription.price.update"

    # === ACTION METHODS === #
    def action_preview(self):
        """Compute which lines get which price from when; nothing is written on contracts.

        :return: True
        :raise UserError: if the update was applied already.
        """
        self._begin(("draft", "previewed"))
        # sudo: lines are made here only.
        self.sudo().line_ids.unlink()
        values = self._prepare_lines()
        self.env["sale.subscription.price.update.line"].sudo().create(values)
        self.sudo().state = "previewed"  # sudo: see `_check_machine_fields`
        return True

    def action_draft(self):
        """Forget the computed prices, to change how they are computed.

        :return: True
        :raise UserError: if the update was applied already.
        """
        self._begin(("previewed",))
        self.sudo().line_ids.unlink()  # sudo: see `action_preview`
        self.sudo().state = "draft"
        return True

    def action_apply(self):
        """Let the computed prices hold; many of them in the background.

        :return: True
        :raise UserError: if the update isn't computed, or no line would change.
        """
        self._begin(("previewed",))
        lines = self.sudo().line_ids.filtered(lambda line: line.state == "planned")
        if not lines:
            raise UserError(self.env._("No line gets a new price: there is nothing to apply."))
        # sudo: see `_check_machine_fields`.
        self.sudo().write(
            {
                "state": "running",
                "user_id": self.env.uid,
                "date_applied": fields.Datetime.now(),
            }
        )
        lines._start("waiting")
        return True

    def action_retry(self):
        """Try the lines that failed once more.

        :return: True
        :raise UserError: if none failed.
        """
        self._begin(("done", "running"))
        lines = self.sudo().line_ids.filtered(lambda line: line.state == "failed")
        if not lines:
            raise UserError(self.env._("No line failed."))
        self.sudo().state = "running"  # sudo: see `_check_machine_fields`
        lines._start("waiting")
        return True

    def action_undo(self):
        """Take back the prices that don't hold yet; what is in effect or invoiced stays.

        :return: True
        :raise UserError: if all of them are in effect.
        """
        self._begin(("running", "done", "undone"))
        lines = self._find_undoable()
        if not lines:
            raise UserError(
                self.env._("All new prices are in effect: make a price update that lowers them.")
            )
        waiting = lines.filtered(lambda line: line.state == "waiting")
        waiting.write(
            {
                "state": "skipped",
                "reason": self.env._("The update was taken back before its turn."),
            }
        )
        self._explain_effective()
        self.sudo().state = "undoing"  # sudo: see `_check_machine_fields`
        (lines - waiting)._start("undoing")
        self.sudo()._finish_if_done()
        return True

    def action_refresh(self):
        """Show how far the work is (button): the form reads itself anew.

        :return: True
        """
        return True

    def action_view_lines(self):
        """Open all lines of the update.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_price_update_line_action"
        )
        return dict(action, domain=[("update_id", "=", self.id)], context={})

    def _begin(self, states):
        """Check rights and state, and keep a second click away.

        :param tuple states: states in which this can be done.
        :raise UserError: in another state.
        """
        self.ensure_one()
        self.check_access("write")
        if not self.try_lock_for_update(allow_referencing=True):
            raise UserError(
                self.env._("“%(update)s” is being worked on. Try again.", update=self.name)
            )
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "“%(update)s” is “%(state)s”: this can't be done with it.",
                    update=self.name,
                    state=labels[self.state],
                )
            )

    # === BUSINESS METHODS === #
    def _finish_if_done(self):
        """End updates of which no line waits any more."""
        # sudo: see `_find_undoable`.
        Line = self.env["sale.subscription.price.update.line"].sudo()
        open_updates = Line._read_group(
            [("update_id", "in", self.ids), ("state", "in", OPEN_STATES)], ["update_id"]
        )
        busy = self.browse(update.id for (update,) in open_updates)
        for update in self - busy:
            if update.state not in ("running", "undoing"):
                continue
            # One of which a line stayed isn't undone.
            was_running = update.state == "running"
            ended = "done" if was_running or update.done_count else "undone"
            # sudo: see `_check_machine_fields`.
            update.sudo().state = ended
            update.sudo().message_post(body=update._get_summary())
            if was_running and update.mail_template_id:
                # The queue runs by the hour otherwise; customers should hear at once.
                self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _get_summary(self):
        """Return how it went, in a sentence.

        :rtype: str
        """
        return self.env._(
            "Changed: %(done)s. Skipped: %(skipped)s. Failed: %(failed)s. Taken back: %(undone)s.",
            done=self.done_count,
            skipped=self.skipped_count,
            failed=self.failed_count,
            undone=self.undone_count,
        )

    def _trigger_job(self, delay=None):
        """Let the job work on waiting lines as soon as this transaction is committed.

        :param timedelta delay: not before.
        """
        # sudo: waking a job up needs no rights of the user.
        job = self.env.ref("sale_subscription.ir_cron_price_update").sudo()
        job._trigger(at=fields.Datetime.now() + delay if delay else None)

    # === GETTERS === #
    def _find_undoable(self, limit=None):
        """Return the lines that can still be taken back.

        :param int limit: how many at most.
        :rtype: sale.subscription.price.update.line
        """
        self.ensure_one()
        # sudo: lines are written by the update only.
        Line = self.env["sale.subscription.price.update.line"].sudo()
        today = self.company_id._get_subscription_today()
        scheduled = Domain("state", "=", "done") & Domain("date_effective", ">", today)
        return Line.search(
            Domain("update_id", "=", self.id) & (scheduled | Domain("state", "=", "waiting")),
            limit=limit,
        )

    def _explain_effective(self):
        """Say on the lines that hold already why they stay."""
        today = self.company_id._get_subscription_today()
        # sudo: see `_find_undoable`.
        lines = self.sudo().line_ids.filtered(
            lambda line: line.state == "done" and line.date_effective <= today
        )
        lines.reason = self.env._("In effect already: it stays.")

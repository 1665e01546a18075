from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleSubscription(models.Model):
    """What a contract shows, and who is told, when it can't be billed."""

    _inherit = "sale.subscription"

    billing_error = fields.Text(readonly=True, copy=False, groups="base.group_user")
    billing_error_date = fields.Datetime(readonly=True, copy=False, groups="base.group_user")
    billing_failure_count = fields.Integer(readonly=True, copy=False, groups="base.group_user")
    billing_retry_date = fields.Date(
        string="Next Attempt",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When invoicing is tried again.",
    )
    payment_exception = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="The outcome of a payment is unknown: left alone by every job until decided.",
    )

    has_problem = fields.Boolean(
        compute="_compute_has_problem",
        compute_sudo=True,
        help="Invoicing failed, or a payment needs a decision.",
    )

    # === COMPUTE METHODS === #
    @api.depends("billing_error", "payment_exception")
    def _compute_has_problem(self):
        for contract in self:
            contract.has_problem = bool(contract.billing_error or contract.payment_exception)

    # === BUSINESS METHODS === #
    def _handle_billing_failure(self, error):
        """Say on the contract, and once to its salesperson, why it couldn't be invoiced.

        The first three failures are tried again by the next run, later ones after growing pauses.

        :param Exception error: what went wrong.
        """
        self.ensure_one()
        count = self.billing_failure_count + 1
        reason = self._get_failure_text(error)
        self.write(
            {
                "billing_error": reason,
                "billing_error_date": fields.Datetime.now(),
                "billing_failure_count": count,
                "billing_retry_date": self._get_today() + timedelta(days=min(max(count - 3, 0), 7)),
            }
        )
        self._schedule_failure_activity(reason)

    def _get_failure_text(self, error):
        """Put an error into words a bookkeeper understands.

        :rtype: str
        """
        if isinstance(error, UserError):
            return str(error.args[0] if error.args else error)
        return self.env._(
            "The invoice could not be created. Check the products, taxes, accounts and the journal "
            "of this contract. Technical detail: %(detail)s",
            detail=str(error).strip().split("\n")[0][:500],
        )

    def _schedule_failure_activity(self, reason):
        """Leave one to-do, however often billing fails."""
        self.ensure_one()
        summary = self.env._("This contract could not be invoiced")
        if self.activity_ids.filtered(lambda a: a.summary == summary):
            return
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=reason,
            user_id=self.user_id.id or self.env.uid,
        )

    def _clear_billing_failure(self):
        """Forget the failure once billing succeeded."""
        failed = self.filtered("billing_error")
        if not failed:
            return
        failed.write(
            {
                "billing_error": False,
                "billing_error_date": False,
                "billing_failure_count": 0,
                "billing_retry_date": False,
            }
        )
        summary = self.env._("This contract could not be invoiced")
        failed.activity_ids.filtered(lambda a: a.summary == summary).unlink()

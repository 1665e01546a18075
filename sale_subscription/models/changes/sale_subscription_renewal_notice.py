from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...const import RUNNING_STATES
from .sale_subscription_renewal import RENEWAL_ACTIVITY

AUTO_MAIL = "sale_subscription.mail_template_renewal_auto"
END_MAIL = "sale_subscription.mail_template_renewal_end"


class SaleSubscription(models.Model):
    """Telling in time that an agreed duration ends: the customer by mail, the salesperson too."""

    _inherit = "sale.subscription"

    renewal_notified_date = fields.Date(
        string="Told of the End",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The end date of which customer and salesperson were told; each end is told once.",
    )

    # === CRUD METHODS === #
    def write(self, vals):
        """Forget that an end was coming once it is another one, or the contract has ended."""
        result = super().write(vals)
        if "end_date" in vals:
            self.filtered(
                lambda c: c.renewal_notified_date and c.renewal_notified_date != c.end_date
            )._forget_renewal_notice()
        if vals.get("state") in ("closed", "cancelled"):
            self._forget_renewal_notice()
        return result

    @api.model
    def _get_machine_fields(self):
        return (*super()._get_machine_fields(), "renewal_notified_date")

    # === CRON METHODS === #
    @api.model
    def _cron_notify_renewals(self):
        """Tell customers and salespeople of the contracts whose agreed duration ends soon."""
        self._run_job(
            self._get_renewal_notice_domain, "_notify_renewals", "_handle_renewal_notice_failure"
        )

    @api.model
    def _get_renewal_notice_domain(self):
        """Return the contracts whose end is to be told and wasn't yet.

        For a module to tell fewer of them, it must override this method and narrow the domain.

        :rtype: Domain
        """
        not_told = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IS DISTINCT FROM %s",
                model._field_to_sql(alias, "renewal_notified_date", query),
                model._field_to_sql(alias, "end_date", query),
            ),
            predicate=lambda contract: contract.renewal_notified_date != contract.end_date,
        )
        # sudo: jobs serve every company
        companies = self.env["res.company"].sudo().search([])
        templates = self.env["sale.subscription.template"].sudo().with_context(active_test=False)
        by_days = templates.search([("renewal_notice_days", ">", 0)]).grouped("renewal_notice_days")
        near = Domain.OR(
            Domain("template_id", "in", some.ids)
            & Domain("company_id", "in", those.ids)
            & Domain("end_date", ">=", day)
            & Domain("end_date", "<=", day + timedelta(days=days))
            for days, some in by_days.items()
            for day, those in companies.grouped(lambda c: c._get_subscription_today()).items()
        )
        return (
            Domain("state", "in", RUNNING_STATES)
            & Domain("close_date", "=", False)
            & near
            & not_told
        )

    def _notify_renewals(self):
        """Mark the contracts, leave a to-do and write to the customer, once per end."""
        for contract in self:
            if not contract._is_renewable():
                contract.to_renew = True
            contract._schedule_renewal_activity()
            contract._send_renewal_mail()
            contract.sudo().renewal_notified_date = contract.end_date  # sudo: see `_check_funnel`

    def _handle_renewal_notice_failure(self, error):
        """Leave one to-do where the notice could not be made."""
        self.ensure_one()
        summary = self.env._("The notice about the contract's end could not be made")
        reason = self._get_failure_text(error)
        self._schedule_failure_activity("renewal_notice_failure", summary, reason)

    # === BUSINESS METHODS === #
    def _schedule_renewal_activity(self):
        """Leave one to-do for the salesperson, due on the last day."""
        self.ensure_one()
        date = format_date(self.env, self.end_date)
        if self._is_renewable():
            summary = self.env._("Renews automatically after %s: check the prices", date)
        else:
            summary = self.env._("Ends on %s: renew it", date)
        self.activity_schedule(
            RENEWAL_ACTIVITY,
            date_deadline=self.end_date,
            summary=summary,
            user_id=self._get_responsible_user().id or self.env.uid,
        )

    def _send_renewal_mail(self):
        """Queue the mail to the customer, and note on the contract what became of it."""
        self.ensure_one()
        xmlid = AUTO_MAIL if self._is_renewable() else END_MAIL
        template = self.env.ref(xmlid, raise_if_not_found=False)
        names = {
            "customer": self.partner_id.display_name,
            "date": format_date(self.env, self.end_date),
        }
        if not template:
            text = self.env._("No email was sent: the template for it was deleted.")
        elif not self.partner_id.email:
            text = self.env._(
                "%(customer)s has no email address to be told that the agreed time ends on "
                "%(date)s.",
                **names,
            )
        else:
            template.send_mail(self.id, force_send=False)
            text = self.env._(
                "%(customer)s was told by email that the agreed time ends on %(date)s.", **names
            )
        self.message_post(body=text)

    def _forget_renewal_notice(self):
        """Take marks and to-dos away that were about an end that isn't coming any more."""
        self.filtered("to_renew").to_renew = False
        self.activity_unlink([RENEWAL_ACTIVITY])

    def _remember_renewal_notice(self):
        """Mark the contract again when its end is once more one that was told."""
        self.ensure_one()
        # sudo: what was told doesn't depend on who may read it.
        if self.sudo().renewal_notified_date == self.end_date and not self._is_renewable():
            self.to_renew = True

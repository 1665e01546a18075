from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ...const import BILLABLE_STATES


class SaleSubscription(models.Model):
    """Which dates a contract can have, and what can't be rewritten once it was billed."""

    _inherit = "sale.subscription"

    # === CONSTRAINT METHODS === #
    @api.constrains("date_start", "trial_end_date", "anchor_date")
    def _check_dates_in_calendar(self):
        """Refuse dates so far away that only a typing error explains them."""
        for contract in self:
            for day in (contract.date_start, contract.anchor_date, contract.end_date):
                if day and not 1970 <= day.year <= 2200:
                    raise ValidationError(
                        self.env._("%(date)s is not a date a contract can have.", date=day)
                    )

    @api.model
    def _get_locked_fields(self):
        """Return the fields that decide what was owed in the past.

        :return: names of fields that can't change once something was billed.
        :rtype: set
        """
        return {
            "date_start",
            "trial_end_date",
            "anchor_date",
            "anchor_day",
            "billing_start_date",
            "next_invoice_date",
            "timing",
            "plan_id",
            "template_id",
            "company_id",
            "currency_id",
        }

    @api.model
    def _get_schedule_fields(self):
        """Return the fields whose change moves the next invoice date or the MRR.

        :rtype: set
        """
        return (self._get_locked_fields() - {"company_id", "next_invoice_date"}) | {
            "end_date",
            "close_date",
            "charge_end_date",
            "line_ids",
        }

    def _check_locked_fields(self, vals):
        """Refuse to rewrite what billed periods were computed from.

        :param dict vals: values about to be written.
        :raise UserError: if a billed contract would change in one of the locked fields.
        """
        names = self._get_locked_fields() & vals.keys()
        if self.env.su:
            names -= {"next_invoice_date", "plan_id", "anchor_date"}
        if not names:
            return
        for contract in self.filtered(lambda c: c.state in BILLABLE_STATES):
            # Lines take the plan when the contract starts.
            changed = names if contract._is_billed() else names & {"plan_id", "template_id"}
            for name in changed:
                field = self._fields[name]
                if field.convert_to_write(contract[name], contract) != field.convert_to_write(
                    field.convert_to_record(field.convert_to_cache(vals[name], contract), contract),
                    contract,
                ):
                    raise UserError(
                        self.env._(
                            "%(contract)s runs already: “%(field)s” can't be rewritten.",
                            contract=contract.name,
                            field=field._description_string(self.env),
                        )
                    )

    def _is_billed(self):
        """Tell whether any stretch of service was charged on this contract."""
        self.ensure_one()
        return bool(
            self.env["sale.subscription.charge"]
            .sudo()
            .search_count(
                # sudo: whoever may write the contract must know whether it was billed.
                [("subscription_id", "=", self.id), ("line_id", "!=", False)],
                limit=1,
            )
        )

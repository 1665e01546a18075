from odoo import models


class SaleSubscription(models.Model):
    """What billing would do, without doing it."""

    _inherit = "sale.subscription"

    def action_preview_billing(self):
        """Open the preview of the next invoices.

        :rtype: dict
        """
        self._check_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Next Invoices"),
            "res_model": "sale.subscription.preview",
            "view_mode": "form",
            "target": "new",
            "context": {"default_subscription_id": self.id},
        }

    def preview_billing(self, until):
        """Compute the invoices that billing up to a day would make; writes nothing.

        :param until: last day taken into account (ISO string or date).
        :return: one dict per invoice, by date: `date` (invoice date), `due_date` (the day it is
            owed), `period` (`[from, to]`, inclusive ISO dates, or None), `lines` (dicts with
            `line_id`, `product_id`, `name`, `kind`, `date_from`, `date_to`, `quantity`,
            `price_unit`, `discount`, `amount`), `amount_untaxed`, `amount_tax`, `amount_total`
            (contract currency), `currency_id`.
        :rtype: list
        :raise UserError: if `until` isn't a date.
        """
        self._check_one()
        self.check_access("read")
        until = self._read_billing_date(until)
        charges = self._get_owed_charges(until)
        groups, _deferred = self._defer_credits(self._group_charges(charges, until))
        return [self._prepare_preview(key, group) for key, group in groups.items()]

    def _get_owed_charges(self, until):
        """Return what would be charged up to a day, as records that are never saved.

        :rtype: sale.subscription.charge
        """
        self.ensure_one()
        coverage = self.line_ids._get_coverage()
        charges = self._get_waiting_charges(until)
        owed = charges.browse()
        for line in self.line_ids:
            for values in self._prepare_charges(line, until, coverage.get(line.id, ())):
                owed |= owed.new(values)
        owed._waive_reversed()
        return self._leave_riders(charges | owed.filtered(lambda charge: not charge.is_waived))

    def _prepare_preview(self, key, charges):
        """Return one previewed invoice, its taxes computed by core.

        :param tuple key: see `_get_invoice_grouping_key`.
        :param charges: the `sale.subscription.charge` it would bill.
        :rtype: dict
        """
        self.ensure_one()
        totals = self._get_tax_totals_of(
            [charge._prepare_base_line_for_taxes_computation() for charge in charges]
        )
        days = [day for charge in charges for day in (charge.date_from, charge.date_to) if day]
        return {
            "date": key[1].isoformat(),
            "due_date": key[0].isoformat(),
            "period": [min(days).isoformat(), max(days).isoformat()] if days else None,
            "lines": [charge._prepare_preview_line() for charge in charges],
            "amount_untaxed": totals["base_amount_currency"],
            "amount_tax": totals["tax_amount_currency"],
            "amount_total": totals["total_amount_currency"],
            "currency_id": self.currency_id.id,
        }

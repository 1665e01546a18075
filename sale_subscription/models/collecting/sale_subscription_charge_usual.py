from odoo import fields, models


class SaleSubscriptionCharge(models.Model):
    """Paid charges: what a period usually costs."""

    _inherit = "sale.subscription.charge"

    def _get_usual_amount(self):
        """Return what these charges, all paid, say about the price of a period.

        :return: taxes included: what was paid last for a whole period of each line that ran when
            the last of these periods began; where only parts were paid, the price of the first.
        :rtype: float
        """
        ordered = self.sorted(lambda charge: (charge.date_from, charge.id), reverse=True)
        day = ordered[:1].date_from
        usual = 0.0
        for first, charges in ordered.grouped(lambda c: c.line_id._get_first_version()).items():
            if any(version._is_in_force(day) for version in first._get_chain()):
                whole = charges.filtered(lambda charge: charge._is_whole_period())[:1]
                usual += whole.invoice_line_id.price_total or charges[-1:].line_id.price_total
        return usual

    def _is_whole_period(self):
        """Tell whether the charge is for a period from its first to its last day.

        :rtype: bool
        """
        self.ensure_one()
        period = self.line_id._get_recurrence().grid_period(self.date_from)
        return period == (self.date_from, fields.Date.add(self.date_to, days=1))

from odoo import api, fields, models


class SaleSubscriptionPause(models.Model):
    _name = "sale.subscription.pause"
    _description = "Subscription Pause"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "date_from, id"

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    date_from = fields.Date(required=True, help="First day without service.")
    date_until = fields.Date(help="The day service goes on; empty while the pause is open.")
    reason = fields.Text()
    charge_end_date = fields.Date(
        string="Charged Until",
        readonly=True,
        copy=False,
        help="Where paid days aren't credited: the first day not charged because of the pause.",
    )
    is_settled = fields.Boolean(
        readonly=True,
        copy=False,
        help="It is over, and days paid ahead that fell into it were moved or credited.",
    )

    _until_after_from = models.Constraint(
        "CHECK (date_until IS NULL OR date_until >= date_from)",
        "A pause can't end before it begins.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Override to keep until when a pause stays charged, as the template says today."""
        for vals in vals_list:
            if "charge_end_date" not in vals and vals.get("date_from"):
                contract = self.env["sale.subscription"].browse(vals.get("subscription_id"))
                day = fields.Date.to_date(vals["date_from"])
                vals["charge_end_date"] = contract and contract._get_pause_charge_end(day)
        return super().create(vals_list)

    def _get_uncharged_interval(self):
        """Return the stretch that isn't charged, None where all of the pause stays paid.

        :return: half-open interval, its end None while open.
        :rtype: tuple | None
        """
        self.ensure_one()
        start, end = self._get_interval()
        start = max(start, self.charge_end_date or start)
        return None if end and end <= start else (start, end)

    def _get_interval(self):
        """Return the paused stretch as a half-open interval, its end None while open."""
        self.ensure_one()
        return (self.date_from, self.date_until or None)

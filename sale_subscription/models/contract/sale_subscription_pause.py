from odoo import fields, models


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
    is_settled = fields.Boolean(
        readonly=True,
        copy=False,
        help="It is over, and days paid ahead that fell into it were moved or credited.",
    )

    _until_after_from = models.Constraint(
        "CHECK (date_until IS NULL OR date_until >= date_from)",
        "A pause can't end before it begins.",
    )

    def _get_interval(self):
        """Return the paused stretch as a half-open interval, its end None while open."""
        self.ensure_one()
        return (self.date_from, self.date_until or None)

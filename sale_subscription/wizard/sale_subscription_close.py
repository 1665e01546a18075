from odoo import fields, models


class SaleSubscriptionClose(models.TransientModel):
    _name = "sale.subscription.close"
    _description = "Close Subscription"

    subscription_ids = fields.Many2many(
        "sale.subscription",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason_id = fields.Many2one("sale.subscription.close.reason", required=True)
    when = fields.Selection(
        selection=[
            ("period_end", "At the end of the invoiced period"),
            ("now", "Now"),
            ("date", "On a date"),
        ],
        required=True,
        default="period_end",
    )
    date = fields.Date(help="First day without service.")
    message = fields.Text(help="The customer's words, or yours.")

    def action_close(self):
        """Close the contracts as chosen.

        :return: an action that closes the dialog.
        :rtype: dict
        """
        self.ensure_one()
        self.subscription_ids.action_close(
            self.reason_id.id, when=self.when, date=self.date, message=self.message
        )
        return {"type": "ir.actions.act_window_close"}

from odoo import fields, models

from ..const import CHARGE_KINDS


class SaleSubscriptionPreviewLine(models.TransientModel):
    _name = "sale.subscription.preview.line"
    _description = "Billing Preview Line"

    preview_id = fields.Many2one(
        "sale.subscription.preview", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one("res.currency")
    date = fields.Date(string="Invoice Date")
    date_from = fields.Date(string="From")
    date_to = fields.Date(string="To")
    name = fields.Text(string="Description")
    kind = fields.Selection(CHARGE_KINDS)
    quantity = fields.Float(digits="Product Unit")
    price_unit = fields.Float(min_display_digits="Product Price")
    discount = fields.Float(string="Disc.%", digits="Discount")
    amount = fields.Monetary()
    is_first = fields.Boolean(help="The first line of its invoice, which shows the total.")
    amount_invoice = fields.Monetary(string="Invoice Total")

from datetime import timedelta

from odoo import api, fields, models


class SaleSubscriptionPreview(models.TransientModel):
    _name = "sale.subscription.preview"
    _description = "Billing Preview"

    subscription_id = fields.Many2one("sale.subscription", required=True, readonly=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    until = fields.Date(
        required=True, compute="_compute_until", store=True, readonly=False, precompute=True
    )
    line_ids = fields.One2many(
        "sale.subscription.preview.line", "preview_id", compute="_compute_line_ids"
    )
    amount_total = fields.Monetary(compute="_compute_line_ids")

    @api.depends("subscription_id")
    def _compute_until(self):
        """Look far enough ahead to show the next few invoices."""
        for preview in self:
            contract = preview.subscription_id
            first = contract.next_invoice_date or contract._get_today()
            recurrence = contract._get_recurrence()
            preview.until = recurrence.next_after(recurrence.next_after(first)) - timedelta(days=1)

    @api.depends("subscription_id", "until")
    def _compute_line_ids(self):
        for preview in self:
            invoices = (
                preview.subscription_id.preview_billing(preview.until)
                if preview.subscription_id and preview.until
                else []
            )
            preview.line_ids = [fields.Command.clear()] + [
                fields.Command.create(
                    {
                        "date": invoice["date"],
                        "date_from": line["date_from"],
                        "date_to": line["date_to"],
                        "name": line["name"],
                        "kind": line["kind"],
                        "quantity": line["quantity"],
                        "price_unit": line["price_unit"],
                        "discount": line["discount"],
                        "amount": line["amount"],
                        "currency_id": preview.currency_id.id,
                    }
                )
                for invoice in invoices
                for line in invoice["lines"]
            ]
            preview.amount_total = sum(invoice["amount_total"] for invoice in invoices)

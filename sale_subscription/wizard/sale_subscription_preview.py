from datetime import timedelta

from odoo import api, fields, models

from ..const import ALLOWED_OPERATIONS


class SaleSubscriptionPreview(models.TransientModel):
    _name = "sale.subscription.preview"
    _description = "Billing Preview"

    subscription_id = fields.Many2one("sale.subscription", required=True, readonly=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    until = fields.Date(
        required=True, compute="_compute_until", store=True, readonly=False, precompute=True
    )
    grouping = fields.Selection(
        [
            ("policy", "As template and customer say"),
            ("together", "All on one invoice"),
            ("apart", "One per period"),
        ],
        string="Invoices",
        required=True,
        default="policy",
    )
    can_invoice = fields.Boolean(compute="_compute_can_invoice")
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

    @api.depends("subscription_id", "until", "line_ids")
    def _compute_can_invoice(self):
        for preview in self:
            state = preview.subscription_id.state
            preview.can_invoice = state in ALLOWED_OPERATIONS["bill"] and bool(preview.line_ids)

    @api.depends("subscription_id", "until", "grouping")
    def _compute_line_ids(self):
        for preview in self:
            contract = preview.subscription_id.with_context(
                subscription_together=preview._get_together()
            )
            invoices = contract.preview_billing(preview.until) if contract and preview.until else []
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
                        "is_first": line is invoice["lines"][0],
                        "amount_invoice": invoice["amount_total"],
                    }
                )
                for invoice in invoices
                for line in invoice["lines"]
            ]
            preview.amount_total = sum(invoice["amount_total"] for invoice in invoices)

    # === ACTION METHODS === #
    def action_invoice(self):
        """Make the invoices shown, and open them.

        :rtype: dict
        """
        self.ensure_one()
        contract = self.subscription_id
        return contract.action_invoice_now(until=self.until, together=self._get_together())

    # === GETTERS === #
    def _get_together(self):
        """Return the grouping as `sale.subscription.action_bill` takes it.

        :rtype: bool | None
        """
        self.ensure_one()
        return {"together": True, "apart": False}.get(self.grouping)

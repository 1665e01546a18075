from odoo import api, models


class SaleOrderLine(models.Model):
    """Recurring lines are invoiced by their contract, so for the order they never wait."""

    _inherit = "sale.order.line"

    # === COMPUTE METHODS === #

    @api.depends("subscription_plan_id")
    def _compute_qty_to_invoice(self):
        super()._compute_qty_to_invoice()
        self._filter_recurring().qty_to_invoice = 0.0

    @api.depends("subscription_plan_id", "subscription_line_ids.charge_ids.invoice_line_id")
    def _compute_invoice_status(self):
        """A recurring line counts as invoiced from its contract's first invoice on."""
        super()._compute_invoice_status()
        recurring = self._filter_recurring().filtered(lambda line: line.state == "sale")
        if not recurring:
            return
        # sudo: whether a contract was billed doesn't depend on who may see its ledger.
        groups = (
            self.env["sale.subscription.charge"]
            .sudo()
            ._read_group(
                [("line_id.order_line_id", "in", recurring.ids), ("invoice_line_id", "!=", False)],
                ["line_id"],
            )
        )
        billed = {contract_line.order_line_id.id for (contract_line,) in groups}
        for line in recurring:
            line.invoice_status = "invoiced" if line.id in billed else "no"

    @api.depends("subscription_plan_id")
    def _compute_untaxed_amount_to_invoice(self):
        super()._compute_untaxed_amount_to_invoice()
        self._filter_recurring().untaxed_amount_to_invoice = 0.0

    @api.depends("subscription_plan_id")
    def _compute_amount_to_invoice(self):
        super()._compute_amount_to_invoice()
        self._filter_recurring().amount_to_invoice = 0.0

    @api.depends("subscription_plan_id")
    def _compute_amount_to_invoice_at_date(self):
        super()._compute_amount_to_invoice_at_date()
        self._filter_recurring().amount_to_invoice_at_date = 0.0

    # === BUSINESS METHODS === #

    def _filter_recurring(self):
        """Return the lines that a contract invoices.

        :rtype: sale.order.line
        """
        return self.filtered(lambda line: line._is_recurring())

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """Leave recurring lines out of down payments: their contract invoices them in full."""
        if self.env.context.get("subscription_one_time_only") and self._is_recurring():
            kwargs["quantity"] = 0.0
        return super()._prepare_base_line_for_taxes_computation(**kwargs)

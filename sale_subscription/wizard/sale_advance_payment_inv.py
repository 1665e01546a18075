from odoo import models
from odoo.exceptions import UserError


class SaleAdvancePaymentInv(models.TransientModel):
    _inherit = "sale.advance.payment.inv"

    def _create_invoices(self, sale_orders):
        """Take down payments on what is sold once only.

        The contract invoices recurring lines in full, so nothing would ever deduct a down payment
        on them.
        """
        if self.advance_payment_method == "delivered":
            return super()._create_invoices(sale_orders)
        if all(sale_orders.mapped("is_only_recurring")):
            raise UserError(
                self.env._(
                    "There is nothing to pay down here: recurring lines are invoiced by their"
                    " contract."
                )
            )
        wizard = self.with_context(subscription_one_time_only=True)
        invoices = super(SaleAdvancePaymentInv, wizard)._create_invoices(sale_orders)
        # sudo: the ledger follows the order. Having taken the down payment, the order invoices its
        # one-time lines itself, which deducts it.
        waiting = (
            self.env["sale.subscription.charge"]
            .sudo()
            .search(
                [
                    ("order_line_id.order_id", "in", sale_orders.ids),
                    ("invoice_line_id", "=", False),
                ]
            )
        )
        contracts = waiting.subscription_id
        waiting.unlink()
        contracts._update_next_invoice_date()
        return invoices

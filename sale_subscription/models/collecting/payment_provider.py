from odoo import models


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    def _is_tokenization_required(self, *, sale_order_id=None, **kwargs):
        """Override of `payment`: whoever pays for a contract that needs a card saves it."""
        if sale_order_id:
            # sudo: a visitor who pays has no right on orders; all that leaves here is yes or no.
            order = self.env["sale.order"].sudo().browse(sale_order_id).exists()
            if order and order._is_card_required():
                return True
        return super()._is_tokenization_required(sale_order_id=sale_order_id, **kwargs)

from odoo import models


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _get_subscription_price(
        self, plan, pricelist, quantity=1.0, uom=None, currency=None, date=None
    ):
        """Return the price of this product for one period of a plan.

        :param plan: The plan (`sale.subscription.plan`).
        :param pricelist: The price list, may be empty (`product.pricelist`).
        :param float quantity: The quantity, in `uom`, that the price depends on.
        :param uom: The unit of measure of the price, the product's own by default.
        :param currency: The currency of the price, the price list's by default.
        :param date: The date of the price, now by default.
        :return: The price per unit and period, discounts of the price list taken off.
        :rtype: float
        """
        self.ensure_one()
        return pricelist._get_product_price(
            self, quantity, currency=currency, uom=uom, date=date, subscription_plan=plan
        )

    def _get_customer_name(self):
        """Return how customers know the product: without its internal reference.

        :rtype: str
        """
        return self.with_context(display_default_code=False).display_name

    def _drop_code(self, text):
        """Return a text about this product without the internal reference it begins with.

        Core writes it into descriptions, where they stay; customers don't know it.

        :param str text: for instance "[SEAT] Seat".
        :rtype: str
        """
        return text.removeprefix(f"[{self.default_code}] ") if self.default_code else text

    def _scale_price_to_plan(self, price, plan):
        """Convert a price per period of the product's own plan, see `product.template`.

        :param float price: The price for one period of the product's own plan.
        :param plan: The plan asked for, empty for a one-time sale.
        :return: The price for one period of the plan.
        :rtype: float
        """
        self.ensure_one()
        return self.product_tmpl_id._scale_price_to_plan(price, plan)

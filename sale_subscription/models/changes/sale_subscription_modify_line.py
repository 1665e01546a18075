from odoo import models
from odoo.exceptions import UserError
from odoo.tools.misc import formatLang


class SaleSubscription(models.Model):
    """Changing quantity and price of a line together, as one change."""

    _inherit = "sale.subscription"

    def change_line(self, line_id, quantity=None, price_unit=None, discount=None, when="policy"):
        """Change quantity, price and discount of a line at once.

        :param int line_id: id of any version of the line.
        :param float quantity: the new quantity, above 0; None keeps the present one.
        :param float price_unit: price of one unit for one period, in the contract's currency; None
            keeps the present one.
        :param float discount: percent; None keeps the present one.
        :param when: see `change_quantity`.
        :return: id of the `sale.subscription.change`, False when nothing was to be changed.
        :rtype: int
        :raise UserError: see `change_quantity`.
        """
        given = {"quantity": quantity, "price_unit": price_unit, "discount": discount}
        values = {
            name: self._read_number(value) for name, value in given.items() if value is not None
        }
        if not values:
            return False
        if values.get("quantity", 1) <= 0:
            raise UserError(
                self.env._("A quantity is above 0. To have nothing of it, remove the line.")
            )
        kind = "quantity" if "quantity" in values else "price"
        return self._change_line(line_id, values, when, kind)

    def _describe_line_change(self, line, values, kind):
        """Override to tell quantity and price in one sentence when both change."""
        if kind == "price" or len(values) == 1:
            return super()._describe_line_change(line, values, kind)
        return self.env._(
            "%(product)s: %(quantity_before)s × %(price_before)s → "
            "%(quantity_after)s × %(price_after)s",
            product=line.product_id.display_name,
            quantity_before=formatLang(self.env, line.quantity, dp="Product Unit"),
            price_before=self._format_price(line.price_unit, line.discount),
            quantity_after=formatLang(self.env, values["quantity"], dp="Product Unit"),
            price_after=self._format_price(
                values.get("price_unit", line.price_unit), values.get("discount", line.discount)
            ),
        )

    def _get_added_price(self, product, quantity, plan):
        """Return the price list's price of a product that isn't on the contract yet.

        :param product: the `product.product`.
        :param float quantity: how much of it.
        :param plan: the `sale.subscription.plan` whose period the price is for.
        :rtype: float
        """
        self.ensure_one()
        values = {
            **self._prepare_added_line(product, quantity),
            "subscription_id": self.id,
            "plan_id": plan.id,
            "date_start": self._get_today(),
        }
        return self.env["sale.subscription.line"].new(values)._get_list_price()

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_compare

# Without a maximum of the option's own: more is a typing error, and somebody should be asked.
MAX_PUBLIC_QUANTITY = 100_000


class SaleSubscriptionTemplateOption(models.Model):
    """How much of an option visitors may choose on the public page."""

    _inherit = "sale.subscription.template.option"

    def _is_counted(self):
        """Tell whether only whole numbers of this option make sense.

        :rtype: bool
        """
        self.ensure_one()
        return self.min_quantity.is_integer() and self.max_quantity.is_integer()

    def _is_yes_or_no(self):
        """Tell whether one takes the option or doesn't.

        :rtype: bool
        """
        self.ensure_one()
        return not self.min_quantity and self.max_quantity == 1

    def _read_public_quantity(self, value):
        """Return how much of the option a visitor wants.

        :param value: what the browser sent; nothing for the minimum.
        :rtype: float
        :raise UserError: for what isn't a number, and for a quantity outside the quota.
        """
        self.ensure_one()
        if value is None or value == "":
            return self.min_quantity
        quantity = self._read_number(value)
        maximum = self.max_quantity or MAX_PUBLIC_QUANTITY
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        if (
            float_compare(quantity, self.min_quantity, precision_digits=digits) < 0
            or float_compare(quantity, maximum, precision_digits=digits) > 0
        ):
            raise UserError(
                self.env._(
                    "%(product)s: please choose a quantity from %(minimum)g to %(maximum)g.",
                    product=self.product_id._get_customer_name(),
                    minimum=self.min_quantity,
                    maximum=maximum,
                )
            )
        if self._is_counted() and not quantity.is_integer():
            raise UserError(
                self.env._(
                    "%(product)s: please choose a whole number.",
                    product=self.product_id._get_customer_name(),
                )
            )
        return quantity

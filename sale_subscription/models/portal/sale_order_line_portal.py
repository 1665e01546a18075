import math

from odoo import models
from odoo.exceptions import UserError


class SaleOrderLine(models.Model):
    """Optional recurring products that customers add to a quotation by themselves."""

    _inherit = "sale.order.line"

    # === GETTERS === #
    def _get_portal_option(self):
        """Return the option whose quota holds for this line.

        :return: an option of the contract that the quotation changes, or else of the template.
        :rtype: sale.subscription.option | sale.subscription.template.option
        """
        self.ensure_one()
        # sudo: visitors don't read templates; only the quota is used.
        line = self.sudo()
        if not line._is_recurring():
            return line.subscription_template_id.option_ids.browse()
        source = line.order_id.subscription_origin_id or line.subscription_template_id
        return source.option_ids.filtered(lambda option: option.product_id == line.product_id)[:1]

    def _get_portal_quota_text(self):
        """Return how much of an optional product the customer may take.

        :return: a sentence, or False where nothing limits it.
        :rtype: str | bool
        """
        if not self._can_be_edited_on_portal():
            return False
        option = self._get_portal_option()
        lowest, highest = option.min_quantity, option.max_quantity
        names = {"min": self._format_portal_quantity(lowest)}
        names["max"] = self._format_portal_quantity(highest)
        if lowest and highest:
            return self.env._("From %(min)s to %(max)s.", **names)
        if highest:
            return self.env._("At most %(max)s.", **names)
        if lowest:
            return self.env._("At least %(min)s.", **names)
        return False

    def _format_portal_quantity(self, quantity):
        """Return a quantity in the customer's format, without needless decimals.

        :rtype: str
        """
        return self.env["ir.qweb.field.float"].value_to_html(
            quantity, {"precision": 0 if float(quantity).is_integer() else 2}
        )

    def _get_portal_step(self, is_less):
        """Return the quantity after one click on plus or minus, skipping what isn't offered.

        :param bool is_less: whether minus was clicked.
        :rtype: float
        """
        self.ensure_one()
        lowest = self._get_portal_option().min_quantity
        quantity = max(self.product_uom_qty + (-1 if is_less else 1), 0)
        if 0 < quantity < lowest:
            return 0.0 if is_less else lowest
        return quantity

    # === BUSINESS METHODS === #
    def _check_portal_quantity(self, quantity):
        """Refuse a quantity that a customer typed.

        :param quantity: whatever the browser sent.
        :return: the quantity.
        :rtype: float
        :raise UserError: when it is no quantity, or outside of the option's quota.
        """
        self.ensure_one()
        try:
            number = math.nan if isinstance(quantity, bool) else float(quantity)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not 0 <= number < 1e9:
            raise UserError(self.env._("Please enter a quantity of 0 or more."))
        option = self._get_portal_option()
        total = number and self._get_portal_total(number, option)
        if (number and total < option.min_quantity) or 0 < option.max_quantity < total:
            raise UserError(
                self.env._(
                    "%(product)s: the quantity you ask for isn't offered. %(quota)s",
                    product=self.product_id._get_customer_name(),
                    quota=self._get_portal_quota_text(),
                )
            )
        return number

    def _get_portal_total(self, quantity, option):
        """Return how much of an option the contract has if this line orders a quantity of it.

        :param float quantity: in the line's unit.
        :param option: see `_get_portal_option`.
        :return: a quantity in the option's unit.
        :rtype: float
        """
        total = self.product_uom_id._compute_quantity(quantity, option.uom_id, round=False)
        others = (self.order_id.order_line - self).filtered(
            lambda line: (
                line._is_recurring()
                and line._get_portal_option() == option
                and line.subscription_plan_id == self.subscription_plan_id
            )
        )
        for line in others:
            total += line.product_uom_id._compute_quantity(
                line.product_uom_qty, option.uom_id, round=False
            )
        # sudo: the customer may know how much of it the own contract has.
        contract = self.order_id.sudo().subscription_origin_id
        if self.order_id.subscription_operation == "upsell":
            today = contract._get_today()
            total += sum(
                line.quantity
                for line in contract.line_ids
                if line.product_id == self.product_id and line._is_in_force(today)
            )
        return total

from odoo import models
from odoo.fields import Command
from odoo.tools import float_compare


class SaleSubscriptionLine(models.Model):
    """A line as its renewal quotation sells it."""

    _inherit = "sale.subscription.line"

    def _prepare_renewal(self):
        """Return the order line that sells this line again.

        :return: values of a `sale.order.line`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "subscription_renewed_line_id": self.id,
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "name": self.name,
            "product_uom_qty": self.quantity,
            "product_uom_id": self.uom_id.id,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "tax_ids": [Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "subscription_plan_id": self.plan_id.id,
        }

    def _get_renewed_values(self, order_line):
        """Return what an order line sells differently from this line.

        :param order_line: the `sale.order.line`.
        :return: values of a `sale.subscription.line`; empty when nothing differs.
        :rtype: dict
        """
        self.ensure_one()
        wanted = order_line._prepare_subscription_line()
        values = {
            name: wanted[name]
            for name in ("quantity", "price_unit", "discount")
            if float_compare(self[name], wanted[name], precision_digits=9) != 0
        }
        if self.uom_id.id != wanted["uom_id"]:
            values["uom_id"] = wanted["uom_id"]
        if (self.name or "") != (wanted["name"] or ""):
            values["name"] = wanted["name"]
        if self.tax_ids != order_line.tax_ids:
            values["tax_ids"] = wanted["tax_ids"]
        if (self.analytic_distribution or {}) != (wanted["analytic_distribution"] or {}):
            values["analytic_distribution"] = wanted["analytic_distribution"]
        if values:
            values["technical_price_unit"] = wanted["technical_price_unit"]
        return values

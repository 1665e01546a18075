from odoo import fields, models


class SaleSubscriptionTemplateLine(models.Model):
    _name = "sale.subscription.template.line"
    _description = "Subscription Template Line"
    _inherit = ["sale.subscription.template.product.mixin"]
    _order = "template_id, sequence, id"

    name = fields.Text(
        string="Description",
        translate=True,
        help="Leave empty to use the product's sales description in the customer's language.",
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)

    # The upper bounds refuse NaN too, which PostgreSQL sorts above every number.
    _check_quantity = models.Constraint(
        "CHECK(quantity >= 0 AND quantity < 1e12)",
        "The quantity of an included product must be a number and not negative.",
    )

    # === BUSINESS METHODS === #

    def _prepare_subscription_line(self, contract):
        """Return the values of the line a contract of this template starts with.

        :param contract: the `sale.subscription` that is being made.
        :return: The values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        values = {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "quantity": self.quantity,
            "uom_id": self.uom_id.id,
        }
        name = self.with_context(lang=contract.partner_id.lang).name
        if name:
            values["name"] = name
        return values

    def _prepare_public_order_line(self):
        """Return the values of the order line that sells this included product.

        :rtype: dict
        """
        self.ensure_one()
        values = {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "product_uom_id": self.uom_id.id,
            "product_uom_qty": self.quantity,
        }
        if self.name:
            values["name"] = self.name
        return values

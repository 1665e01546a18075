from odoo import fields, models

from ...const import PORTAL_ACCESS


class SaleSubscriptionTemplateOption(models.Model):
    _name = "sale.subscription.template.option"
    _description = "Subscription Template Option"
    _inherit = ["sale.subscription.template.product.mixin"]
    _order = "template_id, sequence, id"

    min_quantity = fields.Float(
        string="Minimum",
        digits="Product Unit",
        required=True,
        default=0.0,
    )
    max_quantity = fields.Float(
        string="Maximum",
        digits="Product Unit",
        required=True,
        default=0.0,
        help="0 for no limit.",
    )
    portal_access = fields.Selection(
        selection=PORTAL_ACCESS,
        string="Customers May Change",
        required=True,
        default="restricted",
        help="Restricted: only your team changes the quantity.\n"
        "Upgrade only: customers may raise it.\n"
        "Upgrade and downgrade: customers may raise and lower it.",
    )

    # The upper bounds refuse NaN too, which PostgreSQL sorts above every number.
    _check_quantities = models.Constraint(
        "CHECK(min_quantity >= 0 AND min_quantity < 1e12 AND max_quantity < 1e12"
        " AND (max_quantity = 0 OR max_quantity >= min_quantity))",
        "An option's minimum cannot be negative nor above its maximum.",
    )

    # === BUSINESS METHODS === #

    def _prepare_subscription_option(self):
        """Return the values of the same option on a contract.

        :return: The values of a `sale.subscription.option`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "uom_id": self.uom_id.id,
            "min_quantity": self.min_quantity,
            "max_quantity": self.max_quantity,
            "portal_access": self.portal_access,
        }

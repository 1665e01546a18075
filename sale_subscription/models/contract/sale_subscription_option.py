from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools.misc import format_date

from ...const import PORTAL_ACCESS


class SaleSubscriptionOption(models.Model):
    """A product a contract may additionally have, with its quota."""

    _name = "sale.subscription.option"
    _description = "Subscription Option"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "sequence, id"

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product", required=True, domain="[('recurring_invoice', '=', True)]"
    )
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    min_quantity = fields.Float(string="Minimum", digits="Product Unit")
    max_quantity = fields.Float(string="Maximum", digits="Product Unit", help="0: no limit.")
    portal_access = fields.Selection(PORTAL_ACCESS, required=True, default="restricted")

    _quota_order = models.Constraint(
        "CHECK (min_quantity >= 0 AND (max_quantity = 0 OR max_quantity >= min_quantity))",
        "A quota's maximum can't be below its minimum, and neither can be negative.",
    )
    _product_uniq = models.UniqueIndex(
        "(subscription_id, product_id)", "A product can be an option of a contract only once."
    )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for option in self:
            option.uom_id = option.uom_id or option.product_id.uom_id

    def _check_quantity(self, quantity, day=None):
        """Refuse a quantity outside the quota.

        :param float quantity: total quantity of the option's product on the contract.
        :param date day: the later day from which it would be so much.
        :raise ValidationError: when it lies outside minimum and maximum.
        """
        self.ensure_one()
        if quantity < self.min_quantity or (self.max_quantity and quantity > self.max_quantity):
            values = {
                "product": self.product_id.display_name,
                "quantity": quantity,
                "minimum": self.min_quantity,
                "maximum": self.max_quantity or self.env._("unlimited"),
            }
            if not day:
                raise ValidationError(
                    self.env._(
                        "%(product)s: %(quantity)s is outside the agreed quota (%(minimum)s to "
                        "%(maximum)s).",
                        **values,
                    )
                )
            raise ValidationError(
                self.env._(
                    "%(product)s: from %(date)s on it would be %(quantity)s, which is outside the "
                    "agreed quota (%(minimum)s to %(maximum)s).",
                    date=format_date(self.env, day),
                    **values,
                )
            )

    def _prepare_subscription_line(self, quantity):
        """Return the values of the line that delivers this option.

        :param float quantity: how much of it.
        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "sequence": self.sequence + 100,
            "product_id": self.product_id.id,
            "quantity": quantity,
            "uom_id": self.uom_id.id,
        }

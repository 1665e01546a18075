from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleOrderTemplateLine(models.Model):
    _inherit = "sale.order.template.line"

    subscription_plan_id = fields.Many2one(
        comodel_name="sale.subscription.plan",
        string="Plan",
        compute="_compute_subscription",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Leave empty to follow the plan of the quotation, or else of the product.",
    )
    subscription_template_id = fields.Many2one(
        comodel_name="sale.subscription.template",
        string="Contract Template",
        compute="_compute_subscription",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="Leave empty to follow the contract template of the quotation, or else of the"
        " product.",
    )
    is_recurring_product = fields.Boolean(related="product_id.recurring_invoice")

    # === COMPUTE METHODS === #

    @api.depends("product_id")
    def _compute_subscription(self):
        once = self.filtered(lambda line: not line.product_id.recurring_invoice)
        once.subscription_plan_id = False
        once.subscription_template_id = False

    # === CONSTRAINT METHODS === #

    @api.constrains("subscription_plan_id", "product_id")
    def _check_subscription_plan(self):
        for line in self:
            if line.subscription_plan_id and not line.product_id.recurring_invoice:
                raise ValidationError(
                    self.env._(
                        "%(product)s isn't sold as a recurring product: it can't have the plan"
                        " %(plan)s.",
                        product=line.product_id.display_name or line.name,
                        plan=line.subscription_plan_id.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _prepare_order_line_values(self):
        """Hand the plan and the contract template named on the line over to the order line."""
        vals = super()._prepare_order_line_values()
        if self.subscription_plan_id:
            vals["subscription_plan_id"] = self.subscription_plan_id.id
        if self.subscription_template_id:
            vals["subscription_template_id"] = self.subscription_template_id.id
        return vals

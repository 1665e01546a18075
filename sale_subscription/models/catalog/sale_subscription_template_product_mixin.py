from odoo import api, fields, models


class SaleSubscriptionTemplateProductMixin(models.AbstractModel):
    """A product of a template, in one of the units it is sold in."""

    _name = "sale.subscription.template.product.mixin"
    _description = "Product of a Subscription Template"
    _inherit = ["sale.subscription.input.mixin"]
    _check_company_auto = True

    template_id = fields.Many2one(
        comodel_name="sale.subscription.template",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="template_id.company_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        comodel_name="product.product",
        required=True,
        check_company=True,
        domain=[("sale_ok", "=", True), ("type", "!=", "combo")],
        ondelete="restrict",
    )
    allowed_uom_ids = fields.Many2many(
        comodel_name="uom.uom",
        compute="_compute_allowed_uom_ids",
    )
    uom_id = fields.Many2one(
        comodel_name="uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        domain="[('id', 'in', allowed_uom_ids)]",
        ondelete="restrict",
    )

    # === COMPUTE METHODS === #
    @api.depends("product_id.uom_id", "product_id.uom_ids")
    def _compute_allowed_uom_ids(self):
        for record in self:
            record.allowed_uom_ids = record.product_id.uom_id | record.product_id.uom_ids

    @api.depends("product_id")
    def _compute_uom_id(self):
        for record in self:
            record.uom_id = record.product_id.uom_id

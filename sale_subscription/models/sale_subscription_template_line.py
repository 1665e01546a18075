from odoo import api, fields, models


class SaleSubscriptionTemplateLine(models.Model):
    _name = "sale.subscription.template.line"
    _description = "Subscription Template Line"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "template_id, sequence, id"
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
    name = fields.Text(
        string="Description",
        translate=True,
        help="Leave empty to use the product's sales description in the customer's language.",
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)
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

    # The upper bounds refuse NaN too, which PostgreSQL sorts above every number.
    _check_quantity = models.Constraint(
        "CHECK(quantity >= 0 AND quantity < 1e12)",
        "The quantity of an included product must be a number and not negative.",
    )

    # === COMPUTE METHODS === #

    @api.depends("product_id.uom_id", "product_id.uom_ids")
    def _compute_allowed_uom_ids(self):
        for line in self:
            line.allowed_uom_ids = line.product_id.uom_id | line.product_id.uom_ids

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.product_id.uom_id

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

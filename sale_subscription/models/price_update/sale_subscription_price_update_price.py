from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.values import exact


class SaleSubscriptionPriceUpdatePrice(models.Model):
    """A price that a price update sets: for one product, plan and currency."""

    _name = "sale.subscription.price.update.price"
    _description = "Fixed Price of a Price Update"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "update_id, product_id, currency_id, id"
    _check_company_auto = True

    update_id = fields.Many2one(
        "sale.subscription.price.update", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="update_id.company_id", store=True, index=True)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain="[('recurring_invoice', '=', True)]",
    )
    plan_id = fields.Many2one(
        "sale.subscription.plan",
        string="Per",
        compute="_compute_plan_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        check_company=True,
        ondelete="restrict",
        help="The price is for one period of this plan; for plans without a price here it is "
        "scaled to their length.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="Only contracts in this currency get the price.",
    )
    price = fields.Float(string="New Price", required=True, min_display_digits="Product Price")

    _price_uniq = models.UniqueIndex(
        "(update_id, product_id, plan_id, currency_id)",
        "A product has one new price per plan and currency.",
    )

    # === COMPUTE METHODS === #
    @api.depends("product_id")
    def _compute_plan_id(self):
        for row in self:
            if not row.plan_id:
                row.plan_id = row.product_id.subscription_plan_id

    @api.depends("update_id")
    def _compute_currency_id(self):
        for row in self:
            if not row.currency_id:
                row.currency_id = (row.update_id.company_id or self.env.company).currency_id

    # === CONSTRAINT METHODS === #
    @api.constrains("price")
    def _check_price(self):
        if any(row.price < 0 for row in self):
            raise ValidationError(self.env._("A new price is at least 0."))

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.update_id._check_draft()
        return rows

    def write(self, vals):
        self.update_id._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_applied(self):
        # A computed update may be deleted as a whole, with its prices.
        self.update_id._unlink_if_not_applied()

    # === GETTERS === #
    def _find_price(self, line):
        """Return the price set here for a contract line.

        :param line: a `sale.subscription.line`.
        :return: price per unit and period of the line's plan, None when there is none.
        :rtype: float | None
        """
        rows = self.filtered(
            lambda row: row.product_id == line.product_id and row.currency_id == line.currency_id
        )
        if not rows:
            return None
        exact_row = rows.filtered(lambda row: row.plan_id == line.plan_id)
        row = (exact_row or rows)[0]
        if row.plan_id == line.plan_id:
            return row.price
        return float(exact(row.price) * row.plan_id._get_scale_to(line.plan_id))

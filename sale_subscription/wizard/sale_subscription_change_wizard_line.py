from odoo import api, fields, models
from odoo.tools import float_compare


class SaleSubscriptionChangeWizardLine(models.TransientModel):
    _name = "sale.subscription.change.wizard.line"
    _description = "Changed Contract Line"

    wizard_id = fields.Many2one(
        "sale.subscription.change.wizard", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    company_id = fields.Many2one(related="wizard_id.company_id")
    line_id = fields.Many2one("sale.subscription.line", help="Empty: a product to be added.")
    is_added = fields.Boolean(compute="_compute_is_added")
    product_id = fields.Many2one(
        "product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
        domain="[('recurring_invoice', '=', True)]",
    )
    now_text = fields.Char(string="Now", compute="_compute_now_text")
    quantity = fields.Float(
        compute="_compute_terms", store=True, readonly=False, precompute=True, digits="Product Unit"
    )
    discount = fields.Float(
        string="Disc.%",
        compute="_compute_terms",
        store=True,
        readonly=False,
        precompute=True,
        digits="Discount",
    )
    plan_price = fields.Float(
        compute="_compute_plan_price",
        help="The price of a unit for one period of the chosen plan, if it isn't changed.",
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits="Product Price",
    )
    is_removed = fields.Boolean(string="Remove")

    # === COMPUTE METHODS === #
    @api.depends("line_id")
    def _compute_is_added(self):
        for row in self:
            row.is_added = not row.line_id

    @api.depends("line_id")
    def _compute_product_id(self):
        for row in self:
            row.product_id = row.line_id.product_id or row.product_id

    @api.depends("line_id")
    def _compute_terms(self):
        for row in self:
            row.quantity = row.line_id.quantity if row.line_id else (row.quantity or 1.0)
            row.discount = row.line_id.discount

    @api.depends("line_id")
    def _compute_now_text(self):
        for row in self:
            line = row.line_id
            contract = line.subscription_id
            row.now_text = line and self.env._(
                "%(quantity)s × %(price)s",
                quantity=f"{line.quantity:g}",
                price=contract._format_price(line.price_unit, line.discount),
            )

    @api.depends("line_id", "product_id", "quantity", "wizard_id.plan_id")
    def _compute_plan_price(self):
        for row in self:
            line, plan = row.line_id._origin, row.wizard_id.plan_id._origin
            if not line:
                row.plan_price = row._get_added_price()
            elif plan and plan != line.plan_id:
                day = line.subscription_id._get_today()
                row.plan_price = line._prepare_plan_values(plan, day)["price_unit"]
            else:
                row.plan_price = line.price_unit

    @api.depends("line_id", "product_id", "wizard_id.plan_id")
    def _compute_price_unit(self):
        for row in self:
            row.price_unit = row.plan_price

    # === GETTERS === #
    def _get_operation(self, plan_day):
        """Return what is to be done with the line.

        :param plan_day: the first day of another plan; False without one.
        :return: see `sale.subscription._make_changes`; None for nothing.
        :rtype: tuple | None
        """
        self.ensure_one()
        if self.is_added:
            return self._get_addition()
        arguments = {"line_id": self.line_id._origin.id}
        if self.is_removed:
            return ("remove_line", arguments, self.wizard_id._get_day(is_upgrade=False))
        terms = self._get_changed_terms()
        if not terms:
            return None
        day = self.wizard_id._get_day(is_upgrade=self._is_raised())
        if plan_day and "price_unit" in terms:
            day = max(day, plan_day)  # the price is one for a period of the new plan
        return ("change_line", {**arguments, **terms}, day)

    def _get_addition(self):
        """Return how the product is added; see `_get_operation`."""
        product = self.product_id._origin
        if self.is_removed or not product:
            return None
        arguments = {"product_id": product.id, "quantity": self.quantity}
        return ("add_product", arguments, self.wizard_id._get_day(is_upgrade=True))

    def _get_changed_terms(self):
        """Return what is different from the line, as arguments of `change_line`.

        :rtype: dict
        """
        self.ensure_one()
        values = {}
        if self._differs(self.quantity, self.line_id.quantity):
            values["quantity"] = self.quantity
        if self._differs(self.price_unit, self.plan_price):
            values["price_unit"] = self.price_unit
        if self._differs(self.discount, self.line_id.discount):
            values["discount"] = self.discount
        return values

    def _is_raised(self):
        """Tell whether the line gets dearer, its plan left aside."""
        self.ensure_one()
        line = self.line_id
        after = self.quantity * self.price_unit * (100 - self.discount)
        return after > line.quantity * self.plan_price * (100 - line.discount)

    @api.model
    def _differs(self, one, other):
        return float_compare(one, other, precision_digits=9) != 0

    def _get_added_price(self):
        """Return the price list's price of a product to be added, for one period of the plan.

        :rtype: float
        """
        self.ensure_one()
        contract = self.wizard_id.subscription_id._origin
        product = self.product_id._origin
        if not contract or not product:
            return 0.0
        plan = self.wizard_id.plan_id._origin or contract.plan_id
        return contract._get_added_price(product, self.quantity or 1.0, plan)

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from ...const import BILLABLE_STATES


class SaleSubscriptionLine(models.Model):
    """A version of what a contract delivers: product, quantity and price from one day to another.

    Once a version was billed it is never edited: a change ends it and starts its successor.
    """

    _name = "sale.subscription.line"
    _description = "Subscription Line"
    _inherit = ["sale.subscription.input.mixin", "analytic.mixin"]
    _order = "subscription_id, sequence, id"
    _check_company_auto = True

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="subscription_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    state = fields.Selection(related="subscription_id.state", string="Contract State")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        domain="[('recurring_invoice', '=', True)]",
    )
    name = fields.Text(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    quantity = fields.Float(default=1.0, required=True, digits="Product Unit")
    allowed_uom_ids = fields.Many2many("uom.uom", compute="_compute_allowed_uom_ids")
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
        domain="[('id', 'in', allowed_uom_ids)]",
    )
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        min_display_digits="Product Price",
    )
    technical_price_unit = fields.Float(
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="The price the price list gave; another `price_unit` was set by hand and is kept.",
    )
    discount = fields.Float(string="Disc.%", digits="Discount")
    tax_ids = fields.Many2many(
        "account.tax",
        string="Taxes",
        compute="_compute_tax_ids",
        store=True,
        readonly=False,
        precompute=True,
        # An archived tax must not vanish from invoices unnoticed.
        context={"active_test": False},
        check_company=True,
        domain="[('type_tax_use', '=', 'sale')]",
    )
    price_subtotal = fields.Monetary(
        string="Subtotal", compute="_compute_amounts", store=True, precompute=True
    )
    price_tax = fields.Monetary(
        string="Tax", compute="_compute_amounts", store=True, precompute=True
    )
    price_total = fields.Monetary(
        string="Total", compute="_compute_amounts", store=True, precompute=True
    )
    plan_id = fields.Many2one(
        "sale.subscription.plan",
        compute="_compute_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index=True,
        help="The cadence this version is priced for; past versions keep theirs.",
    )
    anchor_date = fields.Date(
        help="Counts this version's periods from another day than the contract's anchor."
    )
    date_start = fields.Date(
        string="From",
        compute="_compute_date_start",
        store=True,
        readonly=False,
        precompute=True,
        help="First day of this version.",
    )
    date_end = fields.Date(string="To", help="Last day of this version; empty while it is open.")
    order_line_id = fields.Many2one(
        "sale.order.line", index="btree_not_null", copy=False, ondelete="set null"
    )
    predecessor_id = fields.Many2one(
        "sale.subscription.line",
        index="btree_not_null",
        copy=False,
        ondelete="set null",
        help="The version this one replaced.",
    )
    charge_ids = fields.One2many("sale.subscription.charge", "line_id", copy=False)

    _dates_order = models.Constraint(
        # One day before the start: a version that was replaced on the day it began.
        "CHECK (date_end IS NULL OR date_end >= date_start - 1)",
        "A line can't end before it begins.",
    )

    # === COMPUTE METHODS === #
    @api.depends("product_id")
    def _compute_name(self):
        for line in self:
            if not line.product_id:
                continue
            partner_lang = line.subscription_id.partner_id.lang
            product = line.product_id.with_context(lang=partner_lang or self.env.lang)
            line.name = product.get_product_multiline_description_sale()

    @api.depends("product_id")
    def _compute_allowed_uom_ids(self):
        for line in self:
            line.allowed_uom_ids = line.product_id.uom_id | line.product_id.uom_ids

    @api.depends("product_id")
    def _compute_uom_id(self):
        for line in self:
            if not line.uom_id or line.product_id.uom_id not in line.allowed_uom_ids:
                line.uom_id = line.product_id.uom_id

    @api.depends("subscription_id.plan_id")
    def _compute_plan_id(self):
        for line in self:
            if not line.plan_id or line.state == "draft":
                line.plan_id = line.subscription_id.plan_id

    @api.depends("subscription_id.date_start")
    def _compute_date_start(self):
        for line in self:
            if not line.date_start or line.state == "draft":
                line.date_start = line.subscription_id.date_start

    @api.depends("product_id", "quantity", "uom_id", "plan_id", "subscription_id.pricelist_id")
    def _compute_price_unit(self):
        for line in self:
            listed, price = line.technical_price_unit, line.price_unit
            by_hand = float_compare(price, listed, precision_digits=6) != 0
            # A line added to a running contract gets the list price too; what runs keeps its own.
            is_open = not line._origin or line.state == "draft"
            if is_open and not by_hand and line.product_id and line.plan_id:
                listed = price = line._get_list_price()
            line.technical_price_unit = listed
            line.price_unit = price

    @api.depends("product_id", "company_id", "subscription_id.fiscal_position_id")
    def _compute_tax_ids(self):
        for line in self:
            line.tax_ids = line.subscription_id._get_product_taxes(line.product_id)

    @api.depends("quantity", "price_unit", "discount", "tax_ids", "currency_id")
    def _compute_amounts(self):
        AccountTax = self.env["account.tax"]
        for line in self:
            company = line.company_id or self.env.company
            base_line = line._prepare_base_line_for_taxes_computation()
            AccountTax._add_tax_details_in_base_line(base_line, company)
            AccountTax._round_base_lines_tax_details([base_line], company)
            line.price_subtotal = base_line["tax_details"]["total_excluded_currency"]
            line.price_total = base_line["tax_details"]["total_included_currency"]
            line.price_tax = line.price_total - line.price_subtotal

    # === CONSTRAINT METHODS === #
    @api.model
    def _check_numbers(self, vals):
        """Refuse numbers that aren't any, before they reach a computation.

        :param dict vals: values about to be written.
        :raise ValidationError: for NaN, infinities and numbers out of range.
        """
        limits = {
            "quantity": (0, 1e12, self.env._("The quantity must be a number of at least 0.")),
            "price_unit": (-1e12, 1e12, self.env._("The price must be a number.")),
            "discount": (-1e6, 100, self.env._("The discount must be at most 100 %.")),
        }
        for name, (lowest, highest, message) in limits.items():
            try:
                valid = lowest <= float(vals.get(name) or 0.0) <= highest
            except (TypeError, ValueError):
                valid = False
            if not valid:
                raise ValidationError(message)

    @api.constrains("name")
    def _check_name_length(self):
        for line in self:
            if len(line.name or "") > 4000:
                raise ValidationError(
                    self.env._("A line's description has at most 4000 characters.")
                )

    @api.constrains("predecessor_id", "subscription_id")
    def _check_predecessor(self):
        """Versions follow each other within one contract, and never in a circle."""
        chained = self.filtered("predecessor_id")
        for line in chained:
            # sudo: only compared, and nothing of a version that is refused is shown.
            if line.sudo().predecessor_id.subscription_id != line.subscription_id:
                raise ValidationError(
                    self.env._("A version can only replace one of the same contract.")
                )
        if chained and chained._has_cycle("predecessor_id"):
            raise ValidationError(
                self.env._("A version can't replace itself or one that came after it.")
            )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_numbers(vals)
        lines = super().create(vals_list)
        lines.subscription_id._lock_against_billing()
        lines.subscription_id._after_line_change()
        return lines

    def write(self, vals):
        self._check_input(vals)
        self._check_numbers(vals)
        self._check_version_unbilled(vals)
        result = super().write(vals)
        self._claim_terms(vals)
        if self._get_version_fields() & vals.keys():
            self.subscription_id._after_line_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_unbilled(self):
        for line in self:
            if line.state in BILLABLE_STATES and line.charge_ids:
                raise UserError(
                    self.env._(
                        "“%(line)s” was invoiced already: end it instead of deleting it.",
                        line=line.product_id.display_name,
                    )
                )

    def unlink(self):
        contracts = self.subscription_id
        self._hand_over_successors()
        result = super().unlink()
        contracts.exists()._after_line_change()
        return result

    @api.model
    def _get_version_fields(self):
        """Return the fields that make a version: what changes them changes what is owed.

        :rtype: set
        """
        return {
            "product_id",
            "quantity",
            "uom_id",
            "price_unit",
            "discount",
            "plan_id",
            "anchor_date",
            "date_start",
            "charge_start_date",
            "subscription_id",
        } | self._get_end_fields()

    @api.model
    def _get_end_fields(self):
        """Return the fields that say where a version ends; they may move after it was billed.

        :rtype: set
        """
        return {"date_end", "charge_end_date"}

    def _check_version_unbilled(self, vals):
        """Refuse to edit what was billed; only a version's end may move.

        :param dict vals: values about to be written.
        :raise UserError: when a billed version would change.
        """
        if self._get_version_fields() & vals.keys():
            self.subscription_id._lock_against_billing()
        names = (self._get_version_fields() - self._get_end_fields()) & vals.keys()
        if not names:
            return
        for line in self:
            changed = [name for name in names if line._is_changed_by(name, vals[name])]
            if changed and line.state in BILLABLE_STATES and line.sudo().charge_ids:
                # sudo: the ledger decides, whether or not the writer may read it.
                raise UserError(
                    self.env._(
                        "“%(line)s” was invoiced already and can't be rewritten: change it from "
                        "the contract, so that a new version starts.",
                        line=line.product_id.display_name,
                    )
                )

    def _is_changed_by(self, name, value):
        """Tell whether writing a value would change a field."""
        self.ensure_one()
        field = self._fields[name]
        if name == "anchor_date":
            # Writing down the anchor that counts already changes nothing.
            return (self.anchor_date or self.subscription_id.anchor_date) != (
                fields.Date.to_date(value or None) or self.subscription_id.anchor_date
            )
        if field.type == "float":
            return float_compare(self[name], value or 0.0, precision_digits=9) != 0
        if field.type == "date":
            return self[name] != fields.Date.to_date(value or None) and bool(self[name] or value)
        return field.convert_to_write(self[name], self) != value

    # === GETTERS === #
    def _is_in_force(self, day):
        """Tell whether this version delivers on a day.

        :param date day: the day asked for.
        """
        self.ensure_one()
        start = self.date_start or self.subscription_id.date_start
        return bool(start) and start <= day and (not self.date_end or day <= self.date_end)

    def _get_list_price(self):
        """Return the price list's price for one period, in the contract's currency.

        :rtype: float
        """
        self.ensure_one()
        contract = self.subscription_id
        price = self.product_id._get_subscription_price(
            self.plan_id,
            pricelist=contract.pricelist_id,
            quantity=self.quantity or 1.0,
            uom=self.uom_id,
            currency=contract.currency_id,
            date=self.date_start or contract._get_today(),
        )
        taxes = self.product_id.taxes_id._filter_taxes_by_company(contract.company_id)
        return self.product_id._get_tax_included_unit_price_from_price(
            price, product_taxes=taxes, fiscal_position=contract.fiscal_position_id
        )

    def _prepare_base_line_for_taxes_computation(self, **kwargs):
        """Return the line as core's tax engine wants it.

        :rtype: dict
        """
        self.ensure_one()
        contract = self.subscription_id
        values = {
            "tax_ids": self.tax_ids,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "partner_id": contract.partner_id,
            "currency_id": contract.currency_id or self.env.company.currency_id,
            "name": self.name,
            **kwargs,
        }
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(self, **values)

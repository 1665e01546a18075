from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    """What a line sells, once or again and again, and what it then costs.

    What a line hands over to its contract is in `sale_order_line_contract`, how recurring lines
    stay out of the order's invoices in `sale_order_line_invoicing`.
    """

    _inherit = "sale.order.line"

    subscription_plan_id = fields.Many2one(
        comodel_name="sale.subscription.plan",
        string="Plan",
        compute="_compute_subscription_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="How often the line is invoiced, and the period its price is for. Empty: sold once.",
    )
    subscription_template_id = fields.Many2one(
        comodel_name="sale.subscription.template",
        string="Contract Template",
        compute="_compute_subscription_template_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The kind of contract the line becomes. Lines of the same template and plan share a"
        " contract.",
    )
    allowed_plan_ids = fields.Many2many(
        comodel_name="sale.subscription.plan",
        string="Plans to Choose From",
        compute="_compute_allowed_plan_ids",
        compute_sudo=True,
    )
    is_recurring_product = fields.Boolean(related="product_id.recurring_invoice")
    subscription_period_label = fields.Char(related="subscription_plan_id.period_label")

    # What was last proposed for a field. A value that differs was chosen by hand and is kept, as
    # core does for the price with `technical_price_unit`.
    technical_plan_id = fields.Many2one(comodel_name="sale.subscription.plan", ondelete="set null")
    technical_discount = fields.Float(digits="Discount")

    # === COMPUTE METHODS === #

    @api.depends("product_id", "order_id.subscription_plan_id", "order_id.subscription_template_id")
    def _compute_subscription_plan_id(self):
        for line in self:
            if line._is_settled():
                continue
            proposal = line._get_proposed_plan()
            if not proposal:
                line.subscription_plan_id = False
            elif line.subscription_plan_id == line.technical_plan_id:
                line.subscription_plan_id = proposal
            if line.technical_plan_id != proposal:
                line.technical_plan_id = proposal

    @api.depends("product_id", "subscription_plan_id", "order_id.subscription_template_id")
    def _compute_subscription_template_id(self):
        for line in self:
            if not line._is_settled():
                line.subscription_template_id = line._get_proposed_template()

    @api.depends("product_id", "order_id.subscription_template_id", "order_id.company_id")
    def _compute_allowed_plan_ids(self):
        plans_by_company = {}
        for line in self:
            template = line._get_required_template()
            if not line.product_id.recurring_invoice:
                line.allowed_plan_ids = False
            elif template:
                line.allowed_plan_ids = template.plan_ids
            else:
                company = line.order_id.company_id or line.env.company
                if company not in plans_by_company:
                    plans_by_company[company] = line._get_offered_plans(company)
                line.allowed_plan_ids = plans_by_company[company]

    @api.depends("subscription_plan_id")
    def _compute_pricelist_item_id(self):
        super()._compute_pricelist_item_id()

    @api.depends("subscription_plan_id")
    def _compute_price_unit(self):
        super()._compute_price_unit()

    @api.depends("subscription_plan_id")
    def _compute_discount(self):
        """Keep discounts typed by hand on recurring products, whatever else changes.

        Core takes them away with every change of the quantity; here a change of plan would too.
        """
        lines = self.filtered(lambda line: not line._has_manual_discount())
        super(SaleOrderLine, lines)._compute_discount()
        for line in lines.filtered(lambda line: line.technical_discount != line.discount):
            line.technical_discount = line.discount

    # === CONSTRAINT METHODS === #

    @api.constrains("subscription_plan_id", "subscription_template_id", "product_id")
    def _check_subscription_plan(self):
        for line in self.filtered("subscription_plan_id"):
            if not line.product_id.recurring_invoice or line.combo_item_id:
                raise ValidationError(
                    self.env._(
                        "%(product)s isn't sold as a recurring product: it can't have the plan"
                        " %(plan)s.",
                        product=line.product_id.display_name or line.name,
                        plan=line.subscription_plan_id.name,
                    )
                )
            template = line.subscription_template_id
            if (
                template
                and line.subscription_plan_id
                not in template.with_context(active_test=False).plan_ids
            ):
                raise ValidationError(
                    self.env._(
                        "The contract template %(template)s doesn't offer the plan %(plan)s:"
                        " choose another plan or another template for %(product)s.",
                        template=template.name,
                        plan=line.subscription_plan_id.name,
                        product=line.product_id.display_name,
                    )
                )

    @api.constrains("product_uom_qty", "price_unit", "discount")
    def _check_recurring_numbers(self):
        """Refuse what isn't a number before it becomes a contract."""
        for line in self.filtered("subscription_plan_id"):
            if not all(
                abs(number) < 1e12
                for number in (line.product_uom_qty, line.price_unit, line.discount)
            ):
                raise ValidationError(
                    self.env._(
                        "The quantity, price and discount of %(product)s must be numbers.",
                        product=line.product_id.display_name,
                    )
                )

    # === ONCHANGE METHODS === #

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Propose the plan of a product chosen anew, before core prices it."""
        self.subscription_plan_id = self.technical_plan_id = self._get_proposed_plan()
        return super()._onchange_product_id()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        tracked = {"subscription_plan_id", "price_unit", "discount"}
        by_hand = [tracked & vals.keys() - self._get_known_proposals(vals) for vals in vals_list]
        lines = super().create(vals_list)
        for line, field_names in zip(lines, by_hand, strict=True):
            if line.product_id.recurring_invoice:
                line._remember_proposals(field_names)
        return lines

    def _add_precomputed_values(self, vals_list):
        super()._add_precomputed_values(vals_list)
        for vals in vals_list:
            vals.setdefault("technical_plan_id", vals.get("subscription_plan_id"))
            vals.setdefault("technical_discount", vals.get("discount"))

    # === BUSINESS METHODS - PROPOSALS === #

    def _is_settled(self):
        """Tell whether plan and template are history: the order was confirmed or cancelled."""
        self.ensure_one()
        return bool(self._origin) and self.state in ("sale", "cancel")

    def _can_recur(self):
        """Tell whether the line may be sold with a plan."""
        self.ensure_one()
        return bool(
            self.product_id.recurring_invoice
            and not self.display_type
            and not self.is_downpayment
            and not self.combo_item_id
        )

    def _get_required_template(self):
        """Return the template the order or the product insists on.

        :return: The template, empty when any will do.
        :rtype: sale.subscription.template
        """
        self.ensure_one()
        return self.order_id.subscription_template_id or self.product_id.subscription_template_id

    def _get_proposed_plan(self):
        """Return the plan of the line unless somebody chooses another one.

        The order's plan, or else the one of the product's price; when the template doesn't offer
        it, the template's first plan.

        :return: The plan, empty for what is sold once.
        :rtype: sale.subscription.plan
        """
        self.ensure_one()
        if not self._can_recur():
            return self.env["sale.subscription.plan"]
        template = self._get_required_template()
        plan = self.order_id.subscription_plan_id or self.product_id.subscription_plan_id
        if template and plan not in template.plan_ids:
            return template._get_default_plan()
        return plan

    def _get_proposed_template(self):
        """Return the template of the line unless somebody chooses another one.

        :return: The template, empty for what is sold once or when none offers the plan.
        :rtype: sale.subscription.template
        """
        self.ensure_one()
        Template = self.env["sale.subscription.template"]
        plan = self.subscription_plan_id
        if not plan:
            return Template
        if required := self._get_required_template():
            return required
        if plan in self.subscription_template_id.plan_ids:
            return self.subscription_template_id
        company = self.order_id.company_id or self.env.company
        domain = Template._check_company_domain(company)
        return Template.search([*domain, ("plan_ids", "in", plan.ids)], limit=1)

    @api.model
    def _get_offered_plans(self, company):
        """Return the plans that some template of a company offers.

        :param company: The company of the order.
        :rtype: sale.subscription.plan
        """
        Template = self.env["sale.subscription.template"]
        return Template.search(Template._check_company_domain(company)).plan_ids.sorted()

    @api.model
    def _get_known_proposals(self, vals):
        """Return the fields whose proposal comes along with the values, as from the web client.

        :param dict vals: The values of a new line.
        :return: Names of fields.
        :rtype: set
        """
        markers = {
            "technical_plan_id": "subscription_plan_id",
            "technical_price_unit": "price_unit",
            "technical_discount": "discount",
        }
        return {field_name for marker, field_name in markers.items() if marker in vals}

    def _remember_proposals(self, field_names):
        """Note what would have been proposed for fields given by hand, to tell them apart later.

        :param set field_names: The fields given when the line was created.
        """
        self.ensure_one()
        values = {}
        if "subscription_plan_id" in field_names:
            values["technical_plan_id"] = self._get_proposed_plan().id
        if {"price_unit", "discount"} & field_names:
            proposal = self._get_proposed_price()
            if "price_unit" in field_names:
                values["technical_price_unit"] = proposal["price_unit"]
            if "discount" in field_names:
                values["technical_discount"] = proposal["discount"]
        if values:
            self.with_context(sale_write_from_compute=True).write(values)

    def _get_proposed_price(self):
        """Return the price and the discount of the price list for the line as it stands.

        :return: `price_unit` and `discount`.
        :rtype: dict
        """
        self.ensure_one()
        proposal = self.new(origin=self).with_context(force_price_recomputation=True)
        proposal._compute_price_unit()
        proposal._compute_discount()
        return {"price_unit": proposal.price_unit, "discount": proposal.discount}

    def _has_manual_discount(self):
        """Tell whether the discount was typed by hand on a recurring product."""
        self.ensure_one()
        if self.env.context.get("force_price_recomputation"):
            return False
        if not self.product_id.recurring_invoice:
            return False
        digits = self.env["decimal.precision"].precision_get("Discount")
        return float_compare(self.discount, self.technical_discount, precision_digits=digits) != 0

    # === BUSINESS METHODS - PRICE === #

    def _is_recurring(self):
        """Tell whether the line is sold again and again, so that a contract invoices it."""
        self.ensure_one()
        return bool(self.subscription_plan_id and self.product_id and not self.display_type)

    def _get_pricelist_kwargs(self):
        """Ask the price list for the price of the line's plan."""
        kwargs = super()._get_pricelist_kwargs()
        if self.subscription_plan_id:
            kwargs["subscription_plan"] = self.subscription_plan_id
        return kwargs

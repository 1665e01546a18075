from datetime import date

from odoo import api, fields, models
from odoo.fields import Command


class SaleOrder(models.Model):
    """From a confirmed quotation to contracts.

    What a quotation says about recurring money is in `sale_order_totals`.
    """

    _inherit = "sale.order"

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
        help="The kind of contract the recurring lines become. Leave empty to take the one of"
        " each product.",
    )
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
        help="The plan of all recurring lines but those given another one by hand. Leave empty to"
        " take the one of each product.",
    )
    allowed_plan_ids = fields.Many2many(
        comodel_name="sale.subscription.plan",
        string="Plans to Choose From",
        compute="_compute_allowed_plan_ids",
        compute_sudo=True,
    )
    subscription_ids = fields.Many2many(
        comodel_name="sale.subscription",
        relation="sale_order_subscription_rel",
        column1="order_id",
        column2="subscription_id",
        string="Contracts",
        copy=False,
        readonly=True,
    )
    subscription_count = fields.Integer(
        string="Contract Count",
        compute="_compute_subscription_count",
        compute_sudo=True,
    )
    is_only_recurring = fields.Boolean(compute="_compute_is_only_recurring")

    # === COMPUTE METHODS === #

    @api.depends("sale_order_template_id")
    def _compute_subscription_template_id(self):
        for order in self:
            quotation_template = order.sale_order_template_id
            if quotation_template.subscription_template_id:
                order.subscription_template_id = quotation_template.subscription_template_id

    @api.depends("sale_order_template_id", "subscription_template_id")
    def _compute_subscription_plan_id(self):
        for order in self:
            template = order.subscription_template_id
            plan = order.sale_order_template_id.subscription_plan_id or order.subscription_plan_id
            if template and plan not in template.plan_ids:
                plan = template._get_default_plan()
            order.subscription_plan_id = plan

    @api.depends("subscription_template_id", "company_id")
    def _compute_allowed_plan_ids(self):
        for order in self:
            order.allowed_plan_ids = (
                order.subscription_template_id.plan_ids
                or order.order_line._get_offered_plans(order.company_id or self.env.company)
            )

    @api.depends("subscription_ids")
    def _compute_subscription_count(self):
        for order in self:
            order.subscription_count = len(order.subscription_ids)

    @api.depends("order_line.subscription_plan_id", "order_line.display_type")
    def _compute_is_only_recurring(self):
        """Tell whether everything on the order is invoiced by contracts."""
        for order in self:
            lines = order.order_line.filtered(lambda line: not line.display_type)
            order.is_only_recurring = bool(lines) and lines == lines._filter_recurring()

    @api.depends("order_line.subscription_plan_id")
    def _compute_invoice_status(self):
        """Let the one-time lines alone decide, where there are any."""
        super()._compute_invoice_status()
        for order in self.filtered(lambda o: o.state == "sale" and o.invoice_status == "no"):
            lines = order.order_line.filtered(
                lambda line: not line.display_type and not line.is_downpayment
            )
            once = lines.filtered(lambda line: not line._is_recurring())
            statuses = set(once.mapped("invoice_status"))
            if len(once) == len(lines) or not statuses:
                continue
            if statuses == {"invoiced"}:
                order.invoice_status = "invoiced"
            elif statuses <= {"invoiced", "upselling"}:
                order.invoice_status = "upselling"

    # === ACTION METHODS === #

    def action_view_subscriptions(self):
        """Open the contracts made from the order.

        :return: A window action.
        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_action"
        )
        action["context"] = {"create": False}
        if len(self.subscription_ids) == 1:
            return dict(
                action, views=[(False, "form")], view_mode="form", res_id=self.subscription_ids.id
            )
        return dict(action, domain=[("id", "in", self.subscription_ids.ids)])

    def _confirmation_error_message(self):
        """Refuse to confirm recurring lines that no contract template can carry."""
        if error := super()._confirmation_error_message():
            return error
        for line in self._get_recurring_lines():
            if not line.subscription_template_id:
                return self.env._(
                    "No contract template offers the plan %(plan)s of %(product)s. Choose another"
                    " plan, or add this one to a template.",
                    plan=line.subscription_plan_id.name,
                    product=line.product_id.display_name,
                )
        return False

    def _action_confirm(self):
        result = super()._action_confirm()
        for order in self:
            contracts = order._sync_subscriptions()
            order._put_one_time_lines_on(contracts)
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        for order in self.filtered("subscription_ids"):
            # sudo: whoever may cancel the order also stops what it started, even when the
            # contract was handed to another salesperson meanwhile.
            order.sudo().subscription_ids._cancel_from_order(order)
        return result

    def _get_product_catalog_order_data(self, products, **kwargs):
        """Show recurring products in the catalog with the price they will have on the order."""
        data = super()._get_product_catalog_order_data(products, **kwargs)
        by_plan = products.filtered("recurring_invoice").grouped(
            lambda product: self.order_line.new(
                {"order_id": self.id, "product_id": product.id}
            )._get_proposed_plan()
        )
        for plan, recurring in by_plan.items():
            prices = self.pricelist_id._get_products_price(
                recurring,
                quantity=1.0,
                currency=self.currency_id,
                date=self.date_order,
                subscription_plan=plan,
                **kwargs,
            )
            for product_id, price in prices.items():
                data[product_id]["price"] = price
        return data

    def _recompute_prices(self):
        """Take the price list's discounts too, also where another one was typed by hand."""
        return super(
            SaleOrder, self.with_context(force_price_recomputation=True)
        )._recompute_prices()

    # === BUSINESS METHODS - CONTRACTS === #

    def _get_recurring_lines(self):
        """Return the lines that contracts are made of.

        :rtype: sale.order.line
        """
        return self.order_line._filter_recurring().filtered("product_uom_qty")

    def _sync_subscriptions(self):
        """Put recurring lines that no contract carries yet into contracts.

        A line joins the order's running contract of the same template and plan; without one a new
        contract starts. Called when the order is confirmed and when a confirmed order gets a line;
        calling it again changes nothing.

        :return: The contracts that got lines, those with the shortest period first.
        :rtype: sale.subscription
        """
        contracts = self.env["sale.subscription"]
        for order in self:
            order = order.with_company(order.company_id)
            for (template, plan), lines in order._get_lines_without_contract().items():
                # sudo: the line joins the contract even when a colleague looks after it.
                contract = order.sudo()._get_running_subscription(template, plan)
                if contract:
                    contract._add_order_lines(lines)
                else:
                    contract = order.env["sale.subscription"].create(
                        order._prepare_subscription(template, plan, lines)
                    )
                    contract.action_activate()
                contracts |= contract
        return contracts.sorted(lambda contract: 1 / contract.plan_id._get_mrr(1))

    def _get_lines_without_contract(self):
        """Return the recurring lines still to be put into contracts.

        :return: The lines by template and plan.
        :rtype: dict
        """
        self.ensure_one()
        # sudo: a line in somebody else's contract is in a contract all the same.
        lines = self._get_recurring_lines().filtered(
            lambda line: all(
                contract.state == "cancelled"
                for contract in line.sudo().subscription_line_ids.subscription_id
            )
        )
        return lines.grouped(
            lambda line: (line.subscription_template_id, line.subscription_plan_id)
        )

    def _get_running_subscription(self, template, plan):
        """Return the order's own contract that further lines may join.

        :param template: The template of the lines (`sale.subscription.template`).
        :param plan: The plan of the lines (`sale.subscription.plan`).
        :return: The contract, empty when there is none.
        :rtype: sale.subscription
        """
        self.ensure_one()
        return self.subscription_ids.filtered(
            lambda contract: (
                contract.template_id == template
                and contract.plan_id == plan
                and contract.state in ("draft", "active", "paused")
            )
        )[:1]

    def _put_one_time_lines_on(self, contracts):
        """Let what is sold once ride on the first invoice of the contract that is billed first.

        Combos stay with the order, which invoices their parts together.

        :param contracts: The contracts just made, those with the shortest period in front.
        """
        self.ensure_one()
        lines = self._get_one_time_lines().filtered(
            lambda line: line.product_id and line.product_id.type != "combo"
        ) - self.order_line.filtered("combo_item_id")
        if contracts and lines:
            first = contracts.sorted(lambda contract: contract.next_invoice_date or date.max)[0]
            first._add_order_charges(lines)

    def _prepare_subscription(self, template, plan, lines):
        """Return the values of the contract made from some of the order's lines.

        :param template: The template of the contract (`sale.subscription.template`).
        :param plan: The plan of the contract (`sale.subscription.plan`).
        :param lines: The order lines that go into it.
        :return: Values of a `sale.subscription`.
        :rtype: dict
        """
        self.ensure_one()
        values = {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "partner_invoice_id": self.partner_invoice_id.id,
            "partner_shipping_id": self.partner_shipping_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "payment_term_id": self.payment_term_id.id,
            "pricelist_id": self.pricelist_id.id,
            "currency_id": self.currency_id.id,
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
            "campaign_id": self.campaign_id.id,
            "medium_id": self.medium_id.id,
            "source_id": self.source_id.id,
            "template_id": template.id,
            "plan_id": plan.id,
            "order_ids": [Command.link(self.id)],
            "line_ids": [Command.create(line._prepare_subscription_line()) for line in lines],
        }
        if self.journal_id:
            values["journal_id"] = self.journal_id.id
        return values

    # === BUSINESS METHODS - INVOICES === #

    def _get_invoiceable_lines(self, final=False):
        """Leave recurring lines to their contract, even when their quantity was forced."""
        lines = super()._get_invoiceable_lines(final)
        return lines - lines._filter_recurring()

    def _force_lines_to_invoice_policy_order(self):
        super()._force_lines_to_invoice_policy_order()
        self.order_line._filter_recurring().qty_to_invoice = 0.0

    def _generate_downpayment_invoices(self):
        """Take no down payment on what contracts invoice: nothing would ever deduct it."""
        return super(
            SaleOrder, self.filtered(lambda order: not order._get_recurring_lines())
        )._generate_downpayment_invoices()

    def _nothing_to_invoice_error_message(self):
        """Say who invoices an order of recurring lines only."""
        if self and all(self.mapped("is_only_recurring")):
            return self.env._(
                "There is nothing to invoice here: recurring lines are invoiced by their contract."
            )
        return super()._nothing_to_invoice_error_message()

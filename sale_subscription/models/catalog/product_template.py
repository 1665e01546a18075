from fractions import Fraction
from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    recurring_invoice = fields.Boolean(
        string="Recurring",
        help="Selling this product makes a contract that invoices it again and again.",
    )
    subscription_plan_id = fields.Many2one(
        comodel_name="sale.subscription.plan",
        string="Price Per",
        compute="_compute_subscription_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The sales price is for one period of this plan. With another plan it is scaled"
        " to its length, unless a price list has a price for that plan.",
    )
    subscription_template_id = fields.Many2one(
        comodel_name="sale.subscription.template",
        string="Contract Template",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The kind of contract made when the product is sold. Leave empty to take the one of"
        " the quotation, or else the first that offers the plan.",
    )
    subscription_period_label = fields.Char(related="subscription_plan_id.period_label")

    # === COMPUTE METHODS === #

    @api.depends("recurring_invoice")
    def _compute_subscription_plan_id(self):
        for product in self:
            if not product.recurring_invoice:
                product.subscription_plan_id = False
            elif not product.subscription_plan_id:
                product.subscription_plan_id = product._get_default_subscription_plan()

    @api.depends("recurring_invoice")
    def _compute_product_tooltip(self):
        super()._compute_product_tooltip()

    # === CONSTRAINT METHODS === #

    @api.constrains("recurring_invoice", "subscription_plan_id", "type")
    def _check_recurring_invoice(self):
        for product in self.filtered("recurring_invoice"):
            if product.type == "combo":
                raise ValidationError(
                    self.env._(
                        "%(product)s is a combo: it can't be recurring, only the products sold"
                        " in their own right can.",
                        product=product.display_name,
                    )
                )
            if not product.subscription_plan_id:
                raise ValidationError(
                    self.env._(
                        "%(product)s is recurring: choose the plan its sales price is for.",
                        product=product.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    def _get_default_subscription_plan(self):
        """Return the plan of a recurring product's price when none was chosen.

        :return: The monthly plan of the product's company, or else its first plan.
        :rtype: sale.subscription.plan
        """
        # sudo: products are also made by people who don't sell and can't read plans.
        Plan = self.env["sale.subscription.plan"].sudo()
        domain = Plan._check_company_domain(self.company_id or self.env.company)
        plans = Plan.search(domain)
        monthly = plans.filtered(
            lambda plan: plan.interval_unit == "month" and plan.interval_count == 1
        )
        return (monthly or plans)[:1].sudo(self.env.su)

    def _scale_price_to_plan(self, price, plan):
        """Convert a price per period of the product's own plan to a price per period of a plan.

        The factor is exact: 10 a month is 120 a year, 3.65 a day is 110.86... a month. Nothing
        is rounded here, just as core doesn't round when it converts a unit or a currency.

        :param float price: The price for one period of the product's own plan.
        :param plan: The plan asked for (`sale.subscription.plan`), empty for a one-time sale.
        :return: The price for one period of the plan.
        :rtype: float
        """
        self.ensure_one()
        # sudo: visitors of a shop price products too, and the length of a plan is no secret.
        own_plan = self.sudo().subscription_plan_id
        if not plan or not own_plan or own_plan == plan or not isfinite(price):
            return price
        # The shortest decimal that reads as the price, so that 9.99 doesn't carry its binary
        # error into the product.
        return float(Fraction(repr(price)) * own_plan._get_scale_to(plan.sudo()))

    def _prepare_invoicing_tooltip(self):
        """Say that the contract invoices what is sold with a plan."""
        if self.recurring_invoice:
            return self.env._("Sold with a plan, its contract invoices it every period.")
        return super()._prepare_invoicing_tooltip()

    @api.model
    def _get_configurator_price(
        self, product_or_template, quantity, date, currency, pricelist, **kwargs
    ):
        """Show a recurring product's price for its own plan in the product configurator."""
        plan = product_or_template.subscription_plan_id
        if plan and "subscription_plan" not in kwargs:
            kwargs["subscription_plan"] = plan
        return super()._get_configurator_price(
            product_or_template, quantity, date, currency, pricelist, **kwargs
        )

from odoo import api, fields, models


class ProductPricelistItem(models.Model):
    _inherit = "product.pricelist.item"

    subscription_plan_id = fields.Many2one(
        comodel_name="sale.subscription.plan",
        string="Plan",
        index="btree_not_null",
        check_company=True,
        # Not 'set null': a yearly price would turn into the price of a one-time sale.
        ondelete="restrict",
        help="The rule only applies when the product is sold with this plan, and its amounts are"
        " for one period of it. Leave empty for one-time sales; plans without a rule of their own"
        " then use this rule too, scaled to their length.",
    )

    subscription_period_label = fields.Char(related="subscription_plan_id.period_label")

    # === COMPUTE METHODS === #

    @api.depends("subscription_plan_id")
    @api.depends_context("lang")
    def _compute_price_label(self):
        super()._compute_price_label()
        for item in self.filtered("subscription_plan_id"):
            item.price = self.env._(
                "%(price)s per %(period)s",
                price=item.price,
                # sudo: price rules are read by people who may not open the plans.
                period=item.subscription_plan_id.sudo().period_label,
            )

    # === BUSINESS METHODS === #

    def _compute_price(self, product, quantity, uom, date, currency=None, **kwargs):
        """Scale a generic fixed price to the plan asked for.

        The fixed price of a rule without a plan is, like the sales price, the price of one
        period of the product's own plan.

        :param product: The product (`product.product` or `product.template`).
        :param float quantity: The quantity, in `uom`.
        :param uom: The unit of measure of the price.
        :param date: The date of the price.
        :param currency: The currency of the price.
        :param kwargs: `subscription_plan`, the plan of a recurring price.
        :return: The price per unit, and per period of the plan when one is asked for.
        :rtype: float
        """
        price = super()._compute_price(product, quantity, uom, date, currency=currency, **kwargs)
        if self.compute_price == "fixed" and not self.subscription_plan_id:
            price = product._scale_price_to_plan(price, kwargs.get("subscription_plan"))
        return price

    def _compute_base_price(self, product, quantity, uom, date, currency, **kwargs):
        """Scale the sales price or the cost to the plan asked for.

        Another price list used as base has scaled its price already.

        :param product: The product (`product.product` or `product.template`).
        :param float quantity: The quantity, in `uom`.
        :param uom: The unit of measure of the price.
        :param date: The date of the price.
        :param currency: The currency of the price.
        :param kwargs: `subscription_plan`, the plan of a recurring price.
        :return: The base price per unit, and per period of the plan when one is asked for.
        :rtype: float
        """
        price = super()._compute_base_price(product, quantity, uom, date, currency, **kwargs)
        if self.base == "pricelist" and self.base_pricelist_id:
            return price
        return product._scale_price_to_plan(price, kwargs.get("subscription_plan"))

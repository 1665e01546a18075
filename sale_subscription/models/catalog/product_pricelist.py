from odoo import models
from odoo.fields import Domain


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    # A price is asked for a plan with the keyword argument `subscription_plan`, which core hands
    # on to every method of the price computation. Without it the price is for a one-time sale.

    def _get_applicable_rules(self, products, date, **kwargs):
        """Put the rules of the plan asked for before the generic ones.

        Whoever writes a price for a plan means that price: such a rule always wins over a
        generic one, whatever its quantity and however specific the generic one is. Between
        rules of the same kind core's own order decides.

        :param products: The products to price (`product.product` or `product.template`).
        :param date: The date of the price.
        :param kwargs: `subscription_plan`, the plan of a recurring price.
        :return: The rules, the one to try first in front.
        :rtype: product.pricelist.item
        """
        rules = super()._get_applicable_rules(products, date, **kwargs)
        if not kwargs.get("subscription_plan"):
            return rules
        return rules.sorted(lambda rule: not rule.subscription_plan_id)

    def _get_applicable_rules_domain(self, products, date, **kwargs):
        """Leave out the rules of other plans, and of all plans for a one-time sale.

        :param products: The products to price (`product.product` or `product.template`).
        :param date: The date of the price.
        :param kwargs: `subscription_plan`, the plan of a recurring price.
        :return: The domain of the rules.
        """
        domain = super()._get_applicable_rules_domain(products, date, **kwargs)
        plan = kwargs.get("subscription_plan")
        plan_ids = [False, plan.id] if plan else [False]
        return Domain(domain) & Domain("subscription_plan_id", "in", plan_ids)

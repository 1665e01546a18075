from decimal import Decimal
from fractions import Fraction

from odoo import models
from odoo.tools import float_compare

from ...engine.repricing import as_fine_as, ending_in, indexed, raised
from ...engine.values import exact


class SaleSubscriptionPriceUpdate(models.Model):
    """The new price of a contract line, and what it brings."""

    _inherit = "sale.subscription.price.update"

    # === GETTERS - PRICES === #
    def _get_new_terms(self, version, day, cache):
        """Return the new price and discount of a version.

        :param version: a `sale.subscription.line`.
        :param date day: first day of the new price.
        :param dict cache: see `_prepare_contract_lines`.
        :return: price per unit and period, and discount in percent; None when there is none.
        :rtype: tuple | None
        """
        discount = version.discount
        if self.method == "pricelist":
            price, discount = self._get_list_terms(version, day, cache)
        elif self.method == "fixed":
            price = self.price_ids._find_price(version)
        else:
            price = self._get_followed_price(version)
        if price is None:
            return None
        if self.price_step:
            price = ending_in(
                exact(price), self._to_decimal(self.price_step), exact(self.price_ending)
            )
        elif isinstance(price, Fraction):
            quantum = self._to_decimal(version.currency_id.rounding)
            price = as_fine_as(price, exact(version.price_unit), quantum)
        return float(price), discount

    def _get_followed_price(self, version):
        """Return the exact price that follows from the old one.

        :rtype: fractions.Fraction
        """
        old = exact(version.price_unit)
        if self.method == "index":
            return indexed(old, exact(self.index_old), exact(self.index_new))
        return raised(old, exact(self.percentage))

    def _get_list_terms(self, version, day, cache):
        """Return the price and discount of the price list on a day.

        Where the price list shows its discount to customers, so does the contract.

        :return: price and discount.
        :rtype: tuple(float, float)
        """
        contract = version.subscription_id
        key = (
            version.product_id,
            version.plan_id,
            contract.pricelist_id,
            version.quantity,
            version.uom_id,
            contract.currency_id,
            contract.fiscal_position_id,
            day,
        )
        if key not in cache:
            cache[key] = self._read_list_terms(version, day)
        price, discount = cache[key]
        return price, version.discount if discount is None else discount

    def _read_list_terms(self, version, day):
        """Ask the price list for the price of a version on a day.

        :return: price, and the discount where the price list shows it, else None.
        :rtype: tuple
        """
        contract, product = version.subscription_id, version.product_id
        question = {
            "quantity": version.quantity or 1.0,
            "uom": version.uom_id,
            "currency": contract.currency_id,
            "date": day,
            "subscription_plan": version.plan_id,
        }
        price, rule_id = contract.pricelist_id._get_product_price_rule(product, **question)
        discount = None
        rule = self.env["product.pricelist.item"].browse(rule_id or ())
        if rule._show_discount():
            full = rule._compute_price_before_discount(product, **question)
            if full and price < full:
                discount = (full - price) / full * 100
                price = full
        taxes = product.taxes_id._filter_taxes_by_company(contract.company_id)
        price = product._get_tax_included_unit_price_from_price(
            price, product_taxes=taxes, fiscal_position=contract.fiscal_position_id
        )
        return price, discount

    def _is_change(self, version, price, discount):
        """Tell whether a price and discount differ from a version's."""
        return any(
            float_compare(new, old, precision_digits=9)
            for new, old in ((price, version.price_unit), (discount, version.discount))
        )

    def _get_mrr_at(self, version, price, discount):
        """Return the exact MRR of a version at another price, in the contract's currency.

        :rtype: fractions.Fraction
        """
        amount = exact(version.quantity) * exact(price) * (100 - exact(discount)) / 100
        if any(version.tax_ids.flatten_taxes_hierarchy().mapped("price_include")):
            line = version.new(origin=version, values={"price_unit": price, "discount": discount})
            amount = exact(line.price_subtotal)
        return exact(version.plan_id._get_mrr(amount))

    def _get_rate(self, currency, cache):
        """Return today's rate from a contract's currency to the company's.

        :rtype: float
        """
        if currency not in cache:
            cache[currency] = self.env["res.currency"]._get_conversion_rate(
                currency,
                self.currency_id,
                self.company_id,
                self.company_id._get_subscription_today(),
            )
        return cache[currency]

    def _to_decimal(self, value):
        """Return a number of a field as the decimal it is written as.

        :rtype: decimal.Decimal
        """
        return Decimal(repr(value))

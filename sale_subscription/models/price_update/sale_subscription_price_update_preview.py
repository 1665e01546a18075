from datetime import timedelta

from odoo import models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ...const import ALLOWED_OPERATIONS


class SaleSubscriptionPriceUpdate(models.Model):
    """Which line of which contract gets which price, and from when."""

    _inherit = "sale.subscription.price.update"

    # === BUSINESS METHODS === #
    def _prepare_lines(self):
        """Compute the lines of the update; writes nothing.

        :return: values of `sale.subscription.price.update.line`.
        :rtype: list
        """
        self.ensure_one()
        contracts = self.env["sale.subscription"].search(self._get_search_domain(), order="id")
        coverage = contracts.line_ids._get_coverage()
        cache = {}
        values = []
        for contract in contracts.with_company(self.company_id):
            values += self._prepare_contract_lines(contract, coverage, cache)
        return values

    def _get_search_domain(self):
        """Return the contracts of which a line may change.

        :rtype: Domain
        """
        self.ensure_one()
        domain = self._get_contract_domain()
        products = self._get_products()
        if products:
            domain &= Domain("line_ids.product_id", "in", products.ids)
        return domain

    def _prepare_contract_lines(self, contract, coverage, cache):
        """Compute the lines of one contract.

        :param contract: a `sale.subscription`.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :param dict cache: what was looked up for other contracts.
        :return: values of `sale.subscription.price.update.line`.
        :rtype: list
        """
        problem = self._get_contract_problem(contract)
        if problem:
            return [self._prepare_skipped_line(contract, problem)]
        values = []
        targets = self._find_targets(contract, coverage)
        for version, day in targets:
            prices = self._get_new_terms(version, day, cache)
            problem = self._get_version_problem(version, day)
            if not prices:
                problem = problem or self.env._(
                    "There is no fixed price in %(currency)s.", currency=contract.currency_id.name
                )
            elif not self._is_change(version, *prices):
                continue
            values.append(self._prepare_line(version, day, prices, problem, cache))
        for version in self._find_priced_later(contract, [v for v, _day in targets]):
            prices = self._get_new_terms(version, version.date_start, cache)
            if not prices or self._is_change(version, *prices):
                problem = self._get_own_price_text(version)
                day = version.date_start
                values.append(self._prepare_line(version, day, prices, problem, cache))
        return values

    def _prepare_skipped_line(self, contract, problem):
        """Return the line that says why a whole contract is left alone.

        :rtype: dict
        """
        return {
            "update_id": self.id,
            "subscription_id": contract.id,
            "state": "skipped",
            "reason": problem,
        }

    def _prepare_line(self, version, day, prices, problem, cache):
        """Return what becomes of one version.

        :param version: a `sale.subscription.line`.
        :param date day: first day of the new price.
        :param tuple prices: new price and discount, None when there is none.
        :param problem: why it is skipped, False if it isn't.
        :param dict cache: see `_prepare_contract_lines`.
        :rtype: dict
        """
        price, discount = prices or (version.price_unit, version.discount)
        before = version._get_exact_mrr()
        change = self._get_mrr_at(version, price, discount) - before
        currency = version.currency_id
        rate = self._get_rate(currency, cache)
        return {
            "update_id": self.id,
            "subscription_id": version.subscription_id.id,
            # Without a version it can't be taken in by hand either.
            "line_id": False if problem else version.id,
            "product_id": version.product_id.id,
            "plan_id": version.plan_id.id,
            "quantity": version.quantity,
            "old_price": version.price_unit,
            "new_price": price,
            "old_discount": version.discount,
            "new_discount": discount,
            "date_effective": day,
            "mrr_change": currency.round(float(change)),
            "mrr_before_company": self.currency_id.round(float(before) * rate),
            "mrr_change_company": self.currency_id.round(float(change) * rate),
            "state": "skipped" if problem else "planned",
            "reason": problem,
        }

    # === GETTERS - WHAT AND WHEN === #
    def _get_products(self):
        """Return the products that get new prices; empty: all.

        :rtype: product.product
        """
        return self.price_ids.product_id if self.method == "fixed" else self.product_ids

    def _get_contract_problem(self, contract):
        """Return why nothing can be changed on a contract now.

        :return: a sentence, or False.
        :rtype: str | bool
        """
        if contract.state == "draft" or contract.state not in ALLOWED_OPERATIONS["change"]:
            labels = dict(contract._fields["state"]._description_selection(self.env))
            return self.env._("The contract is “%(state)s”.", state=labels[contract.state])
        if contract.payment_exception:
            return self.env._("A payment of it is in doubt: decide about that first.")
        return False

    def _find_targets(self, contract, coverage):
        """Return the versions that get a new price, each with its first day.

        Of every line of the contract it is the version that delivers on that day.

        :param contract: a `sale.subscription`.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :return: pairs of `sale.subscription.line` and date.
        :rtype: list
        """
        products = self._get_products()
        targets, seen = [], contract.line_ids.browse()
        for version in contract.line_ids.sorted(lambda line: (line.date_start, line.id)):
            if products and version.product_id not in products:
                continue
            if version.predecessor_id in seen:
                seen |= version
                continue
            day = self._get_first_day(version, coverage)
            if not version.date_end or version.date_end >= day:
                targets.append((version, day))
                seen |= version
        return targets

    def _find_priced_later(self, contract, targets):
        """Return the versions that keep their price: it was agreed for them, for a later day.

        :param contract: a `sale.subscription`.
        :param list targets: the versions that get a new price, see `_find_targets`.
        :rtype: sale.subscription.line
        """
        starts = {version._get_first_version(): version.date_start for version in targets}
        return contract.line_ids.filtered(
            lambda line: (
                line.predecessor_id
                and "price_unit" in line._get_own_terms()
                and not line._is_replaced_at_once()
                and line.date_start > starts.get(line._get_first_version(), line.date_start)
            )
        ).sorted(lambda line: (line.date_start, line.id))

    def _get_first_day(self, version, coverage):
        """Return the first day on which a version can get a new price.

        :param version: a `sale.subscription.line`.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :return: the start of a period of which nothing was invoiced.
        :rtype: date
        """
        contract = version.subscription_id
        today = contract._get_today()
        covered = coverage.get(version.id)
        first_paid = contract._get_first_paid_day()
        if covered and covered[-1][1] > today:
            day = covered[-1][1]
        elif today < first_paid and version.date_start <= first_paid:
            day = first_paid
        else:
            after = max(today, first_paid, version.date_start - timedelta(days=1))
            day = version._get_recurrence().next_after(after)
        if self.effective == "date" and self.date_from > day:
            day = version._get_boundary_from(self.date_from)
        if version.charge_start_date and version.charge_start_date > day:
            # Until then something else is paid for: what was invoiced of it is never touched.
            day = version._get_boundary_from(version.charge_start_date)
        return day

    def _get_version_problem(self, version, day):
        """Return why a version can't get a new price from a day on.

        :return: a sentence, or False.
        :rtype: str | bool
        """
        contract = version.subscription_id
        end = contract._get_service_end()
        if end and day >= end:
            return self.env._(
                "The contract ends on %(date)s, before a new price could begin.",
                date=format_date(self.env, end),
            )
        if version.date_end and version.date_end < day:
            return self._get_stale_text()
        return False

    def _get_own_price_text(self, version):
        return self.env._(
            "A price of its own was agreed from %(date)s.",
            date=format_date(self.env, version.date_start),
        )

    def _get_stale_text(self):
        return self.env._("It was changed since the prices were computed.")

from contextlib import contextmanager

from odoo import models

from .sale_subscription_schedule import LINES_TOGETHER


class SaleSubscription(models.Model):
    """The quotas of a contract's options: how much of a product it has at least and at most."""

    _inherit = "sale.subscription"

    # === CRUD METHODS === #
    def write(self, vals):
        """Check quotas where lines are written by hand, once all of them are."""
        if "line_ids" not in vals:
            return super().write(vals)
        with self._keeping_quotas():
            return super().write(vals)

    # === BUSINESS METHODS === #
    @contextmanager
    def _keeping_quotas(self):
        """Refuse what makes quantities of running contracts leave a quota.

        Only what has become more or less counts: whatever was agreed beyond a quota goes on, and
        versions that take each other's place are nobody's business. Drafts are put together freely.

        :raise ValidationError: see `_check_quotas`.
        """
        # Who lets lines wait for each other is a change, and checks by itself.
        waiting = self.env.cr.precommit.data.get(LINES_TOGETHER, ())
        watched = self.filtered(
            lambda contract: (
                contract.option_ids and contract.id not in waiting and contract._is_running()
            )
        )
        before = {contract: contract._get_option_quantities() for contract in watched}
        yield
        for contract, quantities in before.items():
            now = contract._get_option_quantities()
            changed = (product for product in now if now[product] != quantities.get(product))
            products = self.env["product.product"].union(*changed)
            contract._check_quotas(products, contract._get_today())

    def _check_quotas(self, products, day):
        """Refuse lines that leave an option's quota on any day to come.

        :param products: the `product.product` of which there is more or less than before.
        :param date day: from when.
        :raise ValidationError: when the contract would have too little or too much of one.
        """
        self.ensure_one()
        day = max(day, self.date_start)
        for option in self.option_ids.filtered(lambda option: option.product_id in products):
            for each, total in self._get_quantities(option.product_id, day):
                if total or option.min_quantity:
                    option._check_quantity(total, each if each > day else None)

    # === GETTERS === #
    def _get_option_quantities(self):
        """Return how much of its options a contract has from today on.

        :return: `product.product` → see `_get_quantities`.
        :rtype: dict
        """
        self.ensure_one()
        day = max(self._get_today(), self.date_start)
        return {
            product: self._get_quantities(product, day) for product in self.option_ids.product_id
        }

    def _get_quantities(self, product, day):
        """Return how much of a product the contract has from a day on, as long as service lasts.

        :param product: the `product.product`.
        :param date day: the first day.
        :return: `(date, quantity)` for that day and each on which it is more or less.
        :rtype: list
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.product_id == product)
        end = self._get_service_end()
        days = {day, *lines.mapped("date_start"), *(line._get_end() for line in lines)}
        quantities = []
        for each in sorted(d for d in days if d and d >= day and (not end or d < end)):
            in_force = lines.filtered(lambda line, each=each: line._is_in_force(each))
            total = sum(in_force.mapped("quantity"), 0.0)
            if not quantities or quantities[-1][1] != total:
                quantities.append((each, total))
        return quantities

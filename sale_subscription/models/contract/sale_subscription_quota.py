from datetime import timedelta

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
        # Who lets them wait already is a change, and checks by itself.
        waiting = self.env.cr.precommit.data.get(LINES_TOGETHER, ())
        by_hand = self.filtered(lambda contract: contract.id not in waiting)
        before = {contract: contract._get_quota_terms() for contract in by_hand}
        result = super().write(vals)
        for contract, terms in before.items():
            now = contract._get_quota_terms()
            changed = (each for each in terms | now if terms.get(each) != now.get(each))
            products = self.env["product.product"].union(*changed)
            if products and contract._is_running():
                contract._check_quotas(products, max(contract._get_today(), contract.date_start))
        return result

    # === BUSINESS METHODS === #
    def _get_quota_terms(self):
        """Return how much of each product is agreed for when, to see whether that is changed.

        :return: `product.product` → lines as tuples (first day, last day, quantity).
        :rtype: dict
        """
        self.ensure_one()
        return {
            product: sorted(
                (str(line.date_start), str(line.date_end), line.quantity) for line in lines
            )
            for product, lines in self.line_ids.grouped("product_id").items()
        }

    def _check_quotas(self, products, day):
        """Refuse lines that leave an option's quota on any day to come.

        :param products: the `product.product` of which there is more or less than before.
        :param date day: from when.
        :raise ValidationError: when the contract would have too little or too much of one.
        """
        self.ensure_one()
        for option in self.option_ids.filtered(lambda option: option.product_id in products):
            lines = self.line_ids.filtered(
                lambda line, option=option: line.product_id == option.product_id
            )
            for each in self._get_quota_days(lines, day):
                in_force = lines.filtered(lambda line, each=each: line._is_in_force(each))
                total = sum(in_force.mapped("quantity"), 0.0)
                if total or option.min_quantity:
                    option._check_quantity(total, each if each > day else None)

    def _get_quota_days(self, lines, day):
        """Return the days on which the quantity of some lines changes, as long as service lasts.

        :param lines: `sale.subscription.line` of one product.
        :param date day: the first of these days.
        :rtype: list
        """
        self.ensure_one()
        days = {day, *lines.mapped("date_start")}
        days |= {line.date_end + timedelta(days=1) for line in lines if line.date_end}
        end = self._get_service_end()
        return sorted(each for each in days if each >= day and (not end or each < end))

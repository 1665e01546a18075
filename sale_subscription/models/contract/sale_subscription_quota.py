from datetime import timedelta

from odoo import models


class SaleSubscription(models.Model):
    """The quotas of a contract's options: how much of a product it has at least and at most."""

    _inherit = "sale.subscription"

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

from datetime import timedelta

from odoo import models
from odoo.fields import Command

from ...engine.values import exact


class SaleSubscriptionLine(models.Model):
    """What is paid for the days that a change is about; up and down are judged against that.

    Where an upgrade isn't charged, or a downgrade not credited, by days, the version before stays
    paid until its period ends. What is changed meanwhile is up or down from there.
    """

    _inherit = "sale.subscription.line"

    # === GETTERS === #
    def _get_paid_chain(self):
        """Return the versions whose price can be what is paid while this line runs.

        Beside its own those of lines of the same product that were removed before it was added
        and are paid on, or ended on the day it begins: removed and added again it goes on.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        chain = self._get_chain()
        day = chain[0].date_start
        removed = self.subscription_id.line_ids.filtered(
            lambda line: (
                line.product_id == self.product_id
                and line.uom_id == self.uom_id
                and line not in chain
                and line.date_end
                and line._get_end() <= day <= (line.charge_end_date or line._get_end())
            )
        )
        return (removed | chain).sorted(lambda line: (line.date_start, line.id))

    def _is_price_paid_on(self, day):
        """Tell whether a day is charged at this version's price, as far as changes decide it.

        :param date day: the day asked for.
        :rtype: bool
        """
        self.ensure_one()
        end = self.charge_end_date or self._get_end()
        return (self.charge_start_date or self.date_start) <= day and (not end or day < end)

    def _get_paid_version(self, day):
        """Return the version whose price is paid for the days from a change on.

        What else was changed on that very day, and wasn't invoiced yet, doesn't count.

        :param date day: the first day of what is different.
        :return: empty where nothing is paid for those days.
        :rtype: sale.subscription.line
        """
        self.ensure_one()
        chain = self._get_paid_chain()
        if self._is_begun_by_change(day):
            chain = chain.filtered(lambda line: line.date_start < day)
            day -= timedelta(days=1)
        return chain.filtered(lambda line: line._is_price_paid_on(day))[-1:]

    def _is_begun_by_change(self, day):
        """Tell whether this version begins on a day and nothing of it was invoiced.

        :rtype: bool
        """
        self.ensure_one()
        return self.date_start == day and not self._is_charged()

    def _is_prorated_by(self, values, day):
        """Tell whether this line with other values is charged or credited by days.

        :param dict values: quantity, price_unit, discount, plan_id; what isn't in it stays.
        :param date day: the first day of what is different.
        :rtype: bool
        """
        self.ensure_one()
        contract, paid = self.subscription_id, self._get_paid_version(day)
        plan = self.plan_id.browse(values.get("plan_id")) or self.plan_id
        if "plan_id" in values and paid and paid.plan_id != plan:
            return contract._is_prorated(plan._is_longer_than(paid.plan_id))
        price = exact(plan._get_mrr(self._get_price_with(values)))
        before = exact(paid.plan_id._get_mrr(paid._get_exact_price())) if paid else 0
        if paid and paid != self and price == before:
            return False  # it is paid already
        return contract._is_prorated(price > before)

    # === BUSINESS METHODS === #
    def _prepare_paid_from(self, day, prorate):
        """Return from when this version is charged, which begins on a day, and what that ends.

        :param date day: its first day.
        :param bool prorate: whether it is charged from that day on.
        :return: first day charged, False for its own first; commands for other versions.
        :rtype: tuple
        """
        self.ensure_one()
        paid = self._get_paid_version(day)
        if not paid:
            return self.charge_start_date, []
        boundary = day if prorate else paid._get_next_charged_period(day)
        start = boundary if boundary > day else False
        return start, paid._prepare_paid_until(start or day)

    def _prepare_paid_until(self, day):
        """Return the commands that let this version be charged until a day.

        :param date day: the first day not charged any more at this version's price.
        :rtype: list
        """
        self.ensure_one()
        end = False if day == self._get_end() else day
        if end == self.charge_end_date:
            return []
        return [Command.update(self.id, {"charge_end_date": end})]

    def _prepare_restored_paid(self, version):
        """Return the commands that let be paid again what was while another version was this one.

        :param version: the `sale.subscription.line` that goes on in this one's place.
        :rtype: list
        """
        self.ensure_one()
        paid = self._get_paid_version(self.date_start)
        if not paid or paid == version:
            return []
        start = version.charge_start_date or self.date_start
        return paid._prepare_paid_until(max(start, self.date_start))

    def _settle_paid_days(self):
        """Judge versions of a line that haven't begun anew: what they follow is something else."""
        contract = self.subscription_id
        if contract._is_prorated(is_upgrade=True) and contract._is_prorated(is_upgrade=False):
            return  # nothing stays paid at another version's price
        today = contract._get_today()
        ahead = self.filtered(
            lambda line: (
                line.date_start > today
                and line.predecessor_id
                and not line._is_replaced_at_once()
                and not line._is_charged()
                and line.change_id.kind != "renewal"
            )
        )
        for line in ahead.sorted("date_start"):
            prorate = line._is_prorated_by({"plan_id": line.plan_id.id}, line.date_start)
            start, commands = line._prepare_paid_from(line.date_start, prorate)
            commands.append(Command.update(line.id, {"charge_start_date": start}))
            contract.write({"line_ids": commands})

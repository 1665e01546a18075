from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.fields import Command

from ...engine.repricing import as_fine_as
from ...engine.values import exact


class SaleSubscriptionLine(models.Model):
    """How a version of a line ends and its successor begins."""

    _inherit = "sale.subscription.line"

    change_id = fields.Many2one(
        "sale.subscription.change",
        string="Made By Change",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    ended_by_id = fields.Many2one(
        "sale.subscription.change",
        string="Ended By Change",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    end_before_change = fields.Date(
        readonly=True, copy=False, help="The end it had before the change that ended it."
    )
    successor_ids = fields.One2many("sale.subscription.line", "predecessor_id", copy=False)
    charge_start_date = fields.Date(
        string="Charged From",
        copy=False,
        readonly=True,
        help="Where a change isn't charged by days: the first day charged at this version's price.",
    )
    charge_end_date = fields.Date(
        string="Charged Until",
        copy=False,
        readonly=True,
        help="Where a change isn't credited by days: the first day not charged any more at this "
        "version's price.",
    )

    # === GETTERS === #
    def _get_end(self):
        """Return the first day after this version.

        :return: exclusive end, or None while open.
        :rtype: date | None
        """
        self.ensure_one()
        return self.date_end + timedelta(days=1) if self.date_end else None

    def _get_first_version(self):
        """Return the version with which the line was agreed.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        return self._get_earlier_versions()[-1:] or self

    def _get_earlier_versions(self):
        """Return the versions before this one, the newest first.

        It ends, too, where the links form a circle, which only SQL could have written.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        versions, version = self.browse(), self.predecessor_id
        while version and version != self and version not in versions:
            versions += version
            version = version.predecessor_id
        return versions

    def _sort_by_agreement(self):
        """Return the versions line by line as they were agreed, each line by date.

        :rtype: sale.subscription.line
        """
        return self.sorted(
            lambda line: (
                line.sequence,
                line._get_first_version()._origin.id or 0,
                str(line.date_start or ""),
                line._origin.id or 0,
            )
        )

    def _get_chain(self):
        """Return all versions of the same line, the oldest first.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        first = self._get_first_version()
        chain, newest = first, first
        while newest := newest.successor_ids - chain:
            chain |= newest
        return chain.sorted(lambda line: (line.date_start, line.id))

    def _get_follower(self, change):
        """Return the version of the same line that a change lets follow this one.

        That isn't always a successor: another version may have taken this one's place before.

        :param change: the `sale.subscription.change`.
        :rtype: sale.subscription.line
        """
        self.ensure_one()
        first = self._get_first_version()
        return change.new_line_ids.filtered(
            lambda line: (
                self.date_end
                and line.date_start == self._get_end()
                and line._get_first_version() == first
            )
        )[-1:]

    def _get_version_on(self, day):
        """Return the version of the same line that delivers on a day.

        :param date day: the day asked for.
        :return: that version; before the line begins the first one, empty after its end.
        :rtype: sale.subscription.line
        """
        chain = self._get_chain().filtered(
            lambda line: not line.date_end or line.date_end >= line.date_start
        )
        in_force = chain.filtered(lambda line: line._is_in_force(day))
        return in_force[-1:] or chain.filtered(lambda line: line.date_start > day)[:1]

    def _get_boundary_from(self, day):
        """Return the first day of a period of this version's rhythm, on or after a day.

        :param date day: the day asked for.
        :rtype: date
        """
        self.ensure_one()
        return self._get_recurrence().next_after(day - timedelta(days=1))

    def _get_next_charged_period(self, day):
        """Return the first day of a period charged at this version's price, on or after a day.

        Until then something else is paid for where this version isn't charged from its first day.

        :param date day: the day asked for.
        :rtype: date
        """
        self.ensure_one()
        if self.charge_start_date and self.charge_start_date > day:
            return self.charge_start_date
        return self._get_boundary_from(day)

    def _get_successor_values(self):
        """Return what a new version takes over from this one.

        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "name": self.name,
            "quantity": self.quantity,
            "uom_id": self.uom_id.id,
            "price_unit": self.price_unit,
            "technical_price_unit": self.technical_price_unit,
            "discount": self.discount,
            "tax_ids": [Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "plan_id": self.plan_id.id,
            "anchor_date": self.anchor_date,
            "date_end": self.date_end,
            "predecessor_id": self.id,
            **self._get_end_terms(),
        }

    def _prepare_successor(self, day, values, change, prorate):
        """Return the version that goes on from a day.

        :param date day: its first day.
        :param dict values: what is different, its own terms.
        :param change: the `sale.subscription.change` that makes it.
        :param bool prorate: see `_prepare_replacement`.
        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        start = max(day, self.date_start)
        successor = {
            **self._get_successor_values(),
            **values,
            "date_start": start,
            "change_id": change.id,
            # One that takes this version's place altogether has its own terms too.
            "own_terms": self._join_terms(values, self if start == self.date_start else ()),
            "changed_terms": self._join_terms(values),
        }
        if not prorate:
            successor["charge_start_date"] = self._get_next_charged_period(start)
        return successor

    def _get_end_terms(self):
        """Return what belongs to the end of this version: a scheduled change, if one ends it.

        Whoever takes this version's place, or gives it back, takes these over with the end.

        :return: values of a `sale.subscription.line`; without a version those of an open end.
        :rtype: dict
        """
        version = self[:1]
        return {
            "end_before_change": version.end_before_change,
            "charge_end_date": version.charge_end_date,
            "ended_by_id": version.ended_by_id.id,
        }

    def _is_charged(self):
        """Tell whether any day of this version was charged, now credited or not."""
        self.ensure_one()
        return bool(self.sudo().charge_ids)  # sudo: whoever may change the line must know

    def _is_restored_by(self, values):
        """Tell whether other values make this version what its predecessor was until its start.

        :rtype: bool
        """
        self.ensure_one()
        old = self.predecessor_id
        if not old or old.date_end != self.date_start - timedelta(days=1):
            return False
        wanted = {**self._get_successor_values(), **values}
        names = ("product_id", "quantity", "uom_id", "price_unit", "discount", "plan_id")
        return not any(old._is_changed_by(name, wanted[name]) for name in names)

    # === BUSINESS METHODS === #
    def _hand_over_successors(self):
        """Let the versions after these follow the ones before them; these are about to go."""
        for line in self:
            heirs = line.successor_ids - self
            if heirs:
                heirs.predecessor_id = (line._get_earlier_versions() - self)[:1]

    def _prepare_restore(self):
        """Return the commands that let the predecessor go on as if nothing had been changed.

        :rtype: list
        """
        self.ensure_one()
        return [
            Command.delete(self.id),
            Command.update(self.predecessor_id.id, self._get_given_back_end()),
            *self._prepare_restored_paid(self.predecessor_id),
        ]

    def _get_given_back_end(self):
        """Return the end this version gives back to the one whose place it took.

        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        return {"date_end": self.date_end, **self._get_end_terms()}

    def _prepare_end(self, day, change, prorate):
        """Return the commands that let this version end before a day.

        :param date day: first day without it.
        :param change: the `sale.subscription.change`.
        :param bool prorate: whether unused days are credited.
        :rtype: list
        """
        self.ensure_one()
        start = self.date_start
        values = {
            "date_end": max(day, start) - timedelta(days=1),
            "end_before_change": self.date_end,
            "ended_by_id": change.id,
            "charge_end_date": False if prorate else self._get_uncredited_end(max(day, start)),
        }
        commands = [Command.update(self.id, values)]
        if prorate:
            # What an earlier change left charged beyond this day is given back now.
            commands += [
                Command.update(line.id, {"charge_end_date": max(day, line.date_start)})
                for line in self._get_paid_chain()
                if (line.date_start, line.id) < (start, self.id)
                and line.charge_end_date
                and line.charge_end_date > day
            ]
        return commands

    def _get_uncredited_end(self, day):
        """Return the first day not charged at this version's price when nothing is credited.

        :param date day: first day without this version.
        :return: the next period's, but never beyond what ended this version before.
        :rtype: date
        """
        self.ensure_one()
        ends = [self._get_next_charged_period(day), self.charge_end_date]
        if not self.charge_end_date:
            ends.append(self._get_end())
        return min(end for end in ends if end)

    def _prepare_replacement(self, day, values, change, prorate):
        """Return the commands that let another version go on from a day.

        What wasn't charged and doesn't run before that day is rewritten in place; if it hasn't
        begun, another version takes its place, so that each change can be withdrawn by itself.

        :param date day: first day of the new version.
        :param dict values: what is different.
        :param change: the `sale.subscription.change`.
        :param bool prorate: whether the days until the next period are charged and credited.
        :rtype: list
        """
        self.ensure_one()
        is_ahead = self.date_start > self.subscription_id._get_today()
        if day > self.date_start or self._is_charged() or (is_ahead and self.state != "draft"):
            return self._prepare_succession(day, values, change, prorate)
        if self._is_restored_by(values):
            return self._prepare_restore()
        start, commands = self._prepare_paid_from(day, prorate)
        values = {**self._add_own_terms(values), "charge_start_date": start}
        return [*commands, Command.update(self.id, values)]

    def _prepare_start(self, day):
        """Return the values that let this version begin on another day.

        :rtype: dict
        """
        self.ensure_one()
        if self._is_replaced_at_once():
            return {"date_start": day, "date_end": day - timedelta(days=1)}
        return {"date_start": day}

    def _prepare_takeover(self, values, change, prorate):
        """Return the commands that put another version in the place of this one, never used.

        :param dict values: what is different.
        :param change: the `sale.subscription.change`.
        :param bool prorate: whether it is charged from its first day on.
        :rtype: list
        """
        self.ensure_one()
        start = self.date_start
        successor = self._prepare_successor(start, values, change, prorate=True)
        successor["charge_start_date"], commands = self._prepare_paid_from(start, prorate)
        ended = self._prepare_end(start, change, prorate=True)
        return [*ended, *commands, Command.create(successor)]

    def _prepare_succession(self, day, values, change, prorate):
        """Return the commands that end this version and start its successor, billed or not.

        Unlike `_prepare_replacement` it rewrites nothing, so the change can be taken back.

        :param date day: first day of the new version.
        :param dict values: what is different.
        :param change: the `sale.subscription.change`.
        :param bool prorate: see `_prepare_replacement`.
        :rtype: list
        """
        self.ensure_one()
        if day <= self.date_start and not self._is_charged():
            return self._prepare_takeover(values, change, prorate)
        successor = self._prepare_successor(day, values, change, prorate)
        return [*self._prepare_end(day, change, prorate), Command.create(successor)]

    def _is_raised_by(self, values):
        """Tell whether other values make the line dearer per month.

        :param dict values: quantity, price_unit, discount.
        :rtype: bool
        """
        self.ensure_one()
        return self._get_price_with(values) > self._get_exact_price()

    def _get_price_with(self, values):
        """Return the exact price of one period with other values.

        :param dict values: quantity, price_unit, discount; what isn't in it stays.
        :rtype: fractions.Fraction
        """
        self.ensure_one()
        return (
            exact(values.get("quantity", self.quantity))
            * exact(values.get("price_unit", self.price_unit))
            * (100 - exact(values.get("discount", self.discount)))
            / 100
        )

    def _prepare_plan_values(self, plan, day):
        """Return what makes a version of another plan.

        :param plan: the `sale.subscription.plan`.
        :param date day: its first day, from which its periods count unless it is free.
        :rtype: dict
        """
        self.ensure_one()
        listed = self._get_list_price()
        sold_at_list = not self.currency_id.compare_amounts(listed, self.price_unit)
        if sold_at_list:
            price = self.new(origin=self, values={"plan_id": plan.id})._get_list_price()
        else:
            old = exact(self.price_unit)
            months = exact(self.plan_id._get_mrr(1)) / exact(plan._get_mrr(1))
            quantum = Decimal(repr(self.currency_id.rounding))
            price = float(as_fine_as(old * months, old, quantum))
        return {
            "plan_id": plan.id,
            "price_unit": price,
            "technical_price_unit": price,
            # Days of a trial are free: the first period begins after them.
            "anchor_date": max(day, self.subscription_id._get_first_paid_day()),
        }

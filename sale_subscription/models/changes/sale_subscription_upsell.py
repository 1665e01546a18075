from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date


class SaleSubscription(models.Model):
    """More of a running contract: by a quotation, priced per period, charged by days."""

    _inherit = "sale.subscription"

    # === ACTION METHODS === #
    def action_upsell(self):
        """Open a new quotation whose lines join this contract on the day it is confirmed.

        :return: a window action; its `res_id` is the quotation.
        :rtype: dict
        :raise UserError: if the contract isn't running.
        """
        self._check_one()
        self.check_access("write")
        self._check_operation("upsell")
        return self._create_change_order("upsell")._get_own_action()

    # === BUSINESS METHODS === #
    def _apply_upsell(self, order):
        """Let the lines of a confirmed order that no contract carries yet join this contract.

        :param order: the `sale.order`.
        :return: None
        :raise UserError: if the contract ends before, or a quota is exceeded.
        """
        self.ensure_one()
        self._check_operation("upsell")
        lines = order._get_lines_to_add()
        if not lines:
            return
        day = self._get_change_day(self._get_order_day(order), is_upgrade=True)
        by_days = self._is_prorated(is_upgrade=True)
        raised = self._get_raised_lines(lines, day, self.line_ids._get_coverage())
        texts = [self._describe_upsold(line, raised.get(line)) for line in lines]
        change = self._create_change("upsell", day, self._describe_order(order, texts), order=order)
        commands = []
        for line in lines:
            old = raised.get(line)
            if old:
                values = {
                    "quantity": old.quantity + line.product_uom_qty,
                    "order_line_id": line.id,
                }
                prorate = old._is_prorated_by(values, day)
                commands += old._prepare_succession(day, values, change, prorate)
            else:
                version = self._prepare_order_version(line, day, change, by_days)
                commands.append(Command.create(version))
        with self._writing_lines_together():
            self.write({"line_ids": commands})
            self._finish_change(change, by_days)
        self._check_quotas(lines.product_id, day)

    def _check_upsell(self, order):
        """Refuse an upsell that would not outlive what is agreed already.

        :param order: the `sale.order`.
        :raise UserError: if the contract ends before, or changes to another plan.
        """
        day = self._get_change_day(self._get_order_day(order), is_upgrade=True)
        later = self.line_ids.filtered(
            lambda line: line.date_start > day and line.plan_id != self.plan_id
        )
        if later:
            raise UserError(
                self.env._(
                    "The contract %(contract)s changes to the plan %(plan)s on %(date)s: withdraw "
                    "that change, or wait until it has taken effect.",
                    contract=self.name,
                    plan=later[0].plan_id.name,
                    date=format_date(self.env, later[0].date_start),
                )
            )

    # === GETTERS === #
    def _get_order_day(self, order):
        """Return the first day of what an order that is confirmed now adds.

        :rtype: date
        """
        day = max(order._get_subscription_start_day(), self.date_start)
        return max(day, order.subscription_renewal_date or day)

    def _get_raised_lines(self, order_lines, day, coverage):
        """Return which running lines get more, instead of lines being added beside them.

        :param order_lines: recurring `sale.order.line`.
        :param date day: first day of the higher quantity.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :return: order line → `sale.subscription.line`, each of them once.
        :rtype: dict
        """
        self.ensure_one()
        free = self.line_ids.filtered(lambda line: line._can_be_raised(day, coverage))
        raised = {}
        for order_line in order_lines:
            twin = free.filtered(lambda line, sold=order_line: line._is_sold_like(sold))[:1]
            if twin:
                raised[order_line] = twin
                free -= twin
        return raised

    def _get_order_schedule(self, order):
        """Return when the first stretch runs and is due that an open quotation would bring.

        :param order: the `sale.order`.
        :return: see `sale.order._get_first_schedule`; also `pauses`, `prorate`, `coverage` and
            `raised` (see `_get_raised_lines`).
        :rtype: dict
        """
        self.ensure_one()
        is_renewal = order.subscription_operation == "renewal"
        day = self._get_renewal_day() if is_renewal else self._get_order_day(order)
        prorate = is_renewal or self._is_prorated(is_upgrade=True)
        coverage = self.line_ids._get_coverage()
        recurrence = self._get_recurrence()
        start = self._get_first_charged_day(day, prorate, recurrence)
        end = self._get_service_end()
        if is_renewal and self.end_date:
            end = self._get_renewed_end()
            end = end and fields.Date.add(end, days=1)
        return {
            "today": order._get_subscription_start_day(),
            "day": day,
            "recurrence": recurrence,
            "start": start,
            "end": max(start, end) if end else None,
            "timing": self.timing,
            "quantum": self._get_rounding(),
            "pauses": self._get_billing_pauses(()),
            "prorate": prorate,
            "coverage": coverage,
            "raised": {}
            if is_renewal
            else self._get_raised_lines(order._get_recurring_lines(), day, coverage),
        }

    def _get_first_charged_day(self, day, prorate, recurrence):
        """Return the first day charged of a version that begins on a day.

        :rtype: date
        """
        self.ensure_one()
        start = day if prorate else recurrence.next_after(fields.Date.subtract(day, days=1))
        return max(start, self.billing_start_date or self._get_first_paid_day())

    def _get_order_notes(self, order, schedule):
        """Return what an open quotation says about the stretch that is charged first.

        :param order: the `sale.order`.
        :param dict schedule: see `_get_order_schedule`.
        :return: sentences, in the language of the environment.
        :rtype: list[str]
        """
        self.ensure_one()
        start = schedule["start"]
        _period_start, period_end = schedule["recurrence"].grid_period(start)
        end = min(period_end, schedule["end"] or period_end)
        dates = {
            "start": format_date(self.env, start),
            "end": format_date(self.env, fields.Date.subtract(end, days=1)),
        }
        if start > schedule["today"]:
            return [self.env._("Nothing is due now: charged from %(start)s on.", **dates)]
        if self._is_paused_on(start):
            return [self.env._("Nothing is due now: charged from the day the contract is resumed.")]
        if schedule["timing"] == "arrears":
            return [
                self.env._("%(start)s to %(end)s is charged by days, at the end of it.", **dates)
            ]
        if (start, end) == schedule["recurrence"].grid_period(start):
            return [self.env._("Due first is the period from %(start)s to %(end)s.", **dates)]
        return [
            self.env._(
                "Due first is the rest of the running period, by days: %(start)s to %(end)s.",
                **dates,
            )
        ]

    # === TEXTS === #
    def _describe_upsold(self, order_line, old):
        """Return what becomes of a line of an upsell.

        :param order_line: the `sale.order.line`.
        :param old: the line it raises, if it does.
        :rtype: str
        """
        if not old:
            return self._describe_addition(order_line.product_id, order_line.product_uom_qty)
        quantity = old.quantity + order_line.product_uom_qty
        return self._describe_line_change(old, {"quantity": quantity}, "quantity")

    def _describe_order(self, order, texts):
        """Return what an order changes: its number and a part for each line.

        :rtype: str
        """
        return f"{order.name}: {'; '.join(texts)}"

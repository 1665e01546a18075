from odoo import fields, models
from odoo.exceptions import UserError

from ..contract.mrr_log import HANDS


class SaleSubscription(models.Model):
    """Going on in another plan: another rhythm, and prices for it."""

    _inherit = "sale.subscription"

    def change_plan(self, plan_id, when="period_end"):
        """Let all lines go on in another plan of the template, from a day on.

        Products that are added later have the new plan, too. Periods count anew from that day.
        Prices are the price list's for the new plan; prices set by hand are scaled by the length
        of the plans.

        :param int plan_id: id of the `sale.subscription.plan`.
        :param when: see `change_quantity`.
        :return: id of the `sale.subscription.change`, False when it is the present plan.
        :rtype: int
        :raise UserError: if the template doesn't offer the plan, and see `change_quantity`.
        """
        self._begin_change()
        plan = self._read_record("sale.subscription.plan", plan_id)
        if not plan or plan not in self.template_id.plan_ids:
            raise UserError(
                self.env._("The template %s doesn't offer this plan.", self.template_id.name)
            )
        if self.state == "draft":
            self.plan_id = plan
            return False
        day = self._get_change_day(when, is_upgrade=self._is_plan_upgrade(plan))
        lines = self.line_ids.filtered(lambda line: line._is_in_force(day))
        if all(line.plan_id == plan for line in lines):
            return False
        change = self._create_change("plan", day, self._describe_plan(plan))
        commands, prorated = [], lines.browse()
        for line in lines:
            values = line._prepare_plan_values(plan, day)
            prorate = line._is_prorated_by(values, day)
            prorated |= line._get_first_version() if prorate else lines.browse()
            commands += line._prepare_replacement(day, values, change, prorate)
        with self._writing_lines_together():
            self.write({"line_ids": commands})
            by_days = self.line_ids.filtered(lambda line: line._get_first_version() in prorated)
            by_days._settle_terms(change, prorate=True)
            (self.line_ids - by_days)._settle_terms(change, prorate=False)
            self._settle_added_plans()
        self._apply_due_transitions()
        return self._finish_change(change, bool(prorated))

    def _get_transfer_day(self, log, day):
        """Date a hand-over to another plan alone from the day the plan was agreed for."""
        hands = self._get_hands()
        if any(log.hands[name] != hands[name] for name in HANDS if name != "plan_id"):
            return super()._get_transfer_day(log, day)
        agreed = self.change_ids.filtered(
            lambda change: (
                change.kind == "plan"
                and not change.is_withdrawn
                and not change.is_void
                and log.date < change.date_effective <= day
            )
        )
        return max(agreed.mapped("date_effective"), default=day)

    def _take_over_plan(self, today):
        """Follow the plan of the lines once it is another one.

        :param date today: the day it is.
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line._is_in_force(today))
        plans = lines.plan_id
        if len(plans) != 1 or plans == self.plan_id:
            return
        # Versions that count from the contract's anchor keep it when the contract's moves.
        (self.line_ids - lines)._keep_anchor()
        # sudo: plan and anchor of a running contract follow from its lines only.
        self.sudo().write(
            {"plan_id": plans.id, "anchor_date": lines[0].anchor_date or self.anchor_date}
        )

    def _settle_added_plans(self):
        """Let what is added later have the plan the contract has by then.

        That plan is agreed or withdrawn before the addition begins; two plans at once would keep
        the contract from ever following its lines.
        """
        self.ensure_one()
        today = max(self._get_today(), self.date_start)
        later = self.line_ids.filtered(lambda line: line.date_start > today)
        followed = later.browse()
        for line in later.sorted("date_start"):
            if line._is_added() and not line._is_charged() and line._follow_contract_plan():
                followed |= line
        if followed:
            self.line_ids._settle_terms()
            followed.change_id._update_mrr_change()

    def _continue_in_later_plans(self, line):
        """Let an added line take part in the plan changes after its first day.

        :param line: the `sale.subscription.line` added.
        """
        self.ensure_one()
        later = self.change_ids.filtered(
            lambda change: (
                change.kind == "plan"
                and not change.is_withdrawn
                and change.date_effective > line.date_start
            )
        )
        for change in later.sorted(lambda change: (change.date_effective, change.id)):
            day, plan = change.date_effective, change.new_line_ids[:1].plan_id
            version = line._get_version_on(day)
            if plan and version:
                values = version._prepare_plan_values(plan, day)
                prorate = version._is_prorated_by(values, day)
                commands = version._prepare_replacement(day, values, change, prorate)
                self.write({"line_ids": commands})

    def _get_plan_terms(self, day):
        """Return plan and anchor of what is added on a day, where they aren't the contract's.

        :param date day: its first day.
        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        model = self._get_plan_model(day)
        if not model or model._has_contract_rhythm():
            return {}
        return {
            "plan_id": model.plan_id.id,
            "anchor_date": model.anchor_date or self.anchor_date,
        }

    def _get_plan_model(self, day):
        """Return a version that has the plan and anchor that the contract has on a day.

        :param date day: the day asked for.
        :return: empty where lines that began before have several plans, or there are none.
        :rtype: sale.subscription.line
        """
        self.ensure_one()
        older = self.line_ids.filtered(lambda line: line._get_first_version().date_start < day)
        lines = older.filtered(lambda line: line._is_in_force(day)) or older.filtered(
            lambda line: line._is_in_force(fields.Date.subtract(day, days=1))
        )
        if len(lines.plan_id) != 1:
            return lines.browse()
        return lines.filtered(lambda line: line._has_contract_rhythm())[:1] or lines[:1]

    def _is_plan_upgrade(self, plan):
        """Tell whether another plan asks for more money at once: a longer period."""
        return plan._is_longer_than(self.plan_id)

    def _describe_plan(self, plan):
        return self.env._("Plan: %(before)s → %(after)s", before=self.plan_id.name, after=plan.name)

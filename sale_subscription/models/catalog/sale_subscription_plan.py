from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...const import INTERVAL_UNITS, MAX_INTERVAL_COUNT
from ...engine.mrr import monthly
from ...engine.recurrence import Recurrence


class SaleSubscriptionPlan(models.Model):
    _name = "sale.subscription.plan"
    _description = "Subscription Plan"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    interval_count = fields.Integer(
        string="Invoice Every",
        required=True,
        default=1,
        help="Number of days, weeks, months or years in one period.",
    )
    interval_unit = fields.Selection(
        selection=INTERVAL_UNITS,
        string="Unit",
        required=True,
        default="month",
    )
    period_label = fields.Char(
        string="Period",
        compute="_compute_period_label",
        help="What follows 'per' in a price, e.g. 'month' in '10.00 per month'.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Leave empty to share the plan between all companies.",
    )
    subscription_count = fields.Integer(
        string="Contracts",
        compute="_compute_subscription_count",
    )

    _check_interval_count = models.Constraint(
        "CHECK(interval_count >= 1)",
        "A plan needs at least one day, week, month or year between two invoices.",
    )

    # === COMPUTE METHODS === #

    @api.depends("interval_count", "interval_unit")
    @api.depends_context("lang")
    def _compute_period_label(self):
        for plan in self:
            plan.period_label = self._get_period_label(plan.interval_unit, plan.interval_count)

    def _compute_subscription_count(self):
        counts = dict(
            self.env["sale.subscription"]._read_group(
                [("plan_id", "in", self.ids)], ["plan_id"], ["__count"]
            )
        )
        for plan in self:
            plan.subscription_count = counts.get(plan, 0)

    # === CONSTRAINT METHODS === #

    @api.constrains("interval_count", "interval_unit")
    def _check_interval_length(self):
        for plan in self:
            maximum = MAX_INTERVAL_COUNT[plan.interval_unit]
            if plan.interval_count > maximum:
                raise ValidationError(
                    self.env._(
                        "The plan %(plan)s is longer than a hundred years.",
                        plan=plan.name,
                    )
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if "interval_count" in vals or "interval_unit" in vals:
            self._check_interval_unused(vals)
        return super().write(vals)

    def copy_data(self, default=None):
        """Name the copy so that it can be told from the original."""
        vals_list = super().copy_data(default=default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%s (copy)", plan.name))
            for plan, vals in zip(self, vals_list, strict=True)
        ]

    # === ACTION METHODS === #

    def action_view_subscriptions(self):
        """Open the contracts that follow this plan.

        :return: A window action.
        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_action"
        )
        return dict(action, domain=[("plan_id", "=", self.id)], context={})

    # === BUSINESS METHODS === #

    def _check_interval_unused(self, vals):
        """Refuse to change the length of a plan that contracts already follow.

        Their past periods were charged by the old length, so another one would make the ledger
        disagree with what is owed.

        :param dict vals: The values about to be written.
        :raise UserError: When a plan whose length would change is in use.
        """
        changed = self.filtered(
            lambda plan: (
                vals.get("interval_count", plan.interval_count) != plan.interval_count
                or vals.get("interval_unit", plan.interval_unit) != plan.interval_unit
            )
        )
        # sudo: a contract the user may not see is a use of the plan all the same.
        used = changed._get_used_plans_sudo()
        if used:
            raise UserError(
                self.env._(
                    "Contracts already run on the plan %(plan)s: its length cannot change any"
                    " more. Make another plan and move the contracts to it.",
                    plan=", ".join(used.mapped("name")),
                )
            )

    def _get_used_plans_sudo(self):
        """Return those of these plans that a contract or a contract line follows."""
        used_ids = set()
        for model in ("sale.subscription", "sale.subscription.line"):
            # sudo: the answer must not depend on who asks; no value of a record leaks out.
            groups = self.env[model].sudo()._read_group([("plan_id", "in", self.ids)], ["plan_id"])
            used_ids.update(plan.id for (plan,) in groups)
        return self.filtered(lambda plan: plan.id in used_ids)

    @api.model
    def _get_period_label(self, unit, count):
        """Name a period of `count` `unit` in the language of the environment.

        :param str unit: 'day', 'week', 'month' or 'year'.
        :param int count: How many of them, at least 1.
        :return: For instance 'month' or '3 months'.
        :rtype: str
        """
        if count == 1:
            return {
                "day": self.env._("day"),
                "week": self.env._("week"),
                "month": self.env._("month"),
                "year": self.env._("year"),
            }.get(unit, "")
        return {
            "day": self.env._("%s days", count),
            "week": self.env._("%s weeks", count),
            "month": self.env._("%s months", count),
            "year": self.env._("%s years", count),
        }.get(unit, "")

    def _get_recurrence(self, anchor, day=None):
        """Return the periods of this plan counted from an anchor.

        :param datetime.date anchor: The day the first period starts.
        :param int day: Day of the month that month and year periods start on, or None to keep
            the anchor's own day.
        :return: The engine's recurrence.
        :rtype: engine.recurrence.Recurrence
        """
        self.ensure_one()
        pinned = day if day and self.interval_unit in ("month", "year") else None
        return Recurrence(self.interval_unit, self.interval_count, anchor, day=pinned)

    def _get_scale_to(self, other):
        """Return the factor from a price per period of this plan to one per period of another.

        :param other: The plan to convert to (`sale.subscription.plan`).
        :return: 12 from a monthly plan to a yearly one.
        :rtype: fractions.Fraction
        """
        self.ensure_one()
        other.ensure_one()
        return Fraction(self._get_mrr(1)) / Fraction(other._get_mrr(1))

    def _is_longer_than(self, other):
        """Tell whether a period of this plan is longer than one of another.

        :param other: the other `sale.subscription.plan`.
        :rtype: bool
        """
        self.ensure_one()
        return other._get_mrr(1) > self._get_mrr(1)

    def _get_mrr(self, amount):
        """Return the exact monthly recurring revenue of an amount per period of this plan.

        :param amount: The untaxed amount per period.
        :return: The amount per month, not rounded.
        """
        self.ensure_one()
        return monthly(amount, self.interval_unit, self.interval_count)

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.date_utils import get_timedelta
from odoo.tools.misc import format_date

from ...engine.proration import exact


class SaleOrder(models.Model):
    """What a quotation says about recurring money: how much, how often, and what is due first."""

    _inherit = "sale.order"

    subscription_totals = fields.Json(
        string="Recurring Totals",
        compute="_compute_subscription_totals",
        # Whoever may read the order may read what it costs, without a right on plans.
        compute_sudo=True,
        exportable=False,
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    @api.depends(
        "state",
        "currency_id",
        "company_id",
        "order_line.price_subtotal",
        "order_line.price_total",
        "order_line.subscription_plan_id",
        "order_line.subscription_template_id",
    )
    def _compute_subscription_totals(self):
        for order in self:
            order.subscription_totals = order._get_subscription_totals()

    # === BUSINESS METHODS === #

    def _get_subscription_totals(self):
        """Return everything the form, the portal and the PDF say about recurring money.

        :return: `recurring` (a list, see `_get_recurring_totals`, with plan ids), `one_time` and
            `due_first` (amounts, or False where there is nothing to say), `has_tax` and
            `currency_id`; False for an order without recurring lines.
        :rtype: dict
        """
        self.ensure_one()
        recurring = self._get_recurring_totals()
        if not recurring:
            return False
        one_time_lines = self._get_one_time_lines()
        one_time = self._sum_lines(one_time_lines) if one_time_lines else False
        return {
            "recurring": [dict(total, plan=total["plan"].id) for total in recurring],
            "one_time": one_time,
            "due_first": self._get_due_first() if self.state in ("draft", "sent") else False,
            "has_tax": any(
                not self.currency_id.is_zero(total["tax"])
                for total in [*recurring, *([one_time] if one_time else [])]
            ),
            "currency_id": self.currency_id.id,
        }

    def _get_recurring_totals(self):
        """Return what the order costs again and again, per cadence, the shortest first.

        :return: One dict per plan: `plan` (record), `label` ("per month"), `untaxed`, `tax` and
            `total` in the order's currency.
        :rtype: list[dict]
        """
        self.ensure_one()
        totals = []
        groups = self._get_recurring_lines().grouped("subscription_plan_id")
        for plan in sorted(groups, key=lambda plan: 1 / plan._get_mrr(1)):
            label = self.env._("per %s", plan.period_label)
            totals.append({"plan": plan, "label": label, **self._sum_lines(groups[plan])})
        return totals

    def _get_due_first(self):
        """Return what the first invoices say when the quotation is confirmed today.

        The first period of what is paid in advance, prorated where periods start on a fixed day
        of the month, and what is sold once. What is free at first or paid in arrears is not due
        yet, and a note says so. With nothing recurring due, one-time lines wait too: they ride on
        the first contract invoice.

        :return: `untaxed`, `tax`, `total` in the order's currency, and `notes` (list of text).
        :rtype: dict
        """
        self.ensure_one()
        due, notes = [], []
        groups = self._get_recurring_lines().grouped(
            lambda line: (line.subscription_template_id, line.subscription_plan_id)
        )
        # The shortest period first: its invoice carries what is sold once.
        for template, plan in sorted(groups, key=lambda key: 1 / key[1]._get_mrr(1)):
            lines = groups[template, plan]
            schedule = self._get_first_schedule(template, plan)
            base_lines = [base for line in lines for base in line._get_first_base_lines(schedule)]
            if base_lines:
                due.append(base_lines)
            notes += self._get_first_notes(template, plan, schedule)
        if due:
            # Undelivered goods are invoiced once they are delivered.
            due[0] += [
                line._prepare_base_line_for_taxes_computation()
                for line in self._get_one_time_lines()
                if line.product_id.invoice_policy != "delivery"
            ]
        # Each contract has an invoice, so a rounding, of its own.
        sums = [self._sum_base_lines(base_lines) for base_lines in due]
        amounts = {
            key: self.currency_id.round(sum(amounts[key] for amounts in sums))
            for key in ("untaxed", "tax", "total")
        }
        return {**amounts, "notes": notes}

    def _get_first_schedule(self, template, plan):
        """Return when the first period of a contract confirmed today runs and is due.

        :param template: The template of the contract (`sale.subscription.template`).
        :param plan: The plan of the contract (`sale.subscription.plan`).
        :return: `today`, `recurrence`, `start` and `end` of service (the latter exclusive or
            None), `timing`, `quantum` (the smallest amount of the currency).
        :rtype: dict
        """
        self.ensure_one()
        today = self._get_subscription_start_day()
        start = today + timedelta(days=template.trial_days or 0)
        end = None
        if template.duration_count and not template.auto_renew:
            end = max(start, today + get_timedelta(template.duration_count, template.duration_unit))
        anchor_day = template.anchor_day if template.anchor == "day" else None
        return {
            "today": today,
            "recurrence": plan._get_recurrence(start, anchor_day),
            "start": start,
            "end": end,
            "timing": template.timing or "advance",
            "quantum": exact(self.currency_id.rounding),
        }

    def _get_first_notes(self, template, plan, schedule):
        """Return why the first invoice of a contract isn't simply that of one period.

        :param template: The template of the contract (`sale.subscription.template`).
        :param plan: The plan of the contract (`sale.subscription.plan`).
        :param dict schedule: See `_get_first_schedule`.
        :return: Sentences, in the language of the environment.
        :rtype: list[str]
        """
        start, recurrence = schedule["start"], schedule["recurrence"]
        label = self.env._("Per %s", plan.period_label)
        notes = []
        if start > schedule["today"]:
            free_until = format_date(self.env, start - timedelta(days=1))
            notes.append(
                self.env._("%(label)s: free until %(date)s.", label=label, date=free_until)
            )
        if schedule["timing"] == "arrears":
            notes.append(self.env._("%(label)s: invoiced at the end of each period.", label=label))
        if recurrence.period_containing(start) != recurrence.grid_period(start):
            end = recurrence.period_containing(start)[1]
            notes.append(
                self.env._(
                    "%(label)s: the first period ends on %(date)s and is charged by days.",
                    label=label,
                    date=format_date(self.env, end - timedelta(days=1)),
                )
            )
        return notes

    def _get_one_time_lines(self):
        """Return the lines sold once.

        :rtype: sale.order.line
        """
        self.ensure_one()
        lines = self._get_priced_lines().filtered(
            lambda line: line.product_uom_qty and not line.is_downpayment
        )
        return lines - lines._filter_recurring()

    def _sum_lines(self, lines):
        """Let core's tax engine sum some lines.

        :param lines: The order lines (`sale.order.line`).
        :return: `untaxed`, `tax` and `total` in the order's currency.
        :rtype: dict
        """
        return self._sum_base_lines(
            [line._prepare_base_line_for_taxes_computation() for line in lines]
        )

    def _sum_base_lines(self, base_lines):
        """Let core's tax engine sum base lines, see `account.tax`.

        :param list base_lines: What `_prepare_base_line_for_taxes_computation` returns.
        :return: `untaxed`, `tax` and `total` in the order's currency.
        :rtype: dict
        """
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        company = self.company_id or self.env.company
        AccountTax._add_tax_details_in_base_lines(base_lines, company)
        AccountTax._round_base_lines_tax_details(base_lines, company)
        summary = AccountTax._get_tax_totals_summary(
            base_lines=base_lines,
            currency=self.currency_id or company.currency_id,
            company=company,
        )
        return {
            "untaxed": summary["base_amount_currency"],
            "tax": summary["tax_amount_currency"],
            "total": summary["total_amount_currency"],
        }

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from odoo import models
from odoo.tools import SQL

from ...const import PERIOD_KINDS
from ...engine.intervals import merge, subtract
from ...engine.owed import CREDIT, Version, next_due
from ...engine.rounding import amount_within, rounded_slice
from ...engine.values import exact


class SaleSubscriptionLine(models.Model):
    """A line as the engine sees it: what it is owed for, and what of it was billed."""

    _inherit = "sale.subscription.line"

    def _get_version(self):
        """Return the line as the engine's version: window, rhythm and exact price per period.

        :rtype: engine.owed.Version
        """
        self.ensure_one()
        contract = self.subscription_id
        start = max(
            self.charge_start_date or self.date_start or contract.date_start,
            contract.billing_start_date or contract._get_first_paid_day(),
        )
        end = self._get_charged_end()
        return Version(
            recurrence=self._get_recurrence(),
            start=start,
            end=end if end is None else max(start, end),
            price=self._get_exact_price(),
            timing=contract.timing,
        )

    def _get_charged_end(self):
        """Return the first day that isn't charged any more at this version's price.

        Where closing gives nothing back, the version that delivers last stays charged until the
        period ends. What was agreed for the time after service ended never came to be: later
        versions owe nothing, and they don't end the last one.

        :return: exclusive end, or None while open.
        :rtype: date | None
        """
        self.ensure_one()
        contract = self.subscription_id
        ends = [contract._get_charged_end(), self.charge_end_date]
        if contract.charge_end_date and self.charge_end_date:
            # What an earlier change left paid isn't given back by closing either.
            ends = [contract._get_agreed_end(), self.charge_end_date]
        service_end = contract.charge_end_date and contract._get_service_end()
        if service_end and (self.date_start or contract.date_start) >= service_end:
            ends.append(service_end)
        elif not self.charge_end_date and not (service_end and self._is_cut_off_at(service_end)):
            ends.append(self._get_end())
        return min((day for day in ends if day), default=None)

    def _is_cut_off_at(self, day):
        """Tell whether this version would deliver, or be replaced, on the day service ends.

        One that simply ends then has ended by itself.

        :param date day: the first day without service.
        :rtype: bool
        """
        self.ensure_one()
        following = self._get_end()
        return (
            not following
            or following > day
            or (following == day and day in self.successor_ids.mapped("date_start"))
        )

    def _get_recurrence(self):
        """Return the rhythm of this version.

        :rtype: engine.recurrence.Recurrence
        """
        self.ensure_one()
        contract = self.subscription_id
        anchor = self.anchor_date or contract.anchor_date or contract._get_first_paid_day()
        return (self.plan_id or contract.plan_id)._get_recurrence(
            anchor, contract.anchor_day or None
        )

    def _get_exact_price(self):
        """Return the exact price of one period: quantity × price less discount.

        :rtype: fractions.Fraction
        """
        self.ensure_one()
        return exact(self.quantity) * exact(self.price_unit) * (100 - exact(self.discount)) / 100

    def _get_exact_mrr(self):
        """Return the exact MRR of a line: untaxed price per period ÷ the plan's months.

        Where a tax is included in the price, core's untaxed subtotal stands in for the price.

        :rtype: fractions.Fraction
        """
        self.ensure_one()
        included = any(self.tax_ids.flatten_taxes_hierarchy().mapped("price_include"))
        amount = exact(self.price_subtotal) if included else self._get_exact_price()
        return exact((self.plan_id or self.subscription_id.plan_id)._get_mrr(amount))

    def _get_next_due(self, coverage):
        """Return the next day this version owes something, None when it owes nothing more.

        :param dict coverage: see `_get_coverage`.
        :rtype: date | None
        """
        self.ensure_one()
        covered = coverage.get(self.id, ())
        return next_due(
            self._get_version(),
            covered,
            pauses=self._get_billing_pauses(covered),
        )

    def _get_billing_pauses(self, covered):
        """Return the pauses as billing this version sees them.

        :param covered: half-open intervals of it charged so far.
        :return: half-open intervals, see `sale.subscription._get_pauses`.
        :rtype: list
        """
        self.ensure_one()
        return self.subscription_id._get_billing_pauses(covered, self._get_end())

    def _as_charged(self, piece):
        """Return a credit as what was charged for its days, where that wasn't the price.

        An accountant may have invoiced a period at another price, and a pause may have moved days
        into a period of another length.

        :param piece: an `engine.owed.Charge` of this version.
        :rtype: engine.owed.Charge
        """
        self.ensure_one()
        if piece.kind != CREDIT:
            return piece
        amount = self._get_amount_charged(piece.start, piece.end)
        return piece if amount is None else replace(piece, amount=-amount)

    def _get_amount_charged(self, start, end, before=None):
        """Return what was charged for some days, as charges say that were made last.

        :param date start: the first of the days.
        :param date end: the day after the last.
        :param before: only charges made before this `sale.subscription.charge` count.
        :return: None if not all of the days were charged.
        :rtype: fractions.Fraction | None
        """
        self.ensure_one()
        version, quantum = self._get_version(), self.subscription_id._get_rounding()
        amount, left = Fraction(0), [(start, end)]
        # sudo: what was charged doesn't depend on who asks.
        charges = self.sudo().charge_ids.filtered(
            lambda charge: (
                charge.kind in PERIOD_KINDS
                and charge.kind != CREDIT
                and (not before or charge.id < before.id)
            )
        )
        for charge in charges.sorted("id", reverse=True):
            start, end = charge.date_from, charge.date_to + timedelta(days=1)
            normal = rounded_slice(version.price, version.recurrence, start, end, quantum)
            for first, last in subtract(left, subtract(left, [(start, end)])):
                if exact(charge.amount) == normal:
                    days = (version.price, version.recurrence, first, last)
                    amount += Fraction(rounded_slice(*days, quantum))
                else:
                    days = (exact(charge.amount), start, end, first, last)
                    amount += Fraction(amount_within(*days, quantum))
            left = subtract(left, [(start, end)])
        return None if left else amount

    def _get_coverage(self):
        """Return the stretches of service billed so far, net of credits.

        Almost every line was billed without gaps, so its rows are summed up in the database; only
        lines with a gap or a credit are read row by row.

        :return: line id → list of half-open intervals.
        :rtype: dict
        """
        if not self.ids:
            return {}
        self.env["sale.subscription.charge"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line_id, MIN(date_from), MAX(date_to) + 1,
                       SUM(date_to - date_from + 1) FILTER (WHERE kind <> 'credit'),
                       COUNT(*) FILTER (WHERE kind = 'credit')
                  FROM sale_subscription_charge
                 WHERE line_id IN %s AND kind IN %s
                 GROUP BY line_id
                """,
                self._ids,
                PERIOD_KINDS,
            )
        )
        coverage, irregular = {}, []
        for line_id, start, end, days, credits in rows:
            if credits or days != (end - start).days:
                irregular.append(line_id)
            else:
                coverage[line_id] = [(start, end)]
        if irregular:
            coverage.update(self.browse(irregular)._get_detailed_coverage())
        return coverage

    def _get_detailed_coverage(self):
        """Replay the ledger rows of lines that have gaps or credits.

        :return: as `_get_coverage`.
        :rtype: dict
        """
        # sudo: what was billed doesn't depend on who asks.
        charges = (
            self.env["sale.subscription.charge"]
            .sudo()
            .search([("line_id", "in", self.ids), ("kind", "in", PERIOD_KINDS)], order="id")
        )
        return {
            line.id: _replay([(c.kind, c.date_from, c.date_to + timedelta(days=1)) for c in rows])
            for line, rows in charges.grouped("line_id").items()
        }


def _replay(rows):
    """Replay charges and credits in the order they were made.

    :param list rows: tuples `(kind, start, end)`, half-open.
    :return: the stretches that stay billed, merged and sorted.
    :rtype: list
    """
    covered = []
    for kind, start, end in rows:
        if kind == "credit":
            covered = subtract(covered, [(start, end)])
        else:
            covered = merge([*covered, (start, end)])
    return covered

"""What holds for a contract's books whatever was done to it."""

from datetime import date, timedelta
from fractions import Fraction

from ..engine.intervals import merge, overlaps, subtract
from ..engine.owed import owed
from ..engine.rounding import amount_within
from .life_operations import TERMS


class LifeBooks:
    """A mixin of tests: `_check_books` after each step."""

    def _check_books(self, contract, today, is_billed):
        self.env.flush_all()
        charges = contract.charge_ids.sorted("id")
        self._check_invoices(contract, charges)
        self._check_desired(contract, charges, is_billed)
        self._check_stretches(contract, charges)
        self._check_chains(contract)
        self._check_terms(contract)
        self._check_mrr(contract, today)

    def _check_invoices(self, contract, charges):
        """The documents say what the ledger says."""
        lines = self.env["account.move.line"].search(
            [("subscription_id", "=", contract.id), ("parent_state", "!=", "cancel")]
        )
        invoiced = sum(
            -line.price_subtotal if line.move_id.move_type == "out_refund" else line.price_subtotal
            for line in lines
        )
        billed = sum(charges.filtered("invoice_line_id").mapped("amount"))
        self.assertEqual(contract.currency_id.compare_amounts(invoiced, billed), 0)
        waived = sum(charges.filtered("is_waived").mapped("amount"))
        self.assertTrue(contract.currency_id.is_zero(waived))
        for move in lines.move_id:
            self.assertGreaterEqual(move.amount_total, 0, "a document below zero")

    def _check_desired(self, contract, charges, is_billed):
        """What was charged step by step is what those days cost at once; nothing is missing."""
        coverage = contract.line_ids._get_coverage()
        for line in contract.line_ids:
            mine = charges.filtered(lambda charge, line=line: charge.line_id == line)
            total = Fraction(str(round(sum(mine.mapped("amount")), 3)))
            covered = coverage.get(line.id, ())
            self.assertEqual(total, self._get_paid(line, covered), line.display_name)
        if is_billed:
            self.assertEqual(contract.action_bill(), [])

    def _get_paid(self, line, days):
        """Return what some days of a line cost; those a pause moved there what they had cost."""
        moved = line.charge_ids.filtered(
            lambda charge: (
                charge.is_waived
                and line.predecessor_id
                and (charge.kind, charge.date_from) == ("proration", line.date_start)
                and charge.date_to + timedelta(days=1) == line.anchor_date
            )
        )[:1]
        stretch = [(moved.date_from, moved.date_to + timedelta(days=1))] if moved else []
        amount = Fraction(str(round(moved.amount, 3)))
        if not moved or amount == self._get_price(line, stretch):
            return self._get_price(line, days)
        rounding = line.subscription_id._get_rounding()
        others = subtract(days, stretch)
        return self._get_price(line, others) + sum(
            Fraction(amount_within(amount, *stretch[0], first, last, rounding))
            for first, last in subtract(days, others)
        )

    def _get_price(self, line, days):
        """Return what some days of a line cost, charged in one go."""
        version = line._get_version()
        pieces = [piece for interval in days for piece in self._slice(version, interval, line)]
        return sum((Fraction(piece.amount) for piece in pieces), Fraction(0))

    def _slice(self, version, interval, line):
        others = subtract([(date(1990, 1, 1), date(2100, 1, 1))], [interval])
        whole = type(version)(version.recurrence, date(1990, 1, 1), date(2100, 1, 1), version.price)
        return owed(whole, others, date(2099, 1, 1), line.subscription_id._get_rounding())

    def _check_stretches(self, contract, charges):
        """No day of a version is charged twice, credited without charge, or charged unused."""
        for line in contract.line_ids:
            covered = []
            for charge in charges.filtered(lambda charge, line=line: charge.line_id == line):
                start, end = charge.date_from, charge.date_to + timedelta(days=1)
                if charge.kind == "credit":
                    self.assertFalse(subtract([(start, end)], covered), "credited, not charged")
                    covered = subtract(covered, [(start, end)])
                else:
                    self.assertFalse(overlaps(covered, start, end), "charged twice")
                    covered = merge([*covered, (start, end)])

    def _check_chains(self, contract):
        """Every day of service of a line is charged by one version, and no other day by any."""
        coverage = contract.line_ids._get_coverage()
        # One that was taken back on its first day is none.
        pauses = merge((start, end or date.max) for start, end in contract._get_pauses())
        closed = contract.state == "closed" and (contract.charge_end_date or contract.close_date)
        for root, chain in self._get_chains(contract).items():
            covered = []
            for line in chain:
                for start, end in coverage.get(line.id, ()):
                    self.assertFalse(overlaps(covered, start, end), "charged by two versions")
                    covered = merge([*covered, (start, end)])
            if not covered:
                continue
            if closed and self.is_settled:
                kept = [line.charge_end_date for line in chain if contract.charge_end_date]
                limit = max([closed, *filter(None, kept)])
                self.assertLessEqual(covered[-1][1], limit, "charged after the end")
            if self.is_settled:
                self._check_paused(contract, chain, coverage)
            start = root._get_version().start
            holes = subtract(subtract([(start, covered[-1][1])], covered), pauses)
            if self.is_settled:
                self.assertFalse(holes, "not charged")

    def _check_paused(self, contract, chain, coverage):
        """Nothing paused is charged, but for days that are to follow after a pause not over yet."""
        waiting = []
        if contract._is_shifting() and not contract.close_date:
            waiting = contract._get_unsettled_pauses()
            today = contract._get_today()
            self.assertFalse([end for _start, end in waiting if end <= today], "not settled")
        pauses = merge((start, end or date.max) for start, end in contract._get_pauses())
        for line in chain:
            covered = coverage.get(line.id, ())
            for start, end in subtract(pauses, waiting):
                self.assertFalse(overlaps(covered, start, end), "charged while paused")
            for start, end in waiting:
                resumed = today if end == date.max else end
                if line.date_end and line.date_end < resumed:
                    self.assertFalse(overlaps(covered, start, end), "can't follow any more")

    def _watch_shifts(self):
        """Let every pause that shifts keep how many days of each line are paid from it on."""
        shift = self.registry["sale.subscription"]._shift_periods

        def watched(contract, start, resumed):
            before = self._count_paid_days(contract, start)
            shift(contract, start, resumed)
            self.assertEqual(self._count_paid_days(contract, start), before, "lost by a pause")

        self.patch(self.registry["sale.subscription"], "_shift_periods", watched)

    def _count_paid_days(self, contract, day):
        coverage = contract.line_ids._get_coverage()
        return {
            root: sum(
                (end - max(start, day)).days
                for line in chain
                for start, end in coverage.get(line.id, ())
                if end > day
            )
            for root, chain in self._get_chains(contract).items()
        }

    def _get_chains(self, contract):
        chains = {}
        for line in contract.line_ids.sorted(lambda line: (line.date_start, line.id)):
            root = line._get_first_version()
            chains[root] = chains.get(root, line.browse()) | line
        return chains

    def _check_terms(self, contract):
        """On each day a line has the terms agreed last for that day or a day before it."""
        for root, chain in self._get_chains(contract).items():
            lived = chain.filtered(lambda line: not line._is_replaced_at_once())
            for line in lived:
                for day in {line.date_start, line.date_end or date.max}:
                    self.assertEqual(
                        {name: round(line[name], 6) for name in TERMS},
                        self._get_agreed(root, day),
                        f"{line.display_name} on {day}",
                    )
            for before, after in zip(lived, lived[1:], strict=False):
                self.assertEqual(before.date_end + timedelta(days=1), after.date_start)
            if lived and root in self.removals:
                day = self.removals[root][0]
                self.assertEqual(lived[-1].date_end, day - timedelta(days=1), "removed")
            elif lived:
                self.assertFalse(lived[-1].date_end, "goes on")

    def _get_agreed(self, root, day):
        agreed = {}
        entries = sorted(self.timeline[root], key=lambda entry: entry[0])
        for since, _change, values in entries:
            if since <= day:
                agreed.update(values)
        return {name: round(agreed[name], 6) for name in TERMS}

    def _check_mrr(self, contract, today):
        events = sum(contract.event_ids.mapped("amount"))
        currency = contract.currency_id
        self.assertEqual(currency.compare_amounts(contract.mrr, events), 0)
        exact = currency.round(float(contract._get_exact_mrr(today)))
        self.assertEqual(currency.compare_amounts(contract.mrr, exact), 0)

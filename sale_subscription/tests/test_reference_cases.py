import json
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon

CASES = Path(__file__).parent / "engine" / "cases"
PRICE = 1_000_000.0
PLANS = {
    "WEEKLY": ("week", 1),
    "MONTHLY": ("month", 1),
    "QUARTERLY": ("month", 3),
    "SEMIANNUAL": ("month", 6),
    "ANNUAL": ("year", 1),
    "YEARLY": ("year", 1),
}


def load(name):
    return json.loads((CASES / name).read_text(encoding="utf-8"))


def day(text):
    return date.fromisoformat(text) if text else None


@tagged("post_install", "-at_install")
class TestReferenceCases(SubscriptionCommon):
    """What Kill Bill, Lago and Polar test for, lived through by contracts.

    The cases are those of `tests/engine/cases/`, where the arithmetic alone is tested; each says
    from where it is. What isn't lived through stands in one of the files `left_out*.json` with its
    reason.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        left_out = load("left_out.json") | load("left_out_orm.json")
        cls.rows = [row for row in load("billing.json") if row["id"] not in left_out]
        cls.seat.taxes_id = [Command.clear()]
        cls.plan_of = {}
        for name, (unit, count) in PLANS.items():
            cls.plan_of[name] = cls.env["sale.subscription.plan"].create(
                {"name": name, "interval_unit": unit, "interval_count": count}
            )
        cls.template.write(
            {
                "plan_ids": [Command.set([plan.id for plan in cls.plan_of.values()])],
                # What is compared are the lines: one invoice for all periods is enough.
                "invoicing_mode": "draft",
                "catch_up_policy": "together",
                "credit_when": "next_invoice",
            }
        )

    def _get_rows(self, kind):
        rows = [row for row in self.rows if row["type"] == kind]
        self.assertTrue(rows)
        return rows

    @contextmanager
    def _case(self, row):
        """Undo after each case what was done for it."""
        with self.subTest(row["id"]):
            savepoint = self.env.cr.savepoint()
            try:
                yield
            finally:
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def _begin(self, rows, prepare):
        """Start a contract for each case, all of them together.

        :param prepare: function of a row that returns plan, start, price, and more values.
        :return: list of rows with their contracts.
        """
        values = []
        for row in rows:
            plan, start, price, more = prepare(row)
            values.append(
                {
                    "partner_id": self.partner.id,
                    "template_id": self.template.id,
                    "plan_id": self.plan_of[plan.upper()].id,
                    "date_start": start,
                    "line_ids": [Command.create({"product_id": self.seat.id, "price_unit": price})],
                    **more,
                }
            )
        with self._today(min(vals["date_start"] for vals in values)):
            contracts = self.env["sale.subscription"].create(values)
            contracts.action_activate()
        return list(zip(rows, contracts, strict=True))

    def _on_their_days(self, pairs, get_day):
        """Let it be the day of each case, one after the other.

        :param get_day: function of a row that returns its day, or None.
        :return: pairs of a day and the pairs of rows and contracts of that day.
        """
        days = {}
        for row, contract in pairs:
            if date := get_day(row):
                days.setdefault(date, []).append((row, contract))
        for date in sorted(days):
            with self._today(date):
                yield date, days[date]

    def _bill_all(self, pairs, until):
        self.env["sale.subscription"].union(*(c for _row, c in pairs)).action_bill(until=until)

    def _get_total(self, contract):
        """Return what all documents come to, credit notes deducted."""
        return sum(
            -line.price_subtotal if line.move_id.move_type == "out_refund" else line.price_subtotal
            for line in contract.charge_ids.invoice_line_id
        )

    # === KILL BILL === #
    def test_periods_and_parts_of_periods(self):
        """Kill Bill: how many periods are invoiced until a day, also when service ends.

        A contract that ends later is closed for that day beforehand, one that ended before on the
        very day: what was paid beyond comes back.
        """
        pairs = self._begin(self._get_rows("billing_cycles"), self._prepare_cycles)
        for end, ending in self._on_their_days(pairs, self._get_end_before_target):
            self._bill_all(ending, end - timedelta(days=1))
            for _row, contract in ending:
                contract.action_close(self.reason.id, when="now")
        for target, some in self._on_their_days(pairs, lambda row: day(row["target"])):
            for row, contract in some:
                if row.get("end") and contract.state == "active":
                    contract.action_close(self.reason.id, when="date", date=row["end"])
            self._bill_all(some, target)
        for row, contract in pairs:
            with self.subTest(row["id"]):
                expected = float(Fraction(row["expected_cycles"]) * Fraction(PRICE))
                # Kill Bill's fractions have 9 decimals, every part of a period is rounded.
                self.assertAlmostEqual(self._get_total(contract), expected, delta=0.02)

    def _prepare_cycles(self, row):
        timing = {"in_advance": "advance", "in_arrear": "arrears"}[row["mode"]]
        more = {"timing": timing, "anchor_day": row["billing_day"]}
        return row["period"], day(row["start"]), PRICE, more

    def _get_end_before_target(self, row):
        end = day(row.get("end"))
        return end if end and end <= day(row["target"]) else None

    # === LAGO === #
    def test_edges_of_periods(self):
        """Lago: from when to when the invoice of a day runs, also when service ends."""
        pairs = self._begin(self._get_rows("period_edge"), self._prepare_edge)
        for end, ending in self._on_their_days(pairs, self._get_first_day_without):
            self._bill_all(ending, end - timedelta(days=1))
            for _row, contract in ending:
                contract.action_close(self.reason.id, when="now")
            self._bill_all(ending, end)
        for at, some in self._on_their_days(pairs, lambda row: day(row["at"])):
            self._bill_all(some, at)
            for row, contract in some:
                if row.get("current") and contract.timing == "arrears":
                    contract.action_bill(until=contract.next_invoice_date)
        for row, contract in pairs:
            with self.subTest(row["id"]):
                self.assertEqual(str(self._find_edge(row, contract)), row["expected"])

    def _prepare_edge(self, row):
        start, anchor = day(row["started"]), day(row["anchor"])
        if row["alignment"] == "calendar":
            anchor = start.replace(month=1, day=1)
            if row["interval"] == "weekly":
                anchor = start - timedelta(days=start.weekday())
        timing = "advance" if row["in_advance"] else "arrears"
        return row["interval"], start, 10.0, {"timing": timing, "anchor_date": anchor}

    def _get_first_day_without(self, row):
        # Lago delivers on the day of the termination, too.
        return row.get("terminated") and day(row["terminated"]) + timedelta(days=1)

    def _find_edge(self, row, contract):
        charges = contract.charge_ids.sorted("id").filtered(lambda charge: charge.amount > 0)
        last = charges[-1].invoice_line_id
        if row["edge"] == "to_datetime":
            return last.subscription_date_to
        if row["edge"] == "next_end_of_period":
            return contract.next_invoice_date - timedelta(days=1)
        return last.subscription_date_from

    # === POLAR === #
    def test_amounts_of_changes(self):
        """Polar: what an upgrade, and going to a longer or shorter plan, credits and charges."""
        for row in self._get_rows("change_amounts"):
            with self._case(row):
                self._live_change(row)

    def _live_change(self, row):
        names = {"month": "MONTHLY", "year": "YEARLY"}
        old, new = row["old"], row["new"]
        for side in (new, old):
            self.env["product.pricelist.item"].create(
                {
                    "pricelist_id": self._get_pricelist().id,
                    "subscription_plan_id": self.plan_of[names[side["interval"]]].id,
                    "applied_on": "1_product",
                    "product_tmpl_id": self.seat.product_tmpl_id.id,
                    "compute_price": "fixed",
                    "fixed_price": side["amount_cents"] / 100,
                }
            )
        start, price = row["cycle_start"], old["amount_cents"] / 100
        values = {"pricelist_id": self._get_pricelist().id, "lines": [{"price_unit": price}]}
        with self._today(start):
            contract = self._activate(start, plan=self.plan_of[names[old["interval"]]], **values)
            contract.action_bill()
        with self._today(row["change_at"]):
            if old["interval"] == new["interval"]:
                contract.change_price(contract.line_ids.id, new["amount_cents"] / 100, when="now")
            else:
                contract.change_plan(self.plan_of[names[new["interval"]]].id, when="now")
            contract._bill(day(row["change_at"]))
        credit, debit = contract.charge_ids.sorted("id")[1:3]
        self.assertEqual(credit.amount * -100, row["expected_credit_cents"])
        self.assertEqual(debit.amount * 100, row["expected_debit_cents"])
        self.assertEqual(str(credit.date_from), row["change_at"])
        self.assertEqual(str(debit.date_from), row["change_at"])

    def _get_pricelist(self):
        pricelist = self.env["product.pricelist"].search([("name", "=", "Cases")])
        return pricelist or self.env["product.pricelist"].create({"name": "Cases"})

from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon

# Rhythm, start, price, day of the change, new price → what the change credits and charges, with
# the days of it, and the first days of the periods that follow.
CHANGES = {
    "31 January, monthly": (
        ("month", 1, "2026-01-31", 31.0, "2026-02-15", 62.0),
        # 13 of 28 days are left.
        [("2026-02-15", "2026-02-27", -14.39), ("2026-02-15", "2026-02-27", 28.79)],
        ["2026-02-28", "2026-03-31", "2026-04-30"],
    ),
    "29 February, yearly": (
        ("year", 1, "2028-02-29", 365.0, "2028-08-29", 730.0),
        # 183 of 365 days are left.
        [("2028-08-29", "2029-02-27", -183.0), ("2028-08-29", "2029-02-27", 366.0)],
        ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"],
    ),
    "weekly": (
        ("week", 1, "2026-01-05", 7.0, "2026-01-08", 14.0),
        [("2026-01-08", "2026-01-11", -4.0), ("2026-01-08", "2026-01-11", 8.0)],
        ["2026-01-12", "2026-01-19", "2026-01-26"],
    ),
    "29 February, every three years": (
        ("year", 3, "2024-02-29", 1095.0, "2025-03-01", 2190.0),
        # 366 of 1095 days were used.
        [("2025-03-01", "2027-02-27", -729.0), ("2025-03-01", "2027-02-27", 1458.0)],
        ["2027-02-28", "2030-02-28", "2033-02-28", "2036-02-29"],
    ),
    "31 October, every 36 months, cheaper": (
        ("month", 36, "2023-10-31", 1096.0, "2024-10-31", 548.0),
        # 366 of 1096 days were used.
        [("2024-10-31", "2026-10-30", -730.0), ("2024-10-31", "2026-10-30", 365.0)],
        ["2026-10-31", "2029-10-31"],
    ),
}


@tagged("post_install", "-at_install")
class TestChangeTables(SubscriptionCommon):
    """What a change in the middle of a period costs, and that the rhythm stays."""

    def test_changes(self):
        self.template.credit_when = "now"
        for name, (terms, expected, following) in CHANGES.items():
            with self.subTest(name):
                contract = self._live(*terms)
                self.assertEqual(self._get_rows(contract.charge_ids.sorted("id")[1:]), expected)
                contract.action_bill(until=following[-1])
                starts = contract.charge_ids.sorted("id")[3:].mapped("date_from")
                self.assertEqual([str(day) for day in starts], following)

    def _live(self, unit, count, start, price, day, new_price):
        plan = self.env["sale.subscription.plan"].create(
            {"name": f"{count} {unit}", "interval_unit": unit, "interval_count": count}
        )
        self.template.plan_ids = [Command.link(plan.id)]
        with self._today(start):
            contract = self._activate(start, plan=plan, lines=[{"price_unit": price}])
            contract.action_bill()
        with self._today(day):
            contract.change_price(contract.line_ids.id, new_price, when="now")
            contract.action_bill()
        return contract

    def _get_rows(self, charges):
        return [(str(c.date_from), str(c.date_to), c.amount) for c in charges]

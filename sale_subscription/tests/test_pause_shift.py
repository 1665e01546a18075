from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestPauseShift(SubscriptionCommon):
    """Pauses that shift the periods: no paid day is lost, whatever else happens to the contract.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _start(self, *prices, **policy):
        self.template.write({"pause_policy": "shift", **policy})
        with self._today("2026-03-01"):
            lines = [{"price_unit": price} for price in prices or [31.0]]
            contract = self._activate("2026-03-01", lines=lines)
            self._bill(contract, "2026-03-01")
        return contract

    def _on(self, day, method, *args, **kwargs):
        with self._today(day):
            return method(*args, **kwargs)

    def _bill_on(self, contract, day):
        """Return what is invoiced on a day, as `(first day, last day, amount)`, refunds negative."""
        moves = self._on(day, self._bill, contract, day)
        return [
            (str(line.subscription_date_from), str(line.subscription_date_to), -line.balance)
            for line in moves.invoice_line_ids.sorted("subscription_date_from")
        ]

    # === CHANGED MEANWHILE === #
    def test_raised_during_the_pause(self):
        contract = self._start()
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_quantity, contract.line_ids.id, 2, when="now")
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2026-04-20", 62.0)],
        )
        self.assertEqual(str(contract.next_invoice_date), "2026-04-21")

    def test_raised_on_the_day_it_goes_on(self):
        contract = self._start()
        line = contract.line_ids
        self._on("2026-03-05", contract.change_quantity, line.id, 2, when="2026-03-21")
        self._on("2026-03-11", contract.action_pause, until="2026-03-21")
        # The second version counts from where the first one did.
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2026-03-31", 22.0)],
        )
        self.assertEqual(str(contract.next_invoice_date), "2026-04-01")

    def test_scheduled_within_an_open_pause(self):
        contract = self._start()
        line = contract.line_ids
        self._on("2026-03-05", contract.change_quantity, line.id, 2, when="2026-03-25")
        self._on("2026-03-05", self._bill, contract, "2026-03-05")
        self._on("2026-03-11", contract.action_pause)
        # Service may go on before the change; on its day it can't any more.
        self.assertEqual(self._bill_on(contract, "2026-03-24"), [])
        self.assertEqual(
            self._bill_on(contract, "2026-03-25"),
            [("2026-03-11", "2026-03-24", -14.0), ("2026-03-25", "2026-03-31", -7.0)],
        )

    def test_removed_during_the_pause(self):
        contract = self._start(31.0, 62.0)
        kept, removed = contract.line_ids.sorted("price_unit")
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.remove_line, removed.id, when="now")
        self.assertEqual(
            self._bill_on(contract, "2026-03-16"), [("2026-03-11", "2026-03-31", -42.0)]
        )
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(self._bill_on(contract, "2026-04-10"), [])
        self.assertEqual(
            self._bill_on(contract, "2026-04-11"), [("2026-04-11", "2026-05-10", 31.0)]
        )
        self.assertEqual(str(kept.date_end), "2026-03-20")

    def test_another_plan_during_the_pause(self):
        contract = self._start()
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_plan, self.yearly.id, when="now")
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2027-03-20", 372.0)],
        )

    def test_lowered_without_credit_during_the_pause(self):
        contract = self._start(62.0, prorate_credits=False)
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_price, contract.line_ids.id, 31.0, when="now")
        self._on("2026-03-21", contract.action_resume)
        # The rest of March stays paid at the old price; the paused days are given back.
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -20.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

    def test_lowered_without_credit_before_the_pause(self):
        contract = self._start(62.0, prorate_credits=False)
        self._on("2026-03-05", contract.change_price, contract.line_ids.id, 31.0, when="now")
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -20.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestWithdrawOrder(SubscriptionCommon):
    """Scheduled changes are withdrawn in any order: what stays is as if they never were.

    Contracts start on 1 January 2026, billed in advance: 1 at 50.00 a month.
    """

    def _start(self):
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", lines=[{"price_unit": 50.0}])
            self._bill(contract, "2026-01-01")
        return contract

    def _schedule(self, contract, method, *args, when):
        line_id = contract.line_ids.sorted("id")[0].id
        with self._today("2026-01-02"):
            change_id = getattr(contract, method)(line_id, *args, when=when)
        return self.env["sale.subscription.change"].browse(change_id)

    def _withdraw(self, changes):
        with self._today("2026-01-03"):
            changes.action_withdraw()

    def _versions(self, contract):
        return [
            (line.quantity, line.price_unit, str(line.date_start), str(line.date_end or ""))
            for line in contract.line_ids.sorted(lambda line: (line.date_start, line.id))
            if not line._is_replaced_at_once()
        ]

    def test_a_price_on_which_a_quantity_was_built(self):
        contract = self._start()
        price = self._schedule(contract, "change_price", 55.0, when="2026-02-28")
        self._schedule(contract, "change_quantity", 2, when="2026-04-30")
        self._withdraw(price)
        self.assertEqual(
            self._versions(contract),
            [(1, 50.0, "2026-01-01", "2026-04-29"), (2, 50.0, "2026-04-30", "")],
        )
        with self._today("2026-05-01"):
            moves = self._bill(contract, "2026-05-01")
        # April: 29 days of one and a day of two, of 30.
        self.assertEqual(moves.mapped("amount_untaxed"), [50.0, 50.0, 48.33, 3.33, 100.0])

    def test_then_the_quantity_too(self):
        contract = self._start()
        price = self._schedule(contract, "change_price", 55.0, when="2026-02-28")
        quantity = self._schedule(contract, "change_quantity", 2, when="2026-04-30")
        self._withdraw(price)
        self._withdraw(quantity)
        self.assertEqual(self._versions(contract), [(1, 50.0, "2026-01-01", "")])

    def test_on_one_day_each_is_about_its_own(self):
        contract = self._start()
        price = self._schedule(contract, "change_price", 55.0, when="2026-02-28")
        quantity = self._schedule(contract, "change_quantity", 2, when="2026-02-28")
        later = self._schedule(contract, "change_price", 60.0, when="2026-02-28")
        self._withdraw(quantity)
        self.assertEqual(self._versions(contract)[-1], (1, 60.0, "2026-02-28", ""))
        self._withdraw(later)
        self.assertEqual(self._versions(contract)[-1], (1, 55.0, "2026-02-28", ""))
        self._withdraw(price)
        self.assertEqual(self._versions(contract), [(1, 50.0, "2026-01-01", "")])

    def test_what_was_removed_later_ends_all_the_same(self):
        contract = self._start()
        price = self._schedule(contract, "change_price", 55.0, when="2026-02-28")
        removal = self._schedule(contract, "remove_line", when="2026-04-30")
        self._withdraw(price)
        self.assertEqual(self._versions(contract), [(1, 50.0, "2026-01-01", "2026-04-29")])
        self._withdraw(removal)
        self.assertEqual(self._versions(contract), [(1, 50.0, "2026-01-01", "")])

    def test_an_addition_that_was_changed_again(self):
        contract = self._start()
        with self._today("2026-01-02"):
            line_id = contract.add_product(self.support.id, 1, when="2026-02-01")
            change_id = contract.change_quantity(line_id, 3, when="2026-03-01")
            addition = contract.line_ids.browse(line_id).change_id
        self._withdraw(addition)
        self.assertEqual(self._versions(contract), [(1, 50.0, "2026-01-01", "")])
        self.assertEqual(addition.browse(change_id).state, "withdrawn")

    def test_up_and_down_are_judged_anew(self):
        # Nothing is credited by days: beside 3, 2 is less and waits; beside 1 it is more.
        self.template.prorate_credits = False
        contract = self._start()
        more = self._schedule(contract, "change_quantity", 3, when="2026-01-10")
        self._schedule(contract, "change_quantity", 2, when="2026-01-17")
        self._withdraw(more)
        with self._today("2026-02-01"):
            self._bill(contract, "2026-02-01")
        january = contract.charge_ids.filtered(lambda c: str(c.date_to) <= "2026-01-31")
        # 16 days of one, 15 of two, of 31: 25.81 + 48.39.
        self.assertAlmostEqual(sum(january.mapped("amount")), 74.20)

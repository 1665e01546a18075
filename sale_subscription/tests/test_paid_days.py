from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestPaidDays(SubscriptionCommon):
    """Up or down is judged against what is paid for those days: the detour costs nothing."""

    def _start(self, start, plan=None, **line):
        with self._today(start):
            contract = self._activate(start, plan=plan, lines=[line])
            self._bill(contract, start)
        return contract

    def _do(self, contract, day, method, *args, when="now"):
        with self._today(day):
            result = getattr(contract, method)(*args, when=when)
            contract.action_bill()
        return result

    def _get_cost(self, contract, start, end):
        """Return what the ledger says a stretch of days cost; none of its charges cross its end."""
        charges = contract.charge_ids.filtered(
            lambda c: start <= str(c.date_from) and str(c.date_to) <= end
        )
        return round(sum(charges.mapped("amount")), 2)

    def _check_cost(self, contract, bill_day, start, end, expected, total=None):
        """Check the days in the ledger, and all documents until a day together."""
        with self._today(bill_day):
            contract.action_bill()
        self.assertEqual(self._get_cost(contract, start, end), expected)
        moves = contract.charge_ids.invoice_line_id.move_id
        documents = sum(moves.mapped("amount_untaxed_signed"))
        ledger = sum(contract.charge_ids.mapped("amount"))
        self.assertAlmostEqual(documents, ledger)
        if total is not None:
            self.assertAlmostEqual(documents, total)

    # === UPGRADES AREN'T CHARGED BY DAYS === #
    def test_raised_and_lowered_above_what_is_paid(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 3)
        self._do(contract, "2026-01-20", "change_quantity", line.id, 2)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 30.0, 90.0)

    def test_raised_by_quantity_and_lowered_by_price(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 3)
        self._do(contract, "2026-01-20", "change_price", line.id, 20.0)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 30.0, 90.0)

    def test_raised_and_lowered_below_what_is_paid(self):
        # 19 days at 30.00, 12 at 15.00 of 31: 18.39 + 5.81.
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 3)
        self._do(contract, "2026-01-20", "change_quantity", line.id, 0.5)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 24.20, 39.20)

    def test_raised_lowered_and_restored_on_one_day(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 3)
        with self._today("2026-01-20"):
            contract.change_quantity(line.id, 0.5)
            contract.change_quantity(line.id, 3)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 30.0, 120.0)

    def test_lowered_and_raised_on_one_day(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0, quantity=2)
        with self._today("2026-01-10"):
            contract.change_quantity(contract.line_ids.id, 1)
            contract.change_quantity(contract.line_ids[-1].id, 3)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 60.0, 150.0)

    def _add_to_yearly(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-29", self.yearly, price_unit=100.0)
        self.support.list_price = 40.0
        line_id = self._do(contract, "2026-02-06", "add_product", self.support.id, 2)
        line = contract.line_ids.browse(line_id)
        self.assertEqual(line.price_unit, 40.0)
        return contract, line

    def test_an_addition_not_paid_yet_is_never_charged_by_lowering_it(self):
        for method, value, after in (
            ("change_price", 30.0, 60.0),
            ("change_quantity", 1, 40.0),
        ):
            with self.subTest(method=method):
                contract, line = self._add_to_yearly()
                self._do(contract, "2026-05-03", method, line.id, value)
                self.assertEqual(len(contract.charge_ids.invoice_line_id.move_id), 1)
                self._check_cost(
                    contract, "2027-01-29", "2026-01-29", "2027-01-28", 100.0, 200.0 + after
                )

    def test_an_addition_not_paid_yet_raised_and_lowered(self):
        contract, line = self._add_to_yearly()
        self._do(contract, "2026-05-03", "change_quantity", line.id, 5)
        self._do(contract, "2026-06-03", "change_quantity", line.id, 4)
        self._check_cost(contract, "2027-01-29", "2026-01-29", "2027-01-28", 100.0, 360.0)

    def test_a_plan_there_and_back(self):
        # A year isn't charged by days; back in months nothing is due before 1 February either.
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=30.0)
        self._do(contract, "2026-01-10", "change_plan", self.yearly.id)
        self._do(contract, "2026-01-20", "change_plan", self.monthly.id)
        self._check_cost(contract, "2026-01-31", "2026-01-01", "2026-01-31", 30.0, 30.0)

    def test_removed_and_added_again_on_one_day(self):
        self.template.prorate_charges = False
        contract = self._start("2026-01-01", price_unit=10.0)
        with self._today("2026-01-10"):
            contract.remove_line(contract.line_ids.id, when="now")
            contract.add_product(self.seat.id, 3)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 10.0, 40.0)

    # === DOWNGRADES AREN'T CREDITED BY DAYS === #
    def test_lowered_and_raised_below_what_is_paid(self):
        self.template.prorate_credits = False
        contract = self._start("2026-01-01", price_unit=31.0, quantity=3)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 1)
        self._do(contract, "2026-01-20", "change_quantity", line.id, 2)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 93.0, 155.0)

    def test_lowered_and_raised_above_what_is_paid(self):
        # 19 days at 93.00, 12 at 124.00: 57.00 + 48.00.
        self.template.prorate_credits = False
        contract = self._start("2026-01-01", price_unit=31.0, quantity=3)
        line = contract.line_ids
        self._do(contract, "2026-01-10", "change_quantity", line.id, 1)
        self._do(contract, "2026-01-20", "change_quantity", line.id, 4)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 105.0, 229.0)

    def test_removed_and_added_again_while_it_is_paid(self):
        self.template.prorate_credits = False
        self.seat.list_price = 31.0
        contract = self._start("2026-01-01", price_unit=31.0, quantity=3)
        self._do(contract, "2026-01-10", "remove_line", contract.line_ids.id)
        line_id = self._do(contract, "2026-01-20", "add_product", self.seat.id, 2)
        self._check_cost(contract, "2026-01-22", "2026-01-01", "2026-01-31", 93.0, 93.0)
        # Six days more than was paid: 124.00 - 93.00 for 6 of 31 days.
        self._do(contract, "2026-01-26", "change_quantity", line_id, 4)
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 99.0, 223.0)

    def test_an_upsell_of_what_is_paid_already(self):
        self.template.prorate_credits = False
        contract = self._start("2026-01-01", price_unit=31.0, quantity=3)
        self._do(contract, "2026-01-10", "change_quantity", contract.line_ids.id, 1)
        with self._today("2026-01-20"):
            order = self.env["sale.order"].browse(contract.action_upsell()["res_id"])
            order.order_line = [
                (0, 0, {"product_id": self.seat.id, "product_uom_qty": 1, "price_unit": 31.0})
            ]
            order.action_confirm()
        self._check_cost(contract, "2026-01-25", "2026-01-01", "2026-01-31", 93.0, 93.0)

    def test_a_pause_gives_nothing_back_for_paid_days(self):
        self.template.prorate_credits = False
        contract = self._start("2026-01-01", price_unit=31.0)
        with self._today("2026-01-10"):
            contract.action_pause(until="2026-02-15")
        # 14 days of 28 in February aren't charged.
        self._check_cost(contract, "2026-02-15", "2026-01-01", "2026-01-31", 31.0, 46.5)

    def test_a_pause_credits_where_downgrades_do(self):
        contract = self._start("2026-01-01", price_unit=31.0)
        with self._today("2026-01-10"):
            contract.action_pause(until="2026-01-20")
        self.template.prorate_credits = False
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 21.0, 52.0)

    def test_what_a_pause_left_paid_stays_so_when_the_template_changes(self):
        self.template.prorate_credits = False
        contract = self._start("2026-01-01", price_unit=31.0)
        with self._today("2026-01-10"):
            contract.action_pause(until="2026-01-20")
        self.template.prorate_credits = True
        self._check_cost(contract, "2026-02-01", "2026-01-01", "2026-01-31", 31.0, 62.0)

    def _close_and_reopen(self, reopened):
        self.template.prorate_credits = False
        contract = self._start("2026-05-31", price_unit=31.0)
        with self._today("2026-06-10"):
            contract.action_close(self.reason.id, when="now")
            contract.action_bill()
        with self._today(reopened):
            contract.action_reopen()
            contract.action_bill()
        return contract

    def test_reopened_nothing_is_given_back_that_closing_kept(self):
        contract = self._close_and_reopen("2026-06-20")
        self._check_cost(contract, "2026-06-30", "2026-05-31", "2026-06-29", 31.0, 62.0)

    def test_reopened_after_what_was_paid(self):
        # Of 30 June to 30 July the days from 20 July on: 11 of 31.
        contract = self._close_and_reopen("2026-07-20")
        self._check_cost(contract, "2026-07-20", "2026-05-31", "2026-06-29", 31.0, 42.0)

from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestCloseUncredited(SubscriptionCommon):
    """Closing where nothing is given back: the running period stays paid, nothing follows it.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.prorate_credits = False

    def _start(self, billed=True, **values):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}], **values)
            if billed:
                self._bill(contract, "2026-03-01")
        return contract

    def _close(self, contract, when="now", date=None, day="2026-03-11"):
        with self._today(day):
            contract.action_close(self.reason.id, when=when, date=date)

    def _bill_on(self, contract, day):
        """Do what the jobs do on a day and return the amounts invoiced."""
        with self._today(day):
            contract._apply_due_transitions()
            return self._bill(contract, day).mapped("amount_untaxed")

    # === WHAT WAS PAID AHEAD === #
    def test_what_an_earlier_change_left_paid_is_not_given_back(self):
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", plan=self.yearly, lines=[{"price_unit": 365.0}])
            self._bill(contract, "2026-01-01")
        with self._today("2026-03-11"):
            contract.change_plan(self.monthly.id, when="now")
        self._close(contract, day="2026-04-15")
        self.assertFalse(contract.next_invoice_date)
        self.assertEqual(self._bill_on(contract, "2026-04-15"), [])
        self.assertEqual(self._bill_on(contract, "2027-01-11"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [365.0])

    # === WHAT WAS SCHEDULED === #
    def test_a_quantity_scheduled_after_the_close_is_never_charged(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.change_quantity(contract.line_ids.id, 3, when="2026-03-21")
        self._close(contract)
        self.assertFalse(contract.next_invoice_date)
        self.assertEqual(self._bill_on(contract, "2026-03-11"), [])
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [])
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_a_product_scheduled_after_the_close_is_never_charged(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.add_product(self.seat.id, quantity=2, when="2026-03-21")
        self._close(contract)
        self.assertFalse(contract.next_invoice_date)
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_a_removal_scheduled_after_the_close_gives_nothing_back(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.remove_line(contract.line_ids.id, when="2026-03-21")
        self._close(contract)
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_a_quantity_scheduled_for_the_day_of_the_close_is_never_charged(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.change_quantity(contract.line_ids.id, 3, when="2026-03-11")
            contract.action_close(self.reason.id, when="date", date="2026-03-11")
        self.assertEqual(self._bill_on(contract, "2026-03-11"), [])
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_a_line_that_was_to_end_by_itself_before_the_close_ends(self):
        contract = self._start()
        contract.line_ids.date_end = "2026-03-10"
        self._close(contract)
        self.assertEqual(self._bill_on(contract, "2026-03-11"), [21.0])
        credit = contract.charge_ids.filtered(lambda charge: charge.kind == "credit")
        self.assertEqual((str(credit.date_from), credit.amount), ("2026-03-11", -21.0))

    def test_reopened_it_is_charged_as_it_was_scheduled(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.change_quantity(contract.line_ids.id, 3, when="2026-03-21")
        self._close(contract)
        with self._today("2026-03-16"):
            contract.action_reopen()
        # Three for 11 days, less the one paid for them; the 5 days it was closed stay paid.
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [22.0])
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [93.0])

    # === THE AGREED END === #
    def test_closing_later_than_the_agreed_end_bills_nothing_after_it(self):
        contract = self._start(end_date="2026-03-31")
        self._close(contract, "date", "2026-04-15")
        self.assertEqual(str(contract.close_date), "2026-04-01")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(contract.state, "closed")
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_closing_at_the_period_end_after_an_agreed_end_within_it(self):
        contract = self._start(billed=False, end_date="2026-03-20")
        self._close(contract, "period_end")
        self.assertEqual(str(contract.close_date), "2026-03-21")
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [20.0])
        self.assertEqual(contract.charge_ids.mapped("amount"), [20.0])

    def test_closing_before_an_agreed_end_within_the_period(self):
        contract = self._start(end_date="2026-03-20")
        self._close(contract)
        self.assertEqual(self._bill_on(contract, "2026-03-11"), [])
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [20.0])

    def test_an_end_agreed_after_the_closing_was_scheduled(self):
        contract = self._start()
        self._close(contract, "date", "2026-04-15")
        with self._today("2026-03-12"):
            contract.end_date = "2026-03-31"
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(
            (contract.state, str(contract.close_date), contract.next_invoice_date),
            ("closed", "2026-04-01", False),
        )

    def test_a_duration_that_renews_by_itself_limits_no_closing(self):
        self.template.write({"duration_count": 1, "duration_unit": "month", "auto_renew": True})
        contract = self._start()
        self.assertEqual(str(contract.end_date), "2026-03-31")
        self._close(contract, "date", "2026-04-15")
        self.assertEqual(str(contract.close_date), "2026-04-15")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [31.0])

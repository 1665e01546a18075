from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestMoneyEdges(SubscriptionCommon):
    """On the very day: closings, changes and transitions where one period more would be charged.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month.
    """

    def _start(self, start="2026-03-01", **values):
        with self._today(start):
            contract = self._activate(start, lines=[{"price_unit": 31.0}], **values)
            self._bill(contract, start)
        return contract

    def _bill_on(self, contract, day):
        """Do what the billing job alone does on a day; return the amounts invoiced."""
        with self._today(day):
            return self._bill(contract, day).mapped("amount_untaxed")

    # === CLOSING WITHOUT CREDIT === #
    def test_closing_on_a_boundary_charges_no_period_more(self):
        self.template.prorate_credits = False
        for start, asked_on, close, charged in (
            ("2026-03-01", "2026-03-11", "2026-03-31", [31.0]),
            ("2026-03-01", "2026-03-11", "2026-04-01", [31.0]),  # exactly on it
            ("2026-03-01", "2026-03-11", "2026-04-02", [31.0, 31.0]),
            ("2026-01-31", "2026-02-10", "2026-02-28", [31.0]),  # a boundary of a short month
            ("2026-01-31", "2026-02-10", "2026-03-01", [31.0, 31.0]),
        ):
            with self.subTest(start=start, close=close):
                contract = self._start(start)
                with self._today(asked_on):
                    contract.action_close(self.reason.id, when="date", date=close)
                for day in ("2026-02-28", "2026-03-31", "2026-04-01", "2026-04-02", "2026-05-01"):
                    if day > asked_on:
                        self._bill_on(contract, day)
                self.assertEqual(contract.charge_ids.mapped("amount"), charged)
                self.assertEqual(contract.state, "closed")
                self.assertFalse(contract.next_invoice_date)

    def test_closing_now_on_a_boundary_charges_nothing_of_that_day(self):
        self.template.prorate_credits = False
        contract = self._start()
        with self._today("2026-04-01"):
            contract.action_close(self.reason.id, when="now")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [])
        self.assertEqual(contract.charge_ids.mapped("amount"), [31.0])

    def test_closing_on_the_first_day_charges_nothing(self):
        self.template.prorate_credits = False
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            contract.action_close(self.reason.id, when="now")
        self.assertEqual(self._bill_on(contract, "2026-03-01"), [])
        self.assertFalse(contract.charge_ids)

    def test_closing_in_arrears_on_a_boundary_charges_what_was_used(self):
        self.template.write({"prorate_credits": False, "timing": "arrears"})
        for close, charged in (("2026-04-01", [31.0]), ("2026-03-31", [30.0])):
            with self.subTest(close=close):
                contract = self._start()
                with self._today("2026-03-11"):
                    contract.action_close(self.reason.id, when="date", date=close)
                self._bill_on(contract, "2026-04-01")
                self._bill_on(contract, "2026-05-01")
                self.assertEqual(contract.charge_ids.mapped("amount"), charged)

    # === CHANGES AROUND A CLOSING === #
    def test_a_change_on_or_after_the_closing_day_is_refused(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.action_close(self.reason.id, when="date", date="2026-03-21")
            for day in ("2026-03-21", "2026-03-22", "2026-04-01"):
                for change in (
                    lambda day: contract.change_quantity(contract.line_ids.id, 3, when=day),
                    lambda day: contract.change_price(contract.line_ids.id, 62.0, when=day),
                    lambda day: contract.add_product(self.seat.id, when=day),
                    lambda day: contract.remove_line(contract.line_ids.id, when=day),
                    lambda day: contract.change_plan(self.yearly.id, when=day),
                ):
                    with (
                        self.subTest(day=day),
                        self.assertRaisesRegex(UserError, "nothing can be changed"),
                    ):
                        change(day)
            # The last day of service is still one.
            contract.change_quantity(contract.line_ids.id, 2, when="2026-03-20")
        # One for 19 days, two for the last one, less 31 paid.
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [10.0])
        self.assertEqual(sum(contract.charge_ids.mapped("amount")), 21.0)

    # === BILLING BEFORE THE CALENDAR'S JOB === #
    def test_billing_on_the_day_of_a_closing(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_close(self.reason.id, when="date", date="2026-04-01")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(contract.state, "closed")

    def test_billing_on_the_day_of_a_renewal(self):
        self.template.write({"duration_count": 1, "duration_unit": "month", "auto_renew": True})
        contract = self._start(end_date="2026-03-31")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [31.0])
        self.assertEqual(str(contract.end_date), "2026-04-30")

    def test_billing_on_the_day_of_a_pause(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-05-01", when="2026-04-01")
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(contract.state, "paused")
        self.assertEqual(self._bill_on(contract, "2026-04-30"), [])
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [31.0])
        self.assertEqual(contract.state, "active")

    def test_billing_on_the_day_a_shifting_pause_ends(self):
        """Its days follow after it: until then nothing new is owed."""
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-04-01")
        # 21 paid days were left; they last until 21 April.
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [])
        self.assertEqual(contract.state, "active")
        self.assertEqual(str(contract.next_invoice_date), "2026-04-22")
        self.assertEqual(self._bill_on(contract, "2026-04-21"), [])
        self.assertEqual(self._bill_on(contract, "2026-04-22"), [31.0])

    # === ONE INVOICE PER CUSTOMER === #
    def test_currencies_are_not_mixed_on_one_invoice(self):
        self.company.subscription_invoice_grouping = "customer"
        euro = self.env.ref("base.EUR")
        euro.active = True
        prices = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        with self._today("2026-03-01"):
            contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
            contracts |= self._activate("2026-03-01", pricelist_id=prices.id)
            moves = self._bill(contracts, "2026-03-01")
        self.assertEqual(
            sorted((move.currency_id.name, move.amount_untaxed) for move in moves),
            [("EUR", 10.0), ("USD", 20.0)],
        )

    # === ONCE === #
    def test_an_order_line_is_charged_once(self):
        """The database refuses it, whoever asks."""
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [(0, 0, {"product_id": self.setup_fee.id})],
            }
        )
        contract = self._activate("2026-03-01")
        values = {
            "subscription_id": contract.id,
            "order_line_id": order.order_line.id,
            "product_id": self.setup_fee.id,
            "name": "Setup",
            "kind": "one_time",
            "date_from": "2026-03-01",
            "date_to": "2026-03-01",
            "amount": 50.0,
            "currency_id": contract.currency_id.id,
            "company_id": contract.company_id.id,
        }
        Charge = self.env["sale.subscription.charge"].sudo()
        Charge.create(values).flush_recordset()
        later = {**values, "date_from": "2026-04-01", "date_to": "2026-04-01"}
        for again in (values, later):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(IntegrityError, "order_line_uniq"),
                self.env.cr.savepoint(),
            ):
                Charge.create(again).flush_recordset()

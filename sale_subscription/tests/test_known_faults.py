from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestKnownFaults(SubscriptionCommon):
    """Faults that were reproduced in other subscription addons, one test each."""

    def test_month_end_never_drifts(self):
        contract = self._activate("2026-01-31")
        self._bill(contract, "2027-01-31")
        self.assertEqual(
            [str(charge.date_due)[5:] for charge in contract.charge_ids],
            [
                *("01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31"),
                *("08-31", "09-30", "10-31", "11-30", "12-31", "01-31"),
            ],
        )

    def test_leap_day_comes_back(self):
        contract = self._activate("2028-02-29", plan=self.yearly)
        self._bill(contract, "2032-02-29")
        self.assertEqual(str(contract.charge_ids.sorted("date_due")[-1].date_due), "2032-02-29")

    def test_ten_days_are_not_a_month(self):
        with self._today("2026-04-01"):
            contract = self._activate("2026-04-01", end_date="2026-04-10")
            move = self._bill(contract, None)
        self.assertEqual(move.amount_untaxed, 3.33)

    def test_end_inside_an_invoiced_period_is_accepted(self):
        with self._today("2026-04-01"):
            contract = self._activate("2026-04-01")
            contract.action_bill()
            contract.end_date = "2026-04-15"
        with self._today("2026-04-16"):
            contract._apply_due_transitions()
            refund = self._bill(contract, None)
        self.assertEqual((refund.move_type, refund.amount_untaxed), ("out_refund", 5.0))

    def test_product_without_an_account_of_its_own(self):
        product = self.env["product.product"].create(
            {
                "name": "Plain",
                "categ_id": False,
                "recurring_invoice": True,
                "taxes_id": [Command.set(self.tax_15.ids)],
            }
        )
        contract = self._activate("2026-03-01", lines=[{"product_id": product.id}])
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.state, "posted")
        self.assertTrue(move.invoice_line_ids.account_id)

    def test_paused_months_are_not_billed_afterwards(self):
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01")
            contract.action_bill()
        with self._today("2026-02-01"):
            contract.action_pause()
        with self._today("2026-06-01"):
            contract.action_resume()
            self.assertEqual(len(contract.action_bill()), 1)
        with self._today("2026-06-30"):
            self.assertEqual(contract.action_bill(), [])

    def test_currency_of_the_contract_is_the_invoices(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        contract = self._activate(
            "2026-03-01", lines=[{"price_unit": 5.0}], pricelist_id=pricelist.id
        )
        move = self._bill(contract, "2026-03-01")
        self.assertEqual((move.currency_id, move.amount_untaxed), (euro, 5.0))

    def test_backlog_is_caught_up_in_one_run_on_its_own_dates(self):
        contract = self._activate("2026-08-23")
        with self._today("2026-11-23"):
            moves = self._bill(contract, None)
        self.assertEqual(
            [str(move.invoice_date) for move in moves],
            ["2026-08-23", "2026-09-23", "2026-10-23", "2026-11-23"],
        )

    def test_plain_create_respects_the_cadence(self):
        fortnight = self.env["sale.subscription.plan"].create(
            {"name": "Fortnight", "interval_unit": "week", "interval_count": 2}
        )
        template = self._create_template(plan_ids=[Command.set(fortnight.ids)], timing="arrears")
        contract = self._create_contract("2024-01-01", plan=fortnight, template_id=template.id)
        self.assertRecordValues(
            contract,
            [
                {
                    "timing": "arrears",
                    "date_start": self._day("2024-01-01"),
                    "next_invoice_date": self._day("2024-01-15"),
                }
            ],
        )
        self.assertEqual(contract.line_ids.plan_id, fortnight)
        self.assertEqual(str(contract.line_ids.date_start), "2024-01-01")

    def test_emptied_next_date_stops_nobody(self):
        odd, good = self._activate("2026-03-01"), self._activate("2026-03-01")
        odd.next_invoice_date = False
        with self._today("2026-03-01"):
            (odd | good)._bill_due()
        self.assertEqual((odd.invoice_count, good.invoice_count), (1, 1))

    def test_dragging_a_card_keeps_the_start(self):
        contract = self._create_contract("2026-01-31")
        contract.stage_id = self.env["sale.subscription.stage"]._get_first("active")
        self.assertEqual(str(contract.date_start), "2026-01-31")

    def test_totals_are_never_stale(self):
        contract = self._create_contract()
        contract.line_ids.price_unit = 1148.85
        self.assertEqual(contract.recurring_total, 1148.85)

    def test_billing_makes_no_orders_and_no_contracts(self):
        contract = self._activate("2026-01-01")
        counts = [self.env[model].search_count([]) for model in ("sale.order", contract._name)]
        self._bill(contract, "2026-06-01")
        self.assertEqual(
            [self.env[model].search_count([]) for model in ("sale.order", contract._name)], counts
        )

    def test_dates_are_not_frozen_at_import(self):
        with self._today("2030-05-05"):
            contract = self.env["sale.subscription"].create(
                {"partner_id": self.partner.id, "template_id": self.template.id}
            )
        self.assertEqual(str(contract.date_start), "2030-05-05")

    def test_discount_stays_as_typed(self):
        contract = self._create_contract(lines=[{"discount": 12.5}])
        contract.line_ids.quantity = 7
        contract.plan_id = self.yearly
        self.assertEqual(contract.line_ids.discount, 12.5)

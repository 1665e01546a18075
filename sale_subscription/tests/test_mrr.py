from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestMrr(SubscriptionCommon):
    """The event log is the MRR, always and in both currencies."""

    def assertTied(self, contract):
        self.assertEqual(contract.mrr, sum(contract.event_ids.mapped("amount")))
        self.assertAlmostEqual(
            contract.mrr_company, sum(contract.event_ids.mapped("amount_company"))
        )

    def test_normalised_to_months(self):
        for plan, mrr in (
            (self.monthly, 10.0),
            (self.yearly, 0.83),
            (self.quarterly, 3.33),
            (self.weekly, 43.33),
        ):
            contract = self._activate("2026-01-01", plan=plan)
            self.assertEqual(contract.mrr, mrr, plan.name)

    def test_rounded_once_per_contract(self):
        contract = self._activate("2026-01-01", plan=self.quarterly, lines=[{}, {}, {}])
        self.assertEqual(contract.mrr, 10.0)

    def test_discount_counts_and_taxes_do_not(self):
        contract = self._activate("2026-01-01", lines=[{"quantity": 3, "discount": 10}])
        self.assertEqual(contract.mrr, 27.0)

    def test_included_tax_does_not_count(self):
        self.tax_15.price_include_override = "tax_included"
        contract = self._activate("2026-01-01", lines=[{"price_unit": 11.5}])
        self.assertEqual((contract.recurring_total, contract.mrr), (10.0, 10.0))

    def test_one_time_charge_does_not_count(self):
        contract = self._activate("2026-01-01")
        contract.add_one_time_charge(self.setup_fee.id)
        self.assertEqual(contract.mrr, 10.0)

    def test_future_start_counts_when_it_comes(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-04-01")
            self.assertFalse(contract.event_ids)
            self.assertEqual(str(contract.next_transition_date), "2026-04-01")
        with self._today("2026-04-03"):
            contract._apply_due_transitions()
        self.assertEqual(self._events(contract), [("new", "2026-04-01", 10.0)])

    def test_changes_are_logged_on_their_own_day(self):
        with self._today("2026-06-15"):
            contract = self._activate("2026-01-01")
            contract.line_ids = [
                Command.create(
                    {"product_id": self.seat.id, "price_unit": 5.0, "date_start": "2026-02-01"}
                )
            ]
            contract.line_ids[0].date_end = "2026-03-31"
        self.assertEqual(
            self._events(contract),
            [
                ("new", "2026-01-01", 10.0),
                ("expansion", "2026-02-01", 5.0),
                ("contraction", "2026-04-01", -10.0),
            ],
        )
        self.assertTied(contract)

    def test_backdated_change_is_logged_today(self):
        with self._today("2026-06-15"):
            contract = self._activate("2026-06-01")
            contract.line_ids.quantity = 2
        self.assertEqual(
            self._events(contract), [("new", "2026-06-01", 10.0), ("expansion", "2026-06-15", 10.0)]
        )

    def test_exchange_rates_make_no_mrr(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        euro.rate_ids = [
            Command.create({"name": "2026-01-01", "rate": 0.5}),
            Command.create({"name": "2026-02-01", "rate": 0.25}),
        ]
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        contract = self._activate("2026-01-10", pricelist_id=pricelist.id)
        self.assertEqual((contract.mrr, contract.mrr_company), (10.0, 20.0))
        with self._today("2026-02-10"):
            contract.action_close(self.reason.id, when="now")
        self.assertEqual(contract.event_ids.sorted("id").mapped("amount_company"), [20.0, -20.0])
        self.assertTied(contract)

    def test_event_remembers_who_and_what(self):
        contract = self._activate("2026-01-01", user_id=self.salesman.id)
        event = contract.event_ids
        contract.user_id = self.manager
        self.assertRecordValues(
            event,
            [
                {
                    "user_id": self.salesman.id,
                    "template_id": self.template.id,
                    "plan_id": self.monthly.id,
                    "partner_id": self.partner.id,
                    "mrr": 10.0,
                }
            ],
        )

    def test_log_is_append_only(self):
        event = self._activate("2026-01-01").event_ids
        with self.assertRaisesRegex(UserError, "append-only"):
            event.sudo().amount = 1
        with self.assertRaisesRegex(UserError, "append-only"):
            event.sudo().unlink()
        with self.assertRaises(AccessError):
            event.with_user(self.manager).copy()

    def test_a_backdated_quantity_is_one_movement_also_where_later_versions_follow(self):
        self.template.timing = "arrears"
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", lines=[{"quantity": 2}])
        with self._today("2026-03-01"):
            contract.change_plan(self.yearly.id, when="now")
        with self._today("2026-03-10"):
            contract.change_quantity(contract.line_ids[-1:].id, 3, when="2026-02-01")
        self.assertEqual(
            self._events(contract),
            [
                ("new", "2026-01-01", 20.0),
                ("transfer", "2026-03-01", -20.0),
                ("transfer", "2026-03-01", 20.0),
                ("expansion", "2026-03-10", 10.0),
            ],
        )

    def test_a_line_removed_before_its_later_version_is_one_movement(self):
        self.template.timing = "arrears"
        lines = [{"quantity": 5}, {"price_unit": 1.0}]
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", lines=lines)
        line = contract.line_ids.filtered(lambda line: line.quantity == 5)
        with self._today("2026-03-01"):
            contract.change_quantity(line.id, 2, when="now")
        with self._today("2026-03-10"):
            contract.remove_line(line.id, when="2026-02-15")
        self.assertEqual(
            self._events(contract),
            [
                ("new", "2026-01-01", 51.0),
                ("contraction", "2026-03-01", -30.0),
                ("contraction", "2026-03-10", -20.0),
            ],
        )
        self.assertTied(contract)

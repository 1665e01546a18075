from odoo.exceptions import UserError
from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollectLimit(CollectCommon):
    """Unusual amounts are not charged but left to a person."""

    def test_nothing_above_the_limit_is_charged(self):
        contract, move = self._subscribe(charge_limit=11.49)
        self._collect_daily(1, 16)
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(contract.state, "active", "it isn't the customer's fault")
        self.assertIn("11.49", move.subscription_hold_reason)
        self.assertEqual(len(contract.activity_ids), 1)
        self.assertEqual(contract.activity_ids.user_id, self.salesman)
        with (
            self._today("2026-03-16"),
            self._committing(contract) as committing,
            self.assertRaisesRegex(UserError, "11.49"),
        ):
            committing.action_collect()

    def test_a_raised_limit_can_be_collected(self):
        contract, move = self._subscribe(charge_limit=11.49)
        self._collect("2026-03-01")
        contract.charge_limit = 11.5
        with self._today("2026-03-02"), self._committing(contract) as committing:
            self.assertEqual(len(committing.action_collect()), 1)
        self.assertEqual(move.payment_state, "paid")

    def test_limit_in_percent_of_the_usual(self):
        self.template.charge_limit_percent = 150
        contract = self._activate("2026-03-01", payment_token_id=self.card.id)
        contract.add_one_time_charge(self.setup_fee.id, price_unit=6.0)
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.amount_total, 18.4)
        self._collect("2026-03-01")
        self.assertFalse(contract.attempt_ids)
        move = self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        self.assertEqual(self._attempts(contract), [("2026-04-01", 11.5, "done")])

    def test_a_wrong_price_is_not_its_own_yardstick(self):
        self.template.charge_limit_percent = 150
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-20"):
            contract.change_price(contract.line_ids.id, 100.0, when="period_end")
        wrong = self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        self.assertEqual(wrong.amount_total, 115.0)
        self.assertIn("17.25", wrong.subscription_hold_reason)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "done")])

    def test_days_paid_at_a_wrong_price_are_no_yardstick(self):
        self.template.charge_limit_percent = 150
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-30"):
            contract.change_price(contract.line_ids.id, 100.0, when="now")
        self._bill(contract, "2026-03-30")
        self._collect("2026-03-30")
        wrong = self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        self.assertIn("17.25", wrong.subscription_hold_reason)
        self.assertEqual(
            self._attempts(contract), [("2026-03-01", 11.5, "done"), ("2026-03-30", 6.67, "done")]
        )

    def test_a_wrong_price_for_a_paid_period_is_no_yardstick(self):
        self.template.charge_limit_percent = 150
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-20"):
            contract.change_price(contract.line_ids.id, 100.0, when="2026-03-01")
        wrong = self._bill(contract, "2026-03-20")
        self._collect("2026-03-20")
        self.assertEqual(wrong.amount_total, 103.5)
        self.assertIn("17.25", wrong.subscription_hold_reason)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "done")])

    def test_each_line_has_its_own_rhythm(self):
        self.template.charge_limit_percent = 100
        yearly = {"product_id": self.support.id, "price_unit": 120.0, "plan_id": self.yearly.id}
        contract, _move = self._subscribe(lines=[{}, yearly])
        self._collect("2026-03-01")
        self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        self.assertEqual(contract._get_charge_limit(), 149.5)

    def test_the_first_full_period_after_a_short_one_is_usual(self):
        self.template.write({"charge_limit_percent": 120, "anchor": "day", "anchor_day": 1})
        contract, first = self._subscribe("2026-03-30")
        self._collect("2026-03-30")
        self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        self.assertEqual(first.amount_total, 0.75)
        self.assertEqual(
            self._attempts(contract), [("2026-03-30", 0.75, "done"), ("2026-04-01", 11.5, "done")]
        )

    def test_the_last_invoice_in_arrears_is_usual(self):
        """When it is charged nothing recurs any more."""
        self.template.write({"charge_limit_percent": 120, "timing": "arrears"})
        contract = self._activate("2026-03-01", payment_token_id=self.card.id)
        self._bill(contract, "2026-04-01")
        self._collect("2026-04-01")
        with self._today("2026-05-01"):
            contract.action_close(
                self.env.ref("sale_subscription.close_reason_non_payment").id, when="now"
            )
        self._bill(contract, "2026-05-01")
        self._collect("2026-05-01")
        self.assertEqual(
            self._attempts(contract), [("2026-04-01", 11.5, "done"), ("2026-05-01", 11.5, "done")]
        )

    def test_each_contract_of_a_shared_invoice_keeps_to_its_limit(self):
        self.partner.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01", payment_token_id=self.card.id, charge_limit=11.49)
        contracts |= self._activate("2026-03-01", payment_token_id=self.card.id)
        move = self._bill(contracts, "2026-03-01")
        self._collect("2026-03-01")
        self.assertEqual(move.amount_total, 23.0)
        self.assertIn("11.50", move.subscription_hold_reason)
        self.assertFalse(contracts.attempt_ids)

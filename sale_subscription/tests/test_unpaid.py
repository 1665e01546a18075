from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestUnpaid(CollectCommon):
    """What isn't paid is asked for on the days of the ladder, then given up."""

    def setUp(self):
        super().setUp()
        self.mails = []
        Move = self.env.registry["account.move"]

        def _send_subscription_mail(move, kind, attempt=None):
            day = move.line_ids.subscription_id[:1]._get_today()
            self.mails.append((str(day), kind))

        self.startPatcher(patch.object(Move, "_send_subscription_mail", _send_subscription_mail))

    # === WITH A CARD === #
    def test_declines_climb_the_ladder_and_end_in_closing(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 20)
        self.assertEqual(
            self._attempts(contract),
            [
                ("2026-03-01", 11.5, "declined"),
                ("2026-03-02", 11.5, "declined"),
                ("2026-03-04", 11.5, "declined"),
                ("2026-03-06", 11.5, "declined"),
                ("2026-03-08", 11.5, "declined"),
            ],
        )
        self.assertEqual(
            self.mails,
            [
                ("2026-03-01", "declined"),
                ("2026-03-02", "declined"),
                ("2026-03-04", "declined"),
                ("2026-03-06", "declined"),
                ("2026-03-08", "declined"),
                ("2026-03-16", "closed"),
            ],
        )
        self.assertEqual(contract.state, "closed")
        self.assertEqual(str(contract.close_date), "2026-03-16")
        self.assertEqual(
            contract.close_reason_id, self.env.ref("sale_subscription.close_reason_non_payment")
        )
        self.assertIn("$\N{NO-BREAK SPACE}11.50", contract.close_message)
        self.assertEqual(self._events(contract)[-1], ("churn", "2026-03-16", -10.0))
        self.assertEqual(move.payment_state, "not_paid")

    def test_a_better_day_ends_the_ladder(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 3)
        self.card.demo_simulated_state = "done"
        self._collect_daily(4, 20)
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(
            [state for _day, _amount, state in self._attempts(contract)],
            ["declined", "declined", "done"],
        )
        self.assertEqual(self.mails[-1], ("2026-03-04", "receipt"))
        self.assertEqual(contract.state, "active")

    def test_days_missed_are_not_made_up_for(self):
        self.card.demo_simulated_state = "cancel"
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        self._collect("2026-03-07")
        self._collect("2026-03-07", hour=13)
        self.assertEqual(
            self._attempts(contract),
            [("2026-03-01", 11.5, "declined"), ("2026-03-07", 11.5, "declined")],
        )
        self._collect("2026-03-08")
        self.assertEqual(len(contract.attempt_ids), 3)

    def test_a_card_refused_for_good_is_not_tried_again(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        with self._saying("The card has expired."):
            self._collect("2026-03-01")
        self.assertTrue(contract.attempt_ids.is_hard)
        self._collect_daily(2, 5)
        self.assertEqual(len(contract.attempt_ids), 1)
        self.assertEqual(
            self.mails,
            [
                ("2026-03-01", "card_needed"),
                ("2026-03-02", "card_needed"),
                ("2026-03-04", "card_needed"),
            ],
        )
        self.assertEqual(contract._has_card(), False)

    def test_a_new_card_is_charged_at_once(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-03"):
            contract.payment_token_id = self._create_card()
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", self.job.id)])
        self.assertTrue(triggers, "the job must not wait for its hour")
        self._collect("2026-03-03")
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(self._attempts(contract)[-1], ("2026-03-03", 11.5, "done"))

    def test_a_new_card_that_is_declined_keeps_the_ladder(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-03"):
            contract.payment_token_id = self._create_card("cancel")
        self._collect_daily(3, 16)
        self.assertEqual(
            [day for day, _amount, _state in self._attempts(contract)],
            [
                "2026-03-01",
                "2026-03-03",
                "2026-03-04",
                "2026-03-06",
                "2026-03-08",
            ],
        )
        self.assertEqual(contract.state, "closed")

    def _saying(self, message):
        """Let the demo provider give a reason for declining."""
        Transaction = self.env.registry["payment.transaction"]

        def _send_payment_request(transaction):
            transaction._process(
                "demo",
                {"reference": transaction.reference, "simulated_state": "cancel"},
            )
            transaction.state_message = message

        return patch.object(Transaction, "_send_payment_request", _send_payment_request)

    # === WITHOUT A CARD === #
    def test_without_card_customers_are_reminded_on_the_same_days(self):
        contract, _move = self._subscribe(payment_token_id=False)
        self._collect_daily(1, 20)
        self.assertEqual(
            self.mails,
            [
                ("2026-03-02", "reminder"),
                ("2026-03-04", "reminder"),
                ("2026-03-06", "reminder"),
                ("2026-03-08", "reminder"),
                ("2026-03-16", "closed"),
            ],
        )
        self.assertEqual(contract.state, "closed")

    def test_invoices_only_sent_are_reminded_too(self):
        self.template.write({"invoicing_mode": "send", "auto_close_days": 0})
        contract, _move = self._subscribe()
        self._collect_daily(1, 20)
        self.assertEqual([day for day, _kind in self.mails][-1], "2026-03-08")
        self.assertEqual({kind for _day, kind in self.mails}, {"reminder"})
        self.assertEqual(contract.state, "active")

    def test_an_announced_transfer_is_reminded_but_no_card_charged(self):
        transfer = self._create_provider(self.company, name="Wire", code="none")
        contract, move = self._subscribe()
        self.env["payment.transaction"].sudo().create(
            {
                "provider_id": transfer.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "amount": 11.5,
                "currency_id": self.usd.id,
                "partner_id": self.partner.id,
                "invoice_ids": [Command.set(move.ids)],
            }
        )._set_pending()
        self._collect_daily(1, 3)
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(self.mails, [("2026-03-02", "reminder")])

    def test_who_invoices_by_hand_reminds_by_hand(self):
        self.template.invoicing_mode = "post"
        contract, _move = self._subscribe()
        self._collect_daily(1, 15)
        self.assertEqual(self.mails, [])
        self._collect("2026-03-16")
        self.assertEqual(contract.state, "closed")

    # === GIVING UP === #
    def test_suspended_until_paid(self):
        self.template.unpaid_action = "suspend"
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 16)
        self.assertEqual(contract.state, "paused")
        self.assertTrue(contract.is_suspended)
        self.assertEqual(self.mails[-1], ("2026-03-16", "suspended"))
        self.assertEqual(self._events(contract)[-1], ("pause", "2026-03-16", -10.0))
        with self._today("2026-03-20"):
            self._pay(move)
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract.is_suspended)
        self.assertEqual(self._events(contract)[-1], ("resume", "2026-03-20", 10.0))

    def test_a_suspended_contract_takes_a_new_card(self):
        self.template.unpaid_action = "suspend"
        contract, move = self._subscribe(payment_token_id=False)
        self._collect_daily(1, 16)
        with self._today("2026-03-18"):
            contract.payment_token_id = self.card
        self._collect("2026-03-18")
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(contract.state, "active")

    def test_reopened_when_paid_if_the_template_says_so(self):
        contract, move = self._subscribe(payment_token_id=False)
        self._collect_daily(1, 16)
        with self._today("2026-03-20"):
            self._pay(move)
        self.assertEqual(contract.state, "closed")

    def test_reopened_when_paid(self):
        self.template.reopen_when_paid = True
        contract, move = self._subscribe(payment_token_id=False)
        self._collect_daily(1, 16)
        self.assertEqual(contract.state, "closed")
        with self._today("2026-03-20"):
            self._pay(move)
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract.close_reason_id)
        self.assertEqual(self._events(contract)[-1], ("reactivation", "2026-03-20", 10.0))

    def test_goes_on_only_when_everything_due_is_paid(self):
        self.template.unpaid_action = "suspend"
        weekly, first = self._subscribe(payment_token_id=False, plan=self.weekly)
        second = self._bill(weekly, "2026-03-08")
        self._collect_daily(1, 16)
        self.assertEqual(weekly.state, "paused")
        with self._today("2026-03-20"):
            self._pay(first)
            self.assertEqual(weekly.state, "paused")
            self._pay(second)
        self.assertEqual(weekly.state, "active")

    def test_without_a_limit_nothing_is_given_up(self):
        self.template.auto_close_days = 0
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 31)
        self.assertEqual(len(contract.attempt_ids), 5)
        self.assertEqual(contract.state, "active")
        self.assertFalse(move.subscription_step_date)

    def test_an_accountant_who_registers_the_payment_needs_no_right_on_contracts(self):
        self.template.unpaid_action = "suspend"
        contract, move = self._subscribe(payment_token_id=False)
        self._collect_daily(1, 16)
        with self._today("2026-03-20"):
            self._pay(move, self.accountant)
        self.assertEqual(contract.state, "active")

    def _pay(self, move, user=None):
        """Register a payment by hand."""
        Register = self.env["account.payment.register"]
        if user:
            Register = Register.with_user(user)
        Register.with_context(active_model="account.move", active_ids=move.ids).create(
            {}
        )._create_payments()

from contextlib import contextmanager
from unittest.mock import Mock, patch

import requests
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestPaymentDoubt(CollectCommon):
    """What nobody knows is never tried again until somebody decides."""

    @contextmanager
    def _provider_does(self, request):
        """Let the provider's call do something else; yields how often it was called."""
        calls = []

        def _send_payment_request(transaction):
            calls.append(transaction.reference)
            return request(transaction)

        Transaction = self.env.registry["payment.transaction"]
        with patch.object(Transaction, "_send_payment_request", _send_payment_request):
            yield calls

    def _decide(self, contract, method, day, user=None):
        """Click on one of the two buttons."""
        self.env.flush_all()
        with self._today(day):
            getattr(contract.with_user(user or self.accountant), method)()
        self.env.flush_all()

    def _assert_frozen(self, contract, move):
        self.assertTrue(contract.payment_exception)
        self.assertEqual(contract.attempt_ids.state, "unknown")
        activity = contract.activity_ids
        self.assertEqual(
            activity.activity_type_id,
            self.env.ref("sale_subscription.mail_activity_type_payment_doubt"),
        )
        self.assertEqual(activity.user_id, self.salesman)
        # Every job leaves it alone.
        with self._provider_does(lambda tx: None) as calls:
            self._collect_daily(2, 20)
        self.assertEqual(calls, [])
        for name in ("bill", "lifecycle"):
            with freeze_time("2026-05-01 12:00:00"), self.enter_registry_test_mode():
                self.env.ref(f"sale_subscription.ir_cron_{name}").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(contract.invoice_count, 1)
        self.assertEqual(contract.state, "active")
        with self.assertRaisesRegex(UserError, "Decide first"):
            contract.action_collect()

    def test_an_error_of_the_provider_freezes(self):
        self.card.demo_simulated_state = "error"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self._assert_frozen(contract, move)

    def test_it_was_not_paid_goes_back_to_the_ladder(self):
        self.card.demo_simulated_state = "error"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.card.demo_simulated_state = "done"
        self._decide(contract, "action_payment_was_not_made", "2026-03-02")
        self.assertFalse(contract.payment_exception)
        self.assertFalse(contract.activity_ids)
        self._collect("2026-03-02")
        self.assertEqual(
            self._attempts(contract),
            [("2026-03-01", 11.5, "declined"), ("2026-03-02", 11.5, "done")],
        )
        self.assertEqual(move.payment_state, "paid")

    def test_it_was_paid_registers_the_payment(self):
        self.card.demo_simulated_state = "error"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self._decide(contract, "action_payment_was_made", "2026-03-02")
        self.assertFalse(contract.payment_exception)
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(move.transaction_ids.state, "done")
        self.assertEqual(move.transaction_ids.payment_id.amount, 11.5)
        self._collect_daily(2, 20)
        self.assertEqual(len(move.transaction_ids), 1)

    def test_it_was_paid_and_registered_by_hand_meanwhile(self):
        self.card.demo_simulated_state = "error"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()
        self._decide(contract, "action_payment_was_made", "2026-03-02")
        self.assertFalse(contract.payment_exception)
        self.assertFalse(move.transaction_ids.payment_id, "one payment is enough")

    def test_deciding_is_for_invoicing_and_managers(self):
        self.card.demo_simulated_state = "error"
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).action_payment_was_made()
        self._decide(contract, "action_payment_was_not_made", "2026-03-02", self.manager)
        with self.assertRaisesRegex(UserError, "No payment is in doubt"):
            contract.with_user(self.manager).action_payment_was_made()

    def test_an_exception_freezes(self):
        def fail(transaction):
            raise RuntimeError("the line went dead")

        contract, move = self._subscribe()
        with self._provider_does(fail) as calls:
            self._collect("2026-03-01")
        self.assertEqual(len(calls), 1)
        self.assertEqual(contract.attempt_ids.message, "the line went dead")
        self._assert_frozen(contract, move)

    def test_a_conflict_of_the_database_after_the_call_freezes(self):
        def fail(transaction):
            transaction._process(
                "demo", {"reference": transaction.reference, "simulated_state": "done"}
            )
            raise SerializationFailure("could not serialize access")

        contract, move = self._subscribe()
        with self._provider_does(fail) as calls:
            self._collect("2026-03-01")
        self.assertEqual(len(calls), 1)
        self.assertEqual(
            contract.attempt_ids.message,
            "What the payment provider answered could not be written down.",
        )
        self._assert_frozen(contract, move)

    def test_silence_of_the_provider_freezes(self):
        contract, move = self._subscribe()
        with self._provider_does(lambda tx: None):
            self._collect("2026-03-01")
        self._assert_frozen(contract, move)

    def test_a_timeout_freezes(self):
        contract, move = self._subscribe()
        with (
            self._provider_does(lambda tx: tx._send_api_request("POST", "charge")),
            patch("requests.request", side_effect=requests.exceptions.Timeout),
        ):
            self._collect("2026-03-01")
        self._assert_frozen(contract, move)

    def _answer(self, status):
        response = requests.Response()
        response.status_code = status
        response._content = b"card_declined"
        response.request = Mock()
        return patch("requests.request", return_value=response)

    def test_a_request_that_is_refused_is_declined(self):
        contract, _move = self._subscribe()
        with (
            self._provider_does(lambda tx: tx._send_api_request("POST", "charge")),
            self._answer(402),
            mute_logger("odoo.addons.payment.models.payment_provider"),
        ):
            self._collect("2026-03-01")
        self.assertFalse(contract.payment_exception)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "declined")])

    def test_a_server_error_of_the_provider_freezes(self):
        contract, move = self._subscribe()
        with (
            self._provider_does(lambda tx: tx._send_api_request("POST", "charge")),
            self._answer(502),
            mute_logger("odoo.addons.payment.models.payment_provider"),
        ):
            self._collect("2026-03-01")
        self._assert_frozen(contract, move)

    def test_errors_that_are_refusals_are_declines(self):
        self.card.demo_simulated_state = "error"
        self.provider.subscription_error_is_refusal = True
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "declined")])

    def test_another_amount_than_asked_for_freezes(self):
        self.provider.subscription_error_is_refusal = True
        contract, move = self._subscribe()
        Transaction = self.env.registry["payment.transaction"]
        amount = {"amount": 1150.0, "currency_code": "USD"}
        with patch.object(Transaction, "_extract_amount_data", lambda *args: amount):
            self._collect("2026-03-01")
        self._assert_frozen(contract, move)

    def test_a_payment_that_cannot_be_registered_freezes_and_heals(self):
        contract, move = self._subscribe()
        Transaction = self.env.registry["payment.transaction"]

        def _create_payment(*args, **kwargs):
            raise UserError("The bank journal is missing.")

        with patch.object(Transaction, "_create_payment", _create_payment):
            self._collect("2026-03-01")
        self.assertTrue(contract.payment_exception)
        self.assertEqual(move.transaction_ids.state, "done")
        self.assertIn("bank journal is missing", contract.attempt_ids.message)
        self._decide(contract, "action_payment_was_made", "2026-03-02")
        self.assertEqual(move.payment_state, "paid")
        self.assertFalse(contract.payment_exception)

    # === PENDING === #
    def test_pending_waits_and_settles(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect_daily(1, 15)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "pending")])
        self.assertEqual(contract.state, "active", "nobody is closed while money is on its way")
        with self._today("2026-03-15"):
            move.transaction_ids.action_demo_set_done()
            move.transaction_ids._post_process()
        self.assertEqual(contract.attempt_ids.state, "done")
        self.assertEqual(move.payment_state, "paid")

    def test_pending_that_fails_goes_back_to_the_ladder(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-02"):
            move.transaction_ids.action_demo_set_canceled()
            move.transaction_ids._post_process()
        self.assertEqual(contract.attempt_ids.state, "declined")
        self.card.demo_simulated_state = "done"
        self._collect("2026-03-02")
        self.assertEqual(move.payment_state, "paid")

    def test_a_late_success_of_a_doubt_settles_it(self):
        contract, move = self._subscribe()
        with self._provider_does(lambda tx: None):
            self._collect("2026-03-01")
        self.assertTrue(contract.payment_exception)
        with self._today("2026-03-02"):
            move.transaction_ids._process(
                "demo", {"reference": move.transaction_ids.reference, "simulated_state": "done"}
            )
            move.transaction_ids._post_process()
        self.assertFalse(contract.payment_exception)
        self.assertEqual(move.payment_state, "paid")

    # === PROCESSES THAT DIED === #
    def _abandon(self):
        """Leave what a process leaves that dies while it calls the provider."""
        contract, move = self._subscribe()
        with freeze_time("2026-03-01 12:00:00"):
            attempt = move.sudo()._create_attempt(0)
        self.env.flush_all()
        return contract, move, attempt

    def test_an_attempt_somebody_may_be_working_on_is_left(self):
        contract, _move, attempt = self._abandon()
        with freeze_time("2026-03-01 12:04:59"), self.enter_registry_test_mode():
            self.job.sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(attempt.state, "calling")

    def test_the_janitor_freezes_what_was_abandoned(self):
        contract, move, attempt = self._abandon()
        self._collect("2026-03-01", hour=13)
        self.assertEqual(attempt.state, "unknown")
        self._assert_frozen(contract, move)

    def test_the_janitor_asks_the_transaction_first(self):
        contract, move, attempt = self._abandon()
        attempt.transaction_id._set_done()
        self._collect("2026-03-01", hour=13)
        self.assertEqual(attempt.state, "done")
        self.assertEqual(move.payment_state, "paid")
        self.assertFalse(contract.payment_exception)

    def test_the_janitor_sees_a_decline(self):
        contract, _move, attempt = self._abandon()
        attempt.transaction_id._set_canceled()
        self._collect("2026-03-01", hour=13)
        self.assertEqual(attempt.state, "declined")
        self.assertFalse(contract.payment_exception)

    def test_nothing_is_called_for_an_attempt_that_has_an_end(self):
        _contract, _move, attempt = self._abandon()
        attempt.state = "declined"
        with (
            self._provider_does(lambda tx: None) as calls,
            self._committing() as env,
            mute_logger("odoo.sql_db"),
        ):
            attempt.with_env(env).sudo().run()
        self.assertEqual(calls, [])

    def test_a_refused_method_of_another_company_is_told(self):
        other = self.env["res.company"].create({"name": "Other"})
        card = self._create_card(provider_id=self._create_provider(other).id)
        contract, _move = self._subscribe()
        with self.assertRaises(ValidationError):
            contract.payment_token_id = card

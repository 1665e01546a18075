from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestPaymentFaults(CollectCommon):
    """Faults that a hostile reading of the code found, each once."""

    def _pay(self, move, day):
        with self._today(day):
            return (
                self.env["account.payment.register"]
                .with_context(active_model="account.move", active_ids=move.ids)
                .create({"payment_date": day})
                ._create_payments()
            )

    def _immediate(self):
        return self.env["account.payment.term"].create(
            {
                "name": "imm",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 100, "nb_days": 0})
                ],
            }
        )

    def test_an_invoice_being_charged_cannot_be_taken_back(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.assertEqual(contract.attempt_ids.state, "pending")
        for method in ("button_draft", "button_cancel"):
            with self.assertRaisesRegex(UserError, "under way or in doubt"):
                getattr(move.with_user(self.accountant), method)()

    def test_attempts_cannot_be_detached(self):
        self.card.demo_simulated_state = "error"
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        with self.assertRaises(UserError):
            contract.with_user(self.salesman).write({"attempt_ids": [Command.clear()]})

    def test_customers_do_not_read_why_nothing_is_charged(self):
        _contract, move = self._subscribe(charge_limit=5)
        self._collect("2026-03-01")
        self.assertTrue(move.subscription_hold_reason)
        portal = new_test_user(self.env, login="portal_payer", groups="base.group_portal")
        portal.partner_id.parent_id = self.partner
        with self.assertRaises(AccessError):
            move.with_user(portal).read(["subscription_hold_reason"])

    def test_not_paid_button_on_a_done_transaction(self):
        contract, move = self._subscribe()
        Tx = self.env.registry["payment.transaction"]
        calls = []
        orig = Tx._send_payment_request

        def _send(tx):
            calls.append(tx.reference)
            return orig(tx)

        with patch.object(Tx, "_send_payment_request", _send):
            with patch.object(Tx, "_create_payment", side_effect=UserError("period is locked")):
                self._collect("2026-03-01")
            self.assertEqual(contract.attempt_ids.state, "unknown")
            self.assertEqual(contract.attempt_ids.transaction_id.state, "done")
            with (
                self._today("2026-03-01"),
                self.assertRaisesRegex(UserError, "The payment provider confirmed this payment"),
            ):
                contract.with_user(self.accountant).action_payment_was_not_made()
            self._collect("2026-03-01", hour=14)
            self.assertEqual(contract.attempt_ids.state, "unknown")
        self.assertEqual(len(calls), 1)

    def test_late_webhook_after_not_paid(self):
        contract, move = self._subscribe()
        Tx = self.env.registry["payment.transaction"]
        with patch.object(Tx, "_send_payment_request", side_effect=RuntimeError("timeout")):
            self._collect("2026-03-01")
        tx = contract.attempt_ids.transaction_id
        with self._today("2026-03-01"):
            contract.with_user(self.accountant).action_payment_was_not_made()
            tx.sudo()._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        self.assertEqual(tx.state, "done", "the provider says it was paid, nobody hears it")

    def test_suspended_then_closed_by_hand_then_paid(self):
        self.template.write({"unpaid_action": "suspend"})
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 17)
        self.assertEqual(contract.state, "paused")
        with self._today("2026-03-18"):
            contract.with_user(self.manager).action_close(self.reason.id, when="now")
        self.assertEqual(contract.state, "closed")
        self._pay(move, "2026-03-20")
        self.assertEqual(contract.state, "closed", "resurrected")

    def test_agreed_pause_survives_payment(self):
        self.template.write({"unpaid_action": "suspend"})
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        with self._today("2026-03-02"):
            contract.action_pause(until="2026-06-01", reason="agreed")
        self._collect_daily(3, 17)
        self._pay(move, "2026-03-20")
        self.assertEqual(contract.state, "paused")

    def test_resumed_by_hand_is_not_suspended(self):
        self.template.write({"unpaid_action": "suspend"})
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 17)
        with self._today("2026-03-18"):
            contract.with_user(self.manager).action_resume()
        self.assertFalse(contract.is_suspended)

    def test_draft_confirmed_late_closes_at_once(self):
        self.template.write({"invoicing_mode": "draft"})
        contract, move = self._subscribe(payment_term_id=self._immediate().id)
        with self._today("2026-03-25"):
            move.action_post()
        self._collect("2026-03-25")
        self.assertEqual(contract.state, "active")

    def test_late_billing_closes_same_day(self):
        self.card.demo_simulated_state = "cancel"
        with self._today("2026-02-27"):
            contract = self._activate(
                "2026-03-01",
                user_id=self.salesman.id,
                payment_token_id=self.card.id,
                payment_term_id=self._immediate().id,
            )
        self._bill(contract, "2026-03-25")
        self._collect("2026-03-25")
        self._collect("2026-03-25", hour=13)
        self.assertEqual(contract.state, "active")

    def test_reversed_payment_comes_back_on_the_ladder(self):
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.assertEqual(move.payment_state, "paid")
        with self._today("2026-03-03"):
            move.line_ids.remove_move_reconcile()
        self._collect("2026-03-03")
        self.assertEqual(move.payment_state, "not_paid")
        self.assertFalse(move.subscription_step_date, "nothing is charged by itself after that")
        self.assertEqual(contract.activity_ids.summary, "INV/2026/00001 is open again")

    def test_credited_invoice_ends_suspension(self):
        self.template.write({"unpaid_action": "suspend"})
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 17)
        self.assertTrue(contract.is_suspended)
        with self._today("2026-03-18"):
            move._reverse_moves(cancel=True)
        self.assertEqual(contract.state, "active")

    def test_lost_decline_follow_up(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        Contract = self.env.registry["sale.subscription"]
        n = []
        orig = Contract._handle_decline

        def _handle(self_, attempt):
            n.append(1)
            if len(n) == 1:
                raise SerializationFailure()
            return orig(self_, attempt)

        with patch.object(Contract, "_handle_decline", _handle):
            self._collect("2026-03-01")
            self._collect("2026-03-01", hour=14)
            self._collect("2026-03-01", hour=18)
        self.assertGreater(len(n), 1, "customer never told, hard decline never noted")

    def test_never_give_up_template_on_shared_invoice(self):
        self.company.subscription_invoice_grouping = "customer"
        self.card.demo_simulated_state = "cancel"
        never = self.template.copy({"name": "Never", "auto_close_days": 0})
        with self._today("2026-03-01"):
            a = self._activate("2026-03-01", payment_token_id=self.card.id)
            b = self._activate("2026-03-01", payment_token_id=self.card.id, template_id=never.id)
        self._bill(a | b, "2026-03-01")
        self._collect_daily(1, 17)
        self.assertEqual(b.state, "active", "template says never give up")

    def test_pending_customer_payment_at_give_up(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 14)
        with self._today("2026-03-15"):
            tx = (
                self.env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.card_method.id,
                        "operation": "online_redirect",
                        "amount": 11.5,
                        "currency_id": move.currency_id.id,
                        "partner_id": self.partner.id,
                        "invoice_ids": [Command.set(move.ids)],
                    }
                )
            )
            tx._set_pending()
        self._collect_daily(15, 17)
        self.assertEqual(contract.state, "active")

    def test_paid_between_commit_and_call(self):
        contract, move = self._subscribe()
        Attempt = self.env.registry["sale.subscription.attempt"]
        orig = Attempt._lock_for_call

        def _lock(attempt):
            m = attempt.move_id.with_env(attempt.env)
            attempt.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=m.ids
            ).create({})._create_payments()
            attempt.env.flush_all()
            return orig(attempt)

        with patch.object(Attempt, "_lock_for_call", _lock):
            self._collect("2026-03-01")
        self.assertEqual(contract.attempt_ids.state, "declined")
        self.assertEqual(contract.attempt_ids.transaction_id.state, "cancel")

    def test_invoice_row_written_before_customers_card_is_charged(self):
        contract, move = self._subscribe()
        seen = []
        Tx = self.env.registry["payment.transaction"]

        def _send(tx):
            tx.env.cr.execute(
                "SELECT subscription_payment_started FROM account_move WHERE id=%s", [move.id]
            )
            seen.append(tx.env.cr.fetchone()[0])

        with (
            patch.object(Tx, "_send_payment_request", _send),
            self._today("2026-03-01"),
            self._committing() as env,
        ):
            tx = (
                env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.card_method.id,
                        "token_id": self.card.id,
                        "operation": "online_token",
                        "amount": 11.5,
                        "currency_id": move.currency_id.id,
                        "partner_id": self.partner.id,
                        "invoice_ids": [Command.set(move.ids)],
                    }
                )
            )
            tx._charge_with_token()
        self.assertTrue(seen[0], "row not locked when the provider is called")

    def test_serialization_is_no_failure(self):
        contract, move = self._subscribe()
        Move = self.env.registry["account.move"]
        with patch.object(Move, "_take_step", side_effect=SerializationFailure()):
            self._collect("2026-03-01")
        self.assertEqual(str(move.subscription_step_date), "2026-03-01")

    def test_one_poisoned_doubt_stops_nobody(self):
        contract, _move = self._subscribe()
        Attempt = self.env.registry["sale.subscription.attempt"]
        with patch.object(Attempt, "run", lambda self_: None):
            self._collect("2026-03-01")
        self.assertEqual(contract.attempt_ids.state, "calling")
        other, _move = self._subscribe("2026-03-02")
        with (
            patch.object(Attempt, "_freeze", side_effect=UserError("x")),
            mute_logger(
                "odoo.addons.sale_subscription.models.collecting.sale_subscription_attempt_result"
            ),
        ):
            self._collect("2026-03-02")
        self.assertEqual(other.attempt_ids.state, "done")

    def test_register_payment_with_token_while_pending(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.assertEqual(contract.attempt_ids.state, "pending")
        self._pay(move, "2026-03-02")
        self.assertEqual(move.amount_residual, 0.0)
        with self._today("2026-03-03"):
            tx = contract.attempt_ids.transaction_id
            tx._set_done()
            tx._post_process()
        self.assertEqual(contract.activity_ids.summary, "Was INV/2026/00001 paid twice?")

    def test_instalments(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )
        contract, move = self._subscribe(payment_term_id=term.id)
        self._collect_daily(1, 25)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 5.75, "done")])
        self.assertEqual((move.amount_residual, contract.state), (5.75, "active"))

    def test_reopen_failure_blocks_payment(self):
        self.template.write({"unpaid_action": "suspend"})
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 17)
        with self._today("2026-03-18"):
            contract.with_user(self.manager).action_resume()
            contract.with_user(self.manager).action_pause(until="2026-08-01")
        self._pay(move, "2026-03-20")
        self.assertEqual(contract.state, "paused", "agreed pause ended by a payment")

    def test_same_card_refused_for_good_other_invoice(self):
        contract, move = self._subscribe()
        other, move2 = self._subscribe()
        Tx = self.env.registry["payment.transaction"]
        calls = []

        def _send(tx):
            calls.append(1)
            tx._set_canceled(state_message="stolen card")

        with patch.object(Tx, "_send_payment_request", _send):
            self._collect("2026-03-01")
        self.assertEqual(len(calls), 1)

    def test_wire_announced_then_new_card(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        wire = self._create_provider(self.company, name="Wire", code="none")
        with self._today("2026-03-02"):
            tx = (
                self.env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": wire.id,
                        "payment_method_id": self.card_method.id,
                        "operation": "online_redirect",
                        "amount": 11.5,
                        "currency_id": move.currency_id.id,
                        "partner_id": self.partner.id,
                        "invoice_ids": [Command.set(move.ids)],
                    }
                )
            )
            tx._set_pending()
        with self._today("2026-03-05"):
            contract._set_payment_token(self._create_card())
        self._collect("2026-03-05")
        self.assertEqual(move.payment_state, "paid")

    def test_webhook_activity_goes_to_public(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        contract.user_id = False
        self._collect("2026-03-01")
        tx = contract.attempt_ids.transaction_id
        public = self.env.ref("base.public_user")
        with self._today("2026-03-02"):
            t = tx.with_user(public).sudo()
            t._process("demo", {"reference": tx.reference, "simulated_state": "error"})
            t._post_process()
        self.assertNotIn(public, contract.activity_ids.user_id)

    def test_settings_of_a_step_after_deny_past_give_up(self):
        """Doubt decided after the give-up day: paid again or closed?"""
        self.card.demo_simulated_state = "error"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-30"):
            contract.with_user(self.accountant).action_payment_was_not_made()
        self.card.demo_simulated_state = "cancel"
        self._collect("2026-03-30")
        self._collect("2026-03-30", hour=13)
        self.assertEqual(contract.state, "active", "closed an hour after the decision")

    def test_mode_changes_while_on_ladder(self):
        """The two invoices of one contract: one in doubt, step stays in the domain."""
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect_daily(1, 31)
        self._collect("2027-03-01")
        self.assertTrue(contract.activity_ids, "pending for a year and nobody is told")

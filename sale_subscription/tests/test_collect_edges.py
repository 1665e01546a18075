from unittest.mock import Mock, patch

import requests

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .collect_common import CollectCommon

JOB_LOGGER = "odoo.addons.sale_subscription.models.collecting.account_move_collect"


@tagged("post_install", "-at_install")
class TestCollectEdges(CollectCommon):
    """Collecting where two things meet: instalments, doubts outside the ladder, slow payments."""

    def _create_instalments(self):
        """A half at once, a half thirty days later: 5.75 each."""
        return self.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )

    def _register(self, move, day, **values):
        with self._today(day):
            return (
                self.env["account.payment.register"]
                .with_user(self.accountant)
                .with_context(active_model="account.move", active_ids=move.ids)
                .create({"payment_date": day, **values})
                ._create_payments()
            )

    def _pay_online(self, move, day, operation="online_redirect", **values):
        """Begin a customer's own payment on the provider's page."""
        with self._today(day):
            return (
                self.env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.card_method.id,
                        "operation": operation,
                        "amount": 11.5,
                        "currency_id": move.currency_id.id,
                        "partner_id": self.partner.id,
                        "invoice_ids": [Command.set(move.ids)],
                        **values,
                    }
                )
            )

    def _provider_says(self, request):
        Transaction = self.env.registry["payment.transaction"]
        return patch.object(Transaction, "_send_payment_request", request)

    def _decide(self, contract, method, day):
        with self._today(day):
            getattr(contract.with_user(self.accountant), method)()
        self.env.flush_all()

    # === ANSWERS === #
    def test_a_processed_payment_that_nobody_could_ask_for_is_in_doubt(self):
        self.provider.subscription_error_is_refusal = True
        unclear = (
            "Could not establish the connection to the payment provider.",
            "The payment provider rejected the request.\nThe id does not exist",
            "AUTHORIZATION_REQUESTED",
            "Received invalid transaction status ACCOUNT_VERIFIED with error code None.",
        )
        Transaction = self.env.registry["payment.transaction"]
        for message in unclear:
            contract, _move = self._subscribe()

            def answer(tx, _data, text=message):
                tx._set_error(text)

            with (
                self.subTest(message=message),
                patch.object(Transaction, "_apply_updates", answer),
            ):
                self._collect("2026-03-01")
                self.assertEqual(contract.attempt_ids.state, "unknown")
                self.assertTrue(contract.payment_exception)
        contract, _move = self._subscribe()
        with patch.object(
            Transaction, "_apply_updates", lambda tx, data: tx._set_error("Insufficient funds")
        ):
            self._collect("2026-03-01")
        self.assertEqual(contract.attempt_ids.state, "declined")

    def test_a_wrong_key_is_no_decline(self):
        contract, move = self._subscribe()
        response = requests.Response()
        response.status_code = 401
        response._content = b"Invalid API key"
        response.request = Mock()
        with (
            self._provider_says(lambda tx: tx._send_api_request("POST", "charge")),
            patch("requests.request", return_value=response),
            mute_logger("odoo.addons.payment.models.payment_provider"),
        ):
            self._collect("2026-03-01")
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "declined")])
        self.assertFalse(contract.payment_exception)
        self.assertEqual(str(move.subscription_step_date), "2026-03-02")
        self.assertEqual(contract.activity_ids.summary, "INV/2026/00001 could not be collected")
        self.assertFalse(
            move.message_ids.filtered(lambda message: self.partner in message.partner_ids)
        )
        self._collect("2026-03-02")
        self.assertEqual(
            self._attempts(contract),
            [("2026-03-01", 11.5, "declined"), ("2026-03-02", 11.5, "done")],
        )

    # === CORE'S OWN WAY TO CHARGE === #
    def test_registering_a_payment_charges_no_saved_card(self):
        contract, move = self._subscribe()
        line = self.env["account.payment.method.line"].search(
            [("payment_provider_id", "=", self.provider.id)], limit=1
        )
        self.assertTrue(line)
        wizard = (
            self.env["account.payment.register"]
            .with_user(self.accountant)
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": line.journal_id.id, "payment_method_line_id": line.id})
        )
        self.assertTrue(wizard.use_electronic_payment_method)
        self.assertFalse(wizard.suitable_payment_token_ids)
        self.assertFalse(wizard.payment_token_id)
        with self._provider_says(Mock(side_effect=AssertionError("the card was charged"))):
            payment = wizard._create_payments()
        self.assertFalse(payment.payment_transaction_id)
        self.assertIn(move.payment_state, ("in_payment", "paid"))
        self.assertFalse(contract.attempt_ids)

    def test_core_cannot_charge_a_contracts_invoice(self):
        _contract, move = self._subscribe()
        with self.assertRaisesRegex(UserError, "button “Charge” on the contract"):
            self._pay_online(move, "2026-03-01", operation="offline", token_id=self.card.id)

    def test_accountants_charge_by_hand(self):
        contract, move = self._subscribe()
        with (
            self._today("2026-03-01"),
            self._committing(contract, self.accountant) as committing,
        ):
            self.assertEqual(len(committing.action_collect()), 1)
        self.assertEqual(move.payment_state, "paid")

    # === INSTALMENTS === #
    def test_each_instalment_is_charged_on_its_day(self):
        contract, move = self._subscribe(payment_term_id=self._create_instalments().id)
        self._collect_daily(1, 31)
        self.assertEqual(
            self._attempts(contract),
            [("2026-03-01", 5.75, "done"), ("2026-03-31", 5.75, "done")],
        )
        self.assertEqual(move.payment_state, "paid")

    def test_an_instalment_paid_by_hand_brings_no_other_forward(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe(payment_term_id=self._create_instalments().id)
        self._collect("2026-03-01")
        self._register(move, "2026-03-01", amount=5.75)
        self._collect_daily(2, 30)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 5.75, "declined")])
        self.assertEqual(
            (move.subscription_step, str(move.subscription_step_date)), (0, "2026-03-31")
        )
        self.card.demo_simulated_state = "done"
        self._collect("2026-03-31")
        self.assertEqual(self._attempts(contract)[-1], ("2026-03-31", 5.75, "done"))

    def test_a_new_card_brings_no_instalment_forward(self):
        contract, move = self._subscribe(payment_term_id=self._create_instalments().id)
        self.card.demo_simulated_state = "cancel"
        self._collect("2026-03-01")
        with self._today("2026-03-01"):
            contract._set_payment_token(self._create_card())
        self._register(move, "2026-03-01", amount=5.75)
        self._collect_daily(2, 30)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 5.75, "declined")])

    def test_mails_name_the_day_on_which_an_instalment_is_given_up(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe(payment_term_id=self._create_instalments().id)
        self._collect_daily(1, 8)
        with self._today("2026-03-08"):
            context = move._get_subscription_mail_context("declined", contract.attempt_ids[:1])
        self.assertEqual(str(context["closing_date"]), "2026-03-16")
        self._collect_daily(9, 15)
        self.assertEqual(contract.state, "active")
        self._collect("2026-03-16")
        self.assertEqual(contract.state, "closed")
        self.assertIn("due on 03/01/2026", contract.close_message)

    def test_mails_count_from_the_day_a_late_draft_was_confirmed(self):
        self.template.invoicing_mode = "draft"
        contract, move = self._subscribe()
        self.template.invoicing_mode = "send"
        with self._today("2026-04-01"):
            move.action_post()
        self._collect("2026-04-02")
        with self._today("2026-04-02"):
            context = move._get_subscription_mail_context("reminder")
        self.assertEqual(str(context["closing_date"]), "2026-04-16")
        self.assertFalse(context["is_last_notice"])

    # === DOUBTS OUTSIDE THE LADDER === #
    def test_a_new_card_in_doubt_is_charged_again_when_it_was_not_paid(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 14)
        with self._today("2026-03-14"):
            contract._set_payment_token(self._create_card())
        with self._provider_says(lambda tx: None):
            self._collect("2026-03-14", hour=14)
        self.assertEqual(contract.attempt_ids.sorted("id")[-1].step, -1)
        self.assertTrue(contract.payment_exception)
        self._decide(contract, "action_payment_was_not_made", "2026-03-20")
        self._collect("2026-03-20")
        self.assertEqual(contract.state, "active")
        self.assertEqual(self._attempts(contract)[-1], ("2026-03-20", 11.5, "done"))
        self.assertEqual(move.payment_state, "paid")

    def test_who_hears_that_their_payment_failed_has_time_to_pay_otherwise(self):
        self.template.invoicing_mode = "send"
        contract, move = self._subscribe()
        self._collect_daily(1, 14)
        with (
            self._provider_says(lambda tx: None),
            self._today("2026-03-14"),
            self._committing() as env,
        ):
            tx = self._pay_online(
                move, "2026-03-14", operation="online_token", token_id=self.card.id
            )
            tx.with_env(env(su=True))._charge_with_token()
        self.assertTrue(contract.payment_exception)
        self._decide(contract, "action_payment_was_not_made", "2026-03-20")
        self._collect("2026-03-20")
        self._collect("2026-03-22")
        self.assertEqual(contract.state, "active")
        self._collect("2026-03-23")
        self.assertEqual(contract.state, "closed")

    def test_pending_for_two_weeks_is_a_doubt(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect_daily(1, 15)
        self.assertEqual(contract.attempt_ids.state, "pending")
        self._collect("2026-03-16")
        self.assertEqual(contract.attempt_ids.state, "unknown")
        self.assertIn("It has been pending for days.", contract.payment_doubt)
        self.card.demo_simulated_state = "done"
        self._decide(contract, "action_payment_was_not_made", "2026-03-16")
        self._collect("2026-03-16", hour=14)
        self.assertEqual(move.payment_state, "paid")
        self.assertEqual(len(contract.attempt_ids), 2)

    def test_pending_that_came_in_unnoticed_is_registered(self):
        self.card.demo_simulated_state = "pending"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-02"):
            move.transaction_ids._set_done()
        self._collect("2026-03-16")
        self.assertEqual(contract.attempt_ids.state, "done")
        self.assertEqual(move.payment_state, "paid")

    # === CUSTOMERS' OWN PAYMENTS === #
    def test_an_online_payment_without_end_is_told_and_reminded(self):
        contract, move = self._subscribe()
        tx = self._pay_online(move, "2026-03-01")
        with self._today("2026-03-01"):
            tx._set_pending()
        self._collect_daily(1, 14)
        self.assertFalse(contract.activity_ids)
        self._collect_daily(15, 17)
        self.assertFalse(contract.attempt_ids, "no card is charged while money may be on its way")
        self.assertEqual(contract.activity_ids.summary, "Is INV/2026/00001 being paid?")
        self.assertIn(tx.reference, contract.hold_reason)
        contract.activity_ids.action_done()
        self._collect("2026-03-18")
        self.assertFalse(contract.activity_ids, "once is enough")
        with self._today("2026-03-18"), self._committing(contract) as committing:
            self.assertEqual(len(committing.action_collect()), 1)
        self.assertEqual(move.payment_state, "paid")

    def test_a_payment_that_is_never_registered_is_told(self):
        contract, move = self._subscribe()
        tx = self._pay_online(move, "2026-03-01")
        with self._today("2026-03-01"):
            tx._set_done()
        self._collect_daily(1, 31)
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.activity_ids.summary, "Is INV/2026/00001 being paid?")

    def test_who_pays_on_a_page_left_open_has_paid_twice(self):
        contract, move = self._subscribe()
        tx = self._pay_online(move, "2026-03-01")
        self._collect("2026-03-01", hour=14)
        self.assertEqual(move.payment_state, "paid")
        with self._today("2026-03-01"):
            tx._set_done()
            tx._post_process()
        self.assertEqual(contract.activity_ids.summary, "Was INV/2026/00001 paid twice?")

    # === SHARED INVOICES === #
    def test_contracts_given_up_on_different_days_share_no_invoice(self):
        self.company.subscription_invoice_grouping = "customer"
        patient = self.template.copy({"name": "Patient", "auto_close_days": 60})
        same = self.template.copy({"name": "Same"})
        with self._today("2026-03-01"):
            contracts = [
                self._activate("2026-03-01", payment_token_id=self.card.id, template_id=template.id)
                for template in (self.template, patient, same)
            ]
        moves = self._bill(contracts[0] | contracts[1] | contracts[2], "2026-03-01")
        self.assertEqual(len(moves), 2)
        self.assertEqual(contracts[0].invoice_ids, contracts[2].invoice_ids)
        self.card.demo_simulated_state = "cancel"
        self._collect_daily(1, 17)
        self.assertEqual([c.state for c in contracts], ["closed", "active", "closed"])
        self.assertTrue(contracts[1].invoice_ids.subscription_step_date)

    # === HELD === #
    def test_what_was_held_climbs_on_after_a_charge_by_hand(self):
        contract, move = self._subscribe(charge_limit=11.49)
        self._collect("2026-03-01")
        self.assertFalse(move.subscription_step_date)
        contract.charge_limit = 11.5
        self.card.demo_simulated_state = "cancel"
        with self._today("2026-03-04"), self._committing(contract) as committing:
            committing.action_collect()
        self.assertFalse(move.subscription_hold_reason)
        self.assertEqual(str(move.subscription_step_date), "2026-03-05")
        self._collect_daily(5, 17)
        self.assertEqual(
            [day for day, _amount, _state in self._attempts(contract)],
            ["2026-03-04", "2026-03-05", "2026-03-06", "2026-03-08"],
        )
        self.assertEqual(contract.state, "closed")

    # === WHOSE CARD === #
    def test_the_card_of_who_is_invoiced_now_pays_no_earlier_invoice_of_another(self):
        before, after = self.env["res.partner"].create([{"name": "X"}, {"name": "Y"}])
        contract, move = self._subscribe(payment_token_id=False, partner_invoice_id=before.id)
        self.assertEqual(move.partner_id, before)
        with self._today("2026-03-02"):
            contract.partner_invoice_id = after
            contract._set_payment_token(self._create_card(partner_id=after.id))
        self._collect_daily(2, 9)
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(move.payment_state, "not_paid")
        with (
            self._today("2026-03-09"),
            self._committing(contract) as committing,
            self.assertRaisesRegex(UserError, "belongs to another customer"),
        ):
            committing.action_collect()

    # === NOBODY WAITS FOR ANOTHER === #
    def test_trouble_with_a_reopened_invoice_stops_nobody(self):
        _contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self._today("2026-03-02"):
            move.line_ids.remove_move_reconcile()
        other, other_move = self._subscribe("2026-03-02")
        Move = self.env.registry["account.move"]
        with (
            patch.object(Move, "_tell_reopened", side_effect=UserError("no")),
            mute_logger(JOB_LOGGER),
        ):
            self._collect("2026-03-02")
        self.assertEqual(other_move.payment_state, "paid")

    # === WHAT THE CONTRACT SAYS === #
    def test_a_failed_payment_is_only_told_of_a_failed_payment(self):
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        second = self._bill(contract, "2026-04-01")
        self.assertTrue(contract.amount_open)
        self.assertFalse(contract.has_declined_payment)
        self.card.demo_simulated_state = "cancel"
        self._collect("2026-04-01")
        self.assertEqual(second.payment_state, "not_paid")
        self.env.invalidate_all()
        self.assertTrue(contract.has_declined_payment)

    def test_without_salesperson_the_team_leader_is_asked(self):
        leader = new_test_user(
            self.env, "team_leader", groups="sales_team.group_sale_salesman_all_leads"
        )
        team = self.env["crm.team"].create({"name": "Recurring", "user_id": leader.id})
        self.card.demo_simulated_state = "error"
        contract, _move = self._subscribe()
        contract.write({"user_id": False, "team_id": team.id})
        self._collect("2026-03-01")
        self.assertEqual(contract.activity_ids.user_id, leader)

    # === GIVING UP === #
    def test_who_rests_by_agreement_is_suspended_afterwards(self):
        self.template.unpaid_action = "suspend"
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        with self._today("2026-03-10"):
            contract.action_pause(until="2026-03-25", reason="agreed")
        self._collect_daily(11, 20)
        self.assertFalse(contract.is_suspended)
        self.assertTrue(move.subscription_step_date)
        with self._today("2026-03-25"):
            contract.action_resume()
        self._collect("2026-03-26")
        self.assertEqual((contract.state, contract.is_suspended), ("paused", True))

from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollect(CollectCommon):
    """Renewals pay themselves: what is due is charged once, and only what is open."""

    def test_renewals_pay_themselves(self):
        contract = self._activate("2026-01-31", payment_token_id=self.card.id)
        for day in ("2026-01-31", "2026-02-28", "2026-03-31"):
            move = self._bill(contract, day)
            self.assertEqual(move.payment_state, "not_paid")
            self._collect(day)
            self.assertEqual(move.payment_state, "paid")
            self.assertFalse(move.subscription_step_date)
            self.assertEqual(move.transaction_ids.state, "done")
            self.assertEqual(move.transaction_ids.payment_id.amount, 11.5)
        self.assertEqual(
            self._attempts(contract),
            [
                ("2026-01-31", 11.5, "done"),
                ("2026-02-28", 11.5, "done"),
                ("2026-03-31", 11.5, "done"),
            ],
        )

    def test_a_paid_invoice_is_never_charged_again(self):
        contract, move = self._subscribe()
        self._collect_daily(1, 20)
        self.assertEqual(len(move.transaction_ids), 1)
        self.assertEqual(contract.state, "active")

    def test_nothing_is_charged_before_it_is_due(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "10 days",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 100, "nb_days": 10})
                ],
            }
        )
        contract, move = self._subscribe(payment_term_id=term.id)
        self._collect_daily(1, 10)
        self.assertFalse(move.transaction_ids)
        with self._today("2026-03-10"), self._committing(contract) as committing:
            self.assertEqual(committing.action_collect(), [])
        self._collect("2026-03-11")
        self.assertEqual(self._attempts(contract), [("2026-03-11", 11.5, "done")])

    def test_only_what_is_open_is_charged(self):
        contract, move = self._subscribe()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({"amount": 5.0})._create_payments()
        self.assertEqual(move.payment_state, "partial")
        self._collect("2026-03-01")
        self.assertEqual(self._attempts(contract), [("2026-03-01", 6.5, "done")])
        self.assertEqual(move.payment_state, "paid")

    def test_a_credited_invoice_is_not_charged(self):
        contract, move = self._subscribe()
        move._reverse_moves([{"invoice_date": move.invoice_date}], cancel=True)
        self._collect_daily(1, 16)
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(contract.state, "active")

    def test_modes_without_charging_charge_nothing(self):
        self.template.write({"invoicing_mode": "send", "auto_close_days": 0})
        contract, move = self._subscribe()
        self._collect_daily(1, 9)
        self.assertFalse(move.transaction_ids)

    def test_sent_only_when_paid(self):
        self.template.invoicing_mode = "charge_then_send"
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.assertFalse(move.sending_data)
        self.card.demo_simulated_state = "done"
        self._collect("2026-03-02")
        self.assertEqual(move.payment_state, "paid")
        self.assertTrue(move.sending_data)

    def test_without_card_the_invoice_is_sent_when_due(self):
        self.template.invoicing_mode = "charge_then_send"
        _contract, move = self._subscribe(payment_token_id=False)
        self.assertFalse(move.sending_data)
        self._collect("2026-03-01")
        self.assertTrue(move.sending_data)

    def test_one_invoice_for_two_contracts_is_charged_once(self):
        self.partner.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01", payment_token_id=self.card.id)
        contracts |= self._activate("2026-03-01", payment_token_id=self.card.id)
        move = self._bill(contracts, "2026-03-01")
        self.assertEqual(len(move), 1)
        self._collect("2026-03-01")
        self.assertEqual(len(contracts.attempt_ids), 1)
        self.assertEqual(contracts.attempt_ids.amount, 23.0)
        self.assertEqual(move.payment_state, "paid")

    def test_contracts_with_different_cards_are_invoiced_apart(self):
        self.partner.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01", payment_token_id=self.card.id)
        contracts |= self._activate("2026-03-01", payment_token_id=self._create_card().id)
        self.assertEqual(len(self._bill(contracts, "2026-03-01")), 2)

    def test_the_contract_tells_what_was_tried_when_and_what_comes_next(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 3)
        own = contract.with_user(self.salesman)
        self.assertEqual((own.attempt_count, str(own.next_payment_date)), (2, "2026-03-04"))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale_subscription.sale_subscription_attempt_action_subscription"
        )
        names = ("date", "amount", "state")
        rows = (
            self.env[action["res_model"]]
            .with_user(self.salesman)
            .web_search_read(
                safe_eval(action["domain"], {"active_ids": contract.ids}),
                {
                    "move_id": {"fields": {"display_name": {}}},
                    "token_id": {"fields": {"display_name": {}}},
                    **{name: {} for name in names},
                },
                order="id",
            )["records"]
        )
        self.assertEqual(
            [tuple(str(row[name]) for name in names) for row in rows],
            [
                ("2026-03-01 12:00:00", "11.5", "declined"),
                ("2026-03-02 12:00:00", "11.5", "declined"),
            ],
        )
        self.assertEqual({row["move_id"]["display_name"] for row in rows}, {move.display_name})

    # === BY HAND === #
    def test_a_salesperson_collects_by_hand(self):
        contract, move = self._subscribe()
        with self._today("2026-03-01"), self._committing(contract, self.salesman) as committing:
            transaction_ids = committing.action_collect()
        self.assertEqual(transaction_ids, move.transaction_ids.ids)
        self.assertEqual(move.payment_state, "paid")
        with self._today("2026-03-01"), self._committing(contract, self.salesman) as committing:
            self.assertEqual(committing.action_collect(), [])

    def test_collecting_by_hand_tells_why_it_cannot(self):
        contract, _move = self._subscribe(payment_token_id=False)
        with (
            self._today("2026-03-01"),
            self._committing(contract) as committing,
            self.assertRaisesRegex(UserError, "can't be charged"),
        ):
            committing.action_collect()

    def test_the_button_tells_the_outcome(self):
        self.card.demo_simulated_state = "cancel"
        contract, _move = self._subscribe()
        with self._today("2026-03-01"), self._committing(contract) as committing:
            action = committing.action_collect_now()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("could not be charged", action["params"]["message"])

    def test_colleagues_contracts_are_not_collected(self):
        contract, _move = self._subscribe()
        contract.user_id = self.manager
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).action_collect()

    def test_attempts_are_nobodys_to_write(self):
        contract, _move = self._subscribe()
        self._collect("2026-03-01")
        attempt = contract.attempt_ids.with_user(self.manager)
        self.assertEqual(attempt.state, "done")
        for user in (self.salesman, self.manager, self.accountant):
            with self.assertRaises(AccessError):
                attempt.with_user(user).write({"state": "declined"})
        with self.assertRaises(UserError):
            attempt.sudo().unlink()

    # === CUSTOMERS PAYING MEANWHILE === #
    def _begin_online_payment(self, move, **values):
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.card_method.id,
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "operation": "online_redirect",
                    "invoice_ids": [Command.set(move.ids)],
                    **values,
                }
            )
        )

    def test_who_pays_online_is_not_charged_meanwhile(self):
        contract, move = self._subscribe()
        with freeze_time("2026-03-01 11:50:00"):
            self._begin_online_payment(move)
        self._collect("2026-03-01")
        self.assertFalse(contract.attempt_ids)
        with (
            self._today("2026-03-01"),
            self._committing(contract) as committing,
            self.assertRaisesRegex(UserError, "being paid right now"),
        ):
            committing.action_collect()
        self._collect("2026-03-01", hour=13)
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "done")])

    def test_a_card_payment_under_way_is_awaited(self):
        contract, move = self._subscribe()
        with self._today("2026-03-01"):
            self._begin_online_payment(move)._set_pending()
        self._collect_daily(1, 8)
        self.assertFalse(contract.attempt_ids)

    def test_a_payment_that_core_has_not_registered_yet_is_awaited(self):
        contract, move = self._subscribe()
        with self._today("2026-03-01"):
            transaction = self._begin_online_payment(move)
            transaction._set_done()
        self._collect_daily(1, 8)
        self.assertFalse(contract.attempt_ids)
        transaction._post_process()
        self.assertEqual(move.payment_state, "paid")

    def test_what_was_charged_meanwhile_cannot_be_paid_online(self):
        _contract, move = self._subscribe()
        self._collect("2026-03-01")
        with self.assertRaisesRegex(UserError, "has been paid meanwhile"):
            self._begin_online_payment(move)

    def test_what_was_charged_meanwhile_is_not_charged_by_a_click(self):
        """Of several invoices the later ones are charged long after they were found."""
        _contract, move = self._subscribe()
        self._collect("2026-03-01")
        self.assertFalse(move._prepare_requested_attempt())

    def test_another_process_in_the_way_is_no_trouble(self):
        contract, move = self._subscribe()
        for model, method in (
            ("account.move", "_create_attempt"),
            ("sale.subscription.attempt", "_settle_paid"),
        ):
            self.startPatcher(self._in_the_way_once(model, method))
        self._collect("2026-03-01")
        self.assertEqual(self._attempts(contract), [("2026-03-01", 11.5, "done")])
        self.assertEqual(move.payment_state, "paid")
        self.assertFalse(contract.activity_ids)

    def _in_the_way_once(self, model, method):
        """Let the first call of a method find that another process changed what it needs."""
        cls = self.env.registry[model]
        original, calls = getattr(cls, method), []

        def _conflict(records, *args):
            calls.append(method)
            if len(calls) == 1:
                raise SerializationFailure
            return original(records, *args)

        return patch.object(cls, method, _conflict)

    def test_what_is_being_charged_cannot_be_paid_online(self):
        self.card.demo_simulated_state = "pending"
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment.enable_portal_payment", "True"
        )
        _contract, move = self._subscribe()
        self.assertTrue(move._has_to_be_paid())
        self._collect("2026-03-01")
        self.assertFalse(move._has_to_be_paid())
        self.assertIn("being charged", move._get_online_payment_error())
        with self.assertRaisesRegex(UserError, "being charged already"):
            self._begin_online_payment(move)

    def test_the_database_allows_one_charge_at_a_time(self):
        contract, move = self._subscribe()
        attempt = move._create_attempt()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(Exception, "live_uniq"),
            self.env.cr.savepoint(),
        ):
            move._create_attempt()
            self.env.flush_all()
        self.assertEqual(attempt.state, "calling")
        self.assertTrue(contract)

    def test_trouble_with_one_invoice_keeps_nobody_else_waiting(self):
        contract, move = self._subscribe()
        other, other_move = self._subscribe()
        Move = self.env.registry["account.move"]
        original = Move._prepare_subscription_transaction

        def _prepare(record, token):
            if record == move:
                raise UserError("The journal is gone.")
            return original(record, token)

        with patch.object(Move, "_prepare_subscription_transaction", _prepare):
            self._collect("2026-03-01")
        self.assertEqual(other_move.payment_state, "paid")
        self.assertEqual(contract.activity_ids.note, "<p>The journal is gone.</p>")
        self.assertEqual(str(move.subscription_step_date), "2026-03-02")
        self._collect("2026-03-02")
        self.assertEqual(move.payment_state, "paid")
        self.assertTrue(other)

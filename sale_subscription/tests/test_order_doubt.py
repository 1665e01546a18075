import html
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)

DOUBT = "sale_subscription.mail_activity_type_payment_doubt"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestOrderDoubt(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """A quotation paid with a saved card: what nobody knows isn't paid a second time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            "invoicing",
            "sales_team.group_sale_salesman_all_leads,account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        user = self._create_user("kite_portal", "base.group_portal", internal=False)
        user.partner_id.parent_id = self.customer
        self.token = self._create_token(partner=user.partner_id)
        self.authenticate("kite_portal", "kite_portal")
        self.order = self._create_paid_order()

    def _pay_by_card(self):
        tx = self._start_payment(
            self.order, 216.7, flow="token", token_id=self.token.id, payment_method_id=None
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        return tx

    def _lose_the_answer(self):
        """Pay while the line to the provider goes dead, after it was called."""
        traces = []

        def _send_payment_request(tx):
            tx.env.cr.execute(
                "SELECT subscription_unclear FROM payment_transaction WHERE id = %s", [tx.id]
            )
            traces.append(tx.env.cr.fetchone()[0])
            raise RuntimeError("the line went dead")

        Transaction = self.env.registry["payment.transaction"]
        with patch.object(Transaction, "_send_payment_request", _send_payment_request):
            tx = self._pay_by_card()
        self.assertEqual(traces, [True], "no trace when the provider is called")
        return tx

    def _collect(self, moment):
        with freeze_time(moment):
            self.env.ref("sale_subscription.ir_cron_collect").sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _assert_in_doubt(self):
        self._assert_open(self.order)
        self.assertIn("the line went dead", self.order.subscription_payment_doubt)
        activity = self.order.activity_ids.filtered(
            lambda a: a.activity_type_id == self.env.ref(DOUBT)
        )
        self.assertEqual(activity.mapped("user_id"), self.order.user_id)
        in_doubt = [("subscription_payment_doubt", "!=", False)]
        Order = self.order.with_user(self.salesman)
        self.assertEqual(Order.search(in_doubt), self.order)
        self.assertNotIn(self.order, Order.search([("subscription_payment_doubt", "=", False)]))
        for url in (self.order.get_portal_url(), "/payment/status"):
            page = self.url_open(url).text
            self.assertIn("Please don't pay again", html.unescape(page))
            self.assertNotIn("the line went dead", page)
            self.assertNotIn('id="o_sale_portal_paynow"', page)

    def test_a_lost_answer_keeps_the_order_from_being_paid_again(self):
        tx = self._lose_the_answer()
        self.assertEqual(tx.state, "draft")
        self._assert_in_doubt()
        for pay in (self._pay_by_card, lambda: self._start_payment(self.order, 216.7)):
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                pay()
        self.assertEqual(self.order.transaction_ids, tx)
        with self.assertRaisesRegex(UserError, "don't pay again"):
            self.order._begin_customer_payment()

    def test_nothing_else_happens_to_an_order_in_doubt(self):
        """Confirmed, it would be invoiced and the card charged again; changed, cost more."""
        self._lose_the_answer()
        for is_required in (True, False):
            self.order.require_payment = is_required
            with self.assertRaisesRegex(UserError, "decide about the payment first"):
                self.order.with_user(self.salesman).action_confirm()
        self.assertFalse(self.order._can_be_edited_on_portal())
        self.order.is_self_subscription = True
        self.assertFalse(self.order._can_visitor_change())
        self.order._action_cancel()
        with self.assertRaisesRegex(UserError, "before it is deleted"):
            self.order.unlink()
        self.order.action_draft()
        self.order.with_user(self.accountant).action_payment_was_not_made()
        self.assertTrue(self.order._can_be_edited_on_portal())
        self.assertTrue(self.order._can_visitor_change())
        self.order.with_user(self.salesman).action_confirm()
        self.assertEqual(self.order.state, "sale")

    def test_paid_but_cancelled_meanwhile(self):
        tx = self._lose_the_answer()
        self.order._action_cancel()
        self.order.with_user(self.accountant).action_payment_was_made()
        self.assertEqual((tx.state, self.order.state), ("done", "cancel"))
        self.assertEqual(self.order.activity_ids.summary, "Paid, but not confirmed")
        self.assertEqual(tx.payment_id.amount, 216.7)

    def test_paid_but_the_contract_cannot_start(self):
        """The payment is kept and a person asked, instead of a line in the log."""

        def _action_confirm(order):
            raise UserError("The books are closed.")

        SaleOrder = self.env.registry["sale.order"]
        with patch.object(SaleOrder, "_action_confirm", _action_confirm):
            tx = self._pay_by_card()
        self.assertEqual((tx.state, self.order.state), ("done", "sent"))
        self.assertTrue(tx.is_post_processed)
        self.assertEqual(tx.payment_id.amount, 216.7)
        activity = self.order.activity_ids
        self.assertEqual(activity.summary, "Paid, but not confirmed")
        self.assertIn("The books are closed.", activity.note)
        # The way is free again: what was paid isn't asked for a second time.
        self.order.with_user(self.salesman).action_confirm()
        contracts = self.order.subscription_ids
        self.assertEqual(contracts.payment_token_id, self.token)
        self.assertEqual(sum(contracts.invoice_ids.mapped("amount_total")), 216.7)
        self.assertEqual(set(contracts.invoice_ids.mapped("payment_state")), {"paid"})
        self._collect("2026-03-12 12:00:00")
        self.assertEqual(self.order.transaction_ids, tx)
        self.assertFalse(contracts.attempt_ids)

    def test_a_payment_that_was_cancelled_is_not_used(self):
        def _action_confirm(order):
            raise UserError("The books are closed.")

        SaleOrder = self.env.registry["sale.order"]
        with patch.object(SaleOrder, "_action_confirm", _action_confirm):
            tx = self._pay_by_card()
        tx.payment_id.action_draft()
        tx.payment_id.action_cancel()
        self.order.with_user(self.salesman).action_confirm()
        self.assertEqual(self.order.state, "sale")
        self.assertFalse(self.order.subscription_ids.invoice_ids)

    def test_told_to_be_paid_after_it_was_cancelled(self):
        tx = self._lose_the_answer()
        self.order._action_cancel()
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self._collect("2026-03-10 12:10:00")
        self.assertFalse(tx.subscription_unclear)
        self.assertEqual(self.order.activity_ids.summary, "Paid, but not confirmed")

    def test_refused_after_days_the_order_is_free_again(self):
        self.token.demo_simulated_state = "pending"
        tx = self._pay_by_card()
        self._collect("2026-03-25 12:00:00")
        self.assertTrue(self.order.subscription_payment_doubt)
        self.provider.subscription_error_is_refusal = True
        tx._process("demo", {"reference": tx.reference, "simulated_state": "error"})
        self.assertFalse(self.order.subscription_payment_doubt)
        self.assertFalse(self.order.activity_ids)
        self.order._begin_customer_payment()

    def test_orders_without_contracts_are_as_ever(self):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "order_line": [(0, 0, {"product_id": self.setup_fee.id})],
            }
        )
        tx = self.env["payment.transaction"].sudo()
        tx = tx.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.payment_method.id,
                "token_id": self.token.id,
                "operation": "online_token",
                "amount": 50.0,
                "currency_id": order.currency_id.id,
                "partner_id": self.customer.id,
                "sale_order_ids": [(6, 0, order.ids)],
            }
        )
        tx._set_pending()
        self.assertFalse(order._is_being_paid_by_card())
        self.assertTrue(order._can_be_edited_on_portal())
        self._collect("2026-03-25 12:00:00")
        self.assertFalse(order.activity_ids)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_it_was_paid(self):
        tx = self._lose_the_answer()
        self.order.with_user(self.accountant).action_payment_was_made()
        self.assertEqual((tx.state, self.order.state), ("done", "sale"))
        self.assertFalse(self.order.subscription_payment_doubt)
        self.assertFalse(self.order.activity_ids)
        invoices = self.order.subscription_ids.invoice_ids
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(sum(invoices.mapped("amount_total")), 216.7)
        self.assertEqual(tx.payment_id.amount, 216.7)
        self.assertEqual(self.order.subscription_ids.payment_token_id, self.token)

    def test_it_was_not_paid(self):
        first = self._lose_the_answer()
        self.order.with_user(self.accountant).action_payment_was_not_made()
        self.assertEqual((first.state, self.order.state), ("error", "sent"))
        self.assertFalse(self.order.subscription_payment_doubt)
        self.assertFalse(self.order.activity_ids)
        second = self._pay_by_card()
        self.assertEqual((second.state, self.order.state), ("done", "sale"))

    def test_the_provider_tells_later_after_all(self):
        """Also after somebody decided that it wasn't paid."""
        tx = self._lose_the_answer()
        self.order.with_user(self.accountant).action_payment_was_not_made()
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self.assertEqual(self.order.state, "sale")
        self.assertEqual(
            set(self.order.subscription_ids.invoice_ids.mapped("payment_state")), {"paid"}
        )

    def test_what_the_provider_told_later_is_no_question_any_more(self):
        tx = self._lose_the_answer()
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self.assertEqual(self.order.state, "sale")
        self.assertFalse(self.order.subscription_payment_doubt)
        self._collect("2026-03-10 12:10:00")
        self.assertFalse(tx.subscription_unclear)
        self.assertFalse(self.order.activity_ids)

    def test_an_error_is_in_doubt_and_a_refusal_is_not(self):
        self.token.demo_simulated_state = "cancel"
        self.assertEqual(self._pay_by_card().state, "cancel")
        self.assertFalse(self.order.subscription_payment_doubt)
        self.assertFalse(self.order.activity_ids)
        self.token.demo_simulated_state = "error"
        tx = self._pay_by_card()
        self.assertEqual(tx.state, "error")
        self.assertTrue(tx.subscription_unclear)
        self.assertTrue(self.order.subscription_payment_doubt)
        self.order.with_user(self.accountant).action_payment_was_made()
        self.assertEqual((tx.state, self.order.state), ("done", "sale"))

    def test_a_payment_on_its_way_is_no_question(self):
        self.token.demo_simulated_state = "pending"
        tx = self._pay_by_card()
        self.assertEqual(tx.state, "pending")
        self.assertFalse(tx.subscription_unclear)
        self.assertFalse(self.order.subscription_payment_doubt)
        with self.assertRaisesRegex(UserError, "don't pay again"):
            self.order._begin_customer_payment()
        self.assertFalse(self.order._confirmation_error_message(), "the payment will find it")
        self._collect("2026-03-23 12:00:00")
        self.assertFalse(self.order.activity_ids)
        self._collect("2026-03-25 12:00:00")
        self.assertEqual(self.order.activity_ids.activity_type_id, self.env.ref(DOUBT))
        self.assertIn("pending for days", self.order.subscription_payment_doubt)
        self.order.with_user(self.accountant).action_payment_was_not_made()
        self.assertEqual(tx.state, "error")
        self.assertEqual(tx.state_message, "This payment was not made.")
        self.order._begin_customer_payment()

    def test_a_process_that_died_leaves_the_question(self):
        """Nobody came back from the call: the collecting job asks."""
        tx = self._lose_the_answer()
        self.order.activity_ids.unlink()
        tx.subscription_unclear_reason = False
        self.env.flush_all()
        self._collect("2026-03-10 12:03:00")
        self.assertFalse(self.order.activity_ids, "it may still be working on it")
        self._collect("2026-03-10 12:10:00")
        self._collect("2026-03-10 12:10:00")
        self.assertEqual(self.order.activity_ids.activity_type_id, self.env.ref(DOUBT))
        self.assertIn("The server stopped", self.order.subscription_payment_doubt)

    def test_who_decides(self):
        with self.assertRaisesRegex(UserError, "No payment is in doubt"):
            self.order.with_user(self.accountant).action_payment_was_made()
        self._lose_the_answer()
        for method in ("action_payment_was_made", "action_payment_was_not_made"):
            with self.assertRaises(AccessError):
                getattr(self.order.with_user(self.salesman), method)()
        self._assert_in_doubt()

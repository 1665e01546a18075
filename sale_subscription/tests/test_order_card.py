from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestOrderCard(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """Quotations that ask for a card, saved cards, and the payment links of salespeople."""

    # === A CARD WITHOUT A PAYMENT === #

    def test_a_trial_saves_the_card_and_pays_nothing(self):
        order = self._create_trial_order()
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn('data-mode="validation"', page)
        self.assertIn("You pay nothing now.", page)
        tx = self._save_card(order)
        self.assertEqual((tx.operation, tx.state), ("validation", "done"))
        self.assertEqual(order.state, "sale")
        contract = order.subscription_ids
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.payment_token_id, tx.token_id)
        self.assertTrue(tx.token_id)
        self.assertFalse(contract.invoice_ids)
        self.assertFalse(tx.payment_id)
        self.assertEqual(str(contract.next_invoice_date), "2026-03-24")

    def test_a_trial_that_needs_no_card_is_only_signed(self):
        order = self._create_trial_order(require_signature=True)
        self.template.card_required = False
        self._sign(order)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.subscription_ids.payment_token_id)

    def test_a_trial_paid_online_that_needs_no_card_is_accepted_by_signing(self):
        order = self._create_trial_order(require_signature=False, require_payment=True)
        self.template.card_required = False
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn("modalaccept", page)
        self.assertIn("Accept & Sign", page)
        self._sign(order)
        self.env.invalidate_all()
        self.assertEqual((order.state, order.subscription_ids.state), ("sale", "active"))
        self.assertFalse(order.subscription_ids.invoice_ids)

    def test_what_is_due_first_is_paid_without_signing(self):
        order = self._create_paid_order()
        self.assertTrue(order._has_to_be_paid())
        self.assertFalse(order._has_to_be_signed())

    def test_signing_comes_before_the_card(self):
        order = self._create_trial_order(require_signature=True)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._save_card(order)
        self._sign(order)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sent")
        page = self.url_open(order.sudo().get_portal_url() + "&message=sign_ok").text
        self.assertIn("One step is left", page)
        self._save_card(order)
        self.assertEqual((order.state, bool(order.signature)), ("sale", True))

    def test_a_card_that_is_not_saved_leaves_the_order_open(self):
        order = self._create_trial_order()
        for state in ("cancel", "error", "pending"):
            self._save_card(order, state)
            self._assert_open(order)
        self._save_card(order)
        self.assertEqual(order.state, "sale")

    def test_the_card_step_takes_no_payment_and_the_payment_no_card_step(self):
        trial = self._create_trial_order()
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._start_payment(trial, 11.0)
        self.template.trial_days = 0
        paid = self._create_paid_order()
        for suffix in ("card", "transaction"):
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self._start_payment(paid, 216.7, suffix=suffix, is_validation=True)
        self.assertFalse((trial | paid).transaction_ids)

    def test_what_is_due_without_online_payment_asks_for_the_card_only(self):
        """The first invoice follows as the template says."""
        self.template.card_required = True
        order = self._create_paid_order(require_payment=False)
        self._save_card(order)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.subscription_ids.invoice_ids)
        self._bill_by_cron()
        self.assertEqual(sum(order.subscription_ids.invoice_ids.mapped("amount_total")), 216.7)

    def test_a_provider_that_authorizes_only_saves_the_card_all_the_same(self):
        self.provider.capture_manually = True
        self.template.card_required = True
        order = self._create_paid_order(require_payment=False)
        tx = self._save_card(order)
        self.assertEqual((tx.state, order.state), ("authorized", "sale"))
        self.assertEqual(order.subscription_ids.payment_token_id, tx.token_id)
        self.assertFalse(order.subscription_ids.invoice_ids)
        self.assertFalse(tx.invoice_ids)

    def test_a_card_validated_with_an_amount_pays_nothing(self):
        order = self._create_trial_order()
        tx = self._start_payment(
            order, None, suffix="card", tokenization_requested=True, is_validation=True
        )
        tx.amount = 1.0
        self._finish_payment(tx)
        self.assertEqual((order.state, order.amount_paid), ("sale", 0.0))
        self.assertFalse(tx.payment_id)

    # === CUSTOMERS WITH AN ACCOUNT === #

    def _login_customer(self):
        user = self._create_user("kite_portal", "base.group_portal", internal=False)
        user.partner_id.parent_id = self.customer
        self.authenticate("kite_portal", "kite_portal")
        return user.partner_id

    def test_a_customer_pays_with_a_saved_card(self):
        partner = self._login_customer()
        token = self._create_token(partner=partner)
        order = self._create_paid_order()
        tx = self._start_payment(
            order, 216.7, flow="token", token_id=token.id, payment_method_id=None
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        self.assertEqual((tx.state, order.state), ("done", "sale"))
        self.assertEqual(order.subscription_ids.payment_token_id, token)
        self.assertEqual(set(order.subscription_ids.invoice_ids.mapped("payment_state")), {"paid"})

    def test_a_customer_starts_a_trial_with_a_saved_card(self):
        partner = self._login_customer()
        token = self._create_token(partner=partner)
        foreign = self._create_token(partner=self.env["res.partner"].create({"name": "Eve"}))
        order = self._create_trial_order()
        self.assertIn(
            f'data-payment-option-id="{token.id}"',
            self.url_open(order.sudo().get_portal_url()).text,
        )
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._call(order, "card/assign", token_id=foreign.id)
        self._call(order, "card/assign", token_id=token.id)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.subscription_ids.payment_token_id, token)
        self.assertFalse(order.transaction_ids)

    def test_a_visitor_with_the_link_gets_no_saved_card(self):
        token = self._create_token()
        order = self._create_trial_order()
        self.assertNotIn(
            f'data-payment-option-id="{token.id}"',
            self.url_open(order.sudo().get_portal_url()).text,
        )
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._call(order, "card/assign", token_id=token.id)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._start_payment(order, None, suffix="card", flow="token", token_id=token.id)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sent")

    def test_somebody_with_an_account_and_the_link_cannot_use_the_customers_card(self):
        self._create_user("friend", "base.group_portal", internal=False)
        self.authenticate("friend", "friend")
        token = self._create_token()
        order = self._create_trial_order()
        self.assertNotIn(
            f'data-payment-option-id="{token.id}"',
            self.url_open(order.sudo().get_portal_url()).text,
        )
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._call(order, "card/assign", token_id=token.id)
        self.env.invalidate_all()
        self.assertEqual(order.state, "sent")

    def test_the_card_of_somebody_else_pays_but_is_not_kept(self):
        """A friend pays with their own card: it isn't the customer's to be charged again."""
        self._create_user("friend", "base.group_portal", internal=False)
        self.authenticate("friend", "friend")
        self.template.card_required = True
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        self.assertEqual(order.state, "sale")
        self.assertTrue(tx.token_id)
        self.assertFalse(order.subscription_ids.payment_token_id)
        self.assertIn("belongs to another customer", order.subscription_ids[0].message_ids[0].body)
        self.assertEqual(set(order.subscription_ids.invoice_ids.mapped("payment_state")), {"paid"})

    def test_a_visitor_saves_the_card_while_paying_an_invoice(self):
        contract = self._activate(start="2026-03-10", lines=[{"product_id": self.seat.id}])
        invoice = self._bill(contract, "2026-03-10").sudo()
        self.assertIn("o_payment_tokenize_checkbox", self.url_open(invoice.get_portal_url()).text)
        reference = self.make_jsonrpc_request(
            f"/invoice/transaction/{invoice.id}",
            {
                "access_token": invoice._portal_ensure_token(),
                "provider_id": self.provider.id,
                "payment_method_id": self.payment_method.id,
                "token_id": None,
                "amount": invoice.amount_residual,
                "flow": "direct",
                "tokenization_requested": True,
                "landing_route": invoice.get_portal_url(),
                "is_validation": False,
            },
        )["reference"]
        tx = self.env["payment.transaction"].sudo().search([("reference", "=", reference)])
        self._finish_payment(tx)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertTrue(tx.token_id)
        self.assertEqual(contract.payment_token_id, tx.token_id)

    # === THE SALESPERSON'S PAYMENT LINK === #

    def _open_link_wizard(self, order):
        return (
            self.env["payment.link.wizard"]
            .with_user(self.salesman)
            .with_context(active_model="sale.order", active_id=order.id)
            .create({})
        )

    def test_a_payment_link_asks_for_what_is_due_first(self):
        order = self._create_prorated_order()
        wizard = self._open_link_wizard(order)
        self.assertEqual((wizard.amount, wizard.warning_message), (24.2, ""))
        page = self.url_open(wizard.link).text
        self.assertIn('data-amount="24.2"', page)
        with freeze_time("2026-03-12 12:00:00", tick=True):
            self.assertIn('data-amount="22.0"', self.url_open(wizard.link).text)
        wizard.amount = 12.0
        self.assertTrue(wizard.warning_message)

    def test_a_payment_link_works_where_paying_online_is_not_required(self):
        order = self._create_prorated_order()
        order.require_payment = False
        page = self.url_open(self._open_link_wizard(order).link).text
        self.assertIn('data-amount="24.2"', page)
        self._pay(order, 24.2)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.subscription_ids.invoice_ids.payment_state, "paid")

    def test_a_confirmed_order_has_no_payment_link(self):
        order = self._create_prorated_order()
        order.action_confirm()
        self.assertEqual(
            self._open_link_wizard(order).warning_message, "There is nothing to be paid."
        )

    def test_prepayment_percentages_do_not_apply(self):
        order = self._create_paid_order(prepayment_percent=0.5)
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn('data-amount="216.7"', page)
        self.assertNotIn("Down payment", page)
        self.assertNotIn("50.0%", page)

    def test_orders_sold_once_are_paid_as_before(self):
        order = self._create_order(
            {"product_id": self.setup_fee.id},
            require_signature=False,
            require_payment=True,
            prepayment_percent=0.5,
        )
        self._send(order)
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn("Down payment", page)
        tx = self._pay(order, 27.5)
        self.assertEqual((order.state, tx.invoice_ids.ids), ("sale", []))

    def test_combos_are_invoiced_and_paid_too(self):
        combo = self.env["product.combo"].create(
            {
                "name": "Tools",
                "combo_item_ids": [Command.create({"product_id": self.setup_fee.id})],
            }
        )
        kit = self._create_recurring_product(
            "Kit", 40.0, None, type="combo", combo_ids=[Command.set(combo.ids)]
        )
        order = self._create_order(
            {"product_id": self.seat.id},
            {"product_id": kit.id, "price_unit": 0.0},
            require_signature=False,
            require_payment=True,
        )
        kit_line = self._get_line(order, kit)
        order.order_line = [
            Command.create(
                {
                    "product_id": self.setup_fee.id,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": kit_line.id,
                    "price_unit": 40.0,
                }
            )
        ]
        self._send(order)
        due = order._get_due_first()["total"]
        tx = self._pay(order, due)
        self.assertEqual(order.state, "sale")
        self.assertEqual(sum(tx.invoice_ids.mapped("amount_total")), due)
        self.assertEqual(set(tx.invoice_ids.mapped("payment_state")), {"paid"})

    def test_the_card_of_a_stranger_with_the_link_starts_nothing(self):
        order = self._create_trial_order()
        new_test_user(self.env, login="stranger", password="stranger", groups="base.group_portal")
        self.authenticate("stranger", "stranger")
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._save_card(order)
        self.assertEqual(order.state, "sent")
        self.assertFalse(order.transaction_ids)

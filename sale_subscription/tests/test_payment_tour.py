from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)


@tagged("post_install", "-at_install")
class TestPaymentTour(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """Visitors without account sign, pay and save their card, in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.card_required = True

    def test_visitor_signs_and_pays(self):
        order = self._create_mixed_order(require_signature=True, require_payment=True).sudo()
        self.start_tour(self._send(order), "sale_subscription_sign_and_pay_tour", timeout=120)
        self.assertRecordValues(order, [{"state": "sale", "signed_by": "Bea Kite"}])
        tx = order.transaction_ids
        self.assertRecordValues(
            tx, [{"state": "done", "amount": 216.7, "partner_id": self.customer.id}]
        )
        self.assertTrue(tx.token_id)
        contracts = order.subscription_ids
        self.assertEqual(len(contracts), 2)
        self.assertEqual(set(contracts.mapped("state")), {"active"})
        self.assertEqual(contracts.payment_token_id, tx.token_id)
        self.assertEqual(self._get_contract(order, self.monthly).invoice_ids.amount_total, 84.7)
        self.assertEqual(self._get_contract(order, self.yearly).invoice_ids.amount_total, 132.0)
        self.assertEqual(contracts.invoice_ids, tx.invoice_ids)
        self.assertEqual(set(contracts.invoice_ids.mapped("payment_state")), {"paid"})

    def test_customer_removes_a_card_in_use(self):
        user = self._create_user("kite_portal", "base.group_portal", internal=False)
        user.partner_id.parent_id = self.customer
        token = self._create_token(partner=user.partner_id)
        contract = self._activate(
            start="2026-03-10", payment_token_id=token.id, user_id=self.salesman.id
        )
        contract.name = "SUB-TOUR"
        self.start_tour(
            "/my/payment_method", "sale_subscription_remove_card_tour", login=user.login
        )
        self.assertFalse(token.active)
        self.assertFalse(contract.payment_token_id)
        activity = contract.activity_ids.filtered(lambda a: a.summary == "The card was removed")
        self.assertEqual(activity.user_id, self.salesman)

    def test_visitor_tries_again_after_a_refusal(self):
        order = self._create_order(
            {"product_id": self.seat.id}, require_signature=False, require_payment=True
        ).sudo()
        self.start_tour(self._send(order), "sale_subscription_retry_tour", timeout=120)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.transaction_ids.sorted("id").mapped("state"), ["error", "done"])
        self.assertEqual(order.subscription_ids.invoice_ids.payment_state, "paid")

    def test_visitor_starts_a_trial_with_a_card(self):
        self.template.trial_days = 30
        order = self._create_order(
            {"product_id": self.seat.id}, require_signature=True, require_payment=True
        ).sudo()
        self.start_tour(self._send(order), "sale_subscription_trial_card_tour", timeout=120)
        self.assertEqual(order.state, "sale")
        contract = order.subscription_ids
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.payment_token_id, order.transaction_ids.token_id)
        self.assertTrue(contract.payment_token_id)
        self.assertFalse(contract.invoice_ids)

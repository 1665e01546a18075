from odoo.tests import Form, tagged

from .sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
class TestOrderSend(SaleSubscriptionSaleCommon):
    """Who only sells can send what asks for a payment: reading payments is for who invoices."""

    def test_a_quotation_that_asks_for_online_payment_is_sent(self):
        with self._today("2026-03-10"):
            order = self._create_mixed_order(require_payment=True, require_signature=False)
            self.assertTrue(order._has_to_be_paid())
            action = order.action_quotation_send()
            composer = Form(
                self.env[action["res_model"]]
                .with_user(self.salesman)
                .with_context(action["context"])
            ).save()
            composer.action_send_mail()
        self.assertEqual(order.state, "sent")
        self.assertIn(self.customer, order.message_ids.partner_ids)

from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.public_common import SubscriptionPublicCommon


class PublicTourCase(SubscriptionPublicCommon, HttpCase):
    """A visitor without account goes from the public list to a paid, active contract."""

    def _subscribe_in_the_browser(self):
        self._create_tax_position(self.belgium, 21.0)
        self.start_tour("/subscriptions", "sale_subscription_public_tour", timeout=180)
        order = self._find_orders()
        self.assertRecordValues(order, [{"state": "sale", "amount_total": 309.76}])
        contract = order.subscription_ids
        self.assertEqual((contract.state, contract.plan_id), ("active", self.yearly))
        self.assertTrue(contract.payment_token_id)
        self.assertEqual(contract.payment_token_id, order.transaction_ids.token_id)
        invoice = contract.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.payment_state), (309.76, "paid"))


@tagged("post_install", "-at_install")
class TestPublicTour(PublicTourCase):
    def test_visitor_subscribes(self):
        self._subscribe_in_the_browser()


@tagged("post_install", "-at_install")
class TestPublicTourPhone(PublicTourCase):
    browser_size = "390x844"
    touch_enabled = True

    def test_visitor_subscribes_on_a_phone(self):
        self._subscribe_in_the_browser()

from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


class PortalTourCommon(SubscriptionPortalCommon, HttpCase):
    """A customer reads the contract's page: by the link without an account, and signed in."""

    def _read_without_account(self):
        contract = self._create_portal_contract(user_id=self.salesman.id)
        contract.action_bill("2026-03-01")
        contract.add_product(self.storage.id, 1, when="2026-04-01")
        before = contract.message_ids
        self.start_tour(
            contract.get_portal_url(), "sale_subscription_portal_page_tour", timeout=120
        )
        message = (contract.message_ids - before).filtered(lambda m: m.message_type == "comment")
        self.assertEqual(message.author_id, self.partner)
        self.assertIn(self.salesman.partner_id, message.notified_partner_ids)

    def _read_list(self):
        self._create_portal_contract(user_id=self.salesman.id)
        self.start_tour("/my", "sale_subscription_portal_list_tour", login="kite_owner")

    def _choose_in_the_list(self):
        """Filter, group and search."""
        self._create_portal_contract()
        paused = self._create_portal_contract(
            lines=[{"product_id": self.storage.id, "price_unit": 5.0}]
        )
        paused.action_pause()
        self.start_tour(
            "/my/subscriptions", "sale_subscription_portal_choose_tour", login="kite_owner"
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalTour(PortalTourCommon):
    def test_page_without_account(self):
        self._read_without_account()

    def test_list_and_page_signed_in(self):
        self._read_list()

    def test_choose_in_the_list(self):
        self._choose_in_the_list()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalTourPhone(PortalTourCommon):
    browser_size = "390x844"

    def test_page_without_account(self):
        self._read_without_account()

    def test_list_and_page_signed_in(self):
        self._read_list()

    def test_choose_in_the_list(self):
        self._choose_in_the_list()

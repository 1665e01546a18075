from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


@tagged("post_install", "-at_install")
class TestPortalStepTour(SubscriptionPortalCommon, HttpCase):
    """Customers change, pause and close their contract in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_template.write({"invoicing_mode": "charge", "close_offer": "both"})
        # Real days, as the browser has no other: a period begins today, so all of it is charged.
        cls.contract = cls._create_portal_contract(
            start=str(cls.company._get_subscription_today()),
            lines=[{"quantity": 2.0, "price_unit": 30.0}],
            user_id=cls.salesman.id,
        )
        cls.contract.action_bill()
        cls.contract.payment_token_id = cls._create_token()

    def _run_on_desktop(self, tour, **values):
        self.start_tour(self.contract.get_portal_url(), tour, timeout=180, **values)
        self.env.invalidate_all()

    def test_change_by_the_link(self):
        self._run_on_desktop("subscription_portal_change_tour")
        lines = self.contract._get_priced_lines()
        self.assertEqual(sorted(lines.mapped("quantity")), [2.0, 3.0])
        self.assertEqual(self.contract.attempt_ids.state, "done")

    def test_what_is_only_raised(self):
        self.portal_template.portal_access = "upgrade"
        option = {"min_quantity": 3.0, "max_quantity": 10.0, "portal_access": "upgrade"}
        self.contract.option_ids = [Command.create({"product_id": self.support.id, **option})]
        self._run_on_desktop("subscription_portal_raise_tour")

    def test_close_signed_in(self):
        self._run_on_desktop("subscription_portal_close_tour", login=self.owner.login)
        self.assertEqual(self.contract.close_reason_id, self.reason)
        self.assertEqual(self.contract.close_message, "It was nice.")
        self.assertGreater(self.contract.close_date, self.contract._get_today())

    def test_pause_and_resume(self):
        self._run_on_desktop("subscription_portal_pause_tour", login=self.owner.login)
        self.assertEqual(self.contract.state, "active")
        self.assertEqual(self.contract.pause_ids.reason, "Holidays")


@tagged("post_install", "-at_install")
class TestPortalStepTourPhone(TestPortalStepTour):
    """The same on a phone."""

    browser_size = "390x844"
    touch_enabled = True

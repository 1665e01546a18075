from datetime import timedelta

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
        # Odoo's header shows the name beside the menu: the one of test users isn't anybody's.
        cls.owner.name = "Ada Kite"
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

    def test_switch_the_plan(self):
        self._run_on_desktop("subscription_portal_plan_tour")
        self.assertEqual(self.contract.plan_id, self.yearly)
        self.assertEqual(self.contract.attempt_ids.state, "done")

    def test_take_everything_back(self):
        """A change, a pause and a closing, each with a double click and after Back."""
        self._run_on_desktop("subscription_portal_take_back_tour", login=self.owner.login)
        self.assertEqual(self.contract.state, "active")
        self.assertTrue(self.contract.change_ids.is_withdrawn)
        self.assertFalse(self.contract.pause_ids)
        self.assertFalse(self.contract.close_date)
        self.assertFalse(self.contract.activity_ids)

    def test_renew(self):
        self.contract.end_date = self.contract._get_today() + timedelta(days=20)
        self._run_on_desktop("subscription_portal_renew_tour", login=self.owner.login)
        self.assertRecordValues(
            self.contract.quotation_ids,
            [{"state": "sent", "subscription_operation": "renewal"}],
        )

    def test_offers_instead_of_closing(self):
        self._run_on_desktop("subscription_portal_offers_tour", login=self.owner.login)
        self.assertEqual(self.contract.state, "paused")
        self.assertFalse(self.contract.close_date)


@tagged("post_install", "-at_install")
class TestPortalStepTourPhone(TestPortalStepTour):
    """The same on a phone."""

    allow_inherited_tests_method = True  # else Odoo runs none of them
    browser_size = "390x844"
    touch_enabled = True

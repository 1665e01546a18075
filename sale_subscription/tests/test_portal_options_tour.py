from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.portal_options_common import PortalOptionsCommon


@tagged("post_install", "-at_install")
class TestPortalOptionsTour(PortalOptionsCommon, HttpCase):
    """A visitor without account adds an option to a quotation in the browser."""

    def test_add_an_option(self):
        # Names of test users list their groups, wider than a phone.
        self.salesman.name = "Sam Seller"
        order = self._create_optional_order()
        self.start_tour(order.get_portal_url(), "subscription_quotation_options_tour", timeout=120)
        self.env.invalidate_all()
        self.assertEqual(self._get_line(order, self.storage).product_uom_qty, 2.0)


@tagged("post_install", "-at_install")
class TestPortalOptionsTourPhone(TestPortalOptionsTour):
    """The same on a phone."""

    allow_inherited_tests_method = True  # else Odoo runs none of them
    browser_size = "390x844"

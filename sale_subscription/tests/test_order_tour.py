from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
class TestOrderTour(SaleSubscriptionSaleCommon, HttpCase):
    """A salesman sells seats by the month, support by the year and a setup, in the browser."""

    def test_quotation_becomes_two_contracts(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "sale.group_discount_per_so_line"
        ) + self.env.ref("product.group_product_pricelist")
        seller = new_test_user(
            self.env,
            login="tour_seller",
            groups="sales_team.group_sale_salesman",
            company_id=self.company.id,
        )
        self.seat.name = "Tour Seat"
        self.support.name = "Tour Support"
        self.setup_fee.name = "Tour Setup"
        self._create_product_rule(self.seat, 9.0, subscription_plan_id=self.monthly.id)
        self.customer.write({"user_id": seller.id, "property_product_pricelist": self.pricelist.id})
        self.start_tour(
            "/odoo/sales/new", "sale_subscription_order_tour", login="tour_seller", timeout=120
        )
        order = self.env["sale.order"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(order.state, "sale")
        self.assertRecordValues(
            order.order_line,
            [
                {"price_unit": 9.0, "discount": 10.0, "subscription_plan_id": self.monthly.id},
                {"price_unit": 120.0, "discount": 0.0, "subscription_plan_id": self.yearly.id},
                {"price_unit": 50.0, "discount": 0.0, "subscription_plan_id": False},
            ],
        )
        monthly = self._get_contract(order, self.monthly)
        yearly = self._get_contract(order, self.yearly)
        self.assertEqual((monthly.recurring_total, yearly.recurring_total), (24.3, 120.0))
        self.assertEqual((monthly.state, yearly.state), ("active", "active"))
        self.assertEqual(monthly.charge_ids.product_id, self.setup_fee)

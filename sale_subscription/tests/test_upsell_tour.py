from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.upsell_common import UpsellCommon


@tagged("post_install", "-at_install")
class TestUpsellTour(UpsellCommon, HttpCase):
    """A salesman sells more of a contract and renews it, in the browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seat.write({"name": "Tour Seat", "list_price": 31.0})
        cls.support.name = "Tour Support"

    def _start_today(self, **values):
        today = self.company._get_subscription_today()
        contract = self._start(start=str(today), bill_until=None, **values)
        contract.sudo()._bill(today)
        return contract

    def test_upsell(self):
        contract = self._start_today()
        self.start_tour(
            f"/odoo/subscriptions/{contract.id}",
            "sale_subscription_upsell_tour",
            login=self.salesman.login,
            timeout=120,
        )
        order = contract.order_ids
        self.assertRecordValues(order, [{"state": "sale", "subscription_operation": "upsell"}])
        self.assertEqual(contract.sudo().mrr, 155.0)

    def test_renewal(self):
        self.template.write({"duration_count": 1, "duration_unit": "month"})
        contract = self._start_today(to_renew=True)
        end = contract.end_date
        self.start_tour(
            f"/odoo/subscriptions/{contract.id}",
            "sale_subscription_renewal_tour",
            login=self.salesman.login,
            timeout=120,
        )
        self.assertRecordValues(
            contract.order_ids, [{"state": "sale", "subscription_operation": "renewal"}]
        )
        self.assertFalse(contract.to_renew)
        self.assertEqual(
            contract.end_date,
            fields.Date.add(end + timedelta(days=1), months=1) - timedelta(days=1),
        )
        version = contract.line_ids.filtered(lambda line: line.price_unit == 29.0)
        self.assertEqual(version.date_start, end + timedelta(days=1))

from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestChangeTours(SubscriptionCommon, HttpCase):
    """Changing, pausing and closing a contract in the browser, as a salesperson.

    Contracts start today, two seats at 31.00 a month, so that a change now moves a whole period.
    """

    def _start(self):
        contract = self._activate(
            self.company._get_subscription_today(),
            lines=[{"price_unit": 31.0, "quantity": 2}],
            user_id=self.salesman.id,
        )
        contract.action_bill()
        return contract

    def _tour(self, contract, tour):
        self.start_tour(f"/odoo/subscriptions/{contract.id}", tour, login=self.salesman.login)
        contract.invalidate_recordset()

    def test_upgrade(self):
        contract = self._start()
        self._tour(contract, "sale_subscription_upgrade_tour")
        self.assertEqual(sorted(contract.invoice_ids.mapped("amount_total")), [71.3, 106.95])
        self.assertEqual(contract.mrr, 155.0)

    def test_downgrade_scheduled_and_withdrawn(self):
        contract = self._start()
        self._tour(contract, "sale_subscription_downgrade_tour")
        self.assertEqual(contract.change_ids.state, "withdrawn")
        self.assertEqual(contract.line_ids.quantity, 2.0)
        self.assertFalse(contract.line_ids.date_end)

    def test_pause_on_a_day(self):
        contract = self._start()
        self._tour(contract, "sale_subscription_pause_tour")
        self.assertEqual(contract.state, "active")
        self.assertEqual(contract.pause_ids.reason, "Closed for the summer")
        self.assertTrue(contract.scheduled_pause_date)

    def test_close_with_a_reason(self):
        contract = self._start()
        self._tour(contract, "sale_subscription_close_tour")
        self.assertEqual(contract.state, "closed")
        self.assertEqual(contract.close_message, "We found a cheaper one.")

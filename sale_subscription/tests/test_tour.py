from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.sale_subscription.tests.common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestTours(SubscriptionCommon, HttpCase):
    """The app in the browser, by those who work with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seat.name = "Tour Seat"
        cls.partner.write({"name": "Tour Customer", "user_id": cls.salesman.id})

    def test_manager_makes_a_plan_and_a_template(self):
        self.start_tour("/odoo", "sale_subscription_catalog_tour", login=self.manager.login)
        plan = self.env["sale.subscription.plan"].search([("name", "=", "Every two months")])
        self.assertRecordValues(plan, [{"interval_count": 2, "interval_unit": "month"}])
        template = self.env["sale.subscription.template"].search([("name", "=", "Tour membership")])
        self.assertRecordValues(template, [{"plan_ids": plan.ids, "invoicing_mode": "post"}])
        self.assertRecordValues(template.line_ids, [{"product_id": self.seat.id, "quantity": 3.0}])

    def test_salesman_makes_invoices_and_closes_a_contract(self):
        plan = self.env["sale.subscription.plan"].create(
            {"name": "Every two months", "interval_count": 2, "interval_unit": "month"}
        )
        self._create_template(
            name="Tour membership",
            plan_ids=[Command.set(plan.ids)],
            line_ids=[Command.create({"product_id": self.seat.id, "quantity": 3})],
        )
        self.start_tour("/odoo", "sale_subscription_contract_tour", login=self.salesman.login)
        contract = self.env["sale.subscription"].search([("partner_id", "=", self.partner.id)])
        self.assertRecordValues(
            contract,
            [
                {
                    "state": "active",
                    "plan_id": plan.id,
                    "user_id": self.salesman.id,
                    "recurring_total": 60.0,
                    "recurring_total_included": 69.0,
                    "mrr": 30.0,
                    "close_date": False,
                }
            ],
        )
        self.assertEqual(contract.invoice_ids.state, "posted")
        self.assertEqual(contract.invoice_ids.amount_total, 69.0)
        self.assertEqual(contract.charge_ids.amount, 60.0)

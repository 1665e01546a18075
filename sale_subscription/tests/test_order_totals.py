from odoo.tests import Form, freeze_time, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00")
class TestOrderTotals(SaleSubscriptionSaleCommon):
    """What a quotation says about recurring money, and whether the invoices keep the promise."""

    def _bill_all(self, order):
        """Confirm an order and return the total of what is invoiced on the same day."""
        order.action_confirm()
        invoice_ids = order.subscription_ids.action_bill()
        return sum(self.env["account.move"].browse(invoice_ids).mapped("amount_total"))

    def _get_due(self, order):
        due = order._get_due_first()
        return due["untaxed"], due["tax"], due["total"]

    def test_totals_per_cadence_once_and_first(self):
        order = self._create_mixed_order()
        totals = order._get_recurring_totals()
        self.assertEqual([total["plan"] for total in totals], [self.monthly, self.yearly])
        self.assertEqual([total["label"] for total in totals], ["per month", "per year"])
        self.assertEqual([total["untaxed"] for total in totals], [27.0, 120.0])
        self.assertEqual([total["tax"] for total in totals], [2.7, 12.0])
        self.assertEqual([total["total"] for total in totals], [29.7, 132.0])
        everything = order.subscription_totals
        self.assertEqual(everything["one_time"], {"untaxed": 50.0, "tax": 5.0, "total": 55.0})
        self.assertTrue(everything["has_tax"])
        self.assertEqual(self._get_due(order), (197.0, 19.7, 216.7))
        self.assertEqual(order._get_due_first()["notes"], [])
        self.assertEqual(self._bill_all(order), 216.7)

    def test_totals_of_one_plan_add_up(self):
        order = self._create_mixed_order(subscription_plan_id=self.monthly.id)
        totals = order._get_recurring_totals()
        self.assertEqual([total["total"] for total in totals], [40.7])

    def test_confirmed_order_says_what_recurs_but_nothing_about_first(self):
        order = self._create_mixed_order()
        order.action_confirm()
        self.assertEqual(len(order.subscription_totals["recurring"]), 2)
        self.assertFalse(order.subscription_totals["due_first"])

    def test_no_recurring_line_no_totals(self):
        order = self._create_order({"product_id": self.setup_fee.id})
        self.assertFalse(order.subscription_totals)
        self.assertEqual(order._get_recurring_totals(), [])

    def test_first_period_until_a_fixed_day_is_prorated(self):
        self.template.write({"anchor": "day", "anchor_day": 1})
        order = self._create_mixed_order()
        # 22 of the 31 days of March are left: 27 * 22 / 31 = 19.16; of the year that ends with
        # February 356 of 365: 117.04. Taxes are rounded per invoice: 6.92 and 11.70.
        self.assertEqual(self._get_due(order), (186.2, 18.62, 204.82))
        self.assertEqual(
            order._get_due_first()["notes"],
            [
                "Per month: the first period ends on 03/31/2026 and is charged by days.",
                "Per year: the first period ends on 02/28/2027 and is charged by days.",
            ],
        )
        self.assertEqual(self._bill_all(order), 204.82)

    def test_nothing_is_due_during_a_trial(self):
        self.template.trial_days = 14
        order = self._create_mixed_order()
        self.assertEqual(self._get_due(order), (0.0, 0.0, 0.0))
        self.assertEqual(
            order._get_due_first()["notes"],
            ["Per month: free until 03/23/2026.", "Per year: free until 03/23/2026."],
        )
        self.assertEqual(self._bill_all(order), 0.0)
        with freeze_time("2026-03-24 12:00:00"):
            invoice_ids = order.subscription_ids.action_bill()
        invoices = self.env["account.move"].browse(invoice_ids)
        self.assertEqual(sum(invoices.mapped("amount_total")), 216.7)

    def test_one_contract_in_trial_the_other_not(self):
        self.seat.subscription_template_id = self._create_other_template(
            "Trial", self.monthly, trial_days=14
        )
        order = self._create_mixed_order()
        self.assertEqual(self._get_due(order), (170.0, 17.0, 187.0))
        self.assertEqual(self._bill_all(order), 187.0)

    def test_arrears_are_not_due_first(self):
        self.template.timing = "arrears"
        order = self._create_mixed_order()
        self.assertEqual(self._get_due(order), (0.0, 0.0, 0.0))
        self.assertEqual(
            order._get_due_first()["notes"][0],
            "Per month: invoiced at the end of each period.",
        )
        self.assertEqual(self._bill_all(order), 0.0)

    def test_contract_shorter_than_its_period(self):
        self.template.write({"duration_count": 10, "duration_unit": "day"})
        order = self._create_order({"product_id": self.seat.id})
        # 10 of the 31 days from March 10 to April 9: 10 * 10 / 31.
        self.assertEqual(self._get_due(order), (3.23, 0.32, 3.55))
        self.assertEqual(self._bill_all(order), 3.55)

    def test_goods_still_to_be_delivered_are_not_due(self):
        self.setup_fee.invoice_policy = "delivery"
        order = self._create_mixed_order()
        self.assertEqual(self._get_due(order), (147.0, 14.7, 161.7))
        self.assertEqual(self._bill_all(order), 161.7)

    def test_optional_lines_without_quantity_are_left_out(self):
        order = self._create_order(
            {"product_id": self.seat.id}, {"product_id": self.support.id, "product_uom_qty": 0}
        )
        totals = order._get_recurring_totals()
        self.assertEqual([total["plan"] for total in totals], [self.monthly])

    def test_tax_included_in_the_price(self):
        self.tax.price_include_override = "tax_included"
        order = self._create_mixed_order()
        totals = order._get_recurring_totals()
        self.assertEqual([total["total"] for total in totals], [27.0, 120.0])
        self.assertEqual([total["untaxed"] for total in totals], [24.55, 109.09])
        self.assertEqual(order._get_due_first()["total"], 197.0)
        self.assertEqual(self._bill_all(order), 197.0)

    def test_currency_without_decimals(self):
        yen = self.env.ref("base.JPY")
        yen.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "currency_id": yen.id,
                "company_id": self.company.id,
                "rate": 150.0,
            }
        )
        self.pricelist.currency_id = yen
        self.template.write({"anchor": "day", "anchor_day": 1})
        order = self._create_order({"product_id": self.seat.id})
        # 1500 * 22 / 31 = 1064.5, with 10 % tax 1171.5 of 1065.
        self.assertEqual(self._get_due(order), (1065.0, 107.0, 1172.0))
        self.assertEqual(self._bill_all(order), 1172.0)

    def test_language_of_the_customer(self):
        order = self._create_mixed_order()
        self.env["res.lang"]._activate_lang("es_ES")
        plan = self.monthly.with_context(lang="es_ES")
        label = order.with_context(lang="es_ES").subscription_totals["recurring"][0]["label"]
        self.assertIn(plan.period_label, label)

    def test_totals_follow_the_form(self):
        form = Form(self.env["sale.order"].with_user(self.salesman))
        form.partner_id = self.customer
        with form.order_line.new() as line:
            line.product_id = self.seat
            line.product_uom_qty = 3
        self.assertEqual(form.subscription_totals["recurring"][0]["total"], 33.0)
        form.subscription_plan_id = self.yearly
        self.assertEqual(form.subscription_totals["recurring"][0]["total"], 396.0)
        self.assertEqual(form.subscription_totals["due_first"]["total"], 396.0)

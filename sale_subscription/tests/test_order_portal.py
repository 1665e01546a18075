import re

from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon

# One transparent pixel: what a customer's signature looks like to the server.
SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
    "gg=="
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestOrderPortal(SaleSubscriptionSaleCommon, HttpCase):
    """The quotation as the customer reads, signs and prints it."""

    def _get_text(self, html):
        """Return the words of a page, the way a reader sees them."""
        text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", text)
        return re.sub(r"\s+", " ", text.replace("\xa0", " ").replace("&nbsp;", " "))

    def _send(self, order):
        order.action_quotation_sent()
        return order.sudo().get_portal_url()

    def test_page_says_totals_per_cadence_and_what_is_due_first(self):
        response = self.url_open(self._send(self._create_mixed_order()))
        self.assertEqual(response.status_code, 200)
        text = self._get_text(response.text)
        self.assertIn("Recurring per month $ 27.00 $ 29.70", text)
        self.assertIn("Recurring per year $ 120.00 $ 132.00", text)
        self.assertIn("One-time $ 50.00 $ 55.00", text)
        self.assertIn("Due first $ 197.00 $ 216.70", text)

    def test_page_of_a_one_time_quotation_is_cores(self):
        order = self._create_order({"product_id": self.setup_fee.id})
        text = self._get_text(self.url_open(self._send(order)).text)
        self.assertNotIn("Recurring", text)
        self.assertNotIn("Due first", text)

    def test_page_without_the_token_stays_closed(self):
        order = self._create_mixed_order()
        order.action_quotation_sent()
        response = self.url_open(f"/my/orders/{order.id}")
        self.assertNotIn("Recurring per month", response.text)

    def test_portal_user_reads_the_order_after_it_became_a_contract(self):
        user = new_test_user(self.env, login="kite_portal", groups="base.group_portal")
        user.partner_id.parent_id = self.customer
        order = self._create_mixed_order()
        order.action_confirm()
        self.authenticate("kite_portal", "kite_portal")
        text = self._get_text(self.url_open(f"/my/orders/{order.id}").text)
        self.assertIn("Recurring per month $ 27.00 $ 29.70", text)
        self.assertNotIn("Due first", text)

    def test_printed_quotation(self):
        order = self._create_mixed_order()
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "sale.action_report_saleorder", order.ids
        )
        text = self._get_text(html.decode())
        self.assertIn("Recurring per month $ 27.00 $ 29.70", text)
        self.assertIn("Recurring per year $ 120.00 $ 132.00", text)
        self.assertIn("Due first $ 197.00 $ 216.70", text)
        self.assertIn("10.00 per month", text)

    def test_visitor_signs_and_gets_contracts(self):
        order = self._create_mixed_order(require_signature=True, require_payment=False)
        self._send(order)
        result = self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {
                "access_token": order.sudo().access_token,
                "name": "Bea Kite",
                "signature": SIGNATURE,
            },
        )
        self.assertTrue(result["force_refresh"])
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")
        self.assertRecordValues(
            order.subscription_ids.sorted("plan_id"),
            [
                {"state": "active", "user_id": self.salesman.id, "company_id": self.company.id},
                {"state": "active", "user_id": self.salesman.id, "company_id": self.company.id},
            ],
        )
        self.assertEqual(sum(order.subscription_ids.mapped("mrr")), 37.0)

    def test_customer_changes_the_quantity_of_an_optional_line(self):
        order = self._create_order(
            {"product_id": self.support.id, "sequence": 1},
            {"display_type": "line_section", "name": "Options", "is_optional": True, "sequence": 2},
            {"product_id": self.seat.id, "product_uom_qty": 0, "sequence": 3},
        )
        self._send(order)
        seat = self._get_line(order, self.seat)
        self.make_jsonrpc_request(
            f"/my/orders/{order.id}/update_line_dict",
            {"line_id": seat.id, "access_token": order.sudo().access_token, "input_quantity": 2},
        )
        order.invalidate_recordset()
        self.assertEqual((seat.product_uom_qty, seat.price_unit), (2.0, 10.0))
        totals = order._get_recurring_totals()
        self.assertEqual([total["total"] for total in totals], [22.0, 132.0])

    def test_paid_quotation_becomes_contracts(self):
        order = self._create_mixed_order(require_signature=False, require_payment=True)
        self._send(order)
        provider = self.env["payment.provider"].sudo().search([("code", "=", "none")], limit=1)
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                    "amount": order.amount_total,
                    "currency_id": order.currency_id.id,
                    "partner_id": self.customer.id,
                    "reference": order.name,
                    "operation": "online_direct",
                    "sale_order_ids": order.ids,
                    "state": "done",
                }
            )
        )
        public = self.env.ref("base.public_user")
        transaction.with_user(public).sudo()._check_amount_and_confirm_order()
        self.assertEqual(order.state, "sale")
        self.assertEqual(set(order.subscription_ids.mapped("state")), {"active"})

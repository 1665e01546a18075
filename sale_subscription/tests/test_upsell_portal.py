import re

from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)
from odoo.addons.sale_subscription.tests.upsell_common import UpsellCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-11 12:00:00", tick=True)
class TestUpsellPortal(OrderPaymentMixin, UpsellCommon, SubscriptionPaymentCommon, HttpCase):
    """An upsell as the customer reads, signs and pays it, without an account."""

    def _get_text(self, html):
        text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", text)
        return re.sub(r"\s+", " ", text.replace("\xa0", " ").replace("&nbsp;", " "))

    def _create_paid_upsell(self, contract, *lines, **values):
        order = self._upsell(contract, *(lines or [self._seats(3)]))
        order.write({"require_signature": False, "require_payment": True, **values})
        self._send(order)
        return order.sudo()

    def test_page_and_print_say_both_amounts(self):
        contract = self._start()
        order = self._upsell(contract, self._seats(3))
        text = self._get_text(self.url_open(self._send(order)).text)
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "sale.action_report_saleorder", order.ids
        )
        for page in (text, self._get_text(html.decode())):
            self.assertIn("Recurring per month $ 93.00 $ 102.30", page)
            self.assertIn("Due first $ 63.00 $ 69.30", page)
            self.assertIn("by days: 03/11/2026 to 03/31/2026.", page)
            self.assertIn(
                f"confirming adds these lines to the contract {contract.name}, on the day of the "
                "confirmation.",
                page,
            )

    def test_visitor_signs(self):
        contract = self._start()
        order = self._upsell(contract, self._seats(3))
        order.write({"require_signature": True, "require_payment": False})
        self._send(order)
        self.assertTrue(self._sign(order)["force_refresh"])
        self.env.invalidate_all()
        self.assertEqual(order.state, "sale")
        self.assertEqual(contract.sudo().mrr, 155.0)

    def test_visitor_pays_what_the_invoice_says(self):
        contract = self._start()
        with freeze_time("2026-03-05 12:00:00"):
            # Waits for the contract's next invoice; it isn't part of what is paid here.
            contract.add_one_time_charge(self.setup_fee.id)
        order = self._create_paid_upsell(contract)
        tx = self._pay(order, 69.3)
        self.assertEqual(tx.state, "done")
        self.assertEqual(order.state, "sale")
        invoice = tx.invoice_ids
        self.assertRecordValues(invoice, [{"amount_total": 69.3, "payment_state": "paid"}])
        self.assertEqual(contract.order_ids, order)
        self.assertEqual(contract.sudo().mrr, 155.0)
        with freeze_time("2026-04-01 12:00:00"):
            self.assertEqual(self._bill_now(contract, "2026-04-01").amount_untaxed, 205.0)

    def test_visitor_pays_with_what_is_sold_once(self):
        contract = self._start()
        order = self._create_paid_upsell(
            contract, self._seats(3), {"product_id": self.setup_fee.id}
        )
        tx = self._pay(order, 124.3)
        self.assertRecordValues(tx.invoice_ids, [{"amount_total": 124.3, "payment_state": "paid"}])

    def test_what_is_overdue_is_not_paid_with_it(self):
        contract = self._start(bill_until=None)
        order = self._create_paid_upsell(contract)
        tx = self._pay(order, 69.3)
        self.assertRecordValues(tx.invoice_ids, [{"amount_total": 69.3, "payment_state": "paid"}])
        self.assertEqual(self._bill_now(contract, "2026-03-11").amount_untaxed, 62.0)

    def test_payment_around_midnight(self):
        contract = self._start()
        order = self._create_paid_upsell(contract)
        tx = self._start_payment(order, 69.3)
        with freeze_time("2026-03-12 00:01:00", tick=True):
            self._finish_payment(tx)
        self.assertEqual(order.state, "sale")
        self.assertRecordValues(tx.invoice_ids, [{"amount_total": 69.3, "payment_state": "paid"}])
        self.assertEqual(str(contract.line_ids[-1].date_start), "2026-03-11")

    def test_confirmed_by_hand_while_the_payment_is_on_its_way(self):
        """The contract's own card isn't charged for what the customer is paying already."""
        contract = self._start().sudo()
        contract.template_id.invoicing_mode = "charge"
        contract.payment_token_id = self._create_token(partner=contract.partner_id)
        order = self._create_paid_upsell(contract)
        tx = self._start_payment(order, 69.3)
        self._finish_payment(tx, "pending")
        order.with_user(self.salesman).action_confirm()
        invoice = self.env["account.move"].browse(contract.action_bill("2026-03-11"))
        self.assertRecordValues(invoice, [{"amount_total": 69.3, "payment_state": "not_paid"}])
        collecting = self.env.ref("sale_subscription.ir_cron_collect").sudo()
        collecting.method_direct_trigger()
        self.assertFalse(contract.attempt_ids)
        tx._process("demo", {"reference": tx.reference, "simulated_state": "done"})
        tx._post_process()
        self.assertEqual((tx.invoice_ids, invoice.payment_state), (invoice, "paid"))
        with freeze_time("2026-03-13 12:00:00"):
            collecting.method_direct_trigger()
        # What was open before it is collected again.
        self.assertNotIn(invoice, contract.attempt_ids.move_id)
        self.assertEqual(len(contract.attempt_ids), 1)

    def test_what_cannot_be_confirmed_cannot_be_signed_nor_paid(self):
        contract = self._start()
        order = self._create_paid_upsell(contract, require_signature=True)
        contract.action_close(self.reason.id, when="now")
        self.env.invalidate_all()
        text = self._get_text(self.url_open(order.get_portal_url()).text)
        self.assertIn("This quotation can't be accepted any more.", text)
        self.assertNotIn("Accept &amp; Sign", text)
        self.assertIn("error", self._sign(order))
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):  # nothing to pay
            self._start_payment(order, 69.3)
        self.assertEqual(order.state, "sent")

    def test_paid_while_the_contract_was_closed(self):
        contract = self._start()
        order = self._create_paid_upsell(contract)
        tx = self._start_payment(order, 69.3)
        contract.action_close(self.reason.id, when="now")
        self.env.flush_all()
        self._finish_payment(tx)
        self.assertEqual(tx.state, "done")
        self.assertTrue(tx.is_post_processed)
        self.assertEqual(tx.payment_id.amount, 69.3)
        self.assertEqual(order.state, "sent")
        activity = order.activity_ids.filtered(lambda a: a.summary == "Paid, but not confirmed")
        self.assertEqual(activity.user_id, self.salesman)
        self.assertIn("is “Closed”", activity.note)

    def test_no_second_card_is_asked_for(self):
        self.template.card_required = True
        contract = self._start(payment_token_id=self._create_token().id)
        order = self._create_paid_upsell(contract)
        self.assertFalse(order._is_card_required())
        contract.sudo().payment_token_id = False
        self.assertTrue(order._is_card_required())

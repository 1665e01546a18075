from unittest.mock import patch

from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestOrderPayment(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """A visitor without account pays a quotation: what is asked, and what comes out of it."""

    # === WHAT COMES OUT === #

    def test_paying_starts_contracts_with_paid_invoices_and_the_card(self):
        self.template.card_required = True
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        self.assertEqual((tx.state, order.state), ("done", "sale"))
        monthly = self._get_contract(order, self.monthly)
        yearly = self._get_contract(order, self.yearly)
        self.assertEqual((monthly.state, yearly.state), ("active", "active"))
        self.assertTrue(tx.token_id)
        self.assertEqual((monthly | yearly).payment_token_id, tx.token_id)
        self.assertEqual(tx.token_id.partner_id, self.customer)
        # 27.00 and the setup of 50.00 on the first one, 120.00 on the other, all plus 10 %.
        self.assertEqual(monthly.invoice_ids.amount_total, 84.7)
        self.assertEqual(yearly.invoice_ids.amount_total, 132.0)
        invoices = (monthly | yearly).invoice_ids
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(tx.invoice_ids, invoices)
        self.assertEqual(tx.payment_id.amount, 216.7)
        self.assertEqual(invoices.matched_payment_ids, tx.payment_id)
        self.assertEqual(str(monthly.next_invoice_date), "2026-04-10")
        self.assertEqual(str(yearly.next_invoice_date), "2027-03-10")

    def test_nothing_is_invoiced_or_paid_again(self):
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        tx._post_process()
        self._bill_by_cron()
        self.assertEqual(len(order.subscription_ids), 2)
        self.assertEqual(len(order.subscription_ids.invoice_ids), 2)
        self.assertEqual(len(order.transaction_ids), 1)
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "in", order.transaction_ids.ids)]
        )
        self.assertEqual(payments.mapped("amount"), [216.7])

    def test_a_card_is_saved_only_when_wanted(self):
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        self.assertFalse(tx.token_id)
        self.assertFalse(order.subscription_ids.payment_token_id)
        wanted = self._create_paid_order()
        tx = self._pay(wanted, 216.7, tokenization_requested=True)
        self.assertEqual(wanted.subscription_ids.payment_token_id, tx.token_id)
        self.assertTrue(tx.token_id)

    def test_a_prorated_first_period_is_what_is_paid(self):
        order = self._create_prorated_order()
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn('data-amount="24.2"', page)
        tx = self._pay(order, 24.2)
        invoice = order.subscription_ids.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.payment_state), (24.2, "paid"))
        self.assertEqual(tx.invoice_ids, invoice)
        self.assertEqual(str(order.subscription_ids.next_invoice_date), "2026-04-01")

    def test_templates_that_only_make_drafts_confirm_what_is_paid(self):
        for mode in ("manual", "draft", "post"):
            self.template.invoicing_mode = mode
            order = self._create_paid_order()
            self._pay(order, 216.7)
            invoices = order.subscription_ids.invoice_ids
            self.assertEqual(len(invoices), 2, mode)
            self.assertEqual(set(invoices.mapped("payment_state")), {"paid"}, mode)
            self.assertFalse(any(invoices.mapped("sending_data")), mode)

    def test_sending_templates_queue_the_paid_invoice_for_mail(self):
        self.template.invoicing_mode = "send"
        order = self._create_paid_order()
        self._pay(order, 216.7)
        self.assertTrue(all(order.subscription_ids.invoice_ids.mapped("sending_data")))

    def test_a_paid_first_invoice_is_never_charged(self):
        self.template.card_required = True
        for mode in ("charge", "charge_then_send"):
            self.template.invoicing_mode = mode
            order = self._create_paid_order()
            tx = self._pay(order, 216.7)
            self.env.ref("sale_subscription.ir_cron_collect").sudo().method_direct_trigger()
            invoices = order.subscription_ids.invoice_ids
            self.assertEqual(set(invoices.mapped("payment_state")), {"paid"}, mode)
            self.assertEqual(invoices.transaction_ids, tx, mode)
            self.assertFalse(order.subscription_ids.attempt_ids, mode)
            self.assertTrue(all(invoices.mapped("sending_data")), mode)

    def test_an_authorized_first_invoice_is_not_charged(self):
        self.template.write({"card_required": True, "invoicing_mode": "charge"})
        self.provider.capture_manually = True
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        self.assertEqual(tx.state, "authorized")
        self.assertEqual(order.subscription_ids.payment_token_id, tx.token_id)
        self.env.ref("sale_subscription.ir_cron_collect").sudo().method_direct_trigger()
        self.assertEqual(order.subscription_ids.invoice_ids.transaction_ids, tx)

    def test_automatic_invoices_of_orders_keep_out(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        invoices = order.subscription_ids.invoice_ids
        self.assertEqual(tx.invoice_ids, invoices)
        self.assertEqual(order.invoice_ids, self._get_contract(order, self.monthly).invoice_ids)
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertFalse(any(invoices.mapped("is_move_sent")))

    def test_undelivered_goods_are_not_paid_in_advance(self):
        self.setup_fee.invoice_policy = "delivery"
        order = self._create_paid_order()
        self._pay(order, 161.7)
        self.assertEqual(order.state, "sale")
        self.assertEqual(sum(order.subscription_ids.invoice_ids.mapped("amount_total")), 161.7)

    def test_a_tax_per_unit_counts_on_a_prorated_period(self):
        self.seat.taxes_id = self.env["account.tax"].create(
            {"name": "Levy", "amount_type": "fixed", "amount": 2.0, "type_tax_use": "sale"}
        )
        self.template.write({"anchor": "day", "anchor_day": 1})
        order = self._create_order(
            {"product_id": self.seat.id, "price_unit": 31.0, "product_uom_qty": 3},
            require_signature=False,
            require_payment=True,
        )
        self._send(order)
        self._pay(order, 72.0)
        invoice = order.subscription_ids.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.payment_state), (72.0, "paid"))

    def test_manual_capture_starts_the_contract_and_pays_it_later(self):
        self.provider.capture_manually = True
        order = self._create_paid_order()
        tx = self._pay(order, 216.7)
        self.assertEqual((tx.state, order.state), ("authorized", "sale"))
        invoices = order.subscription_ids.invoice_ids
        self.assertEqual(set(invoices.mapped("payment_state")), {"not_paid"})
        self.assertEqual(tx.invoice_ids, invoices)
        tx._capture()._post_process()
        self.assertEqual(tx.state, "done")
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(len(order.subscription_ids.invoice_ids), 2)

    def test_a_failure_while_starting_leaves_everything_as_it_was(self):
        order = self._create_paid_order()
        tx = self._start_payment(order, 216.7)
        tx._process("demo", {"simulated_state": "done", "payment_details": "4242"})
        self.env.flush_all()
        logger = "odoo.addons.payment.controllers.post_processing"
        failure = patch.object(
            self.env.registry["sale.subscription"], "_create_invoices", side_effect=ValueError("no")
        )
        with failure, mute_logger(logger, "odoo.http"), self.assertRaises(JsonRpcException):
            self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self._assert_open(order)
        # Nobody is asked for money or a card again; the next try brings it to an end.
        self.template.card_required = True
        self.assertFalse(order._has_to_be_paid())
        tx._post_process()
        self.assertEqual(order.state, "sale")
        self.assertEqual(set(order.subscription_ids.invoice_ids.mapped("payment_state")), {"paid"})

    # === WHAT IS REFUSED === #

    def test_another_amount_is_refused(self):
        order = self._create_paid_order()
        for amount in (1.0, 216.69, 216.71, 287.1, 0, -216.7, None, "abc", "nan"):
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException, msg=amount):
                self._start_payment(order, amount)
        self.assertFalse(order.transaction_ids)
        self._assert_open(order)

    def test_a_lower_payment_never_confirms(self):
        """Neither by a provider that takes less nor by a hand-made transaction."""
        order = self._create_paid_order()
        tx = self._start_payment(order, 216.7)
        tx.amount = 216.69
        self._finish_payment(tx)
        self.assertEqual(tx.state, "done")
        self.assertEqual((order.state, order.amount_paid), ("sent", 216.69))
        self.assertIn("0.01", " ".join(order.message_ids.mapped("body")))
        self.assertFalse(order.subscription_ids)

    def test_the_rest_of_a_lower_payment_can_be_paid(self):
        order = self._create_paid_order()
        tx = self._start_payment(order, 216.7)
        tx.amount = 200.0
        self._finish_payment(tx)
        self._pay(order, 16.7)
        self.assertEqual(order.state, "sale")
        invoices = order.subscription_ids.invoice_ids
        self.assertEqual(sum(invoices.mapped("amount_total")), 216.7)
        self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})

    def test_a_confirmed_order_takes_no_second_payment(self):
        order = self._create_paid_order()
        self._pay(order, 216.7)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._start_payment(order, 216.7)
        url = order.sudo().get_portal_url() + "&payment_amount=216.7"
        self.assertNotIn("o_payment_form", self.url_open(url).text)

    def test_an_order_of_somebody_else_stays_closed(self):
        order = self._create_paid_order()
        for suffix in ("transaction", "card"):
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self._start_payment(order, 216.7, suffix=suffix, access_token="wrong")
        self.assertFalse(order.transaction_ids)

    def test_a_method_that_cannot_be_saved_is_refused_where_a_card_is_needed(self):
        self.template.card_required = True
        transfer = self._create_provider(self.company, name="No cards", allow_tokenization=False)
        order = self._create_paid_order()
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._start_payment(order, 216.7, provider_id=transfer.id)
        page = self.url_open(order.sudo().get_portal_url()).text
        self.assertIn(f'data-provider-id="{self.provider.id}"', page)
        self.assertNotIn(f'data-provider-id="{transfer.id}"', page)
        self.assertNotIn("o_payment_tokenize_checkbox", page)

    # === OTHER OUTCOMES === #

    def test_payments_that_fail_leave_the_order_open_for_another_try(self):
        order = self._create_paid_order()
        for state in ("cancel", "error"):
            tx = self._pay(order, 216.7, state)
            self.assertEqual(tx.state, state)
            self._assert_open(order)
        self._pay(order, 216.7)
        self.assertEqual(order.state, "sale")

    def test_a_pending_payment_confirms_when_it_comes_in(self):
        order = self._create_paid_order()
        tx = self._pay(order, 216.7, "pending")
        self.assertEqual(tx.state, "pending")
        self._assert_open(order)
        mails = " ".join(order.message_ids.mapped("body"))
        self.assertIn("confirmed as soon as it comes in", mails)
        self.assertNotIn("to be paid", mails)
        with freeze_time("2026-03-14 12:00:00"):
            tx.action_demo_set_done()
            cron = self.env.ref("payment.cron_post_process_payment_tx")
            cron.sudo().method_direct_trigger()
        self.assertEqual(order.state, "sale")
        contract = self._get_contract(order, self.monthly)
        self.assertEqual(str(contract.date_start), "2026-03-14")
        self.assertEqual(set(order.subscription_ids.invoice_ids.mapped("payment_state")), {"paid"})

    def test_a_transfer_pays_the_invoices_of_an_order_confirmed_meanwhile(self):
        for is_billed in (False, True):
            order = self._create_paid_order()
            tx = self._pay(order, 216.7, "pending", tokenization_requested=True)
            order.action_confirm()
            if is_billed:
                order.subscription_ids.action_bill()
            tx.action_demo_set_done()
            tx._post_process()
            invoices = order.subscription_ids.invoice_ids
            self.assertEqual(len(invoices), 2)
            self.assertEqual(set(invoices.mapped("payment_state")), {"paid"})
            self.assertEqual(tx.invoice_ids, invoices)
            self.assertEqual(order.subscription_ids.payment_token_id, tx.token_id)

    def test_a_second_payment_of_the_same_order_is_the_customers_credit(self):
        """Two browser tabs: nothing is invoiced twice, nothing is lost."""
        order = self._create_paid_order()
        first, second = (self._start_payment(order, 216.7) for _tab in range(2))
        for tx in (first, second):
            tx._process("demo", {"simulated_state": "done", "payment_details": "4242"})
            tx._post_process()
        self.assertEqual(len(order.subscription_ids.invoice_ids), 2)
        self.assertEqual((len(first.invoice_ids), len(second.invoice_ids)), (2, 0))
        self.assertEqual(second.payment_id.amount, 216.7)

    def test_a_payment_around_midnight_starts_on_the_day_it_began(self):
        order = self._create_prorated_order()
        tx = self._start_payment(order, 24.2)
        with freeze_time("2026-03-11 00:00:05"):
            tx._process("demo", {"simulated_state": "done", "payment_details": "4242"})
            tx._post_process()
        self.assertEqual(order.state, "sale")
        contract = order.subscription_ids
        self.assertEqual(str(contract.date_start), "2026-03-10")
        self.assertEqual(contract.invoice_ids.amount_total, 24.2)
        self.assertEqual(contract.invoice_ids.payment_state, "paid")

    def test_a_late_transfer_pays_what_is_due_when_it_comes_in(self):
        """20 of 31 days are left: 22.00 of the 24.20 are used, the rest is the customer's."""
        order = self._create_prorated_order()
        tx = self._pay(order, 24.2, "pending")
        with freeze_time("2026-03-12 12:00:00"):
            tx.action_demo_set_done()
            tx._post_process()
        invoice = order.subscription_ids.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.payment_state), (22.0, "paid"))
        self.assertEqual(tx.payment_id.amount, 24.2)
        receivable = tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(receivable.amount_residual, -2.2)

    def test_a_late_transfer_over_a_month_change_still_confirms(self):
        """Asked for one day of March, it comes in when April costs a whole month."""
        with freeze_time("2026-03-31 12:00:00", tick=True):
            order = self._create_prorated_order()
            tx = self._pay(order, 1.1, "pending")
        with freeze_time("2026-04-03 12:00:00"):
            tx.action_demo_set_done()
            tx._post_process()
        self.assertEqual(order.state, "sale")
        invoice = order.subscription_ids.invoice_ids
        self.assertEqual((invoice.amount_total, invoice.payment_state), (31.82, "partial"))

    def test_raising_the_price_meanwhile_keeps_the_order_open(self):
        order = self._create_prorated_order()
        tx = self._pay(order, 24.2, "pending")
        order.order_line.price_unit = 62.0
        tx.action_demo_set_done()
        tx._post_process()
        self.assertEqual(order.state, "sent")
        self._pay(order, 24.2)
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.subscription_ids.invoice_ids.payment_state, "paid")

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00")
class TestSaleOrderInvoicing(SaleSubscriptionSaleCommon):
    """Who invoices what: contracts the recurring lines, the order or a contract the rest."""

    # === ONE-TIME LINES === #

    def test_one_time_line_rides_on_the_first_invoice_of_the_first_contract(self):
        order = self._create_mixed_order()
        order.action_confirm()
        monthly = self._get_contract(order, self.monthly)
        yearly = self._get_contract(order, self.yearly)
        invoice = self.env["account.move"].browse(monthly.action_bill())
        self.assertEqual(invoice.invoice_line_ids.product_id, self.seat + self.setup_fee)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (77.0, 84.7))
        self.assertEqual(invoice.state, "posted")
        setup = self._get_line(order, self.setup_fee)
        self.assertEqual(setup.qty_invoiced, 1.0)
        self.assertEqual(setup.invoice_status, "invoiced")
        invoice = self.env["account.move"].browse(yearly.action_bill())
        self.assertEqual(invoice.invoice_line_ids.product_id, self.support)
        with freeze_time("2026-04-10 12:00:00"):
            invoice = self.env["account.move"].browse(monthly.action_bill())
        self.assertEqual(invoice.invoice_line_ids.product_id, self.seat)
        self.assertEqual(setup.qty_invoiced, 1.0)

    def test_one_time_line_invoiced_by_the_order_before(self):
        order = self._create_mixed_order()
        order.action_confirm()
        invoice = order.sudo()._create_invoices()
        self.assertEqual(invoice.invoice_line_ids.product_id, self.setup_fee)
        monthly = self._get_contract(order, self.monthly)
        invoice = self.env["account.move"].browse(monthly.action_bill())
        self.assertEqual(invoice.invoice_line_ids.product_id, self.seat)
        self.assertEqual(self._get_line(order, self.setup_fee).qty_invoiced, 1.0)

    def test_one_time_line_waits_for_the_contract_that_is_billed_first(self):
        trial = self._create_other_template("Trial", self.monthly, trial_days=14)
        self.seat.subscription_template_id = trial
        order = self._create_mixed_order()
        order.action_confirm()
        yearly = self._get_contract(order, self.yearly)
        invoice = self.env["account.move"].browse(yearly.action_bill())
        self.assertEqual(invoice.invoice_line_ids.product_id, self.support + self.setup_fee)

    # === STATUS OF THE ORDER === #

    def test_only_recurring_lines_never_wait_for_an_invoice(self):
        order = self._create_order({"product_id": self.seat.id}, {"product_id": self.support.id})
        order.action_confirm()
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0.0, 0.0])
        self.assertEqual(order.order_line.mapped("untaxed_amount_to_invoice"), [0.0, 0.0])
        self.assertEqual(order.order_line.mapped("amount_to_invoice"), [0.0, 0.0])
        self.assertEqual((order.invoice_status, order.amount_to_invoice), ("no", 0.0))
        with self.assertRaisesRegex(UserError, "invoiced by their contract"):
            order._create_invoices()
        self._get_contract(order, self.monthly).action_bill()
        self.assertEqual(order.order_line.mapped("invoice_status"), ["invoiced", "no"])
        self.assertEqual(order.invoice_status, "no")
        self._get_contract(order, self.yearly).action_bill()
        self.assertEqual(order.order_line.mapped("invoice_status"), ["invoiced", "invoiced"])
        self.assertEqual(order.invoice_status, "invoiced")

    def test_one_time_lines_decide_the_status(self):
        order = self._create_mixed_order()
        self.assertEqual(order.invoice_status, "no")
        order.action_confirm()
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0.0, 0.0, 1.0])
        self.assertEqual(order.amount_to_invoice, 55.0)
        order.sudo()._create_invoices().action_post()
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(order.amount_to_invoice, 0.0)
        order.subscription_ids.action_bill()
        self.assertEqual(order.invoice_status, "invoiced")

    def test_nothing_is_forced_onto_an_invoice_of_the_order(self):
        order = self._create_mixed_order()
        order.action_confirm()
        order._force_lines_to_invoice_policy_order()
        self.assertEqual(order.order_line.mapped("qty_to_invoice"), [0.0, 0.0, 1.0])
        order.order_line.qty_to_invoice = 1.0
        self.assertEqual(order._get_invoiceable_lines().product_id, self.setup_fee)

    def test_draft_invoice_deleted_makes_the_status_true_again(self):
        self.template.invoicing_mode = "draft"
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        invoice = self.env["account.move"].browse(order.subscription_ids.action_bill())
        self.assertEqual(order.invoice_status, "invoiced")
        invoice.unlink()
        self.assertEqual(order.invoice_status, "no")

    def test_down_payment_is_taken_on_one_time_lines_only(self):
        order = self._create_mixed_order()
        order.action_confirm()
        wizard = self.env["sale.advance.payment.inv"].create(
            {
                "sale_order_ids": [Command.set(order.ids)],
                "advance_payment_method": "percentage",
                "amount": 50,
            }
        )
        invoice = wizard._create_invoices(order)
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (25.0, 27.5))
        only_recurring = self._create_order({"product_id": self.seat.id})
        only_recurring.action_confirm()
        wizard.sale_order_ids = only_recurring
        with self.assertRaisesRegex(UserError, "nothing to pay down"):
            wizard._create_invoices(only_recurring)

    def test_billing_spawns_neither_orders_nor_contracts(self):
        # A peer makes an order, and with it another contract, every period.
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        orders = self.env["sale.order"].search_count([])
        contracts = self.env["sale.subscription"].search_count([])
        with freeze_time("2026-06-10 12:00:00"):
            order.subscription_ids.action_bill()
        self.assertEqual(len(order.subscription_ids.invoice_ids), 4)
        self.assertEqual(self.env["sale.order"].search_count([]), orders)
        self.assertEqual(self.env["sale.subscription"].search_count([]), contracts)

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .upsell_common import UpsellCommon


@tagged("post_install", "-at_install")
class TestUpsell(UpsellCommon):
    """More of a running contract by quotation, written and confirmed by a salesman."""

    def test_quotation_takes_everything_over_from_the_contract(self):
        term = self.env["account.payment.term"].create({"name": "30 days"})
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        address = self.env["res.partner"].create(
            {"name": "Accounts", "type": "invoice", "parent_id": self.customer.id}
        )
        contract = self._start()
        contract.sudo().write(
            {
                "payment_term_id": term.id,
                "fiscal_position_id": position.id,
                "partner_invoice_id": address.id,
            }
        )
        with self._today("2026-03-11"):
            order = self._upsell(contract)
        self.assertRecordValues(
            order,
            [
                {
                    "subscription_origin_id": contract.id,
                    "subscription_operation": "upsell",
                    "origin": contract.name,
                    "partner_id": self.customer.id,
                    "partner_invoice_id": address.id,
                    "partner_shipping_id": contract.partner_shipping_id.id,
                    "fiscal_position_id": position.id,
                    "payment_term_id": term.id,
                    "pricelist_id": self.pricelist.id,
                    "currency_id": self.usd.id,
                    "subscription_template_id": self.template.id,
                    "subscription_plan_id": self.monthly.id,
                    "user_id": self.salesman.id,
                    "state": "draft",
                    "order_line": [],
                }
            ],
        )
        self.assertEqual(contract.order_chain_ids, order)
        self.assertFalse(contract.order_ids)

    def test_same_seats_raise_the_running_line(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            totals = order.subscription_totals
            self.assertEqual(totals["recurring"][0]["untaxed"], 93.0)
            self.assertEqual(totals["recurring"][0]["label"], "per month")
            # 21 of the 31 days of March are left.
            self.assertEqual(self._get_due(order), (63.0, 6.3, 69.3))
            self.assertEqual(
                totals["due_first"]["notes"],
                ["Due first is the rest of the running period, by days: 03/11/2026 to 03/31/2026."],
            )
            order.action_confirm()
            move = self._bill_now(contract, "2026-03-11")
        self.assertEqual(
            self._versions(contract),
            [
                ("Seat", 2.0, 31.0, "2026-03-01", "2026-03-10"),
                ("Seat", 5.0, 31.0, "2026-03-11", ""),
            ],
        )
        self.assertEqual(move.amount_total, 69.3)
        self.assertEqual(order.subscription_ids, contract)
        self.assertEqual(contract.order_ids, order)
        self.assertEqual(contract.line_ids[-1].order_line_id, order.order_line)
        self.assertEqual(self._events(contract.sudo())[-1], ("expansion", "2026-03-11", 93.0))
        change = contract.sudo().change_ids
        self.assertRecordValues(
            change, [{"kind": "upsell", "order_id": order.id, "mrr_change": 93.0}]
        )
        self.assertIn(
            f"From 03/11/2026: {order.name}: Seat: quantity 2.00 → 5.00 (MRR +$\xa093.00)",
            self._get_last_note(contract),
        )
        with self._today("2026-04-01"):
            self.assertEqual(self._bill_now(contract, "2026-04-01").amount_untaxed, 155.0)
        self.assertEqual(order.order_line.invoice_status, "invoiced")

    def test_another_product_is_added_as_sold(self):
        tax = self.env["account.tax"].create({"name": "5%", "amount": 5.0})
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(
                contract,
                {
                    "product_id": self.support.id,
                    "product_uom_qty": 2,
                    "price_unit": 62.0,
                    "discount": 50.0,
                    "name": "Support by phone",
                    "tax_ids": [Command.set(tax.ids)],
                },
            )
            self.assertEqual(self._get_due(order), (42.0, 2.1, 44.1))
            order.action_confirm()
            move = self._bill_now(contract, "2026-03-11")
        self.assertEqual(move.amount_total, 44.1)
        line = contract.line_ids.filtered(lambda line: line.product_id == self.support)
        self.assertRecordValues(
            line,
            [
                {
                    "name": "Support by phone",
                    "quantity": 2.0,
                    "price_unit": 62.0,
                    "discount": 50.0,
                    "tax_ids": tax.ids,
                    "plan_id": self.monthly.id,
                    "order_line_id": order.order_line.id,
                }
            ],
        )
        self.assertEqual(str(line.date_start), "2026-03-11")

    def test_another_price_stands_beside(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3, price_unit=15.5), self._seats(1))
            self.assertEqual(self._get_due(order), (52.5, 5.25, 57.75))
            order.action_confirm()
            self.assertEqual(self._bill_now(contract, "2026-03-11").amount_total, 57.75)
        self.assertEqual(
            self._versions(contract)[1:],
            [("Seat", 3.0, 15.5, "2026-03-11", ""), ("Seat", 3.0, 31.0, "2026-03-11", "")],
        )

    def test_what_is_sold_once_rides_along(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3), {"product_id": self.setup_fee.id})
            self.assertEqual(self._get_due(order), (113.0, 11.3, 124.3))
            order.action_confirm()
            self.assertEqual(self._bill_now(contract, "2026-03-11").amount_total, 124.3)
        self.assertEqual(order.invoice_status, "invoiced")

    def test_only_sold_once_waits_for_the_next_invoice(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, {"product_id": self.setup_fee.id})
            order.action_confirm()
            self.assertEqual(contract.sudo().action_bill(), [])
        with self._today("2026-04-01"):
            self.assertEqual(self._bill_now(contract, "2026-04-01").amount_untaxed, 112.0)

    def test_not_charged_by_days(self):
        self.template.prorate_charges = False
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3), self._seats(1, price_unit=10.0))
            self.assertEqual(self._get_due(order), (0.0, 0.0, 0.0))
            self.assertEqual(
                order._get_due_first()["notes"],
                ["Nothing is due now: charged from 04/01/2026 on."],
            )
            order.action_confirm()
            self.assertEqual(contract.sudo().action_bill(), [])
        self.assertEqual(contract.sudo().mrr, 165.0)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill_now(contract, "2026-04-01").amount_untaxed, 165.0)

    def test_in_arrears(self):
        contract = self._start(bill_until=None, timing="arrears")
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            self.assertEqual(self._get_due(order), (0.0, 0.0, 0.0))
            self.assertEqual(
                order._get_due_first()["notes"],
                ["03/11/2026 to 03/31/2026 is charged by days, at the end of it."],
            )
            order.action_confirm()
        with self._today("2026-04-01"):
            moves = self._bill_now(contract, "2026-04-01")
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 20.0 + 105.0)

    def test_what_is_overdue_is_invoiced_as_it_was(self):
        contract = self._start(bill_until=None)
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            self.assertEqual(self._get_due(order), (63.0, 6.3, 69.3))
            order.action_confirm()
            moves = self._bill_now(contract, "2026-03-11")
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [62.0, 63.0])
        self.assertEqual(len(contract.line_ids), 2)

    def test_free_trial(self):
        self.template.trial_days = 20
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            self.assertEqual(
                order._get_due_first()["notes"],
                ["Nothing is due now: charged from 03/21/2026 on."],
            )
            order.action_confirm()
            self.assertEqual(contract.sudo().action_bill(), [])
        with self._today("2026-03-21"):
            self.assertEqual(self._bill_now(contract, "2026-03-21").amount_untaxed, 155.0)

    def test_while_paused(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-21")
            order = self._upsell(contract, self._seats(3))
            self.assertEqual(
                order._get_due_first()["notes"],
                ["Nothing is due now: charged from the day the contract is resumed."],
            )
            self.assertEqual(self._get_due(order)[0], 0.0)
            order.action_confirm()
        with self._today("2026-03-21"):
            contract.sudo()._apply_due_transitions()
            moves = self._bill_now(contract, "2026-03-21")
        # Five seats for 11 days, less two seats paid for 21 days and used for none of them.
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 55.0 - 42.0)

    def test_scheduled_downgrade_keeps_what_is_sold_now(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.change_quantity(contract.line_ids.id, 1, when="period_end")
        with self._today("2026-03-11"):
            self._upsell(contract, self._seats(3)).action_confirm()
        with self._today("2026-04-01"):
            moves = self._bill_now(contract, "2026-04-01")
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 63.0 + 124.0)

    def test_scheduled_plan_change_comes_first(self):
        contract = self._start()
        with self._today("2026-03-05"):
            contract.change_plan(self.yearly.id)
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            with self.assertRaisesRegex(UserError, "changes to the plan By the year on 04/01"):
                order.action_confirm()

    def test_second_upsell_on_the_same_day(self):
        contract = self._start()
        with self._today("2026-03-11"):
            self._upsell(contract, self._seats(3)).action_confirm()
            order = self._upsell(contract, self._seats(1))
            self.assertEqual(self._get_due(order)[0], 21.0)
            order.action_confirm()
            self.assertEqual(self._bill_now(contract, "2026-03-11").amount_untaxed, 84.0)
        self.assertEqual(contract.sudo().mrr, 186.0)

    def test_line_added_to_the_confirmed_order(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            order.action_confirm()
        with self._today("2026-03-21"):
            order.order_line = [Command.create({"product_id": self.support.id, "price_unit": 31})]
            moves = self._bill_now(contract, "2026-03-21")
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 63.0 + 11.0)
        with self.assertRaisesRegex(UserError, f"runs in the contract {contract.name}"):
            order.order_line[0].product_uom_qty = 7

    def test_the_form_keeps_customer_template_and_plan(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract)
            with Form(order) as form:
                self.assertTrue(form._get_modifier("partner_id", "readonly"))
                self.assertTrue(form._get_modifier("subscription_plan_id", "readonly"))
                with form.order_line.new() as line:
                    line.product_id = self.seat
                    line.price_unit = 31.0
                self.assertEqual(form.subscription_totals["due_first"]["total"], 23.1)
                self.assertIn(
                    "confirming adds these lines to the contract", form.subscription_change_text
                )
        self.assertEqual(order.order_line.subscription_plan_id, self.monthly)

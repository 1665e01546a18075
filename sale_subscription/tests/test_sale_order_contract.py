from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00")
class TestSaleOrderContract(SaleSubscriptionSaleCommon):
    """From a confirmed order to contracts and their first invoices."""

    # === CONFIRMATION === #

    def test_one_contract_per_template_and_plan(self):
        order = self._create_mixed_order()
        order.action_confirm()
        self.assertEqual(order.subscription_count, 2)
        self.assertEqual(set(order.subscription_ids.mapped("state")), {"active"})
        monthly = self._get_contract(order, self.monthly)
        self.assertEqual(monthly.template_id, self.template)
        self.assertEqual(str(monthly.date_start), "2026-03-10")
        self.assertEqual(str(monthly.next_invoice_date), "2026-03-10")
        self.assertRecordValues(
            monthly.line_ids,
            [
                {
                    "product_id": self.seat.id,
                    "quantity": 3.0,
                    "price_unit": 10.0,
                    "discount": 10.0,
                    "price_subtotal": 27.0,
                    "plan_id": self.monthly.id,
                    "order_line_id": order.order_line[0].id,
                }
            ],
        )
        yearly = self._get_contract(order, self.yearly)
        self.assertRecordValues(
            yearly.line_ids,
            [{"product_id": self.support.id, "quantity": 1.0, "price_subtotal": 120.0}],
        )
        self.assertEqual(monthly.mrr, 27.0)
        self.assertEqual(yearly.mrr, 10.0)

    def test_lines_of_the_same_template_and_plan_share_a_contract(self):
        other = self._create_other_template("Hosting", self.monthly)
        hosting = self._create_recurring_product(
            "Hosting", 5.0, self.monthly, subscription_template_id=other.id
        )
        order = self._create_order(
            {"product_id": self.seat.id},
            {"product_id": self.support.id, "subscription_plan_id": self.monthly.id},
            {"product_id": hosting.id},
        )
        order.action_confirm()
        software = order.subscription_ids.filtered(lambda c: c.template_id == self.template)
        self.assertEqual(len(order.subscription_ids), 2)
        self.assertEqual(software.line_ids.product_id, self.seat + self.support)

    def test_everything_carries_over(self):
        # Peers drop unit, fiscal position, payment term, addresses, salesperson and description.
        invoice_address, delivery_address = self.env["res.partner"].create(
            [
                {"name": "Accounts", "type": "invoice", "parent_id": self.customer.id},
                {"name": "Site", "type": "delivery", "parent_id": self.customer.id},
            ]
        )
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        term = self.env["account.payment.term"].create({"name": "30 days"})
        team = self.env["crm.team"].create({"name": "Inside Sales"})
        seller = new_test_user(
            self.env, login="seller", groups="sales_team.group_sale_salesman_all_leads"
        )
        campaign, medium, source = (
            self.env[model].create({"name": "Spring"})
            for model in ("utm.campaign", "utm.medium", "utm.source")
        )
        plan = self.env["account.analytic.plan"].create({"name": "Departments"})
        account = self.env["account.analytic.account"].create({"name": "Sales", "plan_id": plan.id})
        tax = self.env["account.tax"].create({"name": "5%", "amount": 5.0})
        dozen = self.env.ref("uom.product_uom_dozen")
        self.seat.uom_ids = dozen
        order = self._create_order(
            {
                "product_id": self.seat.id,
                "product_uom_id": dozen.id,
                "product_uom_qty": 2,
                "name": "Seats for the north",
                "price_unit": 100.0,
                "discount": 5,
                "tax_ids": [Command.set(tax.ids)],
                "analytic_distribution": {str(account.id): 100},
            },
            partner_invoice_id=invoice_address.id,
            partner_shipping_id=delivery_address.id,
            fiscal_position_id=position.id,
            payment_term_id=term.id,
            campaign_id=campaign.id,
            medium_id=medium.id,
            source_id=source.id,
        )
        order.sudo().write({"user_id": seller.id, "team_id": team.id})
        order.with_user(seller).action_confirm()
        self.assertRecordValues(
            order.sudo().subscription_ids,
            [
                {
                    "partner_id": self.customer.id,
                    "partner_invoice_id": invoice_address.id,
                    "partner_shipping_id": delivery_address.id,
                    "fiscal_position_id": position.id,
                    "payment_term_id": term.id,
                    "pricelist_id": self.pricelist.id,
                    "currency_id": self.company.currency_id.id,
                    "user_id": seller.id,
                    "team_id": team.id,
                    "campaign_id": campaign.id,
                    "medium_id": medium.id,
                    "source_id": source.id,
                    "company_id": self.company.id,
                    "order_ids": order.ids,
                }
            ],
        )
        self.assertRecordValues(
            order.sudo().subscription_ids.line_ids,
            [
                {
                    "name": "Seats for the north",
                    "uom_id": dozen.id,
                    "quantity": 2.0,
                    "price_unit": 100.0,
                    "discount": 5.0,
                    "tax_ids": tax.ids,
                    "analytic_distribution": {str(account.id): 100},
                    "price_subtotal": 190.0,
                }
            ],
        )

    def test_order_without_recurring_lines_makes_no_contract(self):
        order = self._create_order({"product_id": self.setup_fee.id})
        order.action_confirm()
        self.assertFalse(order.subscription_ids)
        self.assertFalse(order.subscription_totals)

    def test_recurring_product_sold_once_makes_no_contract(self):
        order = self._create_order({"product_id": self.seat.id, "subscription_plan_id": False})
        order.action_confirm()
        self.assertFalse(order.subscription_ids)
        self.assertEqual(order.invoice_status, "to invoice")

    def test_lines_without_quantity_are_left_out(self):
        order = self._create_order(
            {"product_id": self.seat.id}, {"product_id": self.support.id, "product_uom_qty": 0}
        )
        order.action_confirm()
        self.assertEqual(order.subscription_ids.line_ids.product_id, self.seat)

    def test_confirmation_is_atomic(self):
        order = self._create_mixed_order()
        contracts = self.env["sale.subscription"].search_count([])
        Contract = self.env.registry["sale.subscription"]
        activate = Contract.action_activate

        def fail_for_yearly(subscription):
            if subscription.plan_id == self.yearly:
                raise UserError("Another module objects")
            return activate(subscription)

        with (
            patch.object(Contract, "action_activate", fail_for_yearly),
            self.assertRaisesRegex(UserError, "Another module objects"),
            self.env.cr.savepoint(),
        ):
            order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.subscription_ids)
        self.assertEqual(self.env["sale.subscription"].search_count([]), contracts)

    def test_confirming_several_orders_at_once(self):
        orders = self._create_mixed_order() + self._create_order({"product_id": self.seat.id})
        orders.action_confirm()
        self.assertEqual(orders.mapped("subscription_count"), [2, 1])

    def test_button_opens_the_contracts(self):
        order = self._create_mixed_order()
        order.action_confirm()
        action = order.action_view_subscriptions()
        self.assertEqual(action["domain"], [("id", "in", order.subscription_ids.ids)])
        single = self._create_order({"product_id": self.seat.id})
        single.action_confirm()
        self.assertEqual(single.action_view_subscriptions()["res_id"], single.subscription_ids.id)

    # === COMPANY AND CURRENCY === #

    def test_contract_belongs_to_the_company_of_the_order(self):
        # Peers take the company of the user.
        other = self.setup_other_company(name="Other Company")["company"]
        other.subscription_tz = "Pacific/Auckland"
        self.salesman.company_ids += other
        order = (
            self.env["sale.order"]
            .with_user(self.salesman)
            .with_context(allowed_company_ids=[self.company.id, other.id])
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "order_line": [Command.create({"product_id": self.seat.id})],
                }
            )
        )
        self.assertEqual(order.env.company, self.company)
        with freeze_time("2026-03-10 22:00:00"):
            order.action_confirm()
        contract = order.subscription_ids
        self.assertEqual(contract.company_id, other)
        # In Auckland it is tomorrow already.
        self.assertEqual(str(contract.date_start), "2026-03-11")

    def test_contract_has_the_currency_of_the_order(self):
        # A peer bills a EUR 5.00 contract as USD 5.00.
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "currency_id": euro.id,
                "company_id": self.company.id,
                "rate": 0.5,
            }
        )
        self.pricelist.currency_id = euro
        order = self._create_order({"product_id": self.seat.id})
        self.assertEqual(order.order_line.price_unit, 5.0)
        order.action_confirm()
        contract = order.subscription_ids
        self.assertEqual(contract.currency_id, euro)
        self.assertEqual(contract.recurring_total, 5.0)
        invoice = self.env["account.move"].browse(contract.action_bill())
        self.assertEqual((invoice.currency_id, invoice.amount_untaxed), (euro, 5.0))

    # === RIGHTS === #

    def test_salesman_confirms_without_accounting_rights(self):
        self.assertFalse(self.salesman.has_group("account.group_account_invoice"))
        order = self._create_mixed_order()
        order.action_confirm()
        contract = self._get_contract(order, self.monthly)
        self.assertEqual(contract.user_id, self.salesman)
        self.assertEqual(contract.with_user(self.salesman).recurring_total, 27.0)
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).charge_ids.unlink()

    def test_colleague_who_only_reads_orders_reads_what_they_say(self):
        """Warehouse staff read orders, but neither plans nor contracts."""
        order = self._create_mixed_order()
        order.action_confirm()
        group = self.env["res.groups"].create({"name": "Order readers"})
        self.env["ir.model.access"].create(
            [
                {
                    "name": f"{model} order readers",
                    "model_id": self.env["ir.model"]._get_id(model),
                    "group_id": group.id,
                    "perm_read": True,
                }
                for model in ("sale.order", "sale.order.line")
            ]
        )
        reader = new_test_user(self.env, login="order_reader", groups="base.group_user")
        reader.group_ids += group
        order = order.with_user(reader)
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            order.env["sale.subscription.plan"].search([])
        self.assertEqual(order.subscription_count, 2)
        self.assertFalse(order.is_only_recurring)
        self.assertEqual(order.subscription_totals["recurring"][0]["untaxed"], 27.0)
        self.assertEqual(order.order_line[0].subscription_period_label, "month")
        self.assertEqual(
            order.web_read({"subscription_plan_id": {}, "allowed_plan_ids": {}})[0]["id"], order.id
        )

    def test_line_joins_the_contract_a_colleague_looks_after(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        colleague = new_test_user(
            self.env, login="colleague", groups="sales_team.group_sale_salesman"
        )
        contract = order.sudo().subscription_ids
        contract.user_id = colleague
        self.env.invalidate_all()
        order.order_line = [
            Command.create({"product_id": self.support.id, "subscription_plan_id": self.monthly.id})
        ]
        self.assertEqual(order.sudo().subscription_ids, contract)
        self.assertEqual(contract.line_ids.product_id, self.seat + self.support)

    def test_visitor_confirms_in_sudo(self):
        public = self.env.ref("base.public_user")
        order = self._create_mixed_order()
        order.with_user(public).sudo()._validate_order()
        self.assertEqual(order.subscription_count, 2)
        self.assertEqual(order.subscription_ids.user_id, self.salesman)
        self.assertEqual(order.subscription_ids.company_id, self.company)

    # === LINES ADDED LATER === #

    def test_line_added_to_a_confirmed_order_joins_its_contract(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        contract = order.subscription_ids
        contract.action_bill()
        with freeze_time("2026-03-20 12:00:00"):
            order.write(
                {
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.support.id,
                                "subscription_plan_id": self.monthly.id,
                            }
                        )
                    ]
                }
            )
            self.assertEqual(order.subscription_ids, contract)
            line = contract.line_ids.filtered(lambda cl: cl.product_id == self.support)
            self.assertEqual(str(line.date_start), "2026-03-20")
            self.assertEqual(line.price_unit, 10.0)
            self.assertEqual(contract.mrr, 20.0)
            invoice = self.env["account.move"].browse(contract.action_bill())
        # 21 of the 31 days from March 10 to April 9 are left: 10 * 21 / 31.
        self.assertEqual(invoice.amount_untaxed, 6.77)

    def test_line_of_another_plan_starts_another_contract(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        self.env["sale.order.line"].with_user(self.salesman).create(
            {"order_id": order.id, "product_id": self.support.id}
        )
        self.assertEqual(order.subscription_count, 2)
        self.assertEqual(self._get_contract(order, self.yearly).recurring_total, 120.0)

    def test_one_time_line_added_later_is_invoiced_by_the_order(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        order.order_line = [Command.create({"product_id": self.setup_fee.id})]
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertFalse(self._get_line(order, self.setup_fee).subscription_line_ids)

    def test_closed_contract_takes_no_more_lines(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        contract = order.subscription_ids
        reason = self.env["sale.subscription.close.reason"].search([], limit=1)
        contract.action_close(reason.id, when="now")
        order.order_line = [
            Command.create({"product_id": self.support.id, "subscription_plan_id": self.monthly.id})
        ]
        self.assertEqual(order.subscription_count, 2)
        self.assertEqual((order.subscription_ids - contract).state, "active")

    def test_confirmed_recurring_line_is_changed_in_its_contract(self):
        order = self._create_mixed_order()
        order.action_confirm()
        seat, _support, setup = order.order_line
        number = self._get_contract(order, self.monthly).name
        for values in (
            {"product_uom_qty": 5},
            {"price_unit": 1.0},
            {"discount": 50},
            {"subscription_plan_id": self.yearly.id},
            {"subscription_plan_id": False},
        ):
            with self.assertRaisesRegex(UserError, f"Seat runs in the contract {number}"):
                seat.write(values)
        with self.assertRaisesRegex(UserError, "The order is confirmed"):
            setup.subscription_plan_id = self.monthly
        setup.product_uom_qty = 2
        seat.name = "Seats, for the record"
        order.subscription_plan_id = self.yearly
        self.assertEqual(seat.subscription_plan_id, self.monthly)
        self.assertEqual(seat.price_unit, 10.0)

    def test_line_of_a_confirmed_order_is_not_deleted(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        with self.assertRaises(UserError):
            order.order_line.unlink()

    # === CANCELLATION === #

    def test_cancelling_the_order_stops_unbilled_contracts(self):
        # A peer leaves the contract running.
        order = self._create_mixed_order()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual(set(order.subscription_ids.mapped("state")), {"cancelled"})
        self.assertEqual(sum(order.subscription_ids.mapped("mrr")), 0.0)

    def test_cancelling_the_order_keeps_billed_contracts(self):
        order = self._create_mixed_order()
        order.action_confirm()
        monthly = self._get_contract(order, self.monthly)
        monthly.action_bill()
        order._action_cancel()
        self.assertEqual(monthly.state, "active")
        self.assertEqual(self._get_contract(order, self.yearly).state, "cancelled")
        self.assertIn(order.name, monthly.message_ids[0].body)

    def test_order_confirmed_again_gets_new_contracts(self):
        order = self._create_mixed_order()
        order.action_confirm()
        old = order.subscription_ids
        order._action_cancel()
        order.action_draft()
        order.order_line[0].subscription_plan_id = self.yearly
        order.action_confirm()
        new = order.subscription_ids - old
        self.assertEqual(len(new), 1)
        self.assertEqual(new.plan_id, self.yearly)
        self.assertEqual(new.state, "active")
        self.assertEqual(set(old.mapped("state")), {"cancelled"})
        self.assertEqual(
            new.charge_ids.product_id, self.setup_fee, "The setup fee rides once more."
        )

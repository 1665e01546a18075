from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
class TestSaleOrderPlans(SaleSubscriptionSaleCommon):
    """Plans and prices on a quotation, by plain create and write unless a form is named."""

    # === WHICH PLAN === #

    def test_lines_take_the_plan_of_their_product(self):
        order = self._create_mixed_order()
        seat, support, setup = order.order_line
        self.assertEqual(seat.subscription_plan_id, self.monthly)
        self.assertEqual(support.subscription_plan_id, self.yearly)
        self.assertFalse(setup.subscription_plan_id)
        self.assertEqual((seat.price_unit, seat.discount, seat.price_subtotal), (10.0, 10.0, 27.0))
        self.assertEqual((support.price_unit, support.price_subtotal), (120.0, 120.0))
        self.assertEqual(setup.price_unit, 50.0)

    def test_plan_of_the_order_goes_to_all_recurring_lines(self):
        order = self._create_mixed_order(subscription_plan_id=self.quarterly.id)
        seat, support, setup = order.order_line
        self.assertEqual((seat + support).subscription_plan_id, self.quarterly)
        self.assertFalse(setup.subscription_plan_id)
        self.assertEqual((seat.price_unit, support.price_unit), (30.0, 30.0))

    def test_changing_the_plan_of_the_order_changes_prices_at_once(self):
        order = self._create_mixed_order()
        order.subscription_plan_id = self.yearly
        seat, support, setup = order.order_line
        self.assertEqual((seat + support).subscription_plan_id, self.yearly)
        self.assertEqual((seat.price_unit, support.price_unit), (120.0, 120.0))
        self.assertEqual(setup.price_unit, 50.0)
        self.assertEqual(order.amount_untaxed, 324.0 + 120.0 + 50.0)
        order.subscription_plan_id = False
        self.assertEqual(seat.subscription_plan_id, self.monthly)
        self.assertEqual((seat.price_unit, support.price_unit), (10.0, 120.0))

    def test_changing_the_plan_of_a_line_changes_its_price_at_once(self):
        order = self._create_mixed_order()
        self._get_line(order, self.seat).subscription_plan_id = self.yearly
        self.assertEqual(order.order_line.mapped("price_unit"), [120.0, 120.0, 50.0])

    def test_plan_chosen_by_hand_survives_the_plan_of_the_order(self):
        order = self._create_order(
            {"product_id": self.seat.id},
            {"product_id": self.support.id, "subscription_plan_id": self.quarterly.id},
        )
        order.subscription_plan_id = self.yearly
        seat, support = order.order_line
        self.assertEqual(seat.subscription_plan_id, self.yearly)
        self.assertEqual(support.subscription_plan_id, self.quarterly)
        seat.subscription_plan_id = self.monthly
        order.subscription_plan_id = self.quarterly
        self.assertEqual(seat.subscription_plan_id, self.monthly)

    def test_recurring_product_may_be_sold_once(self):
        order = self._create_order(
            {"product_id": self.seat.id, "subscription_plan_id": False},
            {"product_id": self.support.id},
        )
        seat, support = order.order_line
        self.assertFalse(seat.subscription_plan_id)
        self.assertFalse(seat.subscription_template_id)
        support.subscription_plan_id = False
        order.subscription_plan_id = self.monthly
        self.assertFalse((seat + support).subscription_plan_id)
        self.assertEqual((seat.price_unit, support.price_unit), (10.0, 120.0))

    def test_product_sold_once_takes_no_plan(self):
        with self.assertRaisesRegex(ValidationError, "Setup isn't sold as a recurring product"):
            self._create_order(
                {"product_id": self.setup_fee.id, "subscription_plan_id": self.monthly.id}
            )
        order = self._create_mixed_order()
        with self.assertRaisesRegex(ValidationError, "Setup isn't sold as a recurring product"):
            self._get_line(order, self.setup_fee).subscription_plan_id = self.monthly

    def test_changing_the_product_changes_the_plan(self):
        order = self._create_order({"product_id": self.seat.id})
        order.order_line.product_id = self.support
        self.assertEqual(order.order_line.subscription_plan_id, self.yearly)
        self.assertEqual(order.order_line.price_unit, 120.0)
        order.order_line.product_id = self.setup_fee
        self.assertFalse(order.order_line.subscription_plan_id)
        self.assertEqual(order.order_line.price_unit, 50.0)

    def test_copy_keeps_plans_and_prices(self):
        order = self._create_mixed_order()
        order.order_line[0].price_unit = 8.0
        order.order_line[1].subscription_plan_id = self.monthly
        copy = order.copy()
        self.assertEqual(copy.order_line.mapped("price_unit"), [8.0, 10.0, 50.0])
        self.assertEqual(copy.order_line.subscription_plan_id, self.monthly)
        self.assertFalse(copy.subscription_ids)
        copy.subscription_plan_id = self.yearly
        self.assertEqual(copy.order_line.mapped("price_unit"), [8.0, 10.0, 50.0])

    # === WHAT IS SET BY HAND === #

    def test_price_set_by_hand_survives_a_change_of_plan(self):
        order = self._create_order(
            {"product_id": self.seat.id, "price_unit": 8.0}, {"product_id": self.support.id}
        )
        seat, support = order.order_line
        support.price_unit = 99.0
        order.subscription_plan_id = self.quarterly
        self.assertEqual(order.order_line.subscription_plan_id, self.quarterly)
        self.assertEqual((seat.price_unit, support.price_unit), (8.0, 99.0))
        seat.subscription_plan_id = self.yearly
        self.assertEqual(seat.price_unit, 8.0)

    def test_price_equal_to_the_price_list_follows_it(self):
        order = self._create_order({"product_id": self.seat.id, "price_unit": 10.0})
        order.subscription_plan_id = self.yearly
        self.assertEqual(order.order_line.price_unit, 120.0)

    def test_discount_set_by_hand_survives_a_change_of_plan_and_quantity(self):
        self._enable_discounts()
        self._create_rule(
            compute_price="percentage", percent_price=20, subscription_plan_id=self.yearly.id
        )
        order = self._create_order(
            {"product_id": self.seat.id, "discount": 10}, {"product_id": self.seat.id}
        )
        by_hand, by_list = order.order_line
        order.subscription_plan_id = self.yearly
        self.assertEqual((by_hand.price_unit, by_hand.discount), (120.0, 10.0))
        self.assertEqual((by_list.price_unit, by_list.discount), (120.0, 20.0))
        by_list.discount = 5.0
        order.order_line.product_uom_qty = 4
        self.assertEqual(order.order_line.mapped("discount"), [10.0, 5.0])
        order.subscription_plan_id = self.monthly
        self.assertEqual(order.order_line.mapped("discount"), [10.0, 5.0])
        self.assertEqual(order.order_line.mapped("price_unit"), [10.0, 10.0])

    def test_discount_of_the_price_list_follows_the_plan(self):
        self._enable_discounts()
        self._create_rule(
            compute_price="percentage", percent_price=20, subscription_plan_id=self.yearly.id
        )
        order = self._create_order({"product_id": self.seat.id})
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (10.0, 0.0))
        order.subscription_plan_id = self.yearly
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (120.0, 20.0))
        order.subscription_plan_id = self.monthly
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (10.0, 0.0))

    def test_update_prices_takes_the_price_list_again(self):
        self._enable_discounts()
        order = self._create_order(
            {"product_id": self.seat.id, "price_unit": 8.0, "discount": 10},
        )
        self._create_rule(
            compute_price="percentage", percent_price=20, subscription_plan_id=self.monthly.id
        )
        order.action_update_prices()
        self.assertEqual((order.order_line.price_unit, order.order_line.discount), (10.0, 20.0))

    def test_one_time_lines_keep_cores_behaviour(self):
        self._enable_discounts()
        order = self._create_order({"product_id": self.setup_fee.id, "discount": 10})
        order.order_line.product_uom_qty = 2
        self.assertEqual(order.order_line.discount, 0.0)

    def _enable_discounts(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "sale.group_discount_per_so_line"
        )

    # === PRICE LISTS === #

    def test_price_list_of_the_plan(self):
        self._create_product_rule(self.seat, 9.0, subscription_plan_id=self.monthly.id)
        self._create_product_rule(
            self.seat, 7.5, subscription_plan_id=self.monthly.id, min_quantity=10
        )
        self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.yearly.id)
        order = self._create_order({"product_id": self.seat.id, "product_uom_qty": 3})
        line = order.order_line
        self.assertEqual(line.price_unit, 9.0)
        line.product_uom_qty = 10
        self.assertEqual(line.price_unit, 7.5)
        line.subscription_plan_id = self.yearly
        self.assertEqual(line.price_unit, 99.0)
        line.subscription_plan_id = self.quarterly
        self.assertEqual(line.price_unit, 30.0)
        line.subscription_plan_id = False
        self.assertEqual(line.price_unit, 10.0)

    def test_unit_of_measure(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.seat.uom_ids = dozen
        order = self._create_order({"product_id": self.seat.id, "product_uom_id": dozen.id})
        self.assertEqual(order.order_line.price_unit, 120.0)
        order.subscription_plan_id = self.yearly
        self.assertEqual(order.order_line.price_unit, 1440.0)

    def test_tax_included_price_of_a_plan_follows_the_fiscal_position(self):
        included, excluded = self.env["account.tax"].create(
            [
                {"name": "Included", "amount": 20.0, "price_include_override": "tax_included"},
                {"name": "Excluded", "amount": 20.0, "price_include_override": "tax_excluded"},
            ]
        )
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        excluded.write(
            {
                "original_tax_ids": [Command.set(included.ids)],
                "fiscal_position_ids": [Command.set(position.ids)],
            }
        )
        self.seat.taxes_id = included
        order = self._create_order(
            {"product_id": self.seat.id, "subscription_plan_id": self.yearly.id},
            fiscal_position_id=position.id,
        )
        self.assertEqual(order.order_line.price_unit, 100.0)
        self.assertEqual(order.order_line.price_total, 120.0)

    def test_catalog_shows_and_adds_plan_prices(self):
        self._create_product_rule(self.support, 100.0, subscription_plan_id=self.yearly.id)
        order = self._create_order(subscription_plan_id=self.yearly.id)
        data = order._get_product_catalog_order_data(self.seat + self.support + self.setup_fee)
        self.assertEqual(data[self.seat.id]["price"], 120.0)
        self.assertEqual(data[self.support.id]["price"], 100.0)
        self.assertEqual(data[self.setup_fee.id]["price"], 50.0)

    def test_what_is_no_number_is_refused(self):
        for values in (
            {"price_unit": float("nan")},
            {"price_unit": float("inf")},
            {"price_unit": 1e300},
            {"discount": 1e300},
        ):
            with self.subTest(**values), self.assertRaisesRegex(ValidationError, "be numbers"):
                self._create_order({"product_id": self.seat.id, **values})

    # === TEMPLATES === #

    def test_template_of_the_order_decides(self):
        other = self._create_other_template("Hosting", self.yearly | self.quarterly)
        order = self._create_mixed_order(subscription_template_id=other.id)
        seat, support, setup = order.order_line
        self.assertEqual(order.subscription_plan_id, other._get_default_plan())
        self.assertEqual((seat + support).subscription_template_id, other)
        self.assertEqual((seat + support).subscription_plan_id, other._get_default_plan())
        self.assertFalse(setup.subscription_template_id)

    def test_template_of_the_product_or_the_first_that_offers_the_plan(self):
        self.env["sale.subscription.template"].search([]).sequence = 20
        other = self._create_other_template("Hosting", self.quarterly, sequence=1)
        free = self._create_recurring_product(
            "Free", 5.0, self.quarterly, subscription_template_id=False
        )
        order = self._create_order({"product_id": self.seat.id}, {"product_id": free.id})
        self.assertEqual(order.order_line[0].subscription_template_id, self.template)
        self.assertEqual(order.order_line[1].subscription_template_id, other)
        order.order_line[1].subscription_plan_id = self.yearly
        self.assertEqual(order.order_line[1].subscription_template_id, self.template)

    def test_template_that_does_not_offer_the_plan(self):
        other = self._create_other_template("Hosting", self.yearly)
        order = self._create_order({"product_id": self.seat.id})
        order.subscription_template_id = other
        # Nobody chose the monthly plan by hand: the line takes what the template offers.
        self.assertEqual(order.order_line.subscription_plan_id, self.yearly)
        with self.assertRaisesRegex(ValidationError, "Hosting doesn't offer the plan By the month"):
            order.order_line.subscription_plan_id = self.monthly

    def test_no_template_offers_the_plan(self):
        weekly = self.env["sale.subscription.plan"].create(
            {"name": "Oddly", "interval_unit": "day"}
        )
        odd = self._create_recurring_product("Odd", 1.0, weekly, subscription_template_id=False)
        order = self._create_order({"product_id": odd.id})
        self.assertFalse(order.order_line.subscription_template_id)
        with self.assertRaisesRegex(UserError, "No contract template offers the plan Oddly"):
            order.action_confirm()
        self.assertEqual(order.state, "draft")

    # === QUOTATION TEMPLATES === #

    def _create_quotation_template(self, **values):
        return self.env["sale.order.template"].create(
            {
                "name": "Starter",
                "subscription_template_id": self.template.id,
                "subscription_plan_id": self.quarterly.id,
                "sale_order_template_line_ids": [
                    Command.create({"product_id": self.seat.id, "product_uom_qty": 2}),
                    Command.create(
                        {
                            "product_id": self.support.id,
                            "subscription_plan_id": self.yearly.id,
                        }
                    ),
                    Command.create({"product_id": self.setup_fee.id}),
                ],
                **values,
            }
        )

    def test_quotation_template_on_the_form(self):
        quotation_template = self._create_quotation_template()
        self.env.ref("base.group_user").implied_ids += self.env.ref(
            "sale_management.group_sale_order_template"
        )
        form = Form(self.env["sale.order"].with_user(self.salesman))
        form.partner_id = self.customer
        form.sale_order_template_id = quotation_template
        order = form.save()
        self.assertEqual(order.subscription_template_id, self.template)
        self.assertEqual(order.subscription_plan_id, self.quarterly)
        seat, support, setup = order.order_line
        self.assertEqual(seat.subscription_plan_id, self.quarterly)
        self.assertEqual(support.subscription_plan_id, self.yearly)
        self.assertFalse(setup.subscription_plan_id)
        self.assertEqual(order.order_line.mapped("price_unit"), [30.0, 120.0, 50.0])
        order.subscription_plan_id = self.monthly
        self.assertEqual(order.order_line.mapped("price_unit"), [10.0, 120.0, 50.0])

    def test_quotation_template_over_rpc(self):
        order = self._create_order(
            {"product_id": self.seat.id},
            sale_order_template_id=self._create_quotation_template().id,
        )
        self.assertEqual(order.subscription_template_id, self.template)
        self.assertEqual(order.subscription_plan_id, self.quarterly)
        self.assertEqual(order.order_line.price_unit, 30.0)

    def test_quotation_template_proposes_the_first_plan_and_refuses_foreign_ones(self):
        other = self._create_other_template("Hosting", self.yearly)
        quotation_template = self.env["sale.order.template"].create(
            {"name": "Hosting", "subscription_template_id": other.id}
        )
        self.assertEqual(quotation_template.subscription_plan_id, self.yearly)
        with self.assertRaisesRegex(ValidationError, "doesn't offer the plan By the month"):
            quotation_template.subscription_plan_id = self.monthly
        with self.assertRaisesRegex(ValidationError, "Setup isn't sold as a recurring product"):
            self._create_quotation_template(
                sale_order_template_line_ids=[
                    Command.create(
                        {
                            "product_id": self.setup_fee.id,
                            "subscription_plan_id": self.yearly.id,
                        }
                    )
                ]
            )

    # === THE FORM === #

    def test_order_form(self):
        form = Form(self.env["sale.order"].with_user(self.salesman))
        form.partner_id = self.customer
        with form.order_line.new() as line:
            line.product_id = self.seat
            self.assertEqual(line.subscription_plan_id, self.monthly)
            self.assertEqual(line.price_unit, 10.0)
        with form.order_line.new() as line:
            line.product_id = self.support
            line.price_unit = 99.0
        with form.order_line.new() as line:
            line.product_id = self.setup_fee
        form.subscription_plan_id = self.quarterly
        with form.order_line.edit(0) as line:
            self.assertEqual(line.price_unit, 30.0)
            line.subscription_plan_id = self.yearly
            self.assertEqual(line.price_unit, 120.0)
        order = form.save()
        self.assertEqual(order.order_line.mapped("price_unit"), [120.0, 99.0, 50.0])
        self.assertEqual(
            order.order_line.mapped("subscription_plan_id"), self.yearly | self.quarterly
        )
        with Form(order) as form:
            form.subscription_plan_id = self.monthly
        # The plan of the first line and the price of the second were chosen by hand.
        self.assertEqual(order.order_line.mapped("price_unit"), [120.0, 99.0, 50.0])
        self.assertEqual(order.order_line[0].subscription_plan_id, self.yearly)
        self.assertEqual(order.order_line[1].subscription_plan_id, self.monthly)
        self.assertFalse(order.order_line[2].subscription_plan_id)

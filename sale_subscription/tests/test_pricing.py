from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
class TestSubscriptionPricing(SaleSubscriptionSaleCommon):
    """What a recurring product costs: the price per plan."""

    def _price(self, product, plan, quantity=1.0, **kwargs):
        return product._get_subscription_price(plan, self.pricelist, quantity, **kwargs)

    # === THE SALES PRICE, SCALED === #

    def test_sales_price_is_scaled_to_the_length_of_the_plan(self):
        weekly = self.env["sale.subscription.plan"].create(
            {"name": "Week", "interval_unit": "week"}
        )
        self.assertEqual(self._price(self.seat, self.monthly), 10.0)
        self.assertEqual(self._price(self.seat, self.quarterly), 30.0)
        self.assertEqual(self._price(self.seat, self.yearly), 120.0)
        self.assertEqual(self._price(self.support, self.monthly), 10.0)
        # A year has 52 weeks: 120 / 52.
        self.assertAlmostEqual(self._price(self.seat, weekly), 2.307692307692, 12)

    def test_scaling_carries_no_binary_error(self):
        self.seat.list_price = 9.99
        # In floating point 9.99 * 12 is 119.88000000000001.
        self.assertEqual(self._price(self.seat, self.yearly), 119.88)

    def test_without_price_list_the_sales_price_counts(self):
        empty = self.env["product.pricelist"]
        self.assertEqual(self.seat._get_subscription_price(self.yearly, empty), 120.0)

    def test_a_product_sold_once_is_not_scaled(self):
        self.assertEqual(self._price(self.setup_fee, self.yearly), 50.0)

    def test_extra_price_of_a_variant_is_scaled_too(self):
        attribute = self.env["product.attribute"].create(
            {
                "name": "Storage",
                "value_ids": [
                    Command.create({"name": "Small"}),
                    Command.create({"name": "Large"}),
                ],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Drive",
                "list_price": 10.0,
                "recurring_invoice": True,
                "subscription_plan_id": self.monthly.id,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(attribute.value_ids.ids)],
                        }
                    )
                ],
            }
        )
        template.attribute_line_ids.product_template_value_ids[1].price_extra = 2.0
        large = template.product_variant_ids[1]
        self.assertEqual(self._price(large, self.monthly), 12.0)
        self.assertEqual(self._price(large, self.yearly), 144.0)

    def test_unit_of_measure(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        self.assertEqual(self._price(self.seat, self.yearly, uom=dozen), 1440.0)

    @freeze_time("2026-03-10")
    def test_foreign_currency(self):
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
        self.assertEqual(self._price(self.seat, self.monthly), 5.0)
        self.assertEqual(self._price(self.seat, self.yearly), 60.0)

    # === PRICE-LIST RULES === #

    def test_rule_of_the_plan_counts_for_that_plan_alone(self):
        self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.yearly.id)
        self.assertEqual(self._price(self.seat, self.yearly), 99.0)
        self.assertEqual(self._price(self.seat, self.monthly), 10.0)
        self.assertEqual(self._price(self.seat, self.quarterly), 30.0)

    def test_rule_of_a_plan_never_prices_a_one_time_sale(self):
        self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.yearly.id)
        self._create_rule(
            compute_price="percentage", percent_price=50, subscription_plan_id=self.monthly.id
        )
        self.assertEqual(self.pricelist._get_product_price(self.seat, 1.0), 10.0)
        self.assertEqual(self.pricelist._get_product_price(self.setup_fee, 1.0), 50.0)

    def test_rule_of_the_plan_beats_more_specific_generic_ones(self):
        self._create_rule(
            applied_on="0_product_variant",
            product_id=self.seat.id,
            compute_price="fixed",
            fixed_price=7.0,
            min_quantity=10,
        )
        self._create_rule(
            compute_price="percentage", percent_price=25, subscription_plan_id=self.yearly.id
        )
        self.assertEqual(self._price(self.seat, self.yearly, 10), 90.0)
        self.assertEqual(self._price(self.seat, self.monthly, 10), 7.0)

    def test_core_orders_rules_of_the_same_plan(self):
        self._create_rule(
            compute_price="fixed", fixed_price=200.0, subscription_plan_id=self.yearly.id
        )
        self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.yearly.id)
        self._create_product_rule(
            self.seat, 80.0, subscription_plan_id=self.yearly.id, min_quantity=10
        )
        self.assertEqual(self._price(self.seat, self.yearly, 1), 99.0)
        self.assertEqual(self._price(self.seat, self.yearly, 10), 80.0)
        self.assertEqual(self._price(self.support, self.yearly, 1), 200.0)

    def test_generic_fixed_price_is_scaled(self):
        self._create_product_rule(self.seat, 8.0)
        self.assertEqual(self._price(self.seat, self.monthly), 8.0)
        self.assertEqual(self._price(self.seat, self.yearly), 96.0)

    def test_generic_discount_applies_to_the_scaled_price(self):
        self._create_rule(compute_price="percentage", percent_price=10)
        self.assertEqual(self._price(self.seat, self.yearly), 108.0)

    def test_generic_formula_applies_to_the_scaled_price(self):
        self._create_rule(
            compute_price="formula", price_discount=10, price_round=10, price_surcharge=-0.01
        )
        # 120 less 10 % is 108, rounded to 110, less a cent.
        self.assertAlmostEqual(self._price(self.seat, self.yearly), 109.99)

    def test_cost_as_base_is_scaled(self):
        self.seat.standard_price = 4.0
        self._create_rule(compute_price="formula", base="standard_price", price_markup=50)
        self.assertEqual(self._price(self.seat, self.monthly), 6.0)
        self.assertEqual(self._price(self.seat, self.yearly), 72.0)

    def test_price_list_as_base_is_scaled_once_and_asked_for_the_plan(self):
        base = self.env["product.pricelist"].create({"name": "Base"})
        self._create_rule(
            compute_price="formula", base="pricelist", base_pricelist_id=base.id, price_discount=50
        )
        self.assertEqual(self._price(self.seat, self.yearly), 60.0)
        self._create_product_rule(
            self.seat, 100.0, pricelist_id=base.id, subscription_plan_id=self.yearly.id
        )
        self.assertEqual(self._price(self.seat, self.yearly), 50.0)

    def test_rule_with_dates(self):
        self._create_product_rule(
            self.seat,
            90.0,
            subscription_plan_id=self.yearly.id,
            date_start="2026-06-01 00:00:00",
            date_end="2026-06-30 23:59:59",
        )
        self.assertEqual(self._price(self.seat, self.yearly, date="2026-05-31 12:00:00"), 120.0)
        self.assertEqual(self._price(self.seat, self.yearly, date="2026-06-15 12:00:00"), 90.0)

    def test_rule_names_its_period(self):
        rule = self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.yearly.id)
        self.assertEqual(rule.price.replace("\xa0", " "), "$ 99.00 per year")

    def test_a_plan_with_prices_is_not_deleted(self):
        self._create_product_rule(self.seat, 99.0, subscription_plan_id=self.quarterly.id)
        self.template.plan_ids -= self.quarterly
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.quarterly.unlink()

    # === PRODUCTS === #

    def test_recurring_product_gets_the_monthly_plan(self):
        product = self.env["product.template"].create({"name": "Gym", "recurring_invoice": True})
        self.assertEqual(product.subscription_plan_id.interval_unit, "month")
        self.assertEqual(product.subscription_plan_id.interval_count, 1)
        self.assertEqual(product.subscription_period_label, "month")
        product.recurring_invoice = False
        self.assertFalse(product.subscription_plan_id)

    def test_product_form(self):
        with Form(self.env["product.template"]) as form:
            form.name = "Gym"
            form.recurring_invoice = True
            self.assertEqual(form.subscription_period_label, "month")
            form.subscription_plan_id = self.yearly
        self.assertEqual(form.record.subscription_plan_id, self.yearly)

    def test_colleague_without_sales_rights_makes_a_product(self):
        keeper = new_test_user(
            self.env, login="keeper", groups="base.group_user,product.group_product_manager"
        )
        Template = self.env["product.template"].with_user(keeper)
        product = Template.create({"name": "Gym", "list_price": 10.0, "recurring_invoice": True})
        self.assertEqual(product.subscription_period_label, "month")
        with Form(product) as form:
            form.name = "Gym, open all night"
        rule = self._create_product_rule(
            product.product_variant_id, 99.0, subscription_plan_id=self.yearly.id
        )
        Form(rule.with_user(keeper))
        self.assertEqual(
            product.product_variant_id._get_subscription_price(
                self.yearly.with_user(keeper), self.pricelist.with_user(keeper)
            ),
            99.0,
        )

    def test_recurring_product_needs_a_plan(self):
        with self.assertRaisesRegex(ValidationError, "choose the plan"):
            self.seat.subscription_plan_id = False

    def test_combo_is_never_recurring(self):
        combo = self.env["product.combo"].create(
            {
                "name": "Set",
                "combo_item_ids": [Command.create({"product_id": self.setup_fee.id})],
            }
        )
        with self.assertRaisesRegex(ValidationError, "combo"):
            self.env["product.template"].create(
                {
                    "name": "Bundle",
                    "type": "combo",
                    "combo_ids": [Command.set(combo.ids)],
                    "recurring_invoice": True,
                }
            )

    def test_configurator_shows_the_price_of_the_products_own_plan(self):
        self._create_product_rule(self.support, 100.0, subscription_plan_id=self.yearly.id)
        price, _rule = self.env["product.template"]._get_configurator_price(
            self.support, 1.0, False, self.company.currency_id, self.pricelist
        )
        self.assertEqual(price, 100.0)

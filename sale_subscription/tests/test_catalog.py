from datetime import date
from fractions import Fraction

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.modules.module import load_script
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.product.tests.common import ProductCommon


class CatalogCommon(ProductCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.monthly = cls.env.ref("sale_subscription.plan_monthly")
        cls.quarterly = cls.env.ref("sale_subscription.plan_quarterly")
        cls.yearly = cls.env.ref("sale_subscription.plan_yearly")
        cls.weekly = cls.env.ref("sale_subscription.plan_weekly")
        cls.template = cls.env["sale.subscription.template"].create(
            {"name": "Gym", "plan_ids": [Command.set((cls.yearly | cls.monthly).ids)]}
        )
        cls.salesman = new_test_user(
            cls.env, "catalog salesman", groups="sales_team.group_sale_salesman"
        )
        cls.manager = new_test_user(
            cls.env, "catalog manager", groups="sales_team.group_sale_manager"
        )

    @classmethod
    def _create_contract(cls, **values):
        partner = cls.env["res.partner"].create({"name": "Catalog customer"})
        return cls.env["sale.subscription"].create(
            {
                "partner_id": partner.id,
                "template_id": cls.template.id,
                "plan_id": cls.monthly.id,
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestPlan(CatalogCommon):
    def test_period_label_reads_after_per(self):
        labels = (self.monthly | self.quarterly | self.yearly | self.weekly).mapped("period_label")
        self.assertEqual(labels, ["month", "3 months", "year", "week"])

    def test_scale_between_plans_is_exact(self):
        self.assertEqual(self.monthly._get_scale_to(self.yearly), 12)
        self.assertEqual(self.yearly._get_scale_to(self.monthly), Fraction(1, 12))
        self.assertEqual(self.quarterly._get_scale_to(self.yearly), 4)
        self.assertEqual(self.weekly._get_scale_to(self.yearly), 52)
        self.assertEqual(self.monthly._get_scale_to(self.monthly), 1)

    def test_daily_plan_has_365_periods_a_year(self):
        daily = self.env["sale.subscription.plan"].create({"name": "Daily", "interval_unit": "day"})
        self.assertEqual(daily._get_scale_to(self.yearly), 365)

    def test_mrr_is_exact(self):
        self.assertEqual(Fraction(self.yearly._get_mrr(100)), Fraction(100, 12))
        self.assertEqual(Fraction(self.weekly._get_mrr(12)), 52)

    def test_recurrence_keeps_the_last_day_of_the_month(self):
        recurrence = self.monthly._get_recurrence(date(2026, 1, 31))
        self.assertEqual(recurrence.boundary(1), date(2026, 2, 28))
        self.assertEqual(recurrence.boundary(2), date(2026, 3, 31))

    def test_recurrence_on_a_day_of_the_month(self):
        recurrence = self.monthly._get_recurrence(date(2026, 1, 20), day=1)
        self.assertEqual(recurrence.next_after(date(2026, 1, 20)), date(2026, 2, 1))

    def test_day_of_month_does_not_apply_to_weeks(self):
        recurrence = self.weekly._get_recurrence(date(2026, 1, 20), day=1)
        self.assertEqual(recurrence.next_after(date(2026, 1, 20)), date(2026, 1, 27))

    @mute_logger("odoo.sql_db")
    def test_interval_must_be_positive(self):
        for count in (0, -1):
            with self.assertRaises(CheckViolation), self.cr.savepoint():
                self.env["sale.subscription.plan"].create(
                    {"name": "Never", "interval_count": count}
                )

    def test_interval_beyond_a_century_is_a_mistake(self):
        with self.assertRaises(ValidationError):
            self.env["sale.subscription.plan"].create(
                {"name": "Too long", "interval_unit": "year", "interval_count": 101}
            )

    def test_length_of_a_used_plan_is_fixed(self):
        self._create_contract()
        with self.assertRaisesRegex(UserError, "Monthly"):
            self.monthly.interval_count = 2
        with self.assertRaises(UserError):
            self.monthly.with_user(self.manager).interval_unit = "week"

    def test_used_plan_may_be_renamed_and_saved_unchanged(self):
        self._create_contract()
        self.monthly.write({"name": "Each month", "interval_count": 1, "interval_unit": "month"})
        self.assertEqual(self.monthly.name, "Each month")

    def test_length_of_an_unused_plan_may_change(self):
        plan = self.env["sale.subscription.plan"].create({"name": "Draft plan"})
        plan.interval_count = 2
        self.assertEqual(plan.period_label, "2 months")

    def test_copy_is_told_apart(self):
        self.assertEqual(self.monthly.copy().name, "Monthly (copy)")


@tagged("post_install", "-at_install")
class TestTemplate(CatalogCommon):
    def test_first_plan_by_sequence_is_the_default(self):
        self.assertEqual(self.template._get_default_plan(), self.monthly)

    def test_default_plan_skips_archived_ones(self):
        self.monthly.active = False
        self.template.invalidate_recordset()
        self.assertEqual(self.template._get_default_plan(), self.yearly)

    def test_new_template_bills_in_advance_on_the_anniversary_and_sends(self):
        self.assertRecordValues(
            self.template,
            [
                {
                    "invoicing_mode": "send",
                    "timing": "advance",
                    "anchor": "anniversary",
                    "anchor_day": 1,
                    "invoice_date_policy": "period",
                    "closable": "period_end",
                    "portal_access": "restricted",
                    "token_access": "view",
                    "retry_days": "1,3,5,7",
                    "auto_close_days": 0,
                }
            ],
        )

    @mute_logger("odoo.sql_db")
    def test_impossible_numbers_are_refused(self):
        for values in (
            {"anchor_day": 0},
            {"anchor_day": 32},
            {"duration_count": -1},
            {"trial_days": -1},
            {"auto_close_days": -1},
        ):
            with self.subTest(values), self.assertRaises(CheckViolation), self.cr.savepoint():
                self.template.write(values)
                self.template.flush_recordset()

    def test_retry_days_are_growing_numbers(self):
        for text in ("1,1", "3,2", "0", "-1,2", "soon", "1;2"):
            with self.subTest(text), self.assertRaises(ValidationError):
                self.template.retry_days = text
        self.template.retry_days = "2, 4,8"
        self.assertEqual(self.template._get_retry_days(), (2, 4, 8))
        self.template.retry_days = False
        self.assertEqual(self.template._get_retry_days(), ())

    def test_renewal_needs_a_duration(self):
        with self.assertRaises(ValidationError):
            self.template.auto_renew = True
        self.template.write({"auto_renew": True, "duration_count": 1})
        self.assertTrue(self.template.auto_renew)

    def test_form_takes_back_the_renewal_without_a_duration(self):
        self.template.write({"auto_renew": True, "duration_count": 1})
        with Form(self.template) as form:
            form.duration_count = 0
        self.assertFalse(self.template.auto_renew)

    def test_line_takes_the_unit_of_its_product(self):
        self.template.line_ids = [Command.create({"product_id": self.product.id})]
        self.assertEqual(self.template.line_ids.uom_id, self.product.uom_id)
        self.assertEqual(self.template.line_ids.quantity, 1.0)

    def test_copy_takes_lines_and_options(self):
        self.template.write(
            {
                "line_ids": [Command.create({"product_id": self.product.id, "quantity": 3})],
                "option_ids": [Command.create({"product_id": self.product.id, "max_quantity": 5})],
            }
        )
        copy = self.template.copy()
        self.assertEqual(copy.name, "Gym (copy)")
        self.assertEqual(copy.plan_ids, self.template.plan_ids)
        self.assertEqual(copy.line_ids.quantity, 3)
        self.assertEqual(copy.option_ids.max_quantity, 5)

    @mute_logger("odoo.sql_db")
    def test_quotas_are_in_order_and_sane(self):
        for quantities, error in (
            ((-1, 0), CheckViolation),
            ((3, 2), CheckViolation),
            ((0, 1e13), ValidationError),
        ):
            with self.subTest(quantities), self.assertRaises(error), self.cr.savepoint():
                self.env["sale.subscription.template.option"].create(
                    {
                        "template_id": self.template.id,
                        "product_id": self.product.id,
                        "min_quantity": quantities[0],
                        "max_quantity": quantities[1],
                    }
                )

    def test_contract_count(self):
        self._create_contract()
        self.assertEqual(self.template.contract_count, 1)
        self.assertEqual(
            self.env["sale.subscription"].search(self.template.action_view_contracts()["domain"]),
            self.env["sale.subscription"].search([("template_id", "=", self.template.id)]),
        )

    def test_shared_template_cannot_offer_a_plan_of_one_company(self):
        self.yearly.company_id = self.env.company
        with self.assertRaises(UserError):
            self.template.plan_ids = [Command.link(self.yearly.copy().id)]
            self.template._check_company()

    def test_journal_is_kept_per_company(self):
        other = self.env["res.company"].create({"name": "Other company"})
        journal = self.env["account.journal"].create(
            {"name": "Contracts", "code": "CTR", "type": "sale"}
        )
        self.template.journal_id = journal
        self.assertEqual(self.template.journal_id, journal)
        self.assertFalse(self.template.with_company(other).journal_id)


@tagged("post_install", "-at_install")
class TestStageTagReason(CatalogCommon):
    def test_every_state_has_a_stage(self):
        stages = self.env["sale.subscription.stage"]
        names = [
            stages._get_first(state).name
            for state in ("draft", "active", "paused", "closed", "cancelled")
        ]
        self.assertEqual(names, ["Draft", "In Progress", "Paused", "Closed", "Cancelled"])

    def test_stage_with_contracts_keeps_its_state(self):
        contract = self._create_contract()
        with self.assertRaisesRegex(UserError, "Draft"):
            contract.stage_id.state = "paused"
        contract.stage_id.write({"state": "draft", "name": "New"})
        self.assertEqual(contract.stage_id.name, "New")

    def test_empty_stage_may_change_its_state(self):
        stage = self.env["sale.subscription.stage"].create({"name": "Dormant"})
        stage.state = "paused"
        self.assertEqual(stage.state, "paused")

    @mute_logger("odoo.sql_db")
    def test_tag_names_are_unique(self):
        self.env["sale.subscription.tag"].create({"name": "VIP"})
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.env["sale.subscription.tag"].create({"name": "VIP"})

    def test_automatic_reasons_cannot_be_deleted(self):
        for name in ("end_date", "non_payment"):
            with self.assertRaises(UserError):
                self.env.ref(f"sale_subscription.close_reason_{name}").unlink()
        self.env.ref("sale_subscription.close_reason_other").unlink()

    def test_involuntary_reasons(self):
        reasons = self.env["sale.subscription.close.reason"].search([("voluntary", "=", False)])
        self.assertEqual(
            reasons.mapped("name"), ["Non-payment", "Reached its end date", "Trial ended"]
        )

    def test_reasons_for_customers(self):
        """What somebody else decided, or says of a customer, is nothing a customer chooses."""
        Reason = self.env["sale.subscription.close.reason"]
        shipped = Reason.search([]).filtered(lambda reason: reason.get_external_id()[reason.id])
        offered = shipped.filtered("is_for_customers")
        self.assertEqual(
            offered.mapped("name"),
            [
                "Too expensive",
                "Missing features",
                "Poor service",
                "Switched to a competitor",
                "Other",
            ],
        )
        self.assertEqual(len(shipped), 9)
        reason = Reason.create({"name": "Moved"})
        self.assertTrue(reason.is_for_customers)
        reason.voluntary = False
        self.assertFalse(reason.is_for_customers)
        reason.is_for_customers = True
        self.assertTrue(reason.is_for_customers)

    def test_the_upgrade_keeps_customers_from_a_reason_said_of_them(self):
        reason = self.env.ref("sale_subscription.close_reason_customer_gone")
        reason.is_for_customers = True
        script = file_path("sale_subscription/migrations/19.0.1.1.0/post-close-reasons.py")
        load_script(script, "post-close-reasons").migrate(self.env.cr, "19.0.1.0.0")
        self.assertFalse(reason.is_for_customers)


@tagged("post_install", "-at_install")
class TestCatalogRights(CatalogCommon):
    def test_salesman_reads_the_catalog(self):
        self.assertEqual(self.template.with_user(self.salesman).plan_ids[:1].name, "Monthly")

    def test_salesman_does_not_configure(self):
        for record in (self.template, self.monthly, self.env.ref("sale_subscription.stage_draft")):
            with self.assertRaises(AccessError):
                record.with_user(self.salesman).name = "Mine"

    def test_salesman_makes_tags(self):
        tag = self.env["sale.subscription.tag"].with_user(self.salesman).create({"name": "Hot"})
        with self.assertRaises(AccessError):
            tag.unlink()

    def test_manager_configures(self):
        template = self.template.with_user(self.manager)
        template.write(
            {
                "name": "Gym and pool",
                "line_ids": [Command.create({"product_id": self.product.id})],
            }
        )
        self.assertEqual(self.template.name, "Gym and pool")

    def test_catalog_of_another_company_is_hidden(self):
        other = self.env["res.company"].create({"name": "Other company"})
        hidden = self.env["sale.subscription.template"].create(
            {"name": "Hidden", "company_id": other.id, "plan_ids": [Command.link(self.monthly.id)]}
        )
        found = self.env["sale.subscription.template"].with_user(self.salesman).search([])
        self.assertNotIn(hidden, found)
        self.assertIn(self.template, found)

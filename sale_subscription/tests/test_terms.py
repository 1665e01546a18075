from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestTerms(SubscriptionCommon):
    """Taxes that follow the customer, the company's day, companies and rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.belgium = cls.env.ref("base.be")
        cls.chile = cls.env.ref("base.cl")
        cls.export = cls.env["account.fiscal.position"].create(
            {"name": "Chile", "auto_apply": True, "country_id": cls.chile.id}
        )
        cls.tax_0 = cls.tax_15.copy(
            {
                "name": "0%",
                "amount": 0.0,
                "fiscal_position_ids": [Command.set(cls.export.ids)],
                "original_tax_ids": [Command.set(cls.tax_15.ids)],
            }
        )

    # === TAXES === #
    def test_running_contract_follows_the_customers_country(self):
        contract = self._activate("2026-03-01")
        self.assertEqual(contract.line_ids.tax_ids, self.tax_15)
        self._bill(contract, "2026-03-01")
        self.partner.country_id = self.chile
        self.assertEqual(contract.fiscal_position_id, self.export)
        self.assertEqual(contract.line_ids.tax_ids, self.tax_0)
        self.assertEqual((contract.recurring_total, contract.recurring_tax), (10.0, 0.0))
        move = self._bill(contract, "2026-04-01")
        self.assertEqual((move.amount_untaxed, move.amount_tax), (10.0, 0.0))
        self.assertEqual(move.fiscal_position_id, self.export)

    def test_delivery_country_decides(self):
        shop = self.env["res.partner"].create(
            {"name": "Shop", "parent_id": self.partner.id, "type": "delivery"}
        )
        self.partner.country_id = self.belgium
        contract = self._activate("2026-03-01")
        self.assertEqual(contract.partner_shipping_id, shop)
        shop.country_id = self.chile
        self.assertEqual(contract.fiscal_position_id, self.export)

    def test_fiscal_position_of_the_partner_wins(self):
        contract = self._activate("2026-03-01")
        self.partner.property_account_position_id = self.export
        self.assertEqual(contract.line_ids.tax_ids, self.tax_0)

    def test_ended_contract_keeps_its_taxes(self):
        contract = self._activate("2026-03-01")
        with self._today("2026-03-10"):
            contract.action_close(self.reason.id, when="now")
        self.partner.country_id = self.chile
        self.assertFalse(contract.fiscal_position_id)

    # === THE COMPANY'S DAY === #
    def test_due_by_the_company_time_zone(self):
        contract = self._activate("2026-03-01")
        Contract = self.env["sale.subscription"]
        with freeze_time("2026-02-28 23:30:00"):
            self.company.subscription_tz = "America/New_York"
            self.assertNotIn(contract, Contract.search(Contract._get_due_domain()))
            self.assertEqual(contract.action_bill(), [])
            self.company.subscription_tz = "Europe/Madrid"
            self.assertIn(contract, Contract.search(Contract._get_due_domain()))
            self.assertEqual(len(contract.action_bill()), 1)

    def test_new_contract_starts_on_the_company_day(self):
        self.company.subscription_tz = "Asia/Tokyo"
        self.template.line_ids = [Command.create({"product_id": self.seat.id})]
        with freeze_time("2026-02-28 20:00:00"):
            contract = self.template.subscribe(self.partner.id)
        self.assertEqual(str(contract.date_start), "2026-03-01")

    # === COMPANIES === #
    def test_due_in_each_company_by_its_own_day(self):
        other = self._create_company(name="Other Ltd")
        other.subscription_tz = "Pacific/Auckland"
        self.company.subscription_tz = "America/New_York"
        here = self._activate("2026-03-01")
        there = self._activate("2026-03-01", company_id=other.id, lines=[{"tax_ids": False}])
        Contract = self.env["sale.subscription"].sudo()
        with freeze_time("2026-02-28 22:00:00"):
            due = Contract.search(Contract._get_due_domain())
        self.assertIn(there, due)
        self.assertNotIn(here, due)

    def test_invoice_belongs_to_the_contracts_company(self):
        other = self.setup_other_company()["company"]
        self.env.user.company_ids |= other
        contract = self._activate("2026-03-01", company_id=other.id, lines=[{"tax_ids": False}])
        self.assertNotEqual(self.env.company, other)
        move = self._bill(contract, "2026-03-01")
        self.assertEqual((move.company_id, move.journal_id.company_id), (other, other))

    def test_foreign_companys_records_are_refused(self):
        other = self._create_company(name="Other Ltd")
        foreign = self._create_template(company_id=other.id, plan_ids=[])
        with self.assertRaises(UserError):
            self._create_contract(template_id=foreign.id)

    def test_salesman_sees_no_other_company(self):
        other = self._create_company(name="Other Ltd")
        contract = self._activate("2026-03-01", company_id=other.id, user_id=self.salesman.id)
        with self.assertRaises(AccessError):
            contract.with_user(self.salesman).read(["name"])

    # === RIGHTS === #
    def test_salesman_sees_own_and_unassigned_contracts(self):
        mine = self._activate(user_id=self.salesman.id)
        theirs = self._activate(user_id=self.manager.id)
        nobodys = self._activate(user_id=False)
        seen = self.env["sale.subscription"].with_user(self.salesman).search([])
        self.assertIn(mine, seen)
        self.assertIn(nobodys, seen)
        self.assertNotIn(theirs, seen)
        self.assertIn(theirs, seen.with_user(self.manager).search([]))

    def test_nobody_writes_the_ledger(self):
        contract = self._activate("2026-03-01")
        self._bill(contract, "2026-03-01")
        for user in (self.salesman, self.manager, self.accountant):
            charge = contract.charge_ids.with_user(user)
            for operation in (
                lambda c: c.write({"amount": 1.0}),
                lambda c: c.unlink(),
                lambda c: c.copy(),
            ):
                with self.assertRaises(AccessError):
                    operation(charge)

    def test_accountant_reads_and_does_not_change(self):
        contract = self._activate("2026-03-01").with_user(self.accountant)
        self.assertEqual(contract.recurring_total, 10.0)
        with self.assertRaises(AccessError):
            contract.action_close(self.reason.id)
        with self.assertRaises(AccessError):
            contract.action_bill()

    def test_ordinary_employee_sees_nothing(self):
        user = self._create_user("sub_nobody", "base.group_user")
        with self.assertRaises(AccessError):
            self._activate().with_user(user).read(["name"])

    # === RECORD === #
    def test_totals_follow_lines(self):
        contract = self._create_contract(lines=[{}, {"quantity": 2}])
        self.assertEqual(contract.recurring_total, 30.0)
        contract.line_ids[0].price_unit = 100.0
        self.assertEqual((contract.recurring_total, contract.recurring_total_included), (120, 138))

    def test_price_follows_plan_until_set_by_hand(self):
        contract = self.env["sale.subscription"].create(
            {
                "partner_id": self.partner.id,
                "template_id": self.template.id,
                "plan_id": self.monthly.id,
                "line_ids": [Command.create({"product_id": self.seat.id, "quantity": 2})],
            }
        )
        line = contract.line_ids
        self.assertEqual(line.price_unit, 10.0)
        contract.plan_id = self.yearly
        self.assertEqual(line.price_unit, 120.0)
        line.price_unit = 99.0
        contract.plan_id = self.monthly
        self.assertEqual(line.price_unit, 99.0)

    def test_plan_must_be_offered(self):
        self.template.plan_ids = self.monthly
        with self.assertRaisesRegex(ValidationError, "doesn't offer"):
            self._create_contract(plan=self.yearly)

    def test_numbers_are_checked(self):
        for values in ({"quantity": -1}, {"discount": 101}, {"price_unit": float("nan")}):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self._create_contract(lines=[values])

    def test_long_texts_are_refused(self):
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._create_contract(lines=[{"name": "x" * 10000}])
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self._create_contract(client_ref="x" * 10000)

    def test_salesman_works_in_the_form(self):
        with Form(self.env["sale.subscription"].with_user(self.salesman)) as form:
            form.partner_id = self.partner
            form.template_id = self.template
            form.plan_id = self.yearly
            with form.line_ids.new() as line:
                line.product_id = self.seat
                line.quantity = 2
        contract = form.record
        self.assertEqual((contract.user_id, contract.recurring_total), (self.salesman, 240.0))
        contract.action_activate()
        contract.action_invoice_now()
        with Form(contract) as form:
            form.client_ref = "PO 7"
        self.assertEqual(contract.invoice_count, 1)

    def test_customer_reads_no_internal_figures(self):
        portal = self._create_user("sub_portal", "base.group_portal", internal=False)
        portal.partner_id.write({"parent_id": self.partner.id})
        contract = self._activate("2026-03-01").with_user(portal)
        self.assertEqual(contract.read(["name", "recurring_total"])[0]["recurring_total"], 10.0)
        for name in ("mrr", "health", "billing_error", "charge_ids"):
            with self.assertRaises(AccessError):
                contract.read([name])

from contextlib import contextmanager
from datetime import date

from odoo.fields import Command
from odoo.tests import freeze_time, new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class SubscriptionCommon(AccountTestInvoicingCommon):
    """A company with a chart of accounts, plans, one template and builders for contracts.

    Taxes: `tax_15` (15 %, not included). Products: `seat` (10.00 a month), `support` (120.00 a
    year), `setup` (50.00 once). Users: `salesman` (own documents), `manager` (sales manager),
    `accountant` (invoicing).
    """

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """Override of `account`: take the company that waits in a prepared database.

        Loading a chart of accounts for each class takes most of its time. Elsewhere, and where
        another country is asked for, core makes a company.
        """
        company = cls.env.ref("__test__.sale_subscription_company", raise_if_not_found=False)
        if not company or kwargs or cls.country_code or cls.chart_template:
            return super().setup_independent_company(**kwargs)
        cls.env.user.company_ids = [Command.link(company.id)]
        return company

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("sales_team.group_sale_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.write({"subscription_tz": "UTC", "subscription_invoice_grouping": "contract"})
        cls.usd = cls.company.currency_id
        cls.tax_15 = cls.company_data["default_tax_sale"]
        cls.tax_15.write({"amount": 15.0, "price_include_override": "tax_excluded"})
        cls._setup_plans()
        cls._setup_users()
        cls.seat = cls._create_recurring_product("Seat", 10.0, cls.monthly)
        cls.support = cls._create_recurring_product("Support", 120.0, cls.yearly)
        cls.setup_fee = cls._create_recurring_product("Setup", 50.0, None)
        cls.partner = cls.env["res.partner"].create(
            {"name": "Ada", "email": "ada@example.com", "lang": "en_US", "company_id": False}
        )
        cls.template = cls._create_template()
        cls.reason = cls.env["sale.subscription.close.reason"].create(
            {"name": "Moved away", "category": "customer_gone"}
        )

    @classmethod
    def _setup_plans(cls):
        Plan = cls.env["sale.subscription.plan"]
        cls.weekly = Plan.create({"name": "Weekly", "interval_unit": "week"})
        cls.monthly = Plan.create({"name": "Monthly", "interval_unit": "month"})
        cls.quarterly = Plan.create(
            {"name": "Quarterly", "interval_unit": "month", "interval_count": 3}
        )
        cls.yearly = Plan.create({"name": "Yearly", "interval_unit": "year"})
        cls.plans = cls.monthly | cls.yearly | cls.weekly | cls.quarterly

    @classmethod
    def _setup_users(cls):
        cls.salesman = cls._create_user("sub_salesman", "sales_team.group_sale_salesman")
        cls.manager = cls._create_user("sub_manager", "sales_team.group_sale_manager")
        cls.accountant = cls._create_user("sub_accountant", "account.group_account_invoice")

    @classmethod
    def _create_user(cls, login, group, internal=True):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,{group}" if internal else group,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            email=f"{login}@example.com",
            tz="UTC",
        )

    @classmethod
    def _create_recurring_product(cls, name, price, plan, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.set(cls.tax_15.ids)],
                "recurring_invoice": bool(plan),
                "subscription_plan_id": plan.id if plan else False,
                "invoice_policy": "order",
                **values,
            }
        )

    @classmethod
    def _create_template(cls, **values):
        return cls.env["sale.subscription.template"].create(
            {
                "name": "Software",
                "plan_ids": [Command.set(cls.plans.ids)],
                "invoicing_mode": "post",
                **values,
            }
        )

    @classmethod
    def _create_contract(cls, start="2026-01-31", plan=None, lines=None, **values):
        """Build a draft contract; `lines` are dicts of line values, one seat by default."""
        lines = [{}] if lines is None else lines
        return cls.env["sale.subscription"].create(
            {
                "partner_id": cls.partner.id,
                "template_id": cls.template.id,
                "plan_id": (plan or cls.monthly).id,
                "date_start": start,
                "line_ids": [
                    Command.create({"product_id": cls.seat.id, "price_unit": 10.0, **line})
                    for line in lines
                ],
                **values,
            }
        )

    @classmethod
    def _activate(cls, *args, **kwargs):
        """Build a contract and start it."""
        contract = cls._create_contract(*args, **kwargs)
        contract.action_activate()
        return contract

    @contextmanager
    def _today(self, day):
        """Let it be noon (UTC) of a day."""
        with freeze_time(f"{day} 12:00:00"):
            yield

    def _bill(self, contract, until):
        """Bill a contract and return the invoices."""
        return self.env["account.move"].browse(contract.action_bill(until=until))

    def _periods(self, moves):
        """Return what each invoice line covers, as ISO texts."""
        return [
            (str(line.subscription_date_from), str(line.subscription_date_to))
            for line in moves.invoice_line_ids.sorted("subscription_date_from")
        ]

    def _events(self, contract):
        """Return a contract's MRR events as `(kind, ISO date, amount)`, in order."""
        return [
            (event.kind, str(event.date), event.amount)
            for event in contract.event_ids.sorted(lambda e: (e.date, e.id))
        ]

    @staticmethod
    def _day(text):
        return date.fromisoformat(text)

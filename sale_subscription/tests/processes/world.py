"""Databases to bill: written by a child process, copied by the tests."""

from odoo.fields import Command, Date

# Kinds of contracts in the mixed world: plan, first day, timing, invoicing mode.
MIX = [
    ("plan_monthly", "2026-03-31", "advance", "post"),
    ("plan_monthly", "2026-02-28", "advance", "post"),
    ("plan_monthly", "2026-02-15", "arrears", "post"),
    ("plan_yearly", "2026-03-01", "advance", "send"),
    ("plan_weekly", "2026-03-24", "advance", "post"),
    ("plan_quarterly", "2026-03-15", "advance", "draft"),
]


def seed_mixed(env, count):
    """Write contracts of many kinds, some late by months, some about to pause or close."""
    catalog = Catalog(env)
    contracts = env["sale.subscription"]
    for number in range(count):
        contracts |= catalog.make_mixed(number)
    env.flush_all()
    return len(contracts)


def seed_plain(env, count):
    """Write monthly contracts that owe one posted invoice each on 1 March 2026."""
    catalog = Catalog(env)
    make_seller(env)
    for number in range(count):
        catalog.make_contract(number, "plan_monthly", "2026-03-01", "advance", "post")
    env.flush_all()
    return count


def seed_price_update(env, count):
    """Write contracts that paid for March, and a price update of 3 % that waits for its job."""
    catalog = Catalog(env)
    for first in range(0, count, 200):  # in pieces, as large worlds don't fit into one transaction
        contracts = env["sale.subscription"]
        for number in range(first, min(first + 200, count)):
            contracts |= catalog.make_contract(
                number, "plan_monthly", "2026-03-01", "advance", "post"
            )
        contracts._bill(Date.to_date("2026-03-01"))
        env.cr.commit()
        env.invalidate_all()
    template = env.ref("sale_subscription.mail_template_price_update")
    update = env["sale.subscription.price.update"].create(
        {"name": "Index 2026", "percentage": 3.0, "mail_template_id": template.id}
    )
    update.action_preview()
    update.action_apply()
    env.flush_all()
    return update.line_count


def make_seller(env, **values):
    """A salesperson who sees all contracts and has no accounting rights."""
    group = env.ref("sales_team.group_sale_salesman_all_leads")
    return env["res.users"].create(
        {
            "name": "Seller",
            "login": "seller",
            "password": "seller",
            "group_ids": [Command.set(group.ids)],
            **values,
        }
    )


class Catalog:
    """What the contracts of a world share."""

    def __init__(self, env):
        self.env = env
        company = env.company
        self.tax = company.account_sale_tax_id
        self.city_tax = self.tax.copy({"name": "City 2%", "amount": 2.0})
        self.seat = self._make_product("Seat", 10.0, self.tax)
        self.support = self._make_product("Support", 99.99, self.tax | self.city_tax)
        self.setup = env["product.product"].create(
            {"name": "Setup", "default_code": "SETUP", "type": "service", "list_price": 50.0}
        )
        self.euros = self._make_pricelist()
        self.reason = env.ref("sale_subscription.close_reason_too_expensive")
        self.templates = {}

    def _make_product(self, name, price, taxes):
        return self.env["product.product"].create(
            {
                "name": name,
                "default_code": name.upper(),
                "type": "service",
                "list_price": price,
                "recurring_invoice": True,
                "taxes_id": [Command.set(taxes.ids)],
            }
        )

    def _make_pricelist(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids = [Command.create({"name": "2025-01-01", "rate": 0.8})]
        return self.env["product.pricelist"].create({"name": "EUR", "currency_id": euro.id})

    def get_template(self, timing, mode):
        if (timing, mode) not in self.templates:
            plans = self.env["sale.subscription.plan"].search([])
            self.templates[timing, mode] = self.env["sale.subscription.template"].create(
                {
                    "name": f"{timing} {mode}",
                    "timing": timing,
                    "invoicing_mode": mode,
                    "plan_ids": [Command.set(plans.ids)],
                }
            )
        return self.templates[timing, mode]

    def make_mixed(self, number):
        plan, start, timing, mode = MIX[number % len(MIX)]
        contract = self.make_contract(number, plan, start, timing, mode)
        if number % 7 == 0:
            contract.add_one_time_charge(self.setup.id, price_unit=49.99)
        if number % 12 == 1:
            contract.action_pause(until="2026-03-10", when="2026-03-05")
        if number % 12 == 7:
            contract.action_close(self.reason.id, when="date", date="2026-03-20")
        return contract

    def make_contract(self, number, plan, start, timing, mode):
        contract = self.env["sale.subscription"].create(
            {
                "partner_id": self.get_partner(number).id,
                "template_id": self.get_template(timing, mode).id,
                "plan_id": self.env.ref(f"sale_subscription.{plan}").id,
                "pricelist_id": self.euros.id if number % 5 == 4 else False,
                "date_start": Date.to_date(start),
                "client_ref": f"W{number:04}",
                "line_ids": [
                    Command.create({"product_id": self.seat.id, "quantity": 1 + number % 4}),
                    Command.create({"product_id": self.support.id, "discount": 10.0}),
                ],
            }
        )
        contract.action_activate()
        return contract

    def get_partner(self, number):
        """Two neighbours share a customer; every fifth pair wants one invoice for both."""
        Partner = self.env["res.partner"]
        name = f"Customer {number // 2}"
        partner = Partner.search([("name", "=", name)], limit=1)
        return partner or Partner.create(
            {
                "name": name,
                "email": f"c{number}@example.com",
                "subscription_invoice_grouping": "customer" if number // 2 % 5 == 0 else False,
            }
        )


def seed_rpc(env):
    """Write what callers from outside need, good and bad; return the ids by name."""
    seller = make_seller(
        env, group_ids=[Command.set(env.ref("sales_team.group_sale_salesman").ids)]
    )
    make_seller(
        env,
        name="Manager",
        login="manager",
        password="manager",
        group_ids=[Command.set(env.ref("sales_team.group_sale_manager").ids)],
    )
    foreign = env["res.company"].create({"name": "Foreign company"})
    catalog = Catalog(env)
    template = catalog.get_template("advance", "post")
    template.line_ids = [Command.create({"product_id": catalog.seat.id})]
    template.option_ids = [Command.create({"product_id": catalog.support.id, "max_quantity": 3})]
    records = {
        "template": template,
        "monthly": env.ref("sale_subscription.plan_monthly"),
        "plan": env.ref("sale_subscription.plan_weekly"),
        "reason": env.ref("sale_subscription.close_reason_other"),
        "seat": catalog.seat,
        "setup": catalog.setup,
        "support": catalog.support,
        "partner": env["res.partner"].create({"name": "Customer"}),
        "foreign_company": foreign,
        "foreign_partner": env["res.partner"].create(
            {"name": "Foreign customer", "company_id": foreign.id}
        ),
        "foreign_product": env["product.product"].create(
            {"name": "Foreign product", "company_id": foreign.id, "recurring_invoice": True}
        ),
        "foreign_template": env["sale.subscription.template"].create(
            {
                "name": "Foreign template",
                "company_id": foreign.id,
                "plan_ids": [Command.link(env.ref("sale_subscription.plan_monthly").id)],
            }
        ),
    }
    records |= seed_rpc_contracts(env, seller, records)
    return {name: record.id for name, record in records.items()}


def seed_rpc_contracts(env, seller, records):
    """A running, a paused, a billed and a draft contract of the seller; two of others."""
    template = records["template"].with_user(seller)
    contracts = {}
    for name in ("contract", "paused", "billed", "draft"):
        contracts[name] = template.subscribe(records["partner"].id, start="2026-01-01")
    contracts["paused"].action_pause()
    contracts["billed"].action_bill(until="2026-01-01")
    draft = template.env["sale.subscription"].create(
        {"partner_id": records["partner"].id, "template_id": template.id}
    )
    contracts["draft"], contracts["line"] = draft, contracts["contract"].line_ids
    contracts["others_contract"] = (
        contracts["contract"].sudo().copy({"user_id": env.ref("base.user_admin").id})
    )
    foreign = records["foreign_company"]
    contracts["foreign_contract"] = (
        env["sale.subscription"]
        .with_company(foreign)
        .create(
            {
                "company_id": foreign.id,
                "partner_id": records["foreign_partner"].id,
                "template_id": records["foreign_template"].id,
                "line_ids": [Command.create({"product_id": records["foreign_product"].id})],
            }
        )
    )
    return contracts

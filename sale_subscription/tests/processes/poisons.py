"""Causes for which a contract can't be invoiced: each one brought about and taken away again.

Every kind is a pair of functions on one contract. All of them use what a person or an import can
really do, save the last one.
"""

from odoo import Command


def poison(env, kinds):
    """Spoil one contract of the plain world per kind; return kind → its reference."""
    names = {}
    for position, kind in enumerate(kinds):
        contract = find_contract(env, position)
        contract = KINDS[kind][0](contract) or contract
        env.flush_all()
        names[kind] = contract.client_ref
    return names


def heal(env, names):
    """Take the causes away again."""
    for kind, name in names.items():
        KINDS[kind][1](env["sale.subscription"].search([("client_ref", "=", name)]))
        env.flush_all()


def find_contract(env, position):
    """Spread the culprits over the batches."""
    contracts = env["sale.subscription"].search([("client_ref", "=like", "W%")], order="id")
    return contracts[(position * 37 + 11) % len(contracts)]


def use_own_product(contract):
    """Give the contract a product that no other contract uses."""
    product = contract.line_ids[0].product_id.copy({"name": "Rare product"})
    contract.line_ids[0].product_id = product
    return product


# === MISSING INCOME ACCOUNT === #
def remove_account(contract):
    product = use_own_product(contract)
    company = contract.company_id
    others = contract.search([]).line_ids.product_id - product
    others.property_account_income_id = product._get_product_accounts()["income"]
    product.categ_id = False
    company.income_account_id = False
    contract.env["account.journal"].search([("type", "=", "sale")]).default_account_id = False


def add_account(contract):
    product = contract.line_ids[0].product_id
    other = contract.search([], limit=1, order="id").line_ids[1].product_id
    product.property_account_income_id = other.property_account_income_id


# === ARCHIVED INCOME ACCOUNT === #
def archive_account(contract):
    product = use_own_product(contract)
    product.property_account_income_id = contract.env["account.account"].create(
        {"name": "Old income", "code": "499999", "account_type": "income"}
    )
    product.property_account_income_id.active = False


def unarchive_account(contract):
    account = contract.line_ids[0].product_id.property_account_income_id
    account.active = True


# === ARCHIVED TAX === #
def archive_tax(contract):
    tax = contract.company_id.account_sale_tax_id.copy({"name": "Old tax 7%", "amount": 7.0})
    contract.line_ids[0].tax_ids = [Command.set(tax.ids)]
    tax.active = False


def replace_tax(contract):
    contract.line_ids[0].tax_ids = [Command.set(contract.company_id.account_sale_tax_id.ids)]


# === ARCHIVED JOURNAL === #
def archive_journal(contract):
    journal = contract.env["account.journal"].create(
        {"name": "Old sales", "code": "OLD", "type": "sale"}
    )
    contract.journal_id = journal
    journal.active = False


def unarchive_journal(contract):
    contract.journal_id.active = True


# === NO SALES JOURNAL LEFT === #
def remove_journal(contract):
    contract = make_again_in_new_company(contract, "Company without journal")
    contract.env["account.journal"].search(
        [("company_id", "=", contract.company_id.id), ("type", "=", "sale")]
    ).unlink()
    return contract


def create_journal(contract):
    contract.env["account.journal"].create(
        {
            "name": "Sales again",
            "code": "SAG",
            "type": "sale",
            "company_id": contract.company_id.id,
        }
    )


# === CLOSED PERIOD === #
def close_period(contract):
    contract = make_again_in_new_company(contract, "Company with closed books")
    contract.company_id.fiscalyear_lock_date = "2199-12-31"
    return contract


def open_period(contract):
    contract.company_id.fiscalyear_lock_date = False


# === PRODUCT OF ANOTHER COMPANY === #
def give_product_away(contract):
    product = use_own_product(contract)
    add_account(contract)
    company = contract.env["res.company"].create({"name": "Sister company"})
    # Core refuses this while a document uses the product; an import by SQL doesn't.
    contract.env.flush_all()
    contract.env.cr.execute(
        "UPDATE product_template SET company_id = %s WHERE id = %s",
        [company.id, product.product_tmpl_id.id],
    )
    contract.env.invalidate_all()


def take_product_back(contract):
    contract.line_ids[0].product_id.product_tmpl_id.company_id = False


# === INACTIVE CURRENCY === #
def deactivate_currency(contract):
    currency = contract.env.ref("base.CHF")
    currency.active = True
    currency.rate_ids = [Command.create({"name": "2025-01-01", "rate": 0.9})]
    contract.currency_id = currency
    contract.env.flush_all()
    contract.env.cr.execute("UPDATE res_currency SET active = FALSE WHERE id = %s", [currency.id])
    contract.env.invalidate_all()


def activate_currency(contract):
    contract.currency_id.active = True


# === NO PLAIN NUMBER === #
def corrupt_price(contract, price="NaN"):
    contract.env.flush_all()
    contract.env.cr.execute(
        "UPDATE sale_subscription_line SET price_unit = %s WHERE id = %s",
        [price, contract.line_ids[0].id],
    )
    contract.env.invalidate_all()


def correct_price(contract):
    corrupt_price(contract, 10.0)


KINDS = {
    "missing account": (remove_account, add_account),
    "archived account": (archive_account, unarchive_account),
    "archived tax": (archive_tax, replace_tax),
    "archived journal": (archive_journal, unarchive_journal),
    "no sales journal": (remove_journal, create_journal),
    "closed period": (close_period, open_period),
    "product of another company": (give_product_away, take_product_back),
    "inactive currency": (deactivate_currency, activate_currency),
    "corrupt price": (corrupt_price, correct_price),
}


def make_again_in_new_company(contract, name):
    """Replace a contract by the same one in a company of its own."""
    env = contract.env
    company = env["res.company"].create({"name": name})
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    values = {
        "company_id": company.id,
        "partner_id": contract.partner_id.id,
        "template_id": contract.template_id.id,
        "plan_id": contract.plan_id.id,
        "date_start": contract.date_start,
        "client_ref": contract.client_ref,
        "line_ids": [
            Command.create({"product_id": line.product_id.id}) for line in contract.line_ids
        ],
    }
    contract.client_ref = False
    contract.action_cancel()
    contract = env["sale.subscription"].with_company(company).create(values)
    contract.action_activate()
    return contract

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What every invoice is made of: two products, 15 % tax and a customer of its own."""

import dataclasses
from typing import Any

from odoo.fields import Command
from odoo.tools import SQL

from ..replicate import replicate

# Product, quantity, price.
LINES = (("Seat", 2, 10.0), ("Support", 1, 30.0))
UNTAXED, TOTAL = 50.0, 57.5

WARM_UP = 10  # contracts a process invoices before the clock starts


@dataclasses.dataclass
class Catalog:
    products: Any
    partner: Any


def make_catalog(env, **values):
    """Write tax, products and the first customer.

    :param values: more values of the products.
    """
    tax = env.company.account_sale_tax_id
    tax.write({"amount": 15.0, "price_include_override": "tax_excluded"})
    # Named on the product, because `subscription_oca` asks neither journal nor company for it.
    income = env["account.journal"].search([("type", "=", "sale")], limit=1).default_account_id
    products = env["product.product"].create(
        [
            {
                "name": name,
                "default_code": f"BENCH-{name}",
                "type": "service",
                "list_price": price,
                "taxes_id": [Command.set(tax.ids)],
                "property_account_income_id": income.id,
                **values,
            }
            for name, _quantity, price in LINES
        ]
    )
    partner = env["res.partner"].create({"name": "Customer", "email": "customer@example.com"})
    return Catalog(products, partner)


def copy_contract(env, contract, lines, count, links=(), values=None, more=None):
    """Write so many copies of a contract, its lines and its customer; see `replicate`.

    :param more: further tables with the ids of the rows to copy.
    """
    env.flush_all()
    rows = {"res_partner": contract.partner_id.ids, contract._table: contract.ids}
    rows |= {lines._table: lines.ids} | (more or {})
    replicate(env.cr, rows, count, links, values)
    env.invalidate_all()


def number_invoices():
    """Values that give copies of posted invoices numbers of their own; see `replicate`."""
    number = SQL("(SELECT max(sequence_number) FROM account_move) + n")
    return {
        ("account_move", "name"): SQL("source.sequence_prefix || lpad((%s)::text, 5, '0')", number),
        ("account_move", "sequence_number"): number,
        ("account_move", "access_token"): SQL("NULL"),
    }


def take_part(records, part):
    """The contracts that a process warms up with."""
    return records.sorted("id")[part * WARM_UP : (part + 1) * WARM_UP]


def count_invoices(env):
    """How many invoices there are as they are wanted from every subject.

    :raises ValueError: when they have more or fewer than two lines each.
    """
    right = [
        ("move_type", "=", "out_invoice"),
        ("state", "=", "posted"),
        ("amount_untaxed", "=", UNTAXED),
        ("amount_total", "=", TOTAL),
    ]
    lines = [("move_id", "any", right), ("display_type", "=", "product")]
    moves = env["account.move"].search_count(right)
    if env["account.move.line"].search_count(lines) != len(LINES) * moves:
        raise ValueError("Invoices have more or fewer lines than contracts.")
    return moves

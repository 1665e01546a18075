# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""This addon: the collecting job charges saved cards with invoices that are due; no receipts."""

from datetime import date

from odoo.tools import SQL

from ..replicate import replicate
from . import ours
from .catalog import TOTAL, number_invoices, take_part

MODULE = "sale_subscription"
RECEIPTS = False


def prepare(env, count):
    """Write contracts with a card, each with an invoice that is due today."""
    parts = ours.make_parts(env)
    parts[1].write({"invoicing_mode": "charge", "send_receipt": RECEIPTS})
    contract = ours.make_contract(env, parts, date.today())
    contract.payment_token_id = make_card(contract.partner_id)
    contract.action_bill()
    items = contract.invoice_ids.line_ids
    copy_invoices(
        env,
        {
            "res_partner": contract.partner_id.ids,
            "payment_token": contract.payment_token_id.ids,
            "sale_subscription": contract.ids,
            "sale_subscription_line": contract.line_ids.ids,
            "account_move": items.move_id.ids,
            "account_move_line": items.ids,
            "sale_subscription_charge": contract.charge_ids.ids,
        },
        count - 1,
        links=[contract.line_ids._fields["tax_ids"].relation, items._fields["tax_ids"].relation],
        values={
            ("sale_subscription", "name"): SQL("%s || n", f"B{contract.id}-"),
            ("sale_subscription", "access_token"): SQL("NULL"),
        },
    )


def make_card(partner):
    """A saved card of the demo provider that always pays."""
    env = partner.env
    provider = env.ref("payment.payment_provider_demo")
    provider.journal_id  # noqa: B018 - the first look makes core write how payments are booked
    return env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": env.ref("payment.payment_method_card").id,
            "partner_id": partner.id,
            "payment_details": "4242",
            "provider_ref": "demo",
            "demo_simulated_state": "done",
        }
    )


def copy_invoices(env, rows, count, links, values):
    """Write so many copies of an invoice with all that belongs to it; see `replicate`."""
    env.flush_all()
    replicate(env.cr, rows, count, links, values | number_invoices())
    env.invalidate_all()


def get_open(env):
    """The invoices to collect, in the order they were written."""
    return env["account.move"].search(
        [("move_type", "=", "out_invoice"), ("payment_state", "=", "not_paid")], order="id"
    )


def warm_up(env, part=0):
    for move in take_part(get_open(env), part):
        move._take_step_isolated()


def collect(env):
    env["sale.subscription"]._cron_collect()


STEPS = {"paid": collect}


def count(env):
    """How many invoices are paid by a transaction and a payment of their own.

    :raises ValueError: when there are other payments, too.
    """
    paid = env["account.move"].search_count(
        [
            ("move_type", "=", "out_invoice"),
            ("payment_state", "in", ("in_payment", "paid")),
            ("amount_total", "=", TOTAL),
        ]
    )
    done = [("state", "=", "done"), ("payment_id", "!=", False), ("amount", "=", TOTAL)]
    transactions = env["payment.transaction"].search(done)
    payments = env["account.payment"].search_count([])
    if not paid == payments == len(transactions) == len(transactions.invoice_ids):
        raise ValueError("Invoices were paid more than once, or other things were.")
    return paid

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Core's own floor of collecting: its API charges saved cards in one plain loop, a commit each.

Without any rule of what is due, any protection against charging twice and any trace of failures.
"""

from odoo.fields import Command

from . import core
from .catalog import make_catalog, take_part
from .collect import copy_invoices, count, get_open, make_card

__all__ = ["MODULE", "STEPS", "count", "prepare", "warm_up"]

MODULE = None


def prepare(env, number):
    partner = make_catalog(env).partner
    card = make_card(partner)
    core.invoice_all(partner)
    items = get_open(env).line_ids
    rows = {
        "res_partner": partner.ids,
        "payment_token": card.ids,
        "account_move": items.move_id.ids,
        "account_move_line": items.ids,
    }
    copy_invoices(env, rows, number - 1, [items._fields["tax_ids"].relation], {})


def warm_up(env, part=0):
    _collect(take_part(get_open(env), part))


def collect(env):
    _collect(get_open(env))


STEPS = {"paid": collect}


def _collect(moves):
    env = moves.env
    cards = env["payment.token"].search([]).grouped("partner_id")
    for move in moves:
        card = cards[move.partner_id]
        transaction = env["payment.transaction"].create(
            {
                "provider_id": card.provider_id.id,
                "payment_method_id": card.payment_method_id.id,
                "token_id": card.id,
                "operation": "offline",
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "invoice_ids": [Command.set(move.ids)],
            }
        )
        transaction._charge_with_token()
        transaction._post_process()
        env.cr.commit()

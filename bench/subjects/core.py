# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Core's own floor: the invoices our job makes, created and posted without any contract.

As fast as core allows: many at once and without field tracking; a commit per batch, as our job.
"""

from datetime import date

from dateutil.relativedelta import relativedelta

from odoo.fields import Command
from odoo.tools.misc import format_date

from ..replicate import replicate
from .catalog import LINES, WARM_UP, make_catalog, take_part

MODULE = None
BATCH_SIZE = 50


def prepare(env, count):
    catalog = make_catalog(env)
    env.flush_all()
    replicate(env.cr, {"res_partner": catalog.partner.ids}, count - 1)


def warm_up(env, part=0):
    invoice_all(take_part(_get_partners(env), part))


def invoice(env):
    partners = _get_partners(env)[WARM_UP:]
    for start in range(0, len(partners), BATCH_SIZE):
        invoice_all(partners[start : start + BATCH_SIZE])
        env.cr.commit()


STEPS = {"posted": invoice}


def _get_partners(env):
    return env["res.partner"].search([("name", "=", "Customer")], order="id")


def invoice_all(partners):
    """Post an invoice for each customer."""
    env = partners.env
    products = env["product.product"].search([("default_code", "=like", "BENCH-%")], order="id")
    user = env.ref("base.user_admin")
    Move = env["account.move"].with_context(tracking_disable=True)
    moves = Move.create([_prepare_invoice(partner, products, user) for partner in partners])
    moves._post(soft=False)


def _prepare_invoice(partner, products, user):
    """The values that our job gives core, less those of the contract itself."""
    env = partner.env
    today = date.today()
    last_day = today + relativedelta(months=1, days=-1)
    period = f"{format_date(env, today)} to {format_date(env, last_day)}"
    return {
        "move_type": "out_invoice",
        "partner_id": partner.id,
        "partner_shipping_id": partner.id,
        "currency_id": env.company.currency_id.id,
        "company_id": env.company.id,
        "fiscal_position_id": False,
        "invoice_payment_term_id": False,
        "invoice_date": today,
        "invoice_origin": f"B{partner.id}",
        "ref": "",
        "invoice_user_id": user.id,
        "invoice_line_ids": [
            Command.create(
                {
                    "display_type": "product",
                    "product_id": product.id,
                    "name": f"{name}\n{period}",
                    "quantity": quantity,
                    "product_uom_id": product.uom_id.id,
                    "price_unit": price,
                    "discount": 0.0,
                    "tax_ids": [Command.set(product.taxes_id.ids)],
                }
            )
            for product, (name, quantity, price) in zip(products, LINES, strict=True)
        ],
    }

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""This addon: the billing job, invoices posted."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo.fields import Command
from odoo.tools import SQL

from .catalog import LINES, copy_contract, make_catalog, number_invoices, take_part

MODULE = "sale_subscription"


def prepare(env, count):
    """Write monthly contracts that start, and are due, today."""
    contract = make_contract(env, make_parts(env), date.today())
    _copy(env, contract, count - 1)


def prepare_running(env, due, idle):
    """Write contracts that were invoiced once; some of them owe their second period today."""
    parts = make_parts(env)
    month_ago = date.today() - relativedelta(months=1)
    ten_days_ago = date.today() - timedelta(days=10)
    for start, count in ((month_ago, due), (ten_days_ago, idle)):
        if not count:
            continue
        contract = make_contract(env, parts, start)
        contract.action_bill(until=start)
        _copy(env, contract, count - 1)
        env.cr.commit()  # core remembers the last invoice number until then


def make_parts(env):
    """The catalog, a template and a plan that contracts share."""
    plan = env.ref("sale_subscription.plan_monthly")
    catalog = make_catalog(env, recurring_invoice=True)
    template = env["sale.subscription.template"].create(
        {"name": "Bench", "invoicing_mode": "post", "plan_ids": [Command.set(plan.ids)]}
    )
    return catalog, template, plan


def make_contract(env, parts, start):
    """A monthly contract that starts on a day."""
    catalog, template, plan = parts
    contract = env["sale.subscription"].create(
        {
            "partner_id": catalog.partner.copy().id,
            "template_id": template.id,
            "plan_id": plan.id,
            "date_start": start,
            "line_ids": [
                Command.create(
                    {"product_id": product.id, "quantity": quantity, "price_unit": price}
                )
                for product, (_name, quantity, price) in zip(catalog.products, LINES, strict=True)
            ],
        }
    )
    contract.action_activate()
    return contract


def _copy(env, contract, count):
    lines, items = contract.line_ids, contract.invoice_ids.line_ids
    copy_contract(
        env,
        contract,
        lines,
        count,
        links=[lines._fields["tax_ids"].relation, items._fields["tax_ids"].relation],
        values={
            ("sale_subscription", "name"): SQL("%s || n", f"B{contract.id}-"),
            ("sale_subscription", "access_token"): SQL("NULL"),
            **number_invoices(),
        },
        more={
            "account_move": items.move_id.ids,
            "account_move_line": items.ids,
            "sale_subscription_charge": contract.charge_ids.ids,
            "sale_subscription_event": contract.event_ids.ids,
        },
    )


def warm_up(env, part=0):
    # The due ones were written first.
    take_part(env["sale.subscription"].search([]), part).action_bill()


def bill(env):
    env["sale.subscription"]._cron_bill()


STEPS = {"posted": bill}

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addon `subscription_oca` of the Odoo Community Association: its job, invoices posted.

It mails each invoice at once; that is left out, or its figure would be that of the PDF printer.
"""

from unittest.mock import patch

from odoo.fields import Command

from .catalog import LINES, copy_contract, make_catalog, take_part

MODULE = "subscription_oca"


def prepare(env, count):
    catalog = make_catalog(env)
    template = env["sale.subscription.template"].create(
        {"name": "Bench", "invoicing_mode": "invoice", "recurring_rule_type": "months"}
    )
    contract = env["sale.subscription"].create(
        {
            "partner_id": catalog.partner.id,
            "template_id": template.id,
            "pricelist_id": env["product.pricelist"].create({"name": "Bench"}).id,
            "sale_subscription_line_ids": [
                Command.create({"product_id": product.id, "product_uom_qty": quantity})
                for product, (_name, quantity, _price) in zip(catalog.products, LINES, strict=True)
            ],
        }
    )
    running = [("type", "=", "in_progress")]
    contract.stage_id = env["sale.subscription.stage"].search(running, limit=1)
    lines = contract.sale_subscription_line_ids
    links = [lines._fields["tax_ids"].relation]
    copy_contract(env, contract, lines, count - 1, links)


def warm_up(env, part=0):
    with _without_mail(env):
        for contract in take_part(env["sale.subscription"].search([]), part):
            contract.generate_invoice()


def bill(env):
    with _without_mail(env):
        env["sale.subscription"].cron_subscription_management()
    env.cr.commit()


STEPS = {"posted": bill}


def _without_mail(env):
    sender = env.registry["account.move.send"]
    return patch.object(sender, "_generate_and_send_invoices", lambda self, moves, **options: {})

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The addon `contract` of the Odoo Community Association: its job's drafts, posted at once."""

from datetime import date

from odoo.fields import Command
from odoo.tools import SQL

from .catalog import LINES, copy_contract, make_catalog, take_part

MODULE = "contract"


def prepare(env, count):
    catalog = make_catalog(env)
    recurrence = {
        "recurring_rule_type": "monthly",
        "recurring_interval": 1,
        "recurring_invoicing_type": "pre-paid",
        "date_start": date.today(),
    }
    contract = env["contract.contract"].create(
        {
            "name": "Bench",
            "partner_id": catalog.partner.id,
            "line_recurrence": True,
            "contract_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "name": f"{name}\n#START# to #END#",
                        "quantity": quantity,
                        "price_unit": price,
                        **recurrence,
                    }
                )
                for product, (name, quantity, price) in zip(catalog.products, LINES, strict=True)
            ],
        }
    )
    token = {(contract._table, "access_token"): SQL("NULL")}
    copy_contract(env, contract, contract.contract_line_ids, count - 1, values=token)


def warm_up(env, part=0):
    contracts = take_part(env["contract.contract"].search([]), part)
    contracts._recurring_create_invoice(date.today()).action_post()


def make_drafts(env):
    env["contract.contract"].cron_recurring_create_invoice()
    env.cr.commit()


def post(env):
    env["account.move"].search([("state", "=", "draft")]).action_post()
    env.cr.commit()


STEPS = {"drafts": make_drafts, "posted": post}

"""Quotations that customers pay with saved cards, and what the child processes do about them."""

import os
import signal

from collecting import CardCatalog, open_bank
from jobs import watch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.service.model import retrying


def seed_quotations(env, count):
    """Write sent quotations, each of a customer with a saved card."""
    catalog = CardCatalog(env)
    template = catalog.get_template("advance", "charge")
    orders = env["sale.order"]
    for number in range(count):
        partner = catalog.get_partner(2 * number)
        catalog.get_card(partner)
        orders |= orders.create(
            {
                "partner_id": partner.id,
                "client_order_ref": f"Q{number:03}",
                "require_signature": False,
                "require_payment": True,
                "order_line": [
                    Command.create(
                        {
                            "product_id": catalog.seat.id,
                            "subscription_template_id": template.id,
                            "subscription_plan_id": env.ref("sale_subscription.plan_monthly").id,
                        }
                    )
                ],
            }
        )
    orders.action_quotation_sent()
    return len(orders)


def pay_quotations(env, **bank):
    """Pay every quotation with its customer's saved card, as the portal does.

    :return: how many were paid by us, and how often we were told to wait.
    """
    open_bank(env, **bank)
    counts = {"paid": 0, "told to wait": 0}
    for order in env["sale.order"].search([("client_order_ref", "like", "Q")], order="id"):
        with env.registry.cursor() as cr:
            own = order.with_env(env(cr=cr))
            try:
                if retrying(lambda own=own: pay_quotation(own), own.env):
                    counts["paid"] += 1
            except UserError as error:
                assert "don't pay again" in str(error), error
                counts["told to wait"] += 1
    return counts


def pay_quotation(order):
    """Do what the portal does when a customer pays with a saved card.

    :return: whether there was anything to pay.
    """
    token, amount = order.partner_id.payment_token_ids, order._get_first_amount_to_pay()
    if not amount:
        return False
    transaction = order.env["payment.transaction"].create(
        {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "amount": amount,
            "currency_id": order.currency_id.id,
            "partner_id": order.partner_id.id,
            "operation": "online_token",
            "sale_order_ids": [Command.set(order.ids)],
        }
    )
    transaction._charge_with_token()
    return True


def pay_quotations_and_die(env, model, method, when, call=1, **bank):
    """Pay, and kill the process at a point; see `run_night_and_die`."""
    watch(env, model, method, when, call, lambda: os.kill(os.getpid(), signal.SIGKILL))
    pay_quotations(env, **bank)
    return "survived"


def decide_quotations(env, made):
    """Click on one of the two buttons wherever the payment of a quotation is in doubt."""
    orders = env["sale.order"].search([]).filtered("subscription_payment_doubt")
    if made:
        orders.action_payment_was_made()
    else:
        orders.action_payment_was_not_made()
    return orders.mapped("client_order_ref")


def finish_payments(env):
    """Run core's job that registers payments."""
    env["payment.transaction"]._cron_post_process()

"""A contract whose customers change it by themselves, for requests of a live server."""

from datetime import timedelta

from odoo.fields import Command


def seed_portal(env):
    """Write one monthly contract with a card, billed: one unit of its option is left.

    :return: what a visitor's browser knows.
    """
    today = env.company._get_subscription_today()
    plans = env.ref("sale_subscription.plan_monthly") | env.ref("sale_subscription.plan_yearly")
    seat, storage = (
        env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "recurring_invoice": True,
                "subscription_plan_id": plans[0].id,
            }
        )
        for name, price in (("Seat", 30.0), ("Storage", 5.0))
    )
    template = env["sale.subscription.template"].create(
        {
            "name": "Self-Service",
            "plan_ids": [Command.set(plans.ids)],
            "invoicing_mode": "charge",
            "portal_access": "upgrade_downgrade",
            "token_access": "manage",
            "portal_pause": True,
            "closable": "date",
            "close_offer": "both",
            "option_ids": [
                Command.create(
                    {
                        "product_id": storage.id,
                        "max_quantity": 10,
                        "portal_access": "upgrade_downgrade",
                    }
                )
            ],
        }
    )
    partner = env["res.partner"].create({"name": "Blue Kite", "email": "kite@example.com"})
    contract = env["sale.subscription"].create(
        {
            "partner_id": partner.id,
            "template_id": template.id,
            "plan_id": plans[0].id,
            "date_start": today - timedelta(days=10),
            "line_ids": [
                Command.create({"product_id": seat.id, "quantity": 2.0}),
                Command.create({"product_id": storage.id, "quantity": 9.0}),
            ],
        }
    )
    contract.action_activate()
    contract.action_bill()
    provider = env.ref("payment.payment_provider_demo")
    assert provider.journal_id  # see CardCatalog
    contract.payment_token_id = env["payment.token"].create(
        {
            "provider_id": provider.id,
            "payment_method_id": env.ref("payment.payment_method_card").id,
            "partner_id": partner.id,
            "payment_details": "4242",
            "provider_ref": "demo",
            "demo_simulated_state": "done",
        }
    )
    return {
        "id": contract.id,
        "token": contract._portal_ensure_token(),
        "option": f"option_{contract.option_ids.id}",
        "seat": f"line_{contract.line_ids[0].id}",
    }

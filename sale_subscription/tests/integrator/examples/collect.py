"""Charge saved payment methods, see how it went, decide about what nobody knows."""

from odoo_rpc import call, find

# Here this program charges. With the mode "charge" the job would, on the days of `retry_days`.
monthly = find("sale_subscription.plan_monthly")
plants = call(
    "product.product",
    "create",
    {"name": "Office plants", "type": "service", "list_price": 80.0, "recurring_invoice": True},
)
template = call(
    "sale.subscription.template",
    "create",
    {
        "name": "Plants",
        "invoicing_mode": "post",
        "plan_ids": [(6, 0, [monthly])],
        "line_ids": [(0, 0, {"product_id": plants, "quantity": 1.0})],
    },
)

# A card known to the provider. The demo provider does with it what the card says.
provider = find("payment.payment_provider_demo")
call("payment.provider", "write", [provider], {"state": "test"})
customer = call("res.partner", "create", {"name": "Azure Interior"})
card = call(
    "payment.token",
    "create",
    {
        "provider_id": provider,
        "payment_method_id": find("payment.payment_method_card"),
        "partner_id": customer,
        "provider_ref": "card-1",
        "payment_details": "4242",
        "demo_simulated_state": "done",
    },
)
[contract] = call(
    "sale.subscription.template", "subscribe", [template], customer, start="2026-01-01"
)
call("sale.subscription", "write", [contract], {"payment_token_id": card})


def collect():
    """Charge what is open and print what came of it."""
    fields = ["amount", "state", "message"]
    for transaction in call("sale.subscription", "action_collect", [contract]):
        domain = [("transaction_id", "=", transaction)]
        for attempt in call("sale.subscription.attempt", "search_read", domain, fields):
            print(f"{attempt['amount']:.2f}", attempt["state"], attempt["message"])


call("sale.subscription", "action_bill", [contract], until="2026-01-01")
collect()
collect()  # nothing is open any more

# The bank declines.
call("sale.subscription", "action_bill", [contract], until="2026-02-01")
call("payment.token", "write", [card], {"demo_simulated_state": "cancel"})
collect()

# Something breaks at the provider: nothing is done until a person has decided.
call("payment.token", "write", [card], {"demo_simulated_state": "error"})
collect()
[values] = call("sale.subscription", "read", [contract], ["payment_exception"])
print("in doubt:", values["payment_exception"])
call("sale.subscription", "action_payment_was_not_made", [contract])

# The customer found the right card.
call("payment.token", "write", [card], {"demo_simulated_state": "done"})
collect()
[values] = call("sale.subscription", "read", [contract], ["payment_exception", "amount_open"])
print("in doubt:", values["payment_exception"], "- open:", values["amount_open"])

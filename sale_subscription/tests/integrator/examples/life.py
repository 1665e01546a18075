"""One-time charge, pause, resume, close, reopen."""

from odoo_rpc import call, find

monthly = find("sale_subscription.plan_monthly")
gym = call(
    "product.product",
    "create",
    {"name": "Gym", "type": "service", "list_price": 31.0, "recurring_invoice": True},
)
towel = call("product.product", "create", {"name": "Towel", "type": "service", "list_price": 9.5})
template = call(
    "sale.subscription.template",
    "create",
    {
        "name": "Gym",
        "invoicing_mode": "post",
        "plan_ids": [(6, 0, [monthly])],
        "line_ids": [(0, 0, {"product_id": gym})],
    },
)
customer = call("res.partner", "create", {"name": "Brandon Freeman"})
[contract] = call(
    "sale.subscription.template", "subscribe", [template], customer, start="2026-01-01"
)


def bill(until):
    """Bill up to a day and print what came of it."""
    for invoice_id in call("sale.subscription", "action_bill", [contract], until=until):
        fields = ["invoice_date", "move_type", "invoice_line_ids"]
        [invoice] = call("account.move", "read", [invoice_id], fields)
        print(invoice["invoice_date"], invoice["move_type"])
        fields = ["name", "price_subtotal"]
        for line in call("account.move.line", "read", invoice["invoice_line_ids"], fields):
            print("   ", *line["name"].splitlines(), line["price_subtotal"])


def show(what):
    """Print the contract's state."""
    fields = ["state", "next_invoice_date", "close_date", "mrr"]
    [values] = call("sale.subscription", "read", [contract], fields)
    print(f"{what}: {values['state']}, MRR {values['mrr']:.2f}")


# A charge without a date rides on the next invoice.
call("sale.subscription", "add_one_time_charge", [contract], towel, quantity=2.0)
bill("2026-01-31")

# Ten days of February without service: paid for already or not, they aren't paid twice.
call(
    "sale.subscription", "action_pause", [contract], until="2026-02-21", reason="Holiday",
    when="2026-02-11",
)  # fmt: skip
bill("2026-02-28")

# Closed for good on the first day without service; a person may take that back.
reason = find("sale_subscription.close_reason_too_expensive")
call(
    "sale.subscription", "action_close", [contract], reason, when="date", date="2026-03-16",
    message="Moved away",
)  # fmt: skip
show("closed")
bill("2026-03-31")
call("sale.subscription", "action_reopen", [contract])
show("reopened")
call("sale.subscription", "action_pause", [contract])
show("paused")
call("sale.subscription", "action_resume", [contract])
show("resumed")

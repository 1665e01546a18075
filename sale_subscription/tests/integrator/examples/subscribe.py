"""A shop of your own makes contracts, looks ahead and bills them."""

from odoo_json import post


def find(xmlid):
    """Return the id of a record that came with an addon."""
    module, name = xmlid.split(".")
    domain = [["module", "=", module], ["name", "=", name]]
    return post("ir.model.data", "search_read", domain=domain, fields=["res_id"])[0]["res_id"]


# The catalog, made once.
monthly = find("sale_subscription.plan_monthly")
hosting, backup = post(
    "product.product",
    "create",
    vals_list=[
        {"name": "Hosting", "type": "service", "list_price": 20.0, "recurring_invoice": True},
        {"name": "Backup", "type": "service", "list_price": 5.0, "recurring_invoice": True},
    ],
)
[template] = post(
    "sale.subscription.template",
    "create",
    vals_list=[
        {
            "name": "Hosting",
            "invoicing_mode": "post",
            "plan_ids": [[6, 0, [monthly]]],
            "line_ids": [[0, 0, {"product_id": hosting}]],
            "option_ids": [[0, 0, {"product_id": backup, "max_quantity": 5}]],
        }
    ],
)
[customer] = post("res.partner", "create", vals_list=[{"name": "Azure Interior"}])

# The same reference twice is the same contract, so a call may be repeated after a time-out.
order = {
    "partner_id": customer,
    "options": [{"product_id": backup, "quantity": 2}],
    "start": "2026-01-31",
    "client_ref": "shop order 4711",
}
[contract] = post("sale.subscription.template", "subscribe", ids=[template], **order)
[again] = post("sale.subscription.template", "subscribe", ids=[template], **order)
print("the same contract:", again == contract)

# What is coming, without writing anything.
for invoice in post("sale.subscription", "preview_billing", ids=[contract], until="2026-03-31"):
    print(invoice["date"], *invoice["period"], invoice["amount_untaxed"], invoice["amount_total"])
    for line in invoice["lines"]:
        print("   ", line["name"], line["quantity"], "x", line["price_unit"], "=", line["amount"])

# What is due up to a day becomes invoices; again, there is nothing left.
first = post("sale.subscription", "action_bill", ids=[contract], until="2026-02-28")
second = post("sale.subscription", "action_bill", ids=[contract], until="2026-02-28")
print("invoices made:", len(first), "then", len(second))
[record] = post("sale.subscription", "read", ids=[contract], fields=["state", "next_invoice_date"])
print(record["state"], "next invoice on", record["next_invoice_date"])

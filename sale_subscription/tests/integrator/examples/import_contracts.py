"""Contracts of another system go on here from the date of their next invoice."""

from odoo_rpc import call, find

call(
    "product.product",
    "create",
    [
        {"name": "Cleaning", "type": "service", "list_price": 80.0, "recurring_invoice": True},
        {"name": "Windows", "type": "service", "list_price": 25.0, "recurring_invoice": True},
    ],
)
template = call(
    "sale.subscription.template",
    "create",
    {
        "name": "Facility",
        "invoicing_mode": "post",
        "plan_ids": [(6, 0, [find("sale_subscription.plan_monthly")])],
    },
)
call("res.partner", "create", [{"name": "Gemini Furniture"}, {"name": "Ready Mat"}])

# The columns and rows of a spreadsheet; a row without a reference adds a line to the one above.
columns = [
    "client_ref", "partner_id", "template_id", "plan_id", "date_start", "next_invoice_date",
    "line_ids/product_id", "line_ids/quantity", "line_ids/price_unit",
]  # fmt: skip
rows = [
    ["OLD-1", "Gemini Furniture", "Facility", "Monthly", "2023-05-31", "2026-02-28",
     "Cleaning", "2", "75.0"],
    ["", "", "", "", "", "",
     "Windows", "1", "25.0"],
    ["OLD-2", "Ready Mat", "Facility", "Monthly", "2024-01-10", "2026-03-10",
     "Cleaning", "1", "80.0"],
]  # fmt: skip
result = call("sale.subscription", "load", columns, rows)
print("imported:", len(result["ids"]), "messages:", result["messages"])
call("sale.subscription", "action_activate", result["ids"])

for contract_id in result["ids"]:
    invoices = call("sale.subscription", "action_bill", [contract_id], until="2026-03-31")
    fields = ["client_ref", "next_invoice_date", "recurring_total"]
    [contract] = call("sale.subscription", "read", [contract_id], fields)
    print(contract["client_ref"], contract["recurring_total"], contract["next_invoice_date"])
    for invoice in call("account.move", "read", invoices, ["invoice_date", "amount_untaxed"]):
        print("   ", invoice["invoice_date"], invoice["amount_untaxed"])

# A row that can't be imported says why, and nothing at all is written.
rows[0][0], rows[2][0], rows[2][5] = "OLD-3", "OLD-4", "2023-01-10"
result = call("sale.subscription", "load", columns, rows)
print("imported:", result["ids"], "message:", result["messages"][0]["message"])

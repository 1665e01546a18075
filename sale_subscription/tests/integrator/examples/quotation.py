"""A quotation becomes two contracts that bill themselves."""

from odoo_rpc import call, find

monthly, yearly = find("sale_subscription.plan_monthly"), find("sale_subscription.plan_yearly")

# The catalog: a template, two recurring products, one sold once, a price list.
template = call(
    "sale.subscription.template",
    "create",
    {"name": "Software", "invoicing_mode": "post", "plan_ids": [(6, 0, [monthly, yearly])]},
)


def create_product(name, price, **values):
    values = {"name": name, "type": "service", "list_price": price, **values}
    return call("product.product", "create", values)


recurring = {"recurring_invoice": True, "subscription_template_id": template}
seat = create_product("Seat", 10.0, subscription_plan_id=monthly, **recurring)
support = create_product("Support", 120.0, subscription_plan_id=yearly, **recurring)
setup = create_product("Setup", 50.0)
rule = {
    "applied_on": "0_product_variant",
    "product_id": seat,
    "subscription_plan_id": monthly,
    "compute_price": "fixed",
    "fixed_price": 9.0,
}
partners = call("product.pricelist", "create", {"name": "Partners", "item_ids": [(0, 0, rule)]})

# The quotation: the price list says 9.00 per seat and month.
customer = call("res.partner", "create", {"name": "Deco Addict", "email": "deco@example.com"})
order = call(
    "sale.order",
    "create",
    {
        "partner_id": customer,
        "pricelist_id": partners,
        "order_line": [
            (0, 0, {"product_id": seat, "product_uom_qty": 3, "discount": 10.0}),
            (0, 0, {"product_id": support}),
            (0, 0, {"product_id": setup}),
        ],
    },
)
call("sale.order", "action_confirm", [order])

# One contract per plan; "Invoice now" on both.
fields = ["subscription_ids", "invoice_status"]
contract_ids = call("sale.order", "read", [order], fields)[0]["subscription_ids"]
invoice_ids = call("sale.subscription", "action_bill", contract_ids)

for contract in call(
    "sale.subscription",
    "read",
    sorted(contract_ids),
    ["state", "plan_id", "recurring_total", "mrr", "next_invoice_date"],
):
    print(
        f"{contract['plan_id'][1]}: {contract['state']}, {contract['recurring_total']:.2f} per "
        f"period, MRR {contract['mrr']:.2f}, next invoice on {contract['next_invoice_date']}"
    )

fields = ["state", "amount_untaxed", "amount_tax", "amount_total", "invoice_line_ids"]
for invoice in call("account.move", "read", invoice_ids, fields):
    print(
        f"Invoice {invoice['state']}: {invoice['amount_untaxed']:.2f} "
        f"+ {invoice['amount_tax']:.2f} tax = {invoice['amount_total']:.2f}"
    )
    for line in call(
        "account.move.line",
        "read",
        invoice["invoice_line_ids"],
        ["product_id", "quantity", "price_unit", "discount", "price_subtotal"]
        + ["subscription_date_from", "subscription_date_to"],
    ):
        first, last = line["subscription_date_from"], line["subscription_date_to"]
        print(
            f"  {line['product_id'][1]}: {line['quantity']:g} x {line['price_unit']:.2f} "
            f"- {line['discount']:g} % = {line['price_subtotal']:.2f}, "
            + (f"{first} to {last}" if first else "once")
        )

domain = [("subscription_id", "in", contract_ids)]
fields = ["kind", "amount", "mrr"]
for event in call("sale.subscription.event", "search_read", domain, fields, order="id"):
    print(f"MRR event: {event['kind']} {event['amount']:+.2f}, MRR after it {event['mrr']:.2f}")

"""What nobody should send, as a table: who, what, and what the answer has to say.

A string that begins with `$` stands for the id of a record of `world.seed_rpc`. The answer is a
regular expression; it must come as a message for people (or a missing right), never as a traceback.
"""

import math

NAN, INFINITY, HUGE = math.nan, math.inf, 1e300
LONG = "".join(chr(97 + (number * 7919) % 26) for number in range(10_000))
NOTHING = 999_999

PLAN, TEMPLATE = "sale.subscription.plan", "sale.subscription.template"
CONTRACT, LINE = "sale.subscription", "sale.subscription.line"

NUMBER = r"number"
DATE = r"isn't a date|is not a date|date"
RIGHT = r"not allowed|don't have|Access|access"
GONE = r"doesn't exist|does not exist|[Tt]here is no|has been deleted"


def plan(**values):
    return ("manager", PLAN, "create", [{"name": "Plan", **values}])


def template(**values):
    return (
        "manager",
        TEMPLATE,
        "create",
        [{"name": "Template", "plan_ids": [(6, 0, ["$monthly"])], **values}],
    )


def contract(**values):
    values = {"partner_id": "$partner", "template_id": "$template", **values}
    return ("seller", CONTRACT, "create", [values])


def line(**values):
    return contract(line_ids=[(0, 0, {"product_id": "$seat", **values})])


def edit_line(**values):
    return ("seller", LINE, "write", [["$line"], values])


def edit(**values):
    return ("seller", CONTRACT, "write", [["$draft"], values])


def on(record, method, *arguments, **options):
    return ("seller", CONTRACT, method, [[record], *arguments], options)


def subscribe(partner="$partner", **options):
    return ("seller", TEMPLATE, "subscribe", [["$template"], partner], options)


PLANS = [
    ("negative interval", plan(interval_count=-1), r"at least one"),
    ("zero interval", plan(interval_count=0), r"at least one"),
    ("huge interval", plan(interval_count=2_000_000_000), r"hundred years"),
    ("interval in words", plan(interval_count="often"), NUMBER),
    ("interval that is no number", plan(interval_count=NAN), NUMBER),
    ("unknown unit", plan(interval_unit="fortnight"), r"fortnight|Unit"),
    ("plan without a name", plan(name=False), r"[Nn]ame"),
    ("plan with a long name", plan(name=LONG), r"characters"),
    ("plan by a salesman", ("seller", PLAN, "create", [{"name": "Mine"}]), RIGHT),
    (
        "other interval of a plan in use",
        ("manager", PLAN, "write", [["$monthly"], {"interval_count": 2}]),
        r"Contracts already run",
    ),
]
TEMPLATES = [
    ("template with a long name", template(name=LONG), r"characters"),
    ("negative trial", template(trial_days=-1), r"negative"),
    ("endless trial", template(trial_days=2_000_000_000), r"hundred years"),
    ("endless duration", template(duration_count=2_000_000_000), r"hundred years"),
    ("trial in words", template(trial_days="some"), NUMBER),
    ("day 32", template(anchor_day=32), r"between 1 and 31"),
    ("unknown mode", template(invoicing_mode="sometimes"), r"sometimes|Invoices"),
    ("retries in words", template(retry_days="soon"), r"growing whole numbers"),
    (
        "quantity that is no number in a template",
        template(line_ids=[(0, 0, {"product_id": "$seat", "quantity": NAN})]),
        NUMBER,
    ),
    (
        "quota the wrong way round",
        template(
            option_ids=[(0, 0, {"product_id": "$seat", "min_quantity": 5, "max_quantity": 2})]
        ),
        r"maximum",
    ),
    ("template by a salesman", ("seller", TEMPLATE, "create", [{"name": "Mine"}]), RIGHT),
]
CONTRACTS = [
    ("end before start", contract(date_start="2026-02-01", end_date="2026-01-31"), r"before it"),
    ("unknown currency", contract(currency_id=NOTHING), GONE),
    ("unknown customer", contract(partner_id=NOTHING), GONE),
    ("no customer", contract(partner_id=False), r"[Cc]ustomer"),
    ("customer in words", contract(partner_id="Azure"), NUMBER),
    ("unknown template", contract(template_id=NOTHING), GONE),
    ("foreign template", contract(template_id="$foreign_template"), RIGHT + r"|company"),
    ("unknown plan", contract(plan_id=NOTHING), GONE),
    ("foreign customer", contract(partner_id="$foreign_partner"), RIGHT + r"|company"),
    ("foreign company", contract(company_id="$foreign_company"), RIGHT + r"|company"),
    ("long number", contract(name=LONG), r"characters"),
    ("long reference", contract(client_ref=LONG), r"characters"),
    ("start that is no date", contract(date_start="soon"), DATE),
    ("start on 30 February", contract(date_start="2026-02-30"), DATE),
    ("start in the year 1", contract(date_start="0001-01-01"), DATE),
    ("start in the year 9999", contract(date_start="9999-12-31"), DATE),
    ("start as a number", contract(date_start=20260101), DATE),
    (
        "next invoice before the start",
        contract(date_start="2026-02-01", next_invoice_date="2026-01-01"),
        r"before the contract starts",
    ),
    ("next invoice that is no date", contract(next_invoice_date="soon"), DATE),
    ("next invoice in the year 9999", contract(next_invoice_date="9999-12-31"), DATE),
    ("day 99", contract(anchor_day=99), r"between 1 and 31"),
    ("day -1", contract(anchor_day=-1), r"between 1 and 31"),
    ("unknown timing", contract(timing="sometimes"), r"sometimes|[Tt]iming"),
    ("unknown field", contract(colour="red"), r"no field “colour”"),
    ("lines in words", contract(line_ids="all"), r"[Ll]ine"),
    ("lines as numbers", contract(line_ids=[5]), r"[Ll]ine"),
    ("line that is no record", contract(line_ids=[(0, 0, "all")]), r"[Ll]ine"),
]
LINES = [
    ("price NaN", line(price_unit=NAN), NUMBER),
    ("price infinite", line(price_unit=INFINITY), NUMBER),
    ("price huge", line(price_unit=HUGE), NUMBER),
    ("price in words", line(price_unit="cheap"), NUMBER),
    ("price as a list", line(price_unit=[1]), NUMBER),
    ("quantity NaN", line(quantity=NAN), NUMBER),
    ("quantity infinite", line(quantity=INFINITY), NUMBER),
    ("quantity negative", line(quantity=-1), NUMBER),
    ("quantity huge", line(quantity=HUGE), NUMBER),
    ("discount NaN", line(discount=NAN), NUMBER + r"|discount"),
    ("discount of 200 %", line(discount=200), r"discount"),
    ("unknown product", line(product_id=NOTHING), GONE),
    ("no product", line(product_id=False), r"[Pp]roduct"),
    ("foreign product", line(product_id="$foreign_product"), RIGHT + r"|company"),
    ("unknown unit of measure", line(uom_id=NOTHING), GONE),
    ("unknown tax", line(tax_ids=[(6, 0, [NOTHING])]), GONE),
    ("long description", line(name=LONG), r"characters"),
    ("line ends before it starts", line(date_start="2026-03-01", date_end="2026-02-01"), r"before"),
    ("price NaN on a running line", edit_line(price_unit=NAN), NUMBER),
    ("quantity in words on a running line", edit_line(quantity="many"), NUMBER),
    ("negative quantity on a running line", edit_line(quantity=-2), NUMBER),
]
DOORS = [
    ("state by hand", edit(state="active"), r"can't be written"),
    ("MRR by hand", edit(mrr=1000.0), r"can't be written"),
    ("event by hand", edit(event_ids=[(0, 0, {"kind": "new", "amount": 5})]), RIGHT),
    ("charge by hand", edit(charge_ids=[(0, 0, {"kind": "recurring"})]), RIGHT),
    ("private method", on("$contract", "_bill", "2026-01-01"), r"[Pp]rivate"),
    ("private job", ("seller", CONTRACT, "_cron_bill", []), r"[Pp]rivate"),
    ("private funnel", on("$draft", "_update_state", ["draft"], "closed"), r"[Pp]rivate"),
    ("contract that is gone", on(NOTHING, "action_bill"), GONE),
    ("colleague's contract", on("$others_contract", "action_bill"), RIGHT),
    ("foreign contract", on("$foreign_contract", "action_bill"), RIGHT),
    ("reading a foreign contract", on("$foreign_contract", "read", ["name"]), RIGHT),
    ("deleting a running contract", on("$contract", "unlink"), RIGHT),
]
METHODS = [
    *(
        (f"{method} until {until!r}", on("$contract", method, until), DATE)
        for method in ("action_bill", "preview_billing")
        for until in ("soon", "2026-02-30", 20260101, [1], {"day": 1}, "9999-12-31", True)
    ),
    ("bill a draft", on("$draft", "action_bill"), r"isn't active"),
    ("pause a draft", on("$draft", "action_pause"), r"can't become"),
    ("pause until words", on("$contract", "action_pause", "soon"), DATE),
    ("pause until a number", on("$contract", "action_pause", 5), DATE),
    ("pause that ends at once", on("$contract", "action_pause", "2026-01-01"), r"end after"),
    ("pause when never", on("$contract", "action_pause", when="never"), DATE),
    ("pause when a list", on("$contract", "action_pause", when=[1]), DATE),
    ("pause in the year 9999", on("$contract", "action_pause", when="9999-12-31"), DATE),
    ("pause with a long reason", on("$contract", "action_pause", reason=LONG), r"characters"),
    ("resume what runs", on("$contract", "action_resume"), r"can't become"),
    ("activate what runs", on("$contract", "action_activate"), r"can't become"),
    ("reopen what runs", on("$contract", "action_reopen"), r"can't become"),
    ("cancel what was invoiced", on("$billed", "action_cancel"), r"invoiced already"),
    ("close without a reason", on("$contract", "action_close", False), r"reason"),
    ("close for an unknown reason", on("$contract", "action_close", NOTHING), r"reason"),
    ("close for a reason in words", on("$contract", "action_close", "fed up"), r"reason"),
    ("close for a list", on("$contract", "action_close", [1, 2]), r"reason"),
    ("close when never", on("$contract", "action_close", "$reason", when="never"), DATE),
    ("close without the date", on("$contract", "action_close", "$reason", when="date"), DATE),
    (
        "close on a date in words",
        on("$contract", "action_close", "$reason", when="date", date="soon"),
        DATE,
    ),
    (
        "close on a list",
        on("$contract", "action_close", "$reason", when="date", date=[1]),
        DATE,
    ),
    (
        "close with a long message",
        on("$contract", "action_close", "$reason", message=LONG),
        r"characters",
    ),
]
CHARGES = [
    ("charge an unknown product", on("$contract", "add_one_time_charge", NOTHING), GONE),
    ("charge a product in words", on("$contract", "add_one_time_charge", "Setup"), r"product"),
    ("charge no product", on("$contract", "add_one_time_charge", None), r"product"),
    ("charge two products", on("$contract", "add_one_time_charge", [1, 2]), r"product"),
    ("charge a dict", on("$contract", "add_one_time_charge", {"id": 1}), r"product"),
    (
        "charge a foreign product",
        on("$contract", "add_one_time_charge", "$foreign_product"),
        RIGHT + r"|company",
    ),
    *(
        (
            f"charge {name} {value!r}",
            on("$contract", "add_one_time_charge", "$setup", **{name: value}),
            NUMBER,
        )
        for name in ("quantity", "price_unit")
        for value in (NAN, INFINITY, HUGE, "many", [1], {"a": 1})
    ),
    (
        "charge with a long text",
        on("$contract", "add_one_time_charge", "$setup", name=LONG),
        r"characters",
    ),
    (
        "charge with a number as text",
        on("$contract", "add_one_time_charge", "$setup", name=[5]),
        r"text",
    ),
    ("charge a cancelled draft", on("$foreign_contract", "add_one_time_charge", "$setup"), RIGHT),
]
SUBSCRIBE = [
    ("subscribe nobody", subscribe(None), r"customer"),
    ("subscribe an unknown customer", subscribe(NOTHING), GONE),
    ("subscribe words", subscribe("Azure"), r"customer"),
    ("subscribe a list", subscribe([1, 2]), r"customer"),
    ("subscribe a dict", subscribe({"id": 1}), r"customer"),
    ("subscribe a foreign customer", subscribe("$foreign_partner"), RIGHT + r"|company"),
    ("subscribe an unknown plan", subscribe(plan_id=NOTHING), r"plan"),
    ("subscribe a plan in words", subscribe(plan_id="Monthly"), r"plan"),
    ("subscribe a list of plans", subscribe(plan_id=[1]), r"plan"),
    ("subscribe from words", subscribe(start="soon"), DATE),
    ("subscribe from a number", subscribe(start=5), DATE),
    ("subscribe from the year 1", subscribe(start="0001-01-01"), DATE),
    ("subscribe from the year 9999", subscribe(start="9999-12-31"), DATE),
    ("subscribe with a long reference", subscribe(client_ref=LONG), r"characters"),
    ("subscribe with a list as reference", subscribe(client_ref=[1]), r"reference|text"),
    ("subscribe with a dict as reference", subscribe(client_ref={"a": 1}), r"reference|text"),
    ("options in words", subscribe(options="all"), r"[Oo]ption"),
    ("options as a number", subscribe(options=5), r"[Oo]ption"),
    ("option without a product", subscribe(options=[{"quantity": 1}]), r"[Oo]ption"),
    ("option that isn't one", subscribe(options=["$setup"]), r"isn't an option"),
    ("option as a list", subscribe(options=[[1, 2]]), r"[Oo]ption"),
    *(
        (
            f"option quantity {value!r}",
            subscribe(options=[{"product_id": "$support", "quantity": value}]),
            NUMBER + r"|quota|[Oo]ption",
        )
        for value in (NAN, INFINITY, -INFINITY, HUGE, -1, 4, "many", None, [1])
    ),
    (
        "subscribe from a foreign template",
        ("seller", TEMPLATE, "subscribe", [["$foreign_template"], "$partner"]),
        RIGHT,
    ),
    (
        "subscribe from no template",
        ("seller", TEMPLATE, "subscribe", [[NOTHING], "$partner"]),
        GONE,
    ),
]
CASES = [*PLANS, *TEMPLATES, *CONTRACTS, *LINES, *DOORS, *METHODS, *CHARGES, *SUBSCRIBE]

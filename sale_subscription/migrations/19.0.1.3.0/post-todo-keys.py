from odoo import SUPERUSER_ID, api
from odoo.tools.translate import get_translation

# What open to-dos were known by until now: their text, in whatever language it was written.
OF_CONTRACTS = {
    "billing_failure": "This contract could not be invoiced",
    "transition_failure": "This contract could not be renewed or closed",
    "renewal_notice_failure": "The notice about the contract's end could not be made",
}
OF_INVOICES = {
    "doubt": "Was %(invoice)s paid?",
    "paid_twice": "Was %(invoice)s paid twice?",
    "stuck": "Is %(invoice)s being paid?",
    "uncollected": "%(invoice)s could not be collected",
    "reopened": "%(invoice)s is open again",
    "held": "%(invoice)s was not charged",
}
OF_ORDERS = {"paid_order": "Paid, but not confirmed"}
TYPES = {
    **dict.fromkeys(OF_CONTRACTS, "sale_subscription.mail_activity_type_failure"),
    "paid_order": "sale_subscription.mail_activity_type_paid_order",
}


def migrate(cr, version):
    """Give open to-dos the key they are known by from now on, and tell stuck payments only once."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    languages = [code for code, _name in env["res.lang"].get_installed()]
    for record, activities in _get_open_todos(env).items():
        keys = _get_keys(record, languages)
        for activity in activities:
            _give_key(activity, keys.get(activity.summary) or _get_key_of_type(activity))
    _remember_stuck_payments(env)


def _get_open_todos(env):
    """Return the to-dos without a key by the contract or order they are about."""
    todos = {}
    domain = [
        ("res_model", "in", ("sale.subscription", "sale.order")),
        ("automated", "=", True),
        ("subscription_key", "=", False),
    ]
    for activity in env["mail.activity"].search(domain):
        record = env[activity.res_model].browse(activity.res_id).exists()
        if record:
            todos[record] = todos.get(record, activity.browse()) | activity
    return todos


def _get_keys(record, languages):
    """Return the keys of all to-dos that a record can have, by their texts."""
    if record._name == "sale.order":
        return {_say(text, lang): key for key, text in OF_ORDERS.items() for lang in languages}
    keys = {_say(text, lang): key for key, text in OF_CONTRACTS.items() for lang in languages}
    for move in record.invoice_ids:
        for key, text in OF_INVOICES.items():
            name = f"{key},account.move,{move.id}"
            keys |= {_say(text, lang, invoice=move.name): name for lang in languages}
    return keys


def _say(text, lang, **values):
    """Return a text of the addon in a language."""
    return get_translation("sale_subscription", lang, text, values)


def _get_key_of_type(activity):
    """Return the key of a to-do whose type says everything, if it does."""
    by_type = {
        activity.env.ref("sale_subscription.mail_activity_type_card", False): "card",
    }
    if activity.res_model == "sale.order":
        by_type[activity.env.ref("sale_subscription.mail_activity_type_payment_doubt", False)] = (
            "doubt"
        )
    return by_type.get(activity.activity_type_id)


def _give_key(activity, key):
    """Write a key, and the type that goes with it."""
    if not key:
        return
    kind = activity.env.ref(TYPES[key], False) if key in TYPES else activity.activity_type_id
    activity.write({"subscription_key": key, "activity_type_id": kind.id})


def _remember_stuck_payments(env):
    """Say of invoices which payment without end was told already."""
    for move in env["account.move"].search([("subscription_hold_reason", "!=", False)]):
        stuck = move._get_stuck_payment()
        if stuck and stuck.reference in move.subscription_hold_reason:
            move._write_step({"subscription_stuck_transaction_id": stuck.id})

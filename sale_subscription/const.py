"""Values shared by several models, so that they can never drift apart."""

from datetime import timedelta

INTERVAL_UNITS = [
    ("day", "Days"),
    ("week", "Weeks"),
    ("month", "Months"),
    ("year", "Years"),
]

# Longest plan accepted, per unit: a hundred years. Longer ones are typing errors, and their
# dates would leave the calendar.
MAX_INTERVAL_COUNT = {"day": 36500, "week": 5200, "month": 1200, "year": 100}

PORTAL_ACCESS = [
    ("restricted", "Restricted"),
    ("upgrade", "Upgrade only"),
    ("upgrade_downgrade", "Upgrade and downgrade"),
]

SUBSCRIPTION_STATES = [
    ("draft", "Draft"),
    ("active", "Active"),
    ("paused", "Paused"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]

# States in which service is agreed: the contract counts as a customer's.
RUNNING_STATES = ("active", "paused")

# States in which something may still be billed: a closed contract can owe its last arrears or a
# credit for unused time.
BILLABLE_STATES = ("active", "paused", "closed")

HEALTH_STATES = [
    ("good", "Good"),
    ("neutral", "Neutral"),
    ("bad", "Bad"),
]

TIMINGS = [
    ("advance", "In advance"),
    ("arrears", "In arrears"),
]

CHARGE_KINDS = [
    ("recurring", "Recurring"),
    ("proration", "Proration"),
    ("credit", "Credit"),
    ("one_time", "One-time"),
    ("usage", "Usage"),
]

# Kinds that cover a stretch of a line's service; the others are one-off.
PERIOD_KINDS = ("recurring", "proration", "credit")

EVENT_KINDS = [
    ("new", "New"),
    ("expansion", "Expansion"),
    ("contraction", "Contraction"),
    ("churn", "Churn"),
    ("reactivation", "Reactivation"),
    ("pause", "Pause"),
    ("resume", "Resume"),
    ("transfer", "Transfer"),
]

INVOICING_MODES = [
    ("manual", "Manually"),
    ("draft", "Create a draft"),
    ("post", "Create and confirm"),
    ("send", "Create, confirm and send"),
    ("charge", "Create, confirm, send and charge"),
    ("charge_then_send", "Create, confirm and charge; send when paid"),
]

# Modes in which a saved payment method is charged without anybody asking for it.
CHARGE_MODES = ("charge", "charge_then_send")

# Modes in which invoices are confirmed without anybody looking at them.
POST_MODES = ("post", "send", *CHARGE_MODES)

# Modes in which customers hear from us by themselves: invoices, reminders, receipts.
MAIL_MODES = ("send", *CHARGE_MODES)

ATTEMPT_STATES = [
    ("calling", "In progress"),
    ("pending", "Waiting for the provider"),
    ("unknown", "Outcome unknown"),
    ("done", "Paid"),
    ("declined", "Not paid"),
]

# While an attempt is in one of these states no other may be made for its invoice.
LIVE_ATTEMPT_STATES = ("calling", "pending", "unknown")

UNPAID_ACTIONS = [
    ("close", "Close the contract"),
    ("suspend", "Suspend it until it is paid"),
]

# What can be done with a contract in which state. The only place that says so.
ALLOWED_OPERATIONS = {
    "activate": ("draft",),
    "bill": ("active", "paused", "closed"),
    "collect": ("active", "paused", "closed"),
    "charge_once": ("draft", "active", "paused"),
    "change": ("draft", "active", "paused"),
    "upsell": ("active", "paused"),
    "renew": ("active", "paused"),
    "pause": ("active",),
    "resume": ("paused",),
    "close": ("active", "paused"),
    "reopen": ("active", "paused", "closed"),
    "cancel": ("draft", "active", "paused"),
}

CHANGE_KINDS = [
    ("quantity", "Quantity"),
    ("price", "Price"),
    ("plan", "Plan"),
    ("add", "Product added"),
    ("remove", "Product removed"),
    ("upsell", "Upsell"),
    ("renewal", "Renewal"),
]

CHANGE_STATES = [
    ("scheduled", "Scheduled"),
    ("done", "In effect"),
    ("withdrawn", "Withdrawn"),
]

# What a quotation does to the contract it was opened from.
ORDER_OPERATIONS = [
    ("upsell", "Upsell"),
    ("renewal", "Renewal"),
]

# After this long somebody should ask the provider what became of a pending payment: a direct debit
# takes up to ten working days.
PENDING_TOO_LONG = timedelta(days=14)

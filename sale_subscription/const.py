"""Values shared by several models, so that they can never drift apart."""

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
]

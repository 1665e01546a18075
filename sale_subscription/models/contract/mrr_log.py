from odoo import fields

#: In whose hands a contract is: what an event remembers of it besides its money.
HANDS = ("user_id", "team_id", "template_id", "plan_id", "customer_key")

#: What has to be known of the events so far to write the next one.
EVENT_FIELDS = (
    "subscription_id",
    "date",
    "kind",
    "cohort_date",
    "running_delta",
    "partner_id",
    *HANDS,
)


class MrrLog:
    """What a contract's log says after its events, read in their order.

    `date` is the last event's day and `hands` whose it was; `kind` is the last movement's, no
    transfer's; `cohort_date` the day of the first MRR; `is_running` counts a paused contract.
    """

    def __init__(self):
        self.date = self.kind = self.cohort_date = self.hands = None
        self.running = 0

    @property
    def is_running(self):
        """Tell whether the contract runs, paused or not."""
        return self.running > 0

    def add(self, event):
        """Take the next event in.

        :param dict event: values of a `sale.subscription.event`, links as ids.
        """
        self.date = fields.Date.to_date(event["date"])
        self.hands = {name: event[name] for name in HANDS}
        self.hands["partner_id"] = event["partner_id"]
        self.cohort_date = fields.Date.to_date(event["cohort_date"]) or self.cohort_date
        self.running += event["running_delta"] or 0
        if event["kind"] != "transfer":
            self.kind = event["kind"]

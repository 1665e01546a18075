"""What one line of the story says."""

from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Agreement:
    """One contract of the demo data.

    :param customer: suffix of the xmlid `partner_…`.
    :param template: suffix of `template_…`.
    :param plan: suffix of `plan_…`.
    :param start: days ago (negative: in the future), or a `relativedelta` ago.
    :param products: product suffix → quantity: options when subscribed, lines on an order.
    :param how: 'subscribe', 'order', 'quotation' (never confirmed) or 'draft'.
    :param steps: what happened later: tuples `(days ago, what, arguments)`, oldest first.
    :param unpaid_since: invoices since then (days ago) were never paid.
    :param values: what only this contract has; `journal` names an xmlid.
    :param activity: what the salesperson does next: days from today, and what.
    :param tags: suffixes of `tag_…`.
    """

    customer: str
    template: str
    plan: str
    start: int | relativedelta
    products: dict = field(default_factory=dict)
    how: str = "subscribe"
    steps: tuple = ()
    unpaid_since: int | None = None
    values: dict = field(default_factory=dict)
    activity: tuple = ()
    tags: tuple = ()

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Monthly recurring revenue: how much a line weighs, and what each change of it is called.

opening + every movement = closing, exactly: a movement's amount is always after minus before, and
its kind depends on nothing but the two figures, the cause and whether there ever was a positive
one. The definitions are in ``docs/engine.md``.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .rounding import round_half_up
from .values import amount as to_amount
from .values import check_date

#: Months in one unit: a year has 12 months, 52 weeks and 365 days.
MONTHS = {
    "day": Fraction(12, 365),
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "year": Fraction(12),
}

NEW, EXPANSION, CONTRACTION, CHURN = "new", "expansion", "contraction", "churn"
REACTIVATION, PAUSE, RESUME, TRANSFER = "reactivation", "pause", "resume", "transfer"
KINDS = (NEW, EXPANSION, CONTRACTION, CHURN, REACTIVATION, PAUSE, RESUME)

_DOWN_TO_ZERO = {"close": CHURN, "pause": PAUSE}
_UP_FROM_ZERO = {"reopen": REACTIVATION, "resume": RESUME}
CAUSES = (None, *_DOWN_TO_ZERO, *_UP_FROM_ZERO)


def monthly(amount, unit, count):
    """Return the amount of one period as an amount per month, exact.

    :param amount: price of one period: ``int``, ``Decimal``, ``Fraction`` or text
    :param str unit: ``'day'``, ``'week'``, ``'month'`` or ``'year'``
    :param int count: units in one period, at least 1
    :rtype: fractions.Fraction
    :raises ValueError: for a bad value

    >>> monthly(1200, 'year', 1), monthly(300, 'month', 3), monthly(10, 'week', 2)
    (Fraction(100, 1), Fraction(100, 1), Fraction(65, 3))
    """
    if unit not in MONTHS:
        raise ValueError(f"unit must be one of {', '.join(MONTHS)}, not {unit!r}")
    if type(count) is not int or count < 1:
        raise ValueError(f"count must be a whole number from 1, not {count!r}")
    return to_amount(amount) / (MONTHS[unit] * count)


def line_mrr(quantity, price, discount_percent, unit, count):
    """Return the exact MRR of a line: quantity x price x (1 - discount), per month.

    :param quantity: quantity per period
    :param price: untaxed price of one piece for one period
    :param discount_percent: recurring discount, 0 to 100
    :param unit: the period's unit, or ``None`` for a line sold once, which has no MRR
    :param int count: units in one period; meaningless for a line sold once
    :rtype: fractions.Fraction
    :raises ValueError: for a bad value

    >>> line_mrr(2, '120', 10, 'year', 1)
    Fraction(18, 1)
    >>> line_mrr(1, '99', 0, None, None)
    Fraction(0, 1)
    """
    discount = to_amount(discount_percent, "discount_percent")
    if not 0 <= discount <= 100:
        raise ValueError(f"discount_percent must be from 0 to 100, not {discount_percent!r}")
    total = to_amount(quantity, "quantity") * to_amount(price, "price") * (100 - discount) / 100
    return Fraction(0) if unit is None else monthly(total, unit, count)


def movement(before, after, *, first, cause=None):
    """Return what a change of MRR is called, as ``(kind, after - before)``, or ``None`` for none.

    :param before: MRR until the change
    :param after: MRR from it on
    :param bool first: no positive MRR was ever recorded before
    :param cause: ``None`` for a change of a running contract, which stays an expansion or a
        contraction even down to zero and back; ``'close'`` and ``'pause'`` bring it to zero,
        ``'reopen'`` and ``'resume'`` back from there
    :rtype: tuple[str, fractions.Fraction] | None
    :raises ValueError: for a bad amount or cause, or a cause that contradicts the amounts

    >>> movement(0, 100, first=True), movement(100, 80, first=False)
    (('new', Fraction(100, 1)), ('contraction', Fraction(-20, 1)))
    >>> movement(80, 0, first=False, cause='close'), movement(80, 80, first=False)
    (('churn', Fraction(-80, 1)), None)
    >>> movement(0, 90, first=False, cause='reopen')
    ('reactivation', Fraction(90, 1))
    """
    before, after = to_amount(before, "before"), to_amount(after, "after")
    if cause not in CAUSES:
        raise ValueError(f"cause must be one of {', '.join(map(str, CAUSES))}, not {cause!r}")
    if cause in _DOWN_TO_ZERO and after:
        raise ValueError(f"{cause!r} brings MRR to zero, not to {after}")
    if (cause in _UP_FROM_ZERO and before) or (first and before > 0):
        raise ValueError(f"the first MRR, or one after {cause!r}, comes from zero, not {before}")
    if before == after:
        return None
    if first and after > 0:
        kind = NEW
    elif cause is not None:
        kind = _DOWN_TO_ZERO.get(cause) or _UP_FROM_ZERO[cause]
    else:
        kind = EXPANSION if after > before else CONTRACTION
    return kind, after - before


def unpaid_movement(*, running, cause):
    """Return what an end, or a return, is called that moves no MRR, or ``None`` for nothing.

    A contract that closes while it is paused or free ends all the same, and may come back so.

    :param bool running: whether the contract ran until now; a paused one does
    :param cause: as for :func:`movement`
    :rtype: str | None

    >>> unpaid_movement(running=True, cause='close'), unpaid_movement(running=False, cause='close')
    ('churn', None)
    >>> unpaid_movement(running=False, cause='reopen'), unpaid_movement(running=True, cause='pause')
    ('reactivation', None)
    """
    if cause == "close":
        return CHURN if running else None
    if cause == "reopen":
        return None if running else REACTIVATION
    return RESUME if cause == "resume" else None


def running_delta(kind, *, running):
    """Return by how much a movement changes the number of running contracts: 1, 0 or -1.

    :param str kind: what the movement is called
    :param bool running: whether the contract ran until now

    >>> running_delta('new', running=False), running_delta('pause', running=True)
    (1, 0)
    >>> running_delta('churn', running=True), running_delta('churn', running=False)
    (-1, 0)
    """
    if kind in (NEW, REACTIVATION):
        return 0 if running else 1
    return -1 if kind == CHURN and running else 0


def paying_delta(before, after):
    """Return by how much a movement changes the number of paying contracts: 1, 0 or -1.

    >>> paying_delta(0, 10), paying_delta(10, 20), paying_delta(10, 0)
    (1, 0, -1)
    """
    return int(after > 0) - int(before > 0)


def month_number(day):
    """Return the month of a day as one whole number: year x 12 + month.

    >>> month_number(date(2026, 1, 31)), month_number(None)
    (24313, None)
    """
    return day and day.year * 12 + day.month


@dataclass(frozen=True, slots=True)
class State:
    """MRR of a contract from ``date`` on, and why it became so (see :func:`movement`)."""

    date: date
    mrr: Fraction
    cause: str | None = None

    def __post_init__(self):
        check_date(self.date, "date")
        object.__setattr__(self, "mrr", to_amount(self.mrr, "mrr"))


@dataclass(frozen=True, slots=True)
class Event:
    """One movement: ``amount`` on ``date``, after which the contract's MRR is ``mrr``."""

    date: date
    kind: str
    amount: Fraction
    mrr: Fraction


def movements(states):
    """Return the events that lead from no MRR through the states, one contract's whole history.

    Their sum is the last state's MRR. States that change nothing give no event.

    :param states: iterable of :class:`State`, by date
    :rtype: list[Event]
    :raises ValueError: when the dates go back or a cause contradicts the amounts

    >>> history = [State(date(2026, 1, 1), 100), State(date(2026, 2, 1), 150),
    ...            State(date(2026, 3, 1), 0, 'close'), State(date(2026, 4, 1), 150, 'reopen')]
    >>> [f'{event.kind} {event.amount}' for event in movements(history)]
    ['new 100', 'expansion 50', 'churn -150', 'reactivation 150']
    """
    events = []
    current, first, last = Fraction(0), True, date.min
    for state in states:
        if state.date < last:
            raise ValueError(f"states go back in time: {state.date} after {last}")
        change = movement(current, state.mrr, first=first, cause=state.cause)
        if change:
            events.append(Event(state.date, *change, state.mrr))
        current, first, last = state.mrr, first and state.mrr <= 0, state.date
    return events


def totals(events):
    """Return the sum of each kind of movement: ``{kind: Fraction}`` with every kind in it.

    opening + the sum of the values = closing.

    :param events: iterable of :class:`Event`

    >>> totals(movements([State(date(2026, 1, 1), 100)]))['new']
    Fraction(100, 1)
    """
    sums = dict.fromkeys(KINDS, Fraction(0))
    for event in events:
        sums[event.kind] += event.amount
    return sums


def closing_amount(amounts):
    """Return what an event that brings MRR to zero carries in company currency: the balance.

    However the rate moved in between, the contract's events then sum to zero.

    :param amounts: company-currency amounts of all the contract's earlier events
    :rtype: fractions.Fraction
    :raises ValueError: for a bad amount

    >>> closing_amount(['110.00', '-11.37'])
    Fraction(-9863, 100)
    """
    return -sum((to_amount(value) for value in amounts), Fraction(0))


def company_amounts(events, rates, quantum):
    """Return the events' amounts in company currency, each at its own rate, rounded.

    An event after which MRR is zero carries the balance (:func:`closing_amount`).

    :param events: the contract's whole history, a sequence of :class:`Event`
    :param rates: for each event, company currency per unit of contract currency on its date
    :param quantum: the company currency's rounding
    :rtype: list[decimal.Decimal]
    :raises ValueError: for a bad rate or quantum, or not one rate per event

    >>> history = movements([State(date(2026, 1, 1), 100), State(date(2026, 2, 1), 0, 'close')])
    >>> [str(value) for value in company_amounts(history, ['1.10', '1.25'], '0.01')]
    ['110.00', '-110.00']
    """
    converted = []
    for event, rate in zip(events, rates, strict=True):
        value = (
            closing_amount(converted) if not event.mrr else (event.amount * to_amount(rate, "rate"))
        )
        converted.append(round_half_up(value, quantum))
    return converted

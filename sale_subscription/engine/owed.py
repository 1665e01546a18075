# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What a line still owes: desired minus billed.

*Desired* are the days of service a version of a line is entitled to, cut at the boundaries of its
grid. *Billed* are the days already charged, net of credits. The difference is what to charge, its
reverse what to credit. Renewing, upgrading, closing early, pausing, backdating and correcting are
all this one subtraction, and a second run with the first one's result in ``billed`` finds nothing.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from .intervals import FOREVER, merge, overlaps, subtract
from .proration import ADVANCE, check_span, check_timing
from .recurrence import Recurrence
from .rounding import amount_within
from .values import amount, check_date

RECURRING, PRORATION, CREDIT = "recurring", "proration", "credit"


@dataclass(frozen=True, slots=True)
class Version:
    """A line as it is from ``start`` until ``end``.

    :param Recurrence recurrence: the grid of the contract
    :param datetime.date start: first day of the version
    :param end: the day after its last, ``None`` for endless; equal to ``start`` it owes nothing
    :param price: exact price of one full period, quantity and discount included: ``int``,
        ``Decimal``, ``Fraction`` or text; kept as a ``Fraction``
    :param str timing: ``'advance'`` (a slice is due on its first day) or ``'arrears'`` (on the day
        after its last)
    :raises ValueError: for a bad value

    >>> monthly = Recurrence('month', 1, date(2026, 1, 1))
    >>> Version(monthly, date(2026, 1, 1), None, '9.99').price
    Fraction(999, 100)
    """

    recurrence: Recurrence
    start: date
    end: date | None
    price: Fraction
    timing: str = ADVANCE

    def __post_init__(self):
        if not isinstance(self.recurrence, Recurrence):
            raise ValueError(f"recurrence must be a Recurrence, not {self.recurrence!r}")
        check_span(self.start, self.end)
        check_timing(self.timing)
        object.__setattr__(self, "price", amount(self.price, "price"))


@dataclass(frozen=True, slots=True)
class Charge:
    """One contiguous slice ``[start, end)`` inside one grid period, to charge or to credit.

    ``fraction`` is the slice's days over the days of its grid ``period``; ``amount`` is rounded by
    place (see ``rounding``). Both are negative for a credit. ``index`` numbers the grid period
    (boundary ``index`` is its first day); it is negative before boundary 0. ``due`` is the day it
    may be billed.
    """

    start: date
    end: date
    kind: str
    due: date
    fraction: Fraction
    amount: Decimal
    period: tuple[date, date]
    index: int


def entitled(version, pauses=(), trial_end=None):
    """Return the days in which service is owed, as sorted half-open intervals.

    :param Version version: the line
    :param pauses: iterable of ``(start, end)``, ``end`` being the first day of service again or
        ``None``
    :param trial_end: first paid day, or ``None``; the days before it are free
    :return: list of ``(start, end)``; the end of an endless one is ``intervals.FOREVER``
    :raises ValueError: for a bad interval or date

    >>> monthly = Recurrence('month', 1, date(2026, 1, 1))
    >>> line = Version(monthly, date(2026, 1, 1), date(2026, 4, 1), 10)
    >>> days = entitled(line, pauses=[(date(2026, 2, 1), date(2026, 3, 1))])
    >>> [f'{start} {end}' for start, end in days]
    ['2026-01-01 2026-02-01', '2026-03-01 2026-04-01']
    """
    start = version.start
    if trial_end is not None:
        start = max(start, check_date(trial_end, "trial_end"))
    end = FOREVER if version.end is None else version.end
    return subtract([(start, end)], merge(pauses)) if start < end else []


def owed(version, billed, until, quantum, pauses=(), trial_end=None):
    """Return the charges and credits that make ``billed`` equal to what is owed until ``until``.

    A slice of which no day's grid period was billed before is ``'recurring'``; one that completes
    a grid period part of which was billed is ``'proration'``. Days billed without entitlement come
    back as ``'credit'``, due on ``until``, however far ahead they lie; days billed ahead of their
    due day stay.

    :param Version version: the line
    :param billed: iterable of half-open intervals already charged, net of credits; in any order,
        never changed
    :param datetime.date until: last day billed, inclusive
    :param quantum: the currency's rounding, above zero (``Decimal('0.01')``)
    :param pauses: as for :func:`entitled`
    :param trial_end: as for :func:`entitled`
    :rtype: list[Charge]
    :return: credits first, then charges, each in the order of their days
    :raises ValueError: for a bad value

    >>> monthly = Recurrence('month', 1, date(2026, 1, 1))
    >>> line = Version(monthly, date(2026, 1, 1), None, 10)
    >>> for charge in owed(line, [], date(2026, 2, 1), Decimal('0.01')):
    ...     print(charge.kind, charge.start, charge.end, charge.due, charge.amount)
    recurring 2026-01-01 2026-02-01 2026-01-01 10.00
    recurring 2026-02-01 2026-03-01 2026-02-01 10.00
    >>> closed = Version(monthly, date(2026, 1, 1), date(2026, 2, 15), 10)
    >>> billed = [(date(2026, 1, 1), date(2026, 3, 1))]
    >>> for charge in owed(closed, billed, date(2026, 2, 10), Decimal('0.01')):
    ...     print(charge.kind, charge.start, charge.end, charge.due, charge.amount)
    credit 2026-02-15 2026-03-01 2026-02-10 -5.00
    """
    check_date(until, "until")
    billed = merge(billed)
    desired = entitled(version, pauses, trial_end)
    charges = [
        _charge(version, piece, CREDIT, until, quantum)
        for interval in subtract(billed, desired)
        for piece in version.recurrence.slices(*interval)
    ]
    last_index = None
    for piece, due in _missing(version, billed, desired):
        if due > until:
            break
        index, grid_start, grid_end = piece[:3]
        again = index == last_index or overlaps(billed, grid_start, grid_end)
        kind, last_index = PRORATION if again else RECURRING, index
        charges.append(_charge(version, piece, kind, due, quantum))
    return charges


def next_due(version, billed, pauses=(), trial_end=None):
    """Return the first day on which :func:`owed` would charge something, or ``None``.

    Credits do not count: they are due at once.

    :param Version version: the line
    :param billed: as for :func:`owed`
    :rtype: datetime.date | None
    :raises ValueError: for a bad value

    >>> monthly = Recurrence('month', 1, date(2026, 1, 31))
    >>> line = Version(monthly, date(2026, 1, 31), None, 10)
    >>> next_due(line, [(date(2026, 1, 31), date(2026, 2, 28))])
    datetime.date(2026, 2, 28)
    >>> next_due(Version(monthly, date(2026, 1, 31), None, 10, 'arrears'), [])
    datetime.date(2026, 2, 28)
    """
    desired = entitled(version, pauses, trial_end)
    for _piece, due in _missing(version, merge(billed), desired):
        return due
    return None


def _missing(version, billed, desired):
    """Yield the slices entitled but not billed, as ``(slice, due)``, in the order of their days.

    That is also the order of their due days, so the caller may stop at the first one too late.
    """
    for interval in subtract(desired, billed):
        for piece in version.recurrence.slices(*interval):
            yield piece, piece[3] if version.timing == ADVANCE else piece[4]


def _charge(version, piece, kind, due, quantum):
    index, grid_start, grid_end, start, end = piece
    fraction = Fraction((end - start).days, (grid_end - grid_start).days)
    value = amount_within(version.price, *piece[1:], quantum)
    if kind == CREDIT:
        fraction, value = -fraction, -value
    return Charge(start, end, kind, due, fraction, value, (grid_start, grid_end), index)

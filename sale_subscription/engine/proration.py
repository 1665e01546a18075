# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fair shares by days: a slice costs its days over the days of the grid period it lies in.

The denominator is always the true anchored period, also for the part before the first boundary and
for the last part, so a credit and the charge it takes back are measured with the same rod.
"""

from fractions import Fraction

from .values import amount as to_amount
from .values import check_date, exact

__all__ = [
    "ADVANCE",
    "ARREARS",
    "TIMINGS",
    "check_span",
    "check_timing",
    "exact",
    "periods_between",
    "periods_owed",
    "slice_amount",
]

ADVANCE, ARREARS = "advance", "arrears"
TIMINGS = (ADVANCE, ARREARS)


def check_timing(timing):
    """Return ``timing`` when it is one the engine knows.

    :raises ValueError: otherwise

    >>> check_timing('advance')
    'advance'
    >>> check_timing('later')
    Traceback (most recent call last):
    ValueError: timing must be one of advance, arrears, not 'later'
    """
    if timing not in TIMINGS:
        raise ValueError(f"timing must be one of {', '.join(TIMINGS)}, not {timing!r}")
    return timing


def check_span(start, end):
    """Check that ``[start, end)`` is a span of days; ``end`` may be ``None`` for endless.

    :raises ValueError: when a day is no date or the end is before the start

    >>> from datetime import date
    >>> check_span(date(2026, 1, 2), date(2026, 1, 1))
    Traceback (most recent call last):
    ValueError: end 2026-01-01 is before start 2026-01-02
    """
    check_date(start, "start")
    if end is not None and check_date(end, "end") < start:
        raise ValueError(f"end {end} is before start {start}")


def periods_between(recurrence, start, end):
    """Return how many periods ``[start, end)`` spans, with exact fractions, as a ``Fraction``.

    Constant time, however long the span is.

    :param Recurrence recurrence: the grid
    :raises ValueError: when the span is none

    >>> from datetime import date
    >>> from .recurrence import Recurrence
    >>> monthly = Recurrence('month', 1, date(2011, 1, 1), day=15)
    >>> periods_between(monthly, date(2011, 1, 1), date(2011, 2, 27))   # 14/31 + 1 + 12/28
    Fraction(408, 217)
    """
    check_span(start, end)
    if start == end:
        return Fraction(0)
    return recurrence.position(end) - recurrence.position(start)


def periods_owed(recurrence, start, end, until, timing):
    """Return how many periods a line owes when billed up to and including the day ``until``.

    The leading and the trailing part count as days over the days of their grid period. A part is
    owed whole, on its first day (advance) or on the day after its last (arrears).

    :param Recurrence recurrence: the grid
    :param datetime.date start: first day of the line
    :param end: the day after its last, or ``None`` for endless
    :param datetime.date until: last day billed
    :param str timing: ``'advance'`` or ``'arrears'``
    :rtype: fractions.Fraction
    :raises ValueError: for a bad date, span or timing

    >>> from datetime import date
    >>> from .recurrence import Recurrence
    >>> monthly = Recurrence('month', 1, date(2011, 2, 1), day=13)
    >>> periods_owed(monthly, date(2011, 2, 1), None, date(2011, 2, 13), 'advance')    # 12/31 + 1
    Fraction(43, 31)
    >>> periods_owed(monthly, date(2011, 2, 1), None, date(2011, 2, 13), 'arrears')
    Fraction(12, 31)
    """
    check_span(start, end)
    check_date(until, "until")
    check_timing(timing)
    if until < start:
        return Fraction(0)
    if end is not None and end <= until:
        stop = end
    elif timing == ADVANCE:
        stop = recurrence.next_after(until)
        stop = stop if end is None else min(stop, end)
    else:
        stop = max(start, recurrence.grid_period(until)[0])
    return periods_between(recurrence, start, stop)


def slice_amount(amount, recurrence, start, end):
    """Return the exact, unrounded amount of ``[start, end)`` for a price per period.

    :param amount: price of one full period: ``int``, ``Decimal``, ``Fraction`` or text
    :param Recurrence recurrence: the grid
    :param datetime.date start: first day
    :param datetime.date end: the day after the last
    :rtype: fractions.Fraction
    :raises ValueError: for a bad amount (a float, NaN, an infinity) or span

    >>> from datetime import date
    >>> from .recurrence import Recurrence
    >>> monthly = Recurrence('month', 1, date(2025, 6, 1))
    >>> slice_amount('300.00', monthly, date(2025, 6, 16), date(2025, 7, 1))
    Fraction(150, 1)
    """
    if end is None:
        raise ValueError("an endless slice has no amount")
    return to_amount(amount) * periods_between(recurrence, start, end)

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sets of days as sorted lists of half-open intervals ``(start, end)``.

``odoo.tools.intervals`` does the like, but cannot be imported without Odoo.
"""

from datetime import date

from .proration import check_span

#: The end of an interval that has none.
FOREVER = date.max


def merge(intervals):
    """Return the intervals sorted, joined where they overlap or touch, without empty ones.

    :param intervals: iterable of ``(start, end)``; an end of ``None`` means endless and comes back
        as :data:`FOREVER`. It is not changed
    :raises ValueError: when a day is no date or an end is before its start

    >>> a, b, c = date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 20)
    >>> merge([(b, c), (a, b), (c, c)]) == [(a, c)]
    True
    """
    merged = []
    for start, end in sorted(map(_closed, intervals)):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        elif start < end:
            merged.append((start, end))
    return merged


def _closed(interval):
    try:
        start, end = interval
    except (TypeError, ValueError):
        raise ValueError(f"an interval is a pair of dates, not {interval!r}") from None
    check_span(start, end)
    return start, FOREVER if end is None else end


def subtract(left, right):
    """Return the days of ``left`` that are not in ``right``; both as :func:`merge` gives them.

    >>> a, b, c, d = (date(2026, 1, n) for n in (1, 10, 20, 31))
    >>> subtract([(a, d)], [(b, c)]) == [(a, b), (c, d)]
    True
    """
    rest = []
    position, count = 0, len(right)
    for start, end in left:
        while position < count and right[position][1] <= start:
            position += 1
        ahead = position
        while ahead < count and right[ahead][0] < end:
            if start < right[ahead][0]:
                rest.append((start, right[ahead][0]))
            start = right[ahead][1]
            ahead += 1
        if start < end:
            rest.append((start, end))
    return rest


def overlaps(intervals, start, end):
    """Tell whether ``[start, end)`` shares a day with the intervals.

    >>> a, b, c = (date(2026, 1, n) for n in (1, 10, 20))
    >>> overlaps([(a, b)], b, c), overlaps([(a, c)], b, c)
    (False, True)
    """
    return any(left < end and start < right for left, right in intervals)

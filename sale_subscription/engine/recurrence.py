# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The grid of periods of a contract, always counted from its anchor.

31 January + n months is 28 February, 31 March, 30 April: each boundary is computed from the anchor,
never from the boundary before it, so nothing drifts. Every question is answered by arithmetic in
constant time; nothing walks from the anchor.
"""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .values import check_date

UNITS = ("day", "week", "month", "year")
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}
_MONTH_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _month_length(year, month0):
    """Days of a month; ``month0`` is 0 for January."""
    if month0 == 1 and year % 4 == 0 and (year % 100 or year % 400 == 0):
        return 29
    return _MONTH_LENGTHS[month0]


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Boundaries every ``count`` ``unit`` from ``anchor``.

    Boundary 0 is the anchor. With ``day`` it is that day in the anchor's own month or, when that
    lies before the anchor, one interval later: the first, partial period never exceeds an interval.
    Boundary n is boundary 0 + n intervals, on the wanted day clipped to the end of the month.

    :param str unit: ``'day'``, ``'week'``, ``'month'`` or ``'year'``
    :param int count: units in one interval, at least 1
    :param datetime.date anchor: first day of service
    :param day: day of the month, 1 to 31, that pins the boundaries of months and years; ``None``
        for the anchor's own. Days and weeks have no day of the month: it must be ``None`` there
    :raises ValueError: for any other value

    >>> monthly = Recurrence('month', 1, date(2024, 1, 31))
    >>> [monthly.boundary(n).isoformat() for n in range(4)]
    ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30']
    >>> Recurrence('month', 1, date(2024, 1, 20), day=15).boundary(0)
    datetime.date(2024, 2, 15)
    """

    unit: str
    count: int
    anchor: date
    day: int | None = None
    # Derived: the interval in days (day, week) or months (month, year), and where boundary 0 is:
    # an ordinal, or a month number (year * 12 + month - 1) with the wanted day of the month.
    _step: int = field(init=False, repr=False, compare=False)
    _base: int = field(init=False, repr=False, compare=False)
    _wanted: int | None = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        self._check()
        anchor = self.anchor
        if self.unit in _DAYS:
            step, base, wanted = self.count * _DAYS[self.unit], anchor.toordinal(), None
        else:
            step = self.count * _MONTHS[self.unit]
            base = anchor.year * 12 + anchor.month - 1
            wanted = self.day or anchor.day
            if wanted < anchor.day:
                base += step
        object.__setattr__(self, "_step", step)
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_wanted", wanted)

    def _check(self):
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, not {self.unit!r}")
        if type(self.count) is not int or self.count < 1:
            raise ValueError(f"count must be a whole number from 1, not {self.count!r}")
        check_date(self.anchor, "anchor")
        if self.day is None:
            return
        if self.unit in _DAYS:
            raise ValueError(f"day is for months and years; a {self.unit} has none")
        if type(self.day) is not int or not 1 <= self.day <= 31:
            raise ValueError(f"day must be a whole number from 1 to 31, not {self.day!r}")

    def boundary(self, n):
        """Return boundary ``n``, the first day of period ``n``.

        :param int n: any whole number; negative ones lie before boundary 0
        :raises ValueError: when ``n`` is no whole number or the day is outside the years 1 to 9999

        >>> Recurrence('year', 1, date(2024, 2, 29)).boundary(4)
        datetime.date(2028, 2, 29)
        >>> Recurrence('month', 3, date(2024, 1, 1)).boundary(-1)
        datetime.date(2023, 10, 1)
        """
        if type(n) is not int:
            raise ValueError(f"n must be a whole number, not {n!r}")
        place = self._base + n * self._step
        try:
            if self._wanted is None:
                return date.fromordinal(place)
            year, month0 = divmod(place, 12)
            return date(year, month0 + 1, min(self._wanted, _month_length(year, month0)))
        except (ValueError, OverflowError):
            raise ValueError(f"boundary {n} of {self!r} is outside the years 1 to 9999") from None

    def index_of(self, day):
        """Return the number of the grid period around ``day``: the last boundary not after it.

        :raises ValueError: when ``day`` is no date

        >>> monthly = Recurrence('month', 1, date(2024, 1, 31))
        >>> [monthly.index_of(date(2024, 2, d)) for d in (28, 29)]
        [0, 1]
        >>> monthly.index_of(date(2023, 12, 31))
        -1
        """
        check_date(day, "day")
        if self._wanted is None:
            return (day.toordinal() - self._base) // self._step
        month0 = day.month - 1
        index, rest = divmod(day.year * 12 + month0 - self._base, self._step)
        if not rest and day.day < min(self._wanted, _month_length(day.year, month0)):
            return index - 1
        return index

    def next_after(self, day):
        """Return the first boundary strictly after ``day``.

        :raises ValueError: when ``day`` is no date or the boundary is after the year 9999

        >>> Recurrence('month', 1, date(2024, 1, 31)).next_after(date(2024, 2, 29))
        datetime.date(2024, 3, 31)
        """
        return self.boundary(self.index_of(day) + 1)

    def elapsed(self, day):
        """Return how many boundaries have passed since the anchor, the anchor itself not counted.

        A boundary on ``day`` itself has passed; before the anchor none has.

        :raises ValueError: when ``day`` is no date

        >>> Recurrence('month', 1, date(2024, 1, 1)).elapsed(date(2024, 7, 1))
        6
        >>> Recurrence('month', 1, date(2024, 1, 1), day=15).elapsed(date(2024, 2, 15))
        2
        """
        return max(self.index_of(day) - self.index_of(self.anchor), 0)

    def grid_period(self, day):
        """Return the whole grid period ``(start, end)`` around ``day``, also before the anchor.

        :raises ValueError: when ``day`` is no date or the period leaves the years 1 to 9999

        >>> Recurrence('month', 1, date(2024, 1, 20), day=15).grid_period(date(2024, 1, 20))
        (datetime.date(2024, 1, 15), datetime.date(2024, 2, 15))
        """
        index = self.index_of(day)
        return self.boundary(index), self.boundary(index + 1)

    def period_containing(self, day):
        """Return the period of service ``(start, end)`` around ``day``: the grid period, cut at
        the anchor.

        :raises ValueError: when ``day`` is before the anchor or no date

        >>> Recurrence('month', 1, date(2024, 1, 20), day=15).period_containing(date(2024, 1, 31))
        (datetime.date(2024, 1, 20), datetime.date(2024, 2, 15))
        """
        if check_date(day, "day") < self.anchor:
            raise ValueError(f"{day} is before the anchor {self.anchor}")
        start, end = self.grid_period(day)
        return max(start, self.anchor), end

    def position(self, day):
        """Return where ``day`` lies on the grid, in periods from boundary 0, as a ``Fraction``.

        :raises ValueError: when ``day`` is no date or its period leaves the years 1 to 9999

        >>> Recurrence('month', 1, date(2024, 1, 1)).position(date(2024, 3, 16))
        Fraction(77, 31)
        """
        index = self.index_of(day)
        start = self.boundary(index)
        if day == start:
            return Fraction(index)
        return index + Fraction((day - start).days, (self.boundary(index + 1) - start).days)

    def slices(self, start, end):
        """Yield ``[start, end)`` cut at the boundaries, in order, lazily.

        Each item is ``(index, grid_start, grid_end, slice_start, slice_end)``. ``date.max`` as the
        end means endless; the caller stops.

        :raises ValueError: when a day is no date, or a boundary is outside the years 1 to 9999

        >>> monthly = Recurrence('month', 1, date(2024, 1, 1))
        >>> for piece in monthly.slices(date(2024, 1, 16), date(2024, 2, 11)):
        ...     print(piece[0], *map(str, piece[1:]))
        0 2024-01-01 2024-02-01 2024-01-16 2024-02-01
        1 2024-02-01 2024-03-01 2024-02-01 2024-02-11
        """
        check_date(end, "end")
        index = self.index_of(start)
        if start >= end:
            return
        grid_start = self.boundary(index)
        while start < end:
            grid_end = self.boundary(index + 1)
            yield index, grid_start, grid_end, start, min(end, grid_end)
            index, grid_start, start = index + 1, grid_end, grid_end

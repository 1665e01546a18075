# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Boundaries: tables by hand, and a slow calendar that walks day by day and month by month."""

import calendar
from datetime import date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from engine.recurrence import Recurrence
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import days, recurrences

numbers = st.integers(-300, 300)


def on_grid(recurrence, number):
    """Boundary ``number``, or skip the example when it is outside the calendar."""
    try:
        return recurrence.boundary(number)
    except ValueError:
        assume(False)


TABLES = [
    (("month", 1, "2023-01-31"), "2023-01-31 2023-02-28 2023-03-31 2023-04-30 2023-05-31"),
    (("month", 1, "2024-01-31"), "2024-01-31 2024-02-29 2024-03-31 2024-04-30 2024-05-31"),
    (("month", 1, "2024-01-30"), "2024-01-30 2024-02-29 2024-03-30 2024-04-30"),
    (("month", 1, "2023-02-28"), "2023-02-28 2023-03-28 2023-04-28"),
    (("month", 3, "2023-11-30"), "2023-11-30 2024-02-29 2024-05-30 2024-08-30 2024-11-30"),
    (("month", 6, "2023-08-31"), "2023-08-31 2024-02-29 2024-08-31 2025-02-28"),
    (("year", 1, "2024-02-29"), "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    (("year", 4, "2096-02-29"), "2096-02-29 2100-02-28 2104-02-29"),
    (("year", 3, "2024-02-29"), "2024-02-29 2027-02-28 2030-02-28 2033-02-28 2036-02-29"),
    (("year", 3, "2026-05-17"), "2026-05-17 2029-05-17 2032-05-17"),
    (("week", 1, "2024-02-26"), "2024-02-26 2024-03-04 2024-03-11"),
    (("week", 2, "2025-12-29"), "2025-12-29 2026-01-12 2026-01-26"),
    (("day", 10, "2024-02-25"), "2024-02-25 2024-03-06 2024-03-16"),
    # Pinned to a day of the month: boundary 0 is the first such day, at most an interval away.
    (("month", 1, "2024-01-20", 15), "2024-02-15 2024-03-15"),
    (("month", 1, "2024-01-10", 15), "2024-01-15 2024-02-15"),
    (("month", 1, "2024-01-15", 15), "2024-01-15 2024-02-15"),
    (("month", 1, "2024-02-29", 31), "2024-02-29 2024-03-31 2024-04-30"),
    (("month", 1, "2024-02-10", 30), "2024-02-29 2024-03-30"),
    (("month", 1, "2024-01-31", 30), "2024-02-29 2024-03-30"),
    (("month", 3, "2024-01-20", 1), "2024-04-01 2024-07-01"),
    (("year", 1, "2024-02-10", 29), "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"),
    (("year", 1, "2024-03-20", 1), "2025-03-01 2026-03-01"),
]


@pytest.mark.parametrize(("made_of", "expected"), TABLES)
def test_boundaries_by_hand(made_of, expected):
    unit, count, anchor, *pinned = made_of
    recurrence = Recurrence(unit, count, date.fromisoformat(anchor), *pinned)
    expected = [date.fromisoformat(text) for text in expected.split()]
    assert [recurrence.boundary(n) for n in range(len(expected))] == expected


def test_boundaries_before_the_anchor():
    recurrence = Recurrence("month", 1, date(2024, 3, 31))
    assert [recurrence.boundary(n) for n in (-1, -2, -13)] == [
        date(2024, 2, 29),
        date(2024, 1, 31),
        date(2023, 2, 28),
    ]


@pytest.mark.parametrize(
    ("day", "elapsed"),
    [
        ("2023-12-01", 0),
        ("2024-01-20", 0),
        ("2024-02-14", 0),
        ("2024-02-15", 1),
        ("2024-03-15", 2),
    ],
)
def test_elapsed_counts_boundaries_since_the_anchor(day, elapsed):
    assert Recurrence("month", 1, date(2024, 1, 20), 15).elapsed(date.fromisoformat(day)) == elapsed


def test_the_anchor_itself_is_never_counted():
    assert Recurrence("month", 1, date(2024, 1, 15)).elapsed(date(2024, 1, 15)) == 0
    assert Recurrence("month", 1, date(2024, 1, 15)).elapsed(date(2024, 2, 15)) == 1


def test_the_first_period_is_cut_at_the_anchor_but_not_its_grid_period():
    recurrence = Recurrence("month", 1, date(2024, 1, 20), 15)
    assert recurrence.period_containing(date(2024, 1, 20)) == (date(2024, 1, 20), date(2024, 2, 15))
    assert recurrence.grid_period(date(2024, 1, 20)) == (date(2024, 1, 15), date(2024, 2, 15))
    with pytest.raises(ValueError, match="before the anchor"):
        recurrence.period_containing(date(2024, 1, 19))


def slow_boundaries(recurrence):
    """The grid from the anchor on, walked: every day or month is looked at."""
    if recurrence.unit in ("day", "week"):
        step = timedelta(days=recurrence.count * (7 if recurrence.unit == "week" else 1))
        at = recurrence.anchor
        while True:
            yield at
            at += step
    wanted = recurrence.day or recurrence.anchor.day
    year, month = recurrence.anchor.year, recurrence.anchor.month
    months = recurrence.count * (12 if recurrence.unit == "year" else 1)
    while True:
        at = date(year, month, min(wanted, calendar.monthrange(year, month)[1]))
        if at >= recurrence.anchor:
            yield at
        for _month in range(months):
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)


@given(recurrences())
def test_boundaries_are_those_of_the_slow_calendar(recurrence):
    slow = list(islice(slow_boundaries(recurrence), 20))
    assert [recurrence.boundary(n) for n in range(20)] == slow
    for n, (start, end) in enumerate(pairwise(slow)):
        for day in (start, start + (end - start) // 2, end - timedelta(days=1)):
            assert recurrence.index_of(day) == n
            assert recurrence.next_after(day) == end
            assert recurrence.grid_period(day) == (start, end)


@given(recurrences(), numbers)
def test_boundaries_rise_and_each_opens_its_own_period(recurrence, n):
    start, end = on_grid(recurrence, n), on_grid(recurrence, n + 1)
    assert start < end
    assert recurrence.index_of(start) == n
    assert recurrence.index_of(end - timedelta(days=1)) == n
    assert recurrence.next_after(start) == end
    assert recurrence.position(start) == n


@given(recurrences(), days)
def test_every_day_lies_in_exactly_one_period(recurrence, day):
    start, end = recurrence.grid_period(day)
    assert start <= day < end == recurrence.next_after(day)
    assert recurrence.grid_period(end)[0] == end
    assert recurrence.grid_period(start - timedelta(days=1))[1] == start


@given(recurrences(), st.integers(1, 60))
def test_nothing_drifts_however_often_the_next_one_is_asked_for(recurrence, steps):
    on_grid(recurrence, steps)
    day = recurrence.anchor
    first = recurrence.next_after(day - timedelta(days=1))
    assert first == recurrence.boundary(0)
    day = first
    for _step in range(steps):
        day = recurrence.next_after(day)
    assert day == recurrence.boundary(steps)


@given(recurrences())
def test_boundary_zero_is_less_than_an_interval_after_the_anchor(recurrence):
    assert recurrence.boundary(-1) < recurrence.anchor <= recurrence.boundary(0)
    if recurrence.day is None:
        assert recurrence.boundary(0) == recurrence.anchor


@given(recurrences(), st.integers(0, 4000))
def test_elapsed_is_the_number_of_boundaries_passed(recurrence, ahead):
    day = recurrence.anchor + timedelta(days=ahead)
    elapsed = recurrence.elapsed(day)
    passed = []
    for boundary in slow_boundaries(recurrence):
        if boundary > day:
            break
        passed.append(boundary)
    assert elapsed == len([boundary for boundary in passed if boundary > recurrence.anchor])


@given(recurrences(), days, st.integers(0, 3000))
def test_slices_tile_the_span(recurrence, start, length):
    end = start + timedelta(days=length)
    slices = list(islice(recurrence.slices(start, end), 5000))
    assert sum((right - left).days for *_grid, left, right in slices) == length
    for index, grid_start, grid_end, left, right in slices:
        assert grid_start == recurrence.boundary(index)
        assert grid_end == recurrence.boundary(index + 1)
        assert grid_start <= left < right <= grid_end
    assert all(before[4] == later[3] for before, later in pairwise(slices))
    if slices:
        assert (slices[0][3], slices[-1][4]) == (start, end)


def test_the_cost_does_not_grow_with_the_distance(monkeypatch):
    recurrence = Recurrence("day", 1, date(1, 1, 1))
    asked = []
    boundary = Recurrence.boundary
    monkeypatch.setattr(
        Recurrence, "boundary", lambda self, n: asked.append(n) or boundary(self, n)
    )
    assert recurrence.next_after(date(9999, 1, 1)) == date(9999, 1, 2)
    assert recurrence.position(date(9999, 1, 1)) == recurrence.elapsed(date(9999, 1, 1))
    assert len(asked) <= 3


def test_equal_by_what_they_are_made_of():
    assert Recurrence("month", 1, date(2024, 1, 31)) == Recurrence("month", 1, date(2024, 1, 31))
    assert len({Recurrence("month", 1, date(2024, 1, 31), day) for day in (None, 31, 31)}) == 2


@pytest.mark.parametrize(
    "made_of",
    [
        ("months", 1, date(2024, 1, 1)),
        (None, 1, date(2024, 1, 1)),
        ("month", 0, date(2024, 1, 1)),
        ("month", -1, date(2024, 1, 1)),
        ("month", True, date(2024, 1, 1)),
        ("month", 1.0, date(2024, 1, 1)),
        ("month", "1", date(2024, 1, 1)),
        ("month", 1, datetime(2024, 1, 1)),
        ("month", 1, "2024-01-01"),
        ("month", 1, None),
        ("month", 1, date(2024, 1, 1), 0),
        ("month", 1, date(2024, 1, 1), 32),
        ("month", 1, date(2024, 1, 1), True),
        ("month", 1, date(2024, 1, 1), 1.0),
        ("week", 1, date(2024, 1, 1), 1),
        ("day", 1, date(2024, 1, 1), 1),
    ],
)
def test_a_bad_recurrence_is_refused(made_of):
    with pytest.raises(ValueError, match="must be|has none"):
        Recurrence(*made_of)


@pytest.mark.parametrize("bad", [datetime(2024, 1, 1), "2024-01-01", None, 0])
@pytest.mark.parametrize(
    "method", ["next_after", "elapsed", "grid_period", "period_containing", "index_of", "position"]
)
def test_a_bad_day_is_refused(method, bad):
    with pytest.raises(ValueError, match="must be a date"):
        getattr(Recurrence("month", 1, date(2024, 1, 1)), method)(bad)


@pytest.mark.parametrize("bad", [1.0, "1", None, True])
def test_a_bad_number_is_refused(bad):
    with pytest.raises(ValueError, match="whole number"):
        Recurrence("month", 1, date(2024, 1, 1)).boundary(bad)


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
@pytest.mark.parametrize("n", [10**7, -(10**7), 10**30, -(10**30)])
def test_outside_the_calendar_is_an_error_that_says_so(unit, n):
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        Recurrence(unit, 1, date(2024, 1, 31)).boundary(n)


def test_the_last_period_of_the_calendar_has_no_end():
    recurrence = Recurrence("month", 1, date(9999, 11, 30))
    assert recurrence.next_after(date(9999, 11, 30)) == date(9999, 12, 30)
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        recurrence.next_after(date(9999, 12, 30))

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fractions of periods and their exact amounts."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from engine.proration import exact, periods_owed, slice_amount
from engine.recurrence import Recurrence
from hypothesis import given
from hypothesis import strategies as st
from strategies import days, prices, recurrences, spans, timings

MONTHLY = Recurrence("month", 1, date(2024, 1, 1))
MID = Recurrence("month", 1, date(2024, 1, 1), 15)
# Of a line from 1 January to 24 February 2024, billed on the 15th.
HEAD = 1 + Fraction(14, 31)
WHOLE = HEAD + Fraction(10, 29)


@pytest.mark.parametrize(
    ("until", "advance", "arrears"),
    [
        ("2023-12-31", 0, 0),
        ("2024-01-01", Fraction(14, 31), 0),
        ("2024-01-14", Fraction(14, 31), 0),
        ("2024-01-15", HEAD, Fraction(14, 31)),
        ("2024-02-14", HEAD, Fraction(14, 31)),
        ("2024-02-15", WHOLE, HEAD),
        ("2024-02-24", WHOLE, HEAD),
        ("2024-02-25", WHOLE, WHOLE),
        ("2030-01-01", WHOLE, WHOLE),
    ],
)
def test_periods_owed_day_by_day(until, advance, arrears):
    line = MID, date(2024, 1, 1), date(2024, 2, 25), date.fromisoformat(until)
    assert periods_owed(*line, "advance") == advance
    assert periods_owed(*line, "arrears") == arrears


@pytest.mark.parametrize(
    ("amount", "start", "end", "expected"),
    [
        (300, (2024, 1, 1), (2024, 2, 1), 300),
        (310, (2024, 1, 1), (2024, 1, 2), 10),
        ("29", (2024, 2, 10), (2024, 2, 15), 5),
        (Decimal("31.00"), (2024, 1, 15), (2024, 2, 1), 17),
        (31, (2023, 12, 31), (2024, 2, 1), 32),
        (Fraction(1, 3), (2024, 1, 1), (2024, 4, 1), 1),
        (0, (2024, 1, 1), (2024, 4, 1), 0),
        (-310, (2024, 1, 1), (2024, 1, 2), -10),
        (310, (2024, 1, 5), (2024, 1, 5), 0),
    ],
)
def test_amounts_of_slices(amount, start, end, expected):
    assert slice_amount(amount, MONTHLY, date(*start), date(*end)) == expected


def test_a_full_month_costs_the_same_however_many_days_it_has():
    for n in range(48):
        assert slice_amount(10, MONTHLY, MONTHLY.boundary(n), MONTHLY.boundary(n + 1)) == 10


def test_far_away_costs_no_more_than_near():
    daily = Recurrence("day", 1, date(1, 1, 1))
    assert periods_owed(daily, date(1, 1, 1), None, date(9998, 12, 31), "advance") == 3651694


@given(recurrences(), spans(), st.data())
def test_amounts_add_up_wherever_a_span_is_split(recurrence, span, data):
    start, end = span
    middle = data.draw(st.dates(start, end))
    parts = [slice_amount(100, recurrence, *part) for part in ((start, middle), (middle, end))]
    assert sum(parts) == slice_amount(100, recurrence, start, end)
    assert min(parts) >= 0


@given(recurrences(), spans(), days, timings)
def test_what_is_owed_never_shrinks_and_ends_at_the_span(recurrence, span, until, timing):
    start, end = span
    owed = periods_owed(recurrence, start, end, until, timing)
    whole = slice_amount(1, recurrence, start, end)
    assert 0 <= owed <= whole
    assert periods_owed(recurrence, start, end, end, timing) == whole
    assert owed <= periods_owed(recurrence, start, None, until, timing) or until >= end


@given(recurrences(), spans(), days)
def test_arrears_owes_what_advance_owed_a_period_ago(recurrence, span, until):
    start, _end = span
    arrears = periods_owed(recurrence, start, None, until, "arrears")
    grid_start = recurrence.grid_period(until)[0]
    assert arrears == (0 if grid_start <= start else slice_amount(1, recurrence, start, grid_start))


@given(prices, recurrences(), days)
def test_amounts_are_exact(price, recurrence, day):
    start, end = recurrence.grid_period(day)
    total = sum(
        slice_amount(price, recurrence, left, right) for left, right in ((start, day), (day, end))
    )
    assert total == Fraction(price)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_exact_takes_a_float_as_it_is_written(value):
    assert exact(value) == Fraction(Decimal(repr(value)))


@pytest.mark.parametrize(
    "bad",
    [
        0.1,
        True,
        None,
        "ten",
        "",
        "nan",
        "1/0",
        Decimal("NaN"),
        Decimal("Infinity"),
        float("nan"),
        [],
    ],
)
def test_a_bad_amount_is_refused(bad):
    with pytest.raises(ValueError, match="amount"):
        slice_amount(bad, MONTHLY, date(2024, 1, 1), date(2024, 2, 1))


@pytest.mark.parametrize(
    "bad", [True, None, "ten", Decimal("-Infinity"), float("nan"), float("inf"), -float("inf")]
)
def test_exact_refuses_what_is_no_number(bad):
    with pytest.raises(ValueError, match="finite number"):
        exact(bad)


@pytest.mark.parametrize(
    "change",
    [
        {"start": date(2024, 3, 1)},
        {"start": datetime(2024, 1, 1)},
        {"start": None},
        {"end": "2024-02-01"},
        {"until": datetime(2024, 1, 1)},
        {"until": None},
        {"timing": "later"},
        {"timing": None},
    ],
)
def test_bad_terms_are_refused(change):
    terms = {
        "start": date(2024, 1, 1),
        "end": date(2024, 2, 1),
        "until": date(2024, 1, 1),
        "timing": "advance",
    } | change
    with pytest.raises(ValueError, match="must be|before start"):
        periods_owed(MONTHLY, **terms)


def test_an_endless_slice_has_no_amount():
    with pytest.raises(ValueError, match="endless"):
        slice_amount(1, MONTHLY, date(2024, 1, 1), None)

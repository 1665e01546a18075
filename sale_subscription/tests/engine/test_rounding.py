# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Rounding by place: parts add up to the whole at every precision."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from engine.recurrence import Recurrence
from engine.rounding import round_half_up, rounded_slice
from hypothesis import given
from hypothesis import strategies as st
from strategies import QUANTA, days, prices, quanta, recurrences, spans

MONTHLY = Recurrence("month", 1, date(2024, 1, 1))


@pytest.mark.parametrize(
    ("value", "quantum", "expected"),
    [
        ("0.005", "0.01", "0.01"),
        ("-0.005", "0.01", "-0.01"),
        ("0.0049999", "0.01", "0.00"),
        ("2.5", "1", "3"),
        ("3.5", "1", "4"),
        ("-2.5", "1", "-3"),
        ("-1/2", "1", "-1"),
        ("1/2", "1", "1"),
        ("-0.49", "1", "0"),
        ("-1/400", "0.005", "-0.005"),
        ("0", "0.01", "0.00"),
        ("12.325", "0.05", "12.35"),
        ("12.32", "0.05", "12.30"),
        ("2/3", "0.001", "0.667"),
        ("74", "50", "50"),
        ("75", "50", "100"),
        ("1/7", "0.000001", "0.142857"),
    ],
)
def test_halves_go_away_from_zero(value, quantum, expected):
    rounded = round_half_up(value, Decimal(quantum))
    assert str(rounded) == expected


def test_the_quantum_may_be_a_fraction():
    assert str(round_half_up("0.125", Fraction(1, 100))) == "0.13"


def test_large_amounts_keep_every_digit():
    value = Decimal("123456789012345678901234567890123456.785")
    assert str(round_half_up(value, Decimal("0.01"))) == "123456789012345678901234567890123456.79"


@given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from(QUANTA[:3]))
def test_as_the_standard_library_does(value, quantum):
    assert round_half_up(value, quantum) == value.quantize(quantum, rounding=ROUND_HALF_UP)


@given(st.fractions(-(10**6), 10**6), quanta)
def test_at_most_half_a_quantum_away_and_a_multiple_of_it(value, quantum):
    rounded = Fraction(round_half_up(value, quantum))
    assert abs(rounded - value) <= Fraction(quantum) / 2
    assert (rounded / Fraction(quantum)).denominator == 1
    assert round_half_up(-value, quantum) == -round_half_up(value, quantum)


def test_ten_a_month_in_three_parts():
    cuts = [date(2024, 2, 1), date(2024, 2, 11), date(2024, 2, 21), date(2024, 3, 1)]
    parts = [rounded_slice(10, MONTHLY, *cut, Decimal("0.01")) for cut in pairwise(cuts)]
    assert [str(part) for part in parts] == ["3.45", "3.45", "3.10"]


def test_a_cent_a_month_is_charged_in_one_of_its_days():
    first = date(2024, 2, 1)
    per_day = [
        rounded_slice("0.01", MONTHLY, day, day + timedelta(days=1), Decimal("0.01"))
        for day in (first + timedelta(days=n) for n in range(29))
    ]
    assert sum(per_day) == Decimal("0.01")
    assert per_day[14] == Decimal("0.01")  # 15/29 is the first day past a half


@given(prices, recurrences(), days, quanta, st.data())
def test_any_split_of_a_period_adds_up_to_the_whole(price, recurrence, day, quantum, data):
    start, end = recurrence.grid_period(day)
    inner = data.draw(st.lists(st.dates(start, end), max_size=8))
    cuts = sorted([start, *inner, end])
    parts = [rounded_slice(price, recurrence, *cut, quantum) for cut in pairwise(cuts)]
    assert sum(parts) == round_half_up(price, quantum)
    assert min(parts) >= 0


@given(prices, recurrences(), spans(800), quanta, st.data())
def test_any_split_of_any_span_adds_up(price, recurrence, span, quantum, data):
    middle = data.draw(st.dates(*span))
    parts = (span[0], middle), (middle, span[1])
    assert sum(rounded_slice(price, recurrence, *part, quantum) for part in parts) == (
        rounded_slice(price, recurrence, *span, quantum)
    )


@given(prices, recurrences(), st.integers(-20, 20), st.integers(1, 5), quanta)
def test_full_periods_all_cost_the_same(price, recurrence, first, count, quantum):
    start, end = recurrence.boundary(first), recurrence.boundary(first + count)
    assert rounded_slice(price, recurrence, start, end, quantum) == (
        count * round_half_up(price, quantum)
    )


@given(prices, recurrences(), days, quanta, st.data())
def test_a_slice_is_less_than_a_quantum_off_its_exact_amount(price, recurrence, day, quantum, data):
    start, end = recurrence.grid_period(day)
    left, right = sorted(data.draw(st.tuples(st.dates(start, end), st.dates(start, end))))
    fair = Fraction(price) * Fraction((right - left).days, (end - start).days)
    found = Fraction(rounded_slice(price, recurrence, left, right, quantum))
    assert abs(found - fair) <= Fraction(quantum)
    assert rounded_slice(-price, recurrence, left, right, quantum) == -found


@pytest.mark.parametrize("bad", [0, "-0.01", 0.01, True, None, "x", Decimal("NaN"), Fraction(1, 3)])
def test_a_bad_quantum_is_refused(bad):
    round_half_up(1, 1)  # True must not be found where 1 was remembered
    with pytest.raises(ValueError, match="quantum"):
        round_half_up(1, bad)
    with pytest.raises(ValueError, match="quantum"):
        rounded_slice(1, MONTHLY, date(2024, 1, 1), date(2024, 1, 2), bad)


@pytest.mark.parametrize("bad", [1.5, None, True, Decimal("Infinity")])
def test_a_bad_value_is_refused(bad):
    with pytest.raises(ValueError, match="value|amount"):
        round_half_up(bad, 1)
    with pytest.raises(ValueError, match="amount"):
        rounded_slice(bad, MONTHLY, date(2024, 1, 1), date(2024, 1, 2), 1)


@pytest.mark.parametrize(
    "span",
    [(date(2024, 1, 2), date(2024, 1, 1)), (date(2024, 1, 2), None), (None, date(2024, 1, 1))],
)
def test_a_bad_span_is_refused(span):
    with pytest.raises(ValueError, match="before|endless|must be a date"):
        rounded_slice(1, MONTHLY, *span, 1)

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""MRR: its normalisation, the name of each movement, and the identity."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from engine import kpi
from engine.mrr import (
    KINDS,
    State,
    closing_amount,
    company_amounts,
    line_mrr,
    monthly,
    movement,
    movements,
    totals,
)
from hypothesis import given
from hypothesis import strategies as st
from strategies import quanta

START = date(2026, 1, 1)
amounts = st.decimals(min_value=0, max_value=10**6, places=2)
rates = st.decimals(min_value="0.01", max_value=200, places=4)


@pytest.mark.parametrize(
    ("unit", "count", "expected"),
    [
        ("month", 1, 1),
        ("month", 3, Fraction(1, 3)),
        ("year", 1, Fraction(1, 12)),
        ("year", 3, Fraction(1, 36)),
        ("week", 1, Fraction(52, 12)),
        ("week", 4, Fraction(13, 12)),
        ("day", 1, Fraction(365, 12)),
        ("day", 365, Fraction(1, 12)),
    ],
)
def test_a_month_of_each_unit(unit, count, expected):
    assert monthly(1, unit, count) == expected


def test_the_price_of_a_year_is_the_same_in_days_weeks_and_months():
    units = {"day": 365, "week": 52, "month": 12, "year": 1}
    assert {monthly(120, unit, count) for unit, count in units.items()} == {10}


@pytest.mark.parametrize(
    ("before", "after", "first", "cause", "expected"),
    [
        (0, 100, True, None, ("new", 100)),
        (0, 100, True, "resume", ("new", 100)),
        (100, 130, False, None, ("expansion", 30)),
        (100, 80, False, None, ("contraction", -20)),
        (100, 0, False, None, ("contraction", -100)),
        (0, 100, False, None, ("expansion", 100)),
        (100, 0, False, "close", ("churn", -100)),
        (0, 90, False, "reopen", ("reactivation", 90)),
        (100, 0, False, "pause", ("pause", -100)),
        (0, 110, False, "resume", ("resume", 110)),
        (0, -20, True, None, ("contraction", -20)),  # only discount lines so far
        (0, 0, True, None, None),
        (0, 0, False, "close", None),
        (0, 0, False, "pause", None),
        (100, 100, False, None, None),
        ("9.99", Decimal("9.99"), False, None, None),
    ],
)
def test_what_a_change_is_called(before, after, first, cause, expected):
    assert movement(before, after, first=first, cause=cause) == expected


@pytest.mark.parametrize(
    ("before", "after", "first", "cause", "message"),
    [
        (1.5, 2, False, None, "float"),
        (1, None, False, None, "finite"),
        (1, 2, False, "upsell", "cause"),
        (100, 50, False, "close", "brings MRR to zero"),
        (100, 50, False, "pause", "brings MRR to zero"),
        (100, 150, False, "resume", "from zero"),
        (100, 150, False, "reopen", "from zero"),
        (100, 150, True, None, "from zero"),
    ],
)
def test_a_contradiction_is_refused(before, after, first, cause, message):
    with pytest.raises(ValueError, match=message):
        movement(before, after, first=first, cause=cause)


def test_a_life():
    changes = [
        (0, None),
        (100, None),
        (0, "pause"),
        (120, "resume"),
        (60, None),
        (0, "close"),
        (0, "close"),
        (80, "reopen"),
    ]
    events = movements(
        State(START + timedelta(days=n), mrr, cause) for n, (mrr, cause) in enumerate(changes)
    )
    assert [(event.kind, event.amount, event.mrr) for event in events] == [
        ("new", 100, 100),
        ("pause", -100, 0),
        ("resume", 120, 120),
        ("contraction", -60, 60),
        ("churn", -60, 0),
        ("reactivation", 80, 80),
    ]
    assert totals(events) == {
        "new": 100,
        "pause": -100,
        "resume": 120,
        "contraction": -60,
        "churn": -60,
        "reactivation": 80,
        "expansion": 0,
    }


def test_states_go_forward_in_time():
    with pytest.raises(ValueError, match="back in time"):
        movements([State(START, 1), State(START - timedelta(days=1), 2)])


@st.composite
def histories(draw):
    """States with every cause, each where it makes sense."""
    states, mrr, down = [], Fraction(0), None
    for n in range(draw(st.integers(1, 8))):
        cause = draw(st.sampled_from([None, "close", "pause"]))
        if not mrr and down:
            cause = {"close": "reopen", "pause": "resume"}[down]
        down = cause if cause in ("close", "pause") else None
        mrr = Fraction(0) if down else Fraction(draw(amounts))
        states.append(State(START + timedelta(days=n), mrr, cause))
    return states


@given(histories())
def test_opening_and_every_movement_make_the_closing(states):
    events = movements(states)
    assert sum(totals(events).values()) == states[-1].mrr
    for state in states:
        until = [event.amount for event in events if event.date <= state.date]
        assert sum(until) == state.mrr
    for event in events:
        assert event.kind in KINDS and event.amount
        assert (event.amount > 0) == (event.kind in ("new", "expansion", "reactivation", "resume"))
    assert [event.kind for event in events].count("new") == any(state.mrr for state in states)


@given(st.lists(histories(), min_size=2, max_size=5))
def test_the_identity_holds_for_every_segment(contracts):
    ledgers = [movements(states) for states in contracts]
    whole = totals(event for events in ledgers for event in events)
    parts = [totals(events) for events in ledgers]
    assert whole == {kind: sum(part[kind] for part in parts) for kind in KINDS}
    assert sum(whole.values()) == sum(states[-1].mrr for states in contracts)


@given(histories(), quanta, st.data())
def test_exchange_rates_neither_make_nor_destroy_mrr(states, quantum, data):
    events = movements(states)
    drawn = data.draw(st.lists(rates, min_size=len(events), max_size=len(events)))
    converted = company_amounts(events, drawn, quantum)
    balance = Decimal(0)
    for event, value in zip(events, converted, strict=True):
        balance += value
        assert event.mrr or not balance


@given(histories(), quanta)
def test_at_one_rate_the_company_amounts_are_the_amounts(states, quantum):
    events = [event for event in movements(states) if (event.amount / Fraction(quantum)) % 1 == 0]
    if len(events) == len(movements(states)):
        assert company_amounts(events, ["1"] * len(events), quantum) == [
            Decimal(event.amount.numerator) / event.amount.denominator for event in events
        ]


def test_one_rate_for_each_event():
    with pytest.raises(ValueError, match="zip"):
        company_amounts(movements([State(START, 1)]), [], "0.01")


def test_the_closing_amount_is_the_balance():
    assert closing_amount([]) == 0
    assert closing_amount([Decimal("110.00"), Decimal("-11.37")]) == Decimal("-98.63")


@given(
    amounts,
    amounts,
    st.integers(0, 100),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 36),
)
def test_the_mrr_of_a_line_is_proportional(quantity, price, discount, unit, count):
    mrr = line_mrr(quantity, price, discount, unit, count)
    assert mrr * count == line_mrr(quantity, price, discount, unit, 1)
    undiscounted = monthly(Fraction(quantity) * Fraction(price), unit, count)
    assert mrr == undiscounted * (100 - discount) / 100


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ((1, 1, 101, "month", 1), "discount"),
        ((1, 1, -1, "month", 1), "discount"),
        ((1, 1, 0, "quarter", 1), "unit"),
        ((1, 1, 0, "month", 0), "count"),
        ((1, 1, 0, "month", 1.0), "count"),
        ((1, 1, 0, "month", True), "count"),
        ((1, 9.99, 0, "month", 1), "price"),
        ((None, 1, 0, "month", 1), "quantity"),
    ],
)
def test_a_bad_line_is_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        line_mrr(*terms)


@pytest.mark.parametrize(
    "empty",
    [
        kpi.gross_churn(0, 10, 0),
        kpi.net_churn(0, 10, 0, 5),
        kpi.gross_retention(0, 0, 0),
        kpi.net_retention(0, 0, 0, 5),
        kpi.quick_ratio(10, 0, 0, 0, 0),
        kpi.lifetime_value(100, 0),
    ],
)
def test_a_ratio_without_a_whole_is_empty(empty):
    assert empty is None


def test_the_quick_ratio_counts_all_that_was_won_and_lost():
    assert kpi.quick_ratio(10, 5, 3, 4, 2) == 3


def test_gross_retention_is_never_above_one():
    assert kpi.gross_retention(100, -10, 0) == 1
    assert kpi.net_retention(100, 0, 0, 30) == Fraction(13, 10)

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Charges and credits in the situations of a contract's life, by hand."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from engine.intervals import FOREVER, merge, subtract
from engine.owed import Version, entitled, next_due, owed
from engine.recurrence import Recurrence
from strategies import Ledger

CENT = Decimal("0.01")
JAN, FEB, MAR, APR, MAY = (date(2026, month, 1) for month in range(1, 6))
MONTHLY = Recurrence("month", 1, JAN)
LINE = Version(MONTHLY, JAN, None, "31.00")
ARREARS = replace(LINE, timing="arrears")


def told(charges):
    """``kind start end due amount`` of each, days without their year."""
    return [f"{c.kind} {c.start:%m-%d} {c.end:%m-%d} {c.due:%m-%d} {c.amount}" for c in charges]


def test_each_period_is_charged_on_its_first_day():
    assert told(owed(LINE, [], date(2026, 1, 31), CENT)) == ["recurring 01-01 02-01 01-01 31.00"]
    assert told(owed(LINE, [(JAN, FEB)], FEB, CENT)) == ["recurring 02-01 03-01 02-01 31.00"]


def test_in_arrears_on_the_day_after_its_last():
    assert owed(ARREARS, [], date(2026, 1, 31), CENT) == []
    assert told(owed(ARREARS, [], FEB, CENT)) == ["recurring 01-01 02-01 02-01 31.00"]


def test_a_charge_tells_its_place():
    [charge] = owed(replace(LINE, start=date(2026, 1, 25)), [], date(2026, 1, 25), CENT)
    assert (charge.fraction, charge.period, charge.index) == (Fraction(7, 31), (JAN, FEB), 0)


def test_the_part_before_boundary_zero_has_a_negative_index():
    pinned = Recurrence("month", 1, date(2026, 1, 20), 15)
    charges = owed(Version(pinned, date(2026, 1, 20), None, 31), [], date(2026, 2, 15), CENT)
    assert told(charges) == [
        "recurring 01-20 02-15 01-20 26.00",
        "recurring 02-15 03-15 02-15 31.00",
    ]
    assert [charge.index for charge in charges] == [-1, 0]


def test_missed_months_are_caught_up_one_by_one():
    charges = owed(LINE, [(JAN, FEB)], date(2026, 4, 15), CENT)
    assert [charge.due for charge in charges] == [FEB, MAR, APR]


def test_closing_in_the_middle_credits_the_rest():
    closed = replace(LINE, end=date(2026, 2, 15))
    [credit] = owed(closed, [(JAN, MAR)], date(2026, 2, 10), CENT)
    assert told([credit]) == ["credit 02-15 03-01 02-10 -15.50"]
    assert credit.fraction == Fraction(-14, 28)


def test_a_long_credit_is_cut_at_the_boundaries():
    closed = replace(LINE, end=date(2026, 2, 15))
    assert told(owed(closed, [(JAN, MAY)], FEB, CENT)) == [
        "credit 02-15 03-01 02-01 -15.50",
        "credit 03-01 04-01 02-01 -31.00",
        "credit 04-01 05-01 02-01 -31.00",
    ]


def test_closing_in_arrears_charges_the_part_on_its_end():
    closed = replace(ARREARS, end=date(2026, 2, 15))
    assert owed(closed, [(JAN, FEB)], date(2026, 2, 14), CENT) == []
    assert told(owed(closed, [(JAN, FEB)], date(2026, 2, 15), CENT)) == [
        "recurring 02-01 02-15 02-15 15.50"
    ]


def test_billed_ahead_is_no_credit():
    assert owed(LINE, [(JAN, MAY)], JAN, CENT) == []
    assert next_due(LINE, [(JAN, MAY)]) == MAY


def test_an_end_withdrawn_charges_the_rest_again():
    assert told(owed(LINE, [(JAN, date(2026, 1, 16))], JAN.replace(day=16), CENT)) == [
        "proration 01-16 02-01 01-16 16.00"
    ]


def test_a_pause_splits_a_period():
    pause = [(date(2026, 1, 11), date(2026, 1, 21))]
    assert told(owed(LINE, [], date(2026, 1, 31), CENT, pause)) == [
        "recurring 01-01 01-11 01-01 10.00",
        "proration 01-21 02-01 01-21 11.00",
    ]
    assert told(owed(LINE, [(JAN, FEB)], date(2026, 1, 11), CENT, pause)) == [
        "credit 01-11 01-21 01-11 -10.00"
    ]


def test_an_endless_pause_stops_everything_until_it_ends():
    pause = [(date(2026, 1, 11), None)]
    billed = [(JAN, date(2026, 1, 11))]
    assert owed(LINE, billed, MAY, CENT, pause) == []
    assert next_due(LINE, billed, pause) is None
    assert next_due(LINE, billed, [(date(2026, 1, 11), date(2026, 2, 10))]) == date(2026, 2, 10)


def test_a_trial_cuts_the_front():
    paid_from = date(2026, 1, 15)
    assert owed(LINE, [], date(2026, 1, 14), CENT, trial_end=paid_from) == []
    assert told(owed(LINE, [], paid_from, CENT, trial_end=paid_from)) == [
        "recurring 01-15 02-01 01-15 17.00"
    ]
    assert next_due(LINE, [], trial_end=paid_from) == paid_from
    assert owed(LINE, [], JAN, CENT, trial_end=date(2025, 12, 1)) == owed(LINE, [], JAN, CENT)


def test_a_trial_to_the_end_leaves_nothing():
    assert entitled(replace(LINE, end=FEB), trial_end=MAR) == []
    assert next_due(replace(LINE, end=FEB), [], trial_end=MAR) is None


def test_a_change_of_price_credits_the_old_and_charges_the_new():
    change = date(2026, 1, 17)
    old, new = replace(LINE, end=change), Version(MONTHLY, change, None, "62.00")
    assert told(owed(old, [(JAN, FEB)], change, CENT)) == ["credit 01-17 02-01 01-17 -15.00"]
    assert told(owed(new, [], change, CENT)) == ["recurring 01-17 02-01 01-17 30.00"]


def test_a_backdated_start_charges_what_was_missed():
    assert told(owed(LINE, [(FEB, MAR)], FEB, CENT)) == ["recurring 01-01 02-01 01-01 31.00"]


def test_a_free_line_is_charged_zero_so_that_it_is_billed_once():
    free = replace(LINE, price=0)
    assert told(owed(free, [], JAN, CENT)) == ["recurring 01-01 02-01 01-01 0.00"]


def test_a_negative_price_is_a_discount_line():
    [charge] = owed(replace(LINE, price="-31"), [], JAN, CENT)
    assert charge.amount == -31 and charge.kind == "recurring"


def test_a_period_credited_in_full_and_charged_again_is_recurring_again():
    ledger = Ledger(CENT)
    ledger.run(LINE, JAN)
    ledger.run(replace(LINE, end=JAN), JAN)
    assert ledger.total == 0 and ledger.billed == []
    assert told(ledger.run(LINE, JAN)) == ["recurring 01-01 02-01 01-01 31.00"]


def test_the_next_due_day_of_each_timing():
    assert next_due(LINE, []) == JAN
    assert next_due(ARREARS, []) == FEB
    assert next_due(replace(ARREARS, end=date(2026, 1, 20)), []) == date(2026, 1, 20)
    assert next_due(replace(LINE, end=FEB), [(JAN, FEB)]) is None
    assert next_due(replace(LINE, end=FEB), [(JAN, APR)]) is None  # only a credit


def test_what_was_billed_is_not_changed():
    billed = [(FEB, MAR), (JAN, FEB)]
    owed(LINE, billed, MAR, CENT)
    next_due(LINE, billed)
    assert billed == [(FEB, MAR), (JAN, FEB)]
    assert owed(LINE, iter(billed), MAR, CENT) == owed(LINE, billed, MAR, CENT)
    assert next_due(LINE, iter(billed)) == MAR


def test_entitled_days():
    assert entitled(LINE) == [(JAN, FOREVER)]
    assert entitled(replace(LINE, end=JAN)) == []
    assert entitled(LINE, [(MAR, APR), (FEB, MAR)]) == [(JAN, FEB), (APR, FOREVER)]


def test_sets_of_days():
    assert merge([(MAR, None), (JAN, FEB), (FEB, MAR), (APR, APR)]) == [(JAN, FOREVER)]
    assert merge([(JAN, APR), (FEB, MAR)]) == [(JAN, APR)]
    assert merge([(MAR, APR), (JAN, FEB)]) == [(JAN, FEB), (MAR, APR)]
    assert subtract([(JAN, FEB), (MAR, MAY)], [(JAN, APR)]) == [(APR, MAY)]
    assert subtract([(JAN, FEB), (MAR, APR)], [(date(2026, 1, 15), MAY)]) == [
        (JAN, date(2026, 1, 15))
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"recurrence": "month"},
        {"start": None},
        {"start": datetime(2026, 1, 1)},
        {"end": date(2025, 12, 31)},
        {"end": "2026-02-01"},
        {"price": 31.0},
        {"price": None},
        {"price": Decimal("NaN")},
        {"timing": "after"},
    ],
)
def test_a_bad_version_is_refused(change):
    with pytest.raises(ValueError, match="must be|before start|float"):
        replace(LINE, **change)


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("billed", [JAN]),
        ("billed", [(FEB, JAN)]),
        ("billed", [("2026-01-01", FEB)]),
        ("billed", [(JAN, FEB, MAR)]),
        ("until", None),
        ("until", datetime(2026, 1, 1)),
        ("quantum", 0),
        ("quantum", 0.01),
        ("pauses", [(FEB, JAN)]),
        ("pauses", [None]),
        ("trial_end", "2026-01-15"),
        ("trial_end", datetime(2026, 1, 15)),
    ],
)
def test_bad_terms_are_refused(name, bad):
    terms = {
        "version": LINE,
        "billed": [],
        "until": JAN,
        "quantum": CENT,
        "pauses": [],
        "trial_end": None,
    }
    with pytest.raises(ValueError, match="must be|before start|pair of dates|float"):
        owed(**terms | {name: bad})

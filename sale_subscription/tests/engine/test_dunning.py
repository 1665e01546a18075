# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When an unpaid invoice is charged again and when it is given up, day by day."""

from datetime import date

import pytest
from engine.dunning import (
    COLLECT,
    GIVE_UP,
    Rung,
    due_rung,
    grace_days,
    ladder,
    next_day,
    open_rungs,
    parse_days,
)

DUE = date(2026, 1, 30)


def day(number):
    """A day after Friday 30 January 2026, as a date worked out by hand."""
    return {
        0: date(2026, 1, 30),
        1: date(2026, 1, 31),
        2: date(2026, 2, 1),
        3: date(2026, 2, 2),
        5: date(2026, 2, 4),
        6: date(2026, 2, 5),
        7: date(2026, 2, 6),
        8: date(2026, 2, 7),
    }[number]


# === READING === #
@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1,3,5,7", (1, 3, 5, 7)),
        (" 2 ,  10,", (2, 10)),
        ("1", (1,)),
        ("30", (30,)),
        ("1,8", (1, 8)),
        ("7, 14, 21, 30", (7, 14, 21, 30)),
        ("", ()),
        (None, ()),
        (" , ", ()),
    ],
)
def test_days_are_read(text, days):
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["0", "0,3", "-1,2", "3,1", "8,1", "1,1", "1,3,3", "1,5,3"])
def test_days_grow_from_one_on(text):
    with pytest.raises(ValueError, match=f"growing whole numbers from 1 on: {text}$"):
        parse_days(text)


@pytest.mark.parametrize("text", ["one", "1.5", "1;3", "1 3"])
def test_days_are_whole_numbers(text):
    with pytest.raises(ValueError, match="invalid literal"):
        parse_days(text)


# === LADDERS === #
def test_a_ladder_without_an_end():
    assert ladder(DUE, (1, 3)) == (
        Rung(0, day(0), COLLECT),
        Rung(1, day(1), COLLECT),
        Rung(2, day(3), COLLECT),
    )


def test_a_ladder_that_ends_between_its_rungs():
    assert ladder(DUE, (1, 3, 7, 8), 5) == (
        Rung(0, day(0), COLLECT),
        Rung(1, day(1), COLLECT),
        Rung(2, day(3), COLLECT),
        Rung(3, day(5), GIVE_UP),
    )


def test_a_ladder_that_ends_on_a_rung_asks_once_more():
    assert ladder(DUE, (1, 3), 3)[-2:] == (Rung(2, day(3), COLLECT), Rung(3, day(3), GIVE_UP))


def test_a_ladder_of_the_due_date_alone():
    assert ladder(DUE, ()) == (Rung(0, day(0), COLLECT),)
    assert ladder(DUE, (), 1) == (Rung(0, day(0), COLLECT), Rung(1, day(1), GIVE_UP))


def test_steps_are_named_as_they_are_stored():
    assert (COLLECT, GIVE_UP) == ("collect", "give_up")
    with pytest.raises(AttributeError):
        ladder(DUE, ())[0].number = 5


# === WHAT IS NEXT === #
RUNGS = ladder(DUE, (1, 3, 7), 8)


@pytest.mark.parametrize(
    ("taken", "numbers"),
    [(0, [0, 1, 2, 3, 4]), (1, [1, 2, 3, 4]), (3, [3, 4]), (4, [4]), (5, [4]), (9, [4])],
)
def test_giving_up_is_always_to_come(taken, numbers):
    assert [rung.number for rung in open_rungs(RUNGS, taken)] == numbers


@pytest.mark.parametrize(
    ("taken", "today", "number"),
    [
        (0, date(2026, 1, 29), None),  # not due yet
        (0, day(0), 0),
        (1, day(0), None),  # charged today
        (1, day(1), 1),
        (1, day(2), 1),  # a missed night
        (1, day(7), 3),  # several missed: only the last one
        (1, date(2026, 6, 1), 3),  # money is asked for before the end
        (4, day(7), None),
        (4, day(8), 4),
        (4, date(2026, 6, 1), 4),
        (9, day(8), 4),
    ],
)
def test_which_rung_is_due(taken, today, number):
    rung = due_rung(RUNGS, taken, today)
    assert (rung and rung.number) == number


def test_nothing_is_due_once_all_is_taken_and_nothing_ends():
    rungs = ladder(DUE, (1, 3))
    assert due_rung(rungs, 3, date(2030, 1, 1)) is None
    assert next_day(rungs, 3) is None


@pytest.mark.parametrize(
    ("taken", "expected"), [(0, day(0)), (1, day(1)), (2, day(3)), (3, day(7)), (4, day(8))]
)
def test_the_day_of_the_next_rung(taken, expected):
    assert next_day(RUNGS, taken) == expected


# === GRACE === #
@pytest.mark.parametrize(
    ("days", "give_up_after", "grace"),
    [
        ((1, 3, 7), 7, 1),  # asked on the very day: one night to answer
        ((1, 3, 7), 8, 1),
        ((1, 3, 7), 9, 2),
        ((1, 3, 7), 10, 3),
        ((1, 3, 7), 11, 3),  # never more than three
        ((1, 3, 7), 15, 3),
        ((), 1, 1),  # one step: asked on the due date
        ((), 2, 2),
        ((), 30, 3),
        ((1, 3, 7), 0, 1),  # never given up
        ((), 0, 1),
    ],
)
def test_days_to_answer(days, give_up_after, grace):
    assert grace_days(ladder(DUE, days, give_up_after)) == grace


def test_days_to_answer_where_nothing_is_asked():
    assert grace_days(()) == 1
    assert grace_days((Rung(0, day(8), GIVE_UP),)) == 1

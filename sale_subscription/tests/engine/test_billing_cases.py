# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Dates and fractions that Kill Bill, Lago, Flexprice, Meteroid and Polar test for."""

from datetime import timedelta
from fractions import Fraction

import pytest
from engine.owed import Version, owed
from engine.proration import periods_owed
from engine.recurrence import Recurrence
from reference import LEFT_OUT, day, load, to_run

PERIODS = {
    "WEEKLY": ("week", 1),
    "MONTHLY": ("month", 1),
    "QUARTERLY": ("month", 3),
    "SEMIANNUAL": ("month", 6),
    "ANNUAL": ("year", 1),
    "YEARLY": ("year", 1),
}


def calendar_grid(unit, count, around):
    """Weeks from Monday, months from the 1st, years from 1 January."""
    if unit == "day":
        return Recurrence(unit, count, around)
    if unit == "week":
        return Recurrence(unit, count, around - timedelta(days=around.weekday()))
    return Recurrence(unit, count, around.replace(month=1, day=1))


def run_next_date(row):
    after = day(row["after"])
    if row["alignment"] == "calendar":
        grid = calendar_grid(row["unit"], row["interval"], after)
    else:
        grid = Recurrence(row["unit"], row["interval"], day(row["anchor"]))
    found = grid.next_after(after)
    assert min(found, day(row.get("until")) or found) == day(row["expected"])


def pinned_grid(row):
    return Recurrence(*PERIODS[row["period"].upper()], day(row["start"]), row["billing_day"])


def run_elapsed_cycles(row):
    assert pinned_grid(row).elapsed(day(row["at"])) == row["expected"]["elapsed_cycles"]


def run_period_containing_date(row):
    expected = day(row["expected"]["period_start"]), day(row["expected"]["period_end"])
    assert pinned_grid(row).period_containing(day(row["at"])) == expected


def run_billing_cycles(row):
    """Twice: as a count of periods, and as the fractions of what is charged."""
    grid, start, end = pinned_grid(row), day(row["start"]), day(row.get("end"))
    timing = {"in_advance": "advance", "in_arrear": "arrears"}[row["mode"]]
    count = periods_owed(grid, start, end, day(row["target"]), timing)
    # Kill Bill adds up fractions it rounded to 9 decimals each.
    assert abs(count - Fraction(row["expected_cycles"])) <= Fraction(1, 10**9)
    charges = owed(Version(grid, start, end, 10, timing), [], day(row["target"]), "0.01")
    assert sum(charge.fraction for charge in charges) == count


def run_period_edge(row):
    """Lago bills the period that ended, or the current one in advance or when terminated."""
    unit, count = PERIODS[row["interval"].upper()]
    at, started = day(row["at"]), day(row["started"])
    grid = Recurrence(unit, count, day(row["anchor"]))
    if row["alignment"] == "calendar":
        grid = calendar_grid(unit, count, at)
    current = grid.index_of(at)
    billed = current if row["in_advance"] or "terminated" in row else current - 1
    previous = current if row.get("current") else current - 1
    edges = {
        "from_datetime": lambda: max(grid.boundary(billed), started),
        "to_datetime": lambda: grid.boundary(billed + 1) - timedelta(days=1),
        "next_end_of_period": lambda: grid.boundary(current + 1) - timedelta(days=1),
        "previous_beginning_of_period": lambda: grid.boundary(previous),
        "compute_previous_beginning_of_period": lambda: grid.boundary(previous),
    }
    assert edges[row["edge"]]() == day(row["expected"])


def run_change_amounts(row):
    """A change ends one version and starts the next; another interval starts another grid."""
    start, change = day(row["cycle_start"]), day(row["change_at"])
    old, new = row["old"], row["new"]
    grid = Recurrence(old["interval"], 1, start)
    after = grid if new["interval"] == old["interval"] else Recurrence(new["interval"], 1, change)
    until_change = Version(grid, start, change, old["amount_cents"])
    credits = owed(until_change, [grid.grid_period(start)], change, 1)
    debits = owed(Version(after, change, None, new["amount_cents"]), [], change, 1)
    assert [-credit.amount for credit in credits] == [row["expected_credit_cents"]]
    assert [debit.amount for debit in debits] == [row["expected_debit_cents"]]


RUNNERS = {
    "next_date": run_next_date,
    "elapsed_cycles": run_elapsed_cycles,
    "period_containing_date": run_period_containing_date,
    "billing_cycles": run_billing_cycles,
    "period_edge": run_period_edge,
    "change_amounts": run_change_amounts,
}


@pytest.mark.parametrize("row", to_run("billing.json"), ids=lambda row: row["id"])
def test_billing_case(row):
    RUNNERS[row["type"]](row)


def test_every_case_is_run_or_left_out_for_a_reason():
    for name, count in (("billing.json", 311), ("metrics.json", 81)):
        ids = [row["id"] for row in load(name)]
        assert len(ids) == len(set(ids)) == count
        run = {row["id"] for row in to_run(name)}
        assert run | (LEFT_OUT.keys() & set(ids)) == set(ids)
    known = {row["id"] for name in ("billing.json", "metrics.json") for row in load(name)}
    assert LEFT_OUT.keys() <= known
    assert all(len(reason) > 20 for reason in LEFT_OUT.values())


def test_kill_bills_own_denominator_is_not_reproduced():
    """Its leading part is over 28 November to 28 February; the anchored period has 90 days."""
    row = next(row for row in load("billing.json") if row["id"].endswith("ChangeBCDTo31-02"))
    count = periods_owed(pinned_grid(row), day(row["start"]), None, day(row["target"]), "advance")
    assert Fraction(row["expected_cycles"]) != count == 1 + Fraction(14, 90)


def test_a_day_before_the_anchor_is_in_no_period_unlike_meteroid():
    row = next(row for row in load("billing.json") if row["id"].endswith("containing_date-07"))
    with pytest.raises(ValueError, match="before the anchor"):
        run_period_containing_date(row)

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What must hold for every contract, however it is billed and changed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from engine.intervals import FOREVER, merge, subtract
from engine.owed import Version, entitled, next_due, owed
from engine.proration import periods_owed
from engine.rounding import round_half_up, rounded_slice
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import (
    Ledger,
    after,
    coarse_recurrences,
    days,
    pauses,
    prices,
    quanta,
    timings,
    trials,
    versions,
)

DAY = timedelta(days=1)


def covered(charges):
    return merge((charge.start, charge.end) for charge in charges)


def worth(version, intervals, quantum):
    """What the days cost, straight from the rounding rule."""
    return sum(
        (
            rounded_slice(version.price, version.recurrence, *interval, quantum)
            for interval in intervals
        ),
        Decimal(0),
    )


def due_by(version, until, paused, trial_end):
    """The days owed by ``until``, worked out period by period without ``owed``."""
    found = []
    for start, end in entitled(version, paused, trial_end):
        while start < end:
            stop = min(end, version.recurrence.next_after(start))
            if (start if version.timing == "advance" else stop) > until:
                break
            found.append((start, stop))
            start = stop
    return merge(found)


@st.composite
def lives(draw):
    """A version with its pauses, trial and the day it is billed until."""
    version = draw(versions())
    return version, draw(after(version.start)), draw(pauses), draw(trials)


@given(lives(), quanta)
def test_charges_follow_each_other_without_gap_or_overlap(life, quantum):
    version, until, paused, trial_end = life
    charges = owed(version, [], until, quantum, paused, trial_end)
    assert all(a.end <= b.start for a, b in pairwise(charges))
    assert covered(charges) == due_by(version, until, paused, trial_end)
    for charge in charges:
        start, end = charge.period
        assert version.recurrence.grid_period(charge.start) == charge.period
        assert version.recurrence.boundary(charge.index) == start
        assert start <= charge.start < charge.end <= end
        assert charge.fraction * (end - start).days == (charge.end - charge.start).days
        assert charge.due == (charge.start if version.timing == "advance" else charge.end) <= until


@given(versions(), st.data(), quanta)
def test_without_pause_or_trial_the_fractions_are_the_periods_owed(version, data, quantum):
    until = data.draw(after(version.start))
    charges = owed(version, [], until, quantum)
    assert sum(charge.fraction for charge in charges) == periods_owed(
        version.recurrence, version.start, version.end, until, version.timing
    )
    assert {charge.kind for charge in charges} <= {"recurring"}


@given(versions(), st.data(), quanta)
def test_full_periods_cost_the_price(version, data, quantum):
    until = data.draw(after(version.start))
    for charge in owed(version, [], until, quantum):
        if charge.fraction == 1:
            assert charge.amount == round_half_up(version.price, quantum)


@given(lives(), quanta)
def test_a_second_run_finds_nothing(life, quantum):
    version, until, *terms = life
    ledger = Ledger(quantum)
    ledger.run(version, until, *terms)
    assert ledger.run(version, until, *terms) == []


@given(lives(), quanta, st.data())
def test_any_partition_of_the_run_dates_gives_the_same_charges(life, quantum, data):
    version, until, *terms = life
    runs = data.draw(st.lists(after(version.start).filter(lambda day: day <= until), max_size=6))
    ledger = Ledger(quantum)
    for day in [*sorted(runs), until, until]:
        ledger.run(version, day, *terms)
    assert ledger.charges == owed(version, [], until, quantum, *terms)


@given(lives(), quanta, st.data())
def test_runs_in_any_order_charge_the_same_total(life, quantum, data):
    version, until, *terms = life
    runs = data.draw(st.lists(after(version.start).filter(lambda day: day <= until), max_size=4))
    ledger = Ledger(quantum)
    for day in data.draw(st.permutations([*runs, until])):
        ledger.run(version, day, *terms)
    ledger.charges.sort(key=lambda charge: charge.start)
    assert ledger.charges == owed(version, [], until, quantum, *terms)


@given(st.lists(lives(), min_size=2, max_size=4), quanta)
def test_whatever_changes_the_ledger_is_what_its_days_cost(changes, quantum):
    """One line whose start, end, pauses and trial change at every run; price and grid stay."""
    first = changes[0][0]
    ledger = Ledger(quantum)
    for version, until, paused, trial_end in changes:
        version = replace(version, recurrence=first.recurrence, price=first.price)
        ledger.run(version, until, paused, trial_end)
        assert ledger.total == worth(version, ledger.billed, quantum)
        assert subtract(ledger.billed, entitled(version, paused, trial_end)) == []
        # A part added to a period already billed falls due on its own first day, not the period's.
        late = subtract(due_by(version, until, paused, trial_end), ledger.billed)
        assert all(version.timing == "advance" and start > until for start, _end in late)


@given(versions(endless=False), quanta, st.data())
def test_a_credit_is_what_that_slice_was_charged(version, quantum, data):
    until = version.end + timedelta(days=1)
    charges = owed(version, [], until, quantum)
    assume(charges)
    cut = data.draw(st.dates(version.start, version.end))
    credits = owed(replace(version, end=cut), covered(charges), until, quantum)
    by_period = {charge.index: charge for charge in charges}
    for credit in credits:
        charge = by_period[credit.index]
        assert credit.kind == "credit" and credit.due == until
        assert charge.start <= credit.start < credit.end == charge.end
        assert 0 <= -credit.amount <= charge.amount
        assert 0 < -credit.fraction <= charge.fraction
        if credit.start == charge.start:
            assert (credit.amount, credit.fraction) == (-charge.amount, -charge.fraction)
    assert covered(credits) == merge([(cut, version.end)])


@given(coarse_recurrences(), days, prices, prices, timings, quanta, st.data())
def test_a_change_and_its_reversal_on_the_same_day_cost_nothing(
    recurrence, start, price, other, timing, quantum, data
):
    line = Version(recurrence, start, None, price, timing)
    change = data.draw(after(start, 400).filter(lambda day: day >= start))
    ledger = Ledger(quantum)
    ledger.run(line, change)
    before = ledger.total
    old, short, again = Ledger(quantum), Ledger(quantum), Ledger(quantum)
    old.billed = ledger.billed
    old.run(replace(line, end=change), change)
    short.run(replace(line, start=change, end=change, price=other), change)
    again.run(replace(line, start=change), change)
    if timing == "advance":
        assert old.total + short.total + again.total == 0
    else:
        # The old part fell due on the change; the successor owes the rest at the period's end.
        end = recurrence.next_after(change)
        again.run(replace(line, start=change), end)
        ledger.run(line, end)
        assert before + old.total + short.total + again.total == ledger.total


@given(coarse_recurrences(), days, prices, prices, quanta, st.data())
def test_upgraded_then_cancelled_costs_what_was_used(
    recurrence, start, price, other, quantum, data
):
    upgrade = data.draw(after(start, 400).filter(lambda day: day >= start))
    cancel = data.draw(after(upgrade, 400).filter(lambda day: day >= upgrade))
    old, new = Ledger(quantum), Ledger(quantum)
    line = Version(recurrence, start, None, price)
    successor = Version(recurrence, upgrade, None, other)
    old.run(line, upgrade)
    old.run(replace(line, end=upgrade), upgrade)
    new.run(successor, upgrade)
    new.run(successor, cancel)
    new.run(replace(successor, end=cancel), cancel)
    assert old.total == rounded_slice(price, recurrence, start, upgrade, quantum)
    assert new.total == rounded_slice(other, recurrence, upgrade, cancel, quantum)
    assert all(new.run(replace(successor, end=cancel), day) == [] for day in (cancel, date.max))


@given(lives(), quanta, st.data())
def test_a_pause_of_no_days_changes_nothing(life, quantum, data):
    version, until, paused, trial_end = life
    day = data.draw(days)
    assert owed(version, [], until, quantum, [*paused, (day, day)], trial_end) == owed(
        version, [], until, quantum, paused, trial_end
    )


@given(versions(), quanta, st.data())
def test_a_pause_withdrawn_leaves_no_trace(version, quantum, data):
    """Paused for good on some day, resumed the same day: the total is as if nothing happened (in
    arrears once the period is over, since a pause settles the part used at once)."""
    day = data.draw(after(version.start, 400).filter(lambda day: day >= version.start))
    until = version.recurrence.next_after(day) + timedelta(days=data.draw(st.integers(0, 400)))
    ledger = Ledger(quantum)
    ledger.run(version, day)
    ledger.run(version, day, [(day, None)])
    ledger.run(version, until)
    assert ledger.total == worth(version, due_by(version, until, (), None), quantum)


@given(versions(endless=False), pauses, trials, quanta)
def test_advance_and_arrears_cost_the_same_in_the_end(version, paused, trial_end, quantum):
    advance, arrears = (
        owed(replace(version, timing=timing), [], version.end, quantum, paused, trial_end)
        for timing in ("advance", "arrears")
    )
    assert [replace(charge, due=charge.start) for charge in arrears] == advance


@given(lives(), quanta, st.data())
def test_the_next_due_day_is_the_first_with_a_charge(life, quantum, data):
    version, until, *terms = life
    ledger = Ledger(quantum)
    ledger.run(version, until, *terms)
    due = next_due(version, ledger.billed, *terms)
    if due is None:
        missing = subtract(entitled(version, *terms), ledger.billed)
        assert missing == []
    else:
        assert due > until
        assert owed(version, ledger.billed, due - DAY, quantum, *terms) == []
        found = owed(version, ledger.billed, due, quantum, *terms)
        assert found and {charge.due for charge in found} == {due}


@given(lives(), quanta, st.lists(st.tuples(days, st.integers(0, 90)), max_size=4))
def test_billed_in_any_shape_and_order_is_the_same(life, quantum, billed):
    version, until, *terms = life
    billed = [(start, start + timedelta(days=length)) for start, length in billed]
    found = owed(version, billed, until, quantum, *terms)
    assert owed(version, merge(billed), until, quantum, *terms) == found
    assert owed(version, [*billed[::-1], *billed], until, quantum, *terms) == found


@given(lives(), quanta, st.lists(st.tuples(days, st.integers(1, 90)), min_size=1, max_size=4))
def test_kinds_tell_what_was_billed_before(life, quantum, billed):
    version, until, *terms = life
    billed = merge((start, start + timedelta(days=length)) for start, length in billed)
    seen = set()
    for charge in owed(version, billed, until, quantum, *terms):
        if charge.kind == "credit":
            assert not seen
            continue
        rest = subtract([charge.period], billed)
        untouched = rest == [charge.period] and charge.index not in seen
        assert charge.kind == ("recurring" if untouched else "proration")
        seen.add(charge.index)


@given(
    st.lists(st.tuples(days, st.integers(0, 300)), max_size=6),
    st.lists(st.tuples(days, st.integers(0, 300)), max_size=6),
)
def test_sets_of_days_are_sets(left, right):
    def spelled(intervals):
        return {
            start + timedelta(days=n) for start, end in intervals for n in range((end - start).days)
        }

    left, right = (
        [(start, start + timedelta(days=n)) for start, n in some] for some in (left, right)
    )
    assert spelled(merge(left)) == spelled(left)
    assert spelled(subtract(merge(left), merge(right))) == spelled(left) - spelled(right)
    assert all(a[1] < b[0] for a, b in pairwise(merge(left)))
    assert subtract([(date.min, FOREVER)], [(date.min, FOREVER)]) == []

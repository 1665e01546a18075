"""A collecting process is killed; nothing is charged twice, and no charge is forgotten."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from bank import read_charges
from books import check_payments
from lab import PATIENCE, Killed

COUNT = 30
NOW, AN_HOUR_LATER = "2026-03-01 12:00:00", "2026-03-01 13:00:00"
LATER = (AN_HOUR_LATER, "2026-03-02 12:00:00", "2026-03-08 12:00:00")
WHEN_DECIDED = "2026-03-08 13:00:00"

# Where the process dies, in the middle of its work: model, method, before or after it, the n-th
# call; whether the bank had charged the invoice, and whether nobody can know that.
POINTS = {
    "attempt made, not committed": ("account.move", "_create_attempt", "after", 1, False, False),
    "other attempts made": ("account.move", "_create_attempt", "after", 17, False, False),
    "first one committed, not called": (
        "sale.subscription.attempt", "_call_provider", "before", 1, False, True,
    ),
    "committed, not called": (
        "sale.subscription.attempt", "_call_provider", "before", 15, False, True,
    ),
    "locked, not called": ("payment.transaction", "_charge_with_token", "before", 15, False, True),
    "answered, not committed": (
        "sale.subscription.attempt", "_apply_answer", "after", 15, True, True,
    ),
    "first one answered, not committed": (
        "payment.transaction", "_charge_with_token", "after", 1, True, True,
    ),
    "committed, no payment yet": (
        "sale.subscription.attempt", "_follow_up", "before", 15, True, False,
    ),
    "in the middle of the payment": ("account.payment", "action_post", "after", 15, True, False),
    "payment made, not committed": (
        "sale.subscription.attempt", "_settle_paid", "after", 30, True, False,
    ),
}  # fmt: skip
DURING_THE_CALL = "the bank is charging"
CASES = {name: point[4:] for name, point in POINTS.items()} | {DURING_THE_CALL: (True, True)}


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_cards", count=COUNT, now=NOW) == COUNT
    return database


def die(lab, database, name, ledger):
    """Let a collecting process die at a point."""
    if name == DURING_THE_CALL:
        child = lab.start(
            database, "run_collecting", ledger=ledger, pause=PATIENCE, pause_at=15, now=NOW
        )
        deadline = time.monotonic() + PATIENCE
        while len(read_charges(ledger)) < 15:
            assert time.monotonic() < deadline, "the bank was never called"
            time.sleep(0.05)
        os.kill(read_charges(ledger)[-1]["pid"], signal.SIGKILL)
    else:
        model, method, when, call, _charged, _frozen = POINTS[name]
        child = lab.start(
            database, "run_collecting_and_die",
            model=model, method=method, when=when, call=call, ledger=ledger, now=NOW,
        )  # fmt: skip
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)


def disturb(lab, world, name, ledger):
    """Kill one process, let others go on, then decide; return the books at each stage."""
    charged, _frozen = CASES[name]
    database = lab.copy(world)
    die(lab, database, name, ledger)
    killed = read_charges(ledger)
    # At once, when nobody can tell yet whether the process is only slow.
    lab.run(database, "run_collecting", ledger=ledger, now=NOW)
    stages = []
    for now in LATER:
        lab.run(database, "run_collecting", ledger=ledger, now=now)
        stages.append(check_payments(lab, database, read_charges(ledger)))
    decided = lab.run(database, "decide", made=charged, now=WHEN_DECIDED)
    lab.run(database, "run_collecting", ledger=ledger, now=WHEN_DECIDED)
    stages.append(check_payments(lab, database, read_charges(ledger)))
    lab.drop(database)
    return killed, stages, decided


@pytest.fixture(scope="module")
def disturbed(lab, world, tmp_path_factory):
    """Run all cases, two at a time."""
    folder = tmp_path_factory.mktemp("banks")
    with ThreadPoolExecutor(2) as pool:
        futures = {
            name: pool.submit(disturb, lab, world, name, str(folder / name)) for name in CASES
        }
        wait(futures.values())
        return futures


@pytest.mark.parametrize("name", CASES)
def test_all_others_are_paid_and_it_waits_for_a_decision(name, disturbed):
    killed, stages, _decided = disturbed[name].result()
    charged, doubtful = CASES[name]
    assert len(killed) < COUNT or name == "payment made, not committed", "died when all was done"
    for paid, frozen in stages[:3]:
        assert len(frozen) == doubtful, frozen
        assert len(paid) == COUNT - doubtful
    if doubtful and charged:
        assert stages[0][1] == {killed[-1]["invoice"]}, "another one was frozen"


@pytest.mark.parametrize("name", CASES)
def test_decisions_make_the_books_right(name, disturbed):
    _killed, stages, decided = disturbed[name].result()
    _charged, doubtful = CASES[name]
    assert decided == doubtful
    paid, frozen = stages[-1]
    assert (len(paid), frozen) == (COUNT, set())


# ---------------------------------------------------------------- refused by the bank

REFUSED = """
    SELECT state, is_hard, count(*) FROM sale_subscription_attempt GROUP BY 1, 2
"""
KNOWN = """
    SELECT count(*) FROM sale_subscription WHERE refused_token_id = payment_token_id
"""


@pytest.mark.parametrize(
    "point",
    [
        ("sale.subscription.attempt", "_follow_up", "before", 3),
        ("sale.subscription.attempt", "_tell_declined", "after", 3),
    ],
)
def test_refusal_is_not_forgotten(lab, world, tmp_path, point):
    ledger = str(tmp_path / "bank")
    database = lab.copy(world)
    model, method, when, call = point
    bank = {"ledger": ledger, "refusal": "Expired card"}
    child = lab.start(
        database, "run_collecting_and_die",
        model=model, method=method, when=when, call=call, now=NOW, **bank,
    )  # fmt: skip
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)
    for now in LATER:
        lab.run(database, "run_collecting", now=now, **bank)
    # Of two contracts with the same card one has found out for both.
    assert lab.query(database, REFUSED) == [("declined", True, COUNT // 2)]
    assert lab.query(database, KNOWN) == [(COUNT,)]

"""A person charges by hand and the process is killed: no card is charged twice, none forgotten."""

from collections import Counter

import pytest
from bank import read_charges
from books import check_payments
from lab import Killed

COUNT = 3
NOW = "2026-03-01 12:00:00"
LATER = ("2026-03-01 13:00:00", "2026-03-02 12:00:00", "2026-03-08 12:00:00")
WHEN_DECIDED = "2026-03-08 13:00:00"
REFS = "SELECT client_ref FROM sale_subscription ORDER BY id"

# Where the process dies, at the second of three contracts: model, method, before or after it; how
# many the bank had charged by then, and whether nobody can know that of the last one.
POINTS = {
    "attempt made, not committed": ("account.move", "_create_attempt", "after", 1, False),
    "committed, not called": ("sale.subscription.attempt", "_call_provider", "before", 1, True),
    "charged, not committed": ("payment.transaction", "_charge_with_token", "after", 2, True),
    "answered, not committed": ("sale.subscription.attempt", "_apply_answer", "after", 2, True),
    "committed, no payment yet": ("sale.subscription.attempt", "_follow_up", "before", 2, False),
}


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_cards", count=COUNT, now=NOW) == COUNT
    return database


@pytest.mark.parametrize("name", POINTS)
def test_killed_while_a_person_charges(lab, world, tmp_path, name):
    model, method, when, charged, doubtful = POINTS[name]
    ledger = str(tmp_path / "bank")
    database = lab.copy(world)
    refs = [ref for (ref,) in lab.query(database, REFS)]
    child = lab.start(
        database, "click_charge_and_die",
        refs=refs, model=model, method=method, when=when, call=2, ledger=ledger, now=NOW,
    )  # fmt: skip
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)
    assert len(read_charges(ledger)) == charged
    for now in LATER:
        lab.run(database, "run_collecting", ledger=ledger, now=now)
        paid, frozen = check_payments(lab, database, read_charges(ledger))
        assert (len(paid), len(frozen)) == (COUNT - doubtful, doubtful)
    made = charged == 2
    assert lab.run(database, "decide", made=made, now=WHEN_DECIDED) == doubtful
    lab.run(database, "run_collecting", ledger=ledger, now=WHEN_DECIDED)
    paid, frozen = check_payments(lab, database, read_charges(ledger))
    assert (len(paid), frozen) == (COUNT, set())
    times = Counter(charge["invoice"] for charge in read_charges(ledger))
    assert list(times.values()) == [1, 1, 1]
    lab.drop(database)

"""A billing process is killed in the middle; the next run ends with the same books."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from books import check_books, read_books
from lab import Killed

SEEDED, NIGHT = "2026-01-05", "2026-03-31"

# Where the process dies: model, method, before or after it, the n-th call. Batches have 25
# contracts, so the third call of a batch's method is in the third batch.
POINTS = {
    "nothing charged yet": ("sale.subscription", "_create_charges", "before", 1),
    "charged, not invoiced": ("sale.subscription", "_create_charges", "after", 2),
    "drafts made, not linked": ("account.move", "_create_subscription_invoices", "after", 2),
    "in the middle of posting": ("account.move", "_set_next_sequence", "after", 30),
    "all done, not committed": ("ir.cron", "_commit_progress", "before", 6),
    "first batch committed": ("ir.cron", "_commit_progress", "after", 6),
    "contracts closed, not billed": ("sale.subscription", "_cron_bill", "before", 1),
}


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    lab.run(database, "seed_mixed", count=120, today=SEEDED)
    return database


@pytest.fixture(scope="module")
def undisturbed(lab, world):
    database = lab.copy(world)
    lab.run(database, "run_night", today=NIGHT)
    check_books(lab, database)
    return read_books(lab, database)


def disturb(lab, world, point):
    """Kill one run and let another finish the work; return the books between and after."""
    database = lab.copy(world)
    model, method, when, call = point
    child = lab.start(
        database, "run_night_and_die",
        model=model, method=method, when=when, call=call, today=NIGHT,
    )  # fmt: skip
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)
    between = read_books(lab, database)
    lab.run(database, "run_night", today=NIGHT)
    check_books(lab, database)
    after = read_books(lab, database)
    lab.drop(database)
    return between, after


@pytest.fixture(scope="module")
def disturbed(lab, world, undisturbed):
    """Run all points, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        futures = {name: pool.submit(disturb, lab, world, point) for name, point in POINTS.items()}
        wait(futures.values())
        return futures


def test_undisturbed_run_bills_everything(undisturbed):
    assert len({row[0] for row in undisturbed["invoices"]}) == 120
    assert {row[5] for row in undisturbed["contracts"]} == {None}


@pytest.mark.parametrize("name", POINTS)
def test_second_run_ends_with_the_same_books(name, disturbed, undisturbed):
    between, after = disturbed[name].result()
    assert between != undisturbed, "the process died when all work was done"
    for book in undisturbed:
        assert after[book] == undisturbed[book], book

"""A price update is killed in the middle, twice; resumed, it changes every line exactly once."""

import os

import pytest
from lab import Killed

TODAY = "2026-03-11"
# Contracts of two lines each, 25 a batch; as many as you like.
COUNT = int(os.environ.get("PRICE_UPDATE_CONTRACTS", 300))

# Where the process dies: model, method, before or after it, the n-th call.
FIRST = ("sale.subscription.price.update.line", "_log_changes", "before", 4)
SECOND = ("ir.cron", "_commit_progress", "after", 8)

PRICES = """
    SELECT s.client_ref, l.product_id, l.price_unit, l.date_start::text, l.date_end::text
      FROM sale_subscription_line l JOIN sale_subscription s ON s.id = l.subscription_id
     ORDER BY s.client_ref, l.product_id, l.date_start
"""
STATES = """
    SELECT state, count(*), count(change_id), count(DISTINCT change_id)
      FROM sale_subscription_price_update_line GROUP BY state ORDER BY state
"""
CHANGES = "SELECT count(*), count(DISTINCT subscription_id) FROM sale_subscription_change"
MAILS = (
    "SELECT count(*), count(DISTINCT res_id) FROM mail_mail m JOIN mail_message g"
    " ON g.id = m.mail_message_id WHERE g.model = 'sale.subscription'"
)
UPDATE = "SELECT state FROM sale_subscription_price_update"


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_price_update", count=COUNT, today=TODAY) == 2 * COUNT
    return database


@pytest.fixture(scope="module")
def undisturbed(lab, world):
    database = lab.copy(world)
    lab.run(database, "run_prices", today=TODAY)
    return lab.query(database, PRICES)


def die(lab, database, point, action="run_prices_and_die"):
    model, method, when, call = point
    child = lab.start(
        database, action, model=model, method=method, when=when, call=call, today=TODAY
    )
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)


def count(lab, database):
    """Return how many lines are in which state."""
    return {state: number for state, number, *_rest in lab.query(database, STATES)}


def test_undisturbed_run_changes_every_line(undisturbed):
    assert len(undisturbed) == 4 * COUNT
    ended = {row[2:] for row in undisturbed if row[4]}
    begun = {row[2:] for row in undisturbed if not row[4]}
    assert {row[1:] for row in ended} == {("2026-03-01", "2026-03-31")}
    assert {row[1:] for row in begun} == {("2026-04-01", None)}
    # In dollars 10.00 and 99.99, in euros eight tenths of them.
    assert {float(row[0]) for row in begun} == {10.3, 102.99, 8.24, 82.39}


def test_killed_and_resumed(lab, world, undisturbed):
    database = lab.copy(world)
    die(lab, database, FIRST)
    total = 2 * COUNT
    assert count(lab, database) == {"done": 150, "waiting": total - 150}
    die(lab, database, SECOND)
    between = count(lab, database)
    assert 150 < between["done"] < total
    lab.run(database, "run_prices", today=TODAY)
    assert lab.query(database, STATES) == [("done", total, total, total)]
    assert lab.query(database, CHANGES) == [(total, COUNT)]
    assert lab.query(database, MAILS) == [(COUNT, COUNT)]
    assert lab.query(database, UPDATE) == [("done",)]
    assert lab.query(database, PRICES) == undisturbed
    lab.run(database, "run_prices", today=TODAY)
    assert lab.query(database, PRICES) == undisturbed


def test_two_at_once(lab, world, undisturbed):
    database = lab.copy(world)
    children = [lab.start(database, "run_prices", today=TODAY) for _worker in range(2)]
    for child in children:
        child.get_result()
    lab.run(database, "run_prices", today=TODAY)
    assert lab.query(database, CHANGES) == [(2 * COUNT, COUNT)]
    assert lab.query(database, MAILS) == [(COUNT, COUNT)]
    assert lab.query(database, PRICES) == undisturbed


def test_undo_killed_and_resumed(lab, world):
    database = lab.copy(world)
    before = lab.query(database, PRICES)
    lab.run(database, "run_prices", today=TODAY)
    lab.run(database, "undo_prices", today=TODAY)
    die(lab, database, ("sale.subscription.price.update.line", "_restore_versions", "after", 4))
    assert count(lab, database) == {"undone": 150, "undoing": 2 * COUNT - 150}
    lab.run(database, "run_prices", today=TODAY)
    assert count(lab, database) == {"undone": 2 * COUNT}
    assert lab.query(database, UPDATE) == [("undone",)]
    assert lab.query(database, PRICES) == before

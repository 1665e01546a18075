"""Several processes and people collect the same invoices at once."""

import pytest
from bank import read_charges
from books import FROZEN, check_books, check_payments

COUNT, FEWER = 200, 60
NOW, AN_HOUR_LATER, NEXT_MONTH = "2026-03-01 12:00:00", "2026-03-01 13:00:00", "2026-04-01 12:00:00"
REFS = [f"W{number:04}" for number in range(FEWER)]

TRANSACTIONS = "SELECT state, operation, count(*) FROM payment_transaction GROUP BY 1, 2"
ATTEMPTS = "SELECT state, count(*) FROM sale_subscription_attempt GROUP BY 1"
PAYMENTS = "SELECT count(*) FROM account_payment WHERE state IN ('in_process', 'paid')"
TODOS = """
    SELECT summary FROM mail_activity WHERE res_model = 'sale.subscription'
"""
BOTH = """
    SELECT m.name FROM account_move m JOIN account_invoice_transaction_rel r ON r.invoice_id = m.id
      JOIN payment_transaction t ON t.id = r.transaction_id GROUP BY 1 HAVING count(*) > 1
"""
BY_CUSTOMERS = """
    SELECT m.name FROM account_move m JOIN account_invoice_transaction_rel r ON r.invoice_id = m.id
      JOIN payment_transaction t ON t.id = r.transaction_id WHERE t.operation <> 'offline'
"""


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_cards", count=COUNT, now=NOW) == COUNT
    return database


@pytest.fixture(scope="module")
def small_world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_cards", count=FEWER, now=NOW) == FEWER
    return database


@pytest.fixture
def database(lab, small_world):
    name = lab.copy(small_world)
    yield name
    lab.drop(name)


@pytest.fixture
def ledger(tmp_path):
    return str(tmp_path / "bank")


def check_nobody_was_hurt(lab, database):
    assert lab.query(database, FROZEN) == []
    assert lab.query(database, TODOS) == []
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert lab.query(database, deadlocks) == [(0,)]


@pytest.mark.parametrize("workers", [2, 3])
def test_every_invoice_is_charged_exactly_once(lab, world, ledger, workers):
    database = lab.copy(world)
    children = [
        lab.start(database, "run_collecting", ledger=ledger, now=NOW) for _ in range(workers)
    ]
    for child in children:
        child.get_result()
    charges = read_charges(ledger)
    assert len(charges) == COUNT
    assert len({charge["pid"] for charge in charges}) == workers, "somebody had nothing to do"
    assert lab.query(database, TRANSACTIONS) == [("done", "offline", COUNT)]
    assert lab.query(database, ATTEMPTS) == [("done", COUNT)]
    assert lab.query(database, PAYMENTS) == [(COUNT,)]
    paid, _frozen = check_payments(lab, database, charges)
    assert len(paid) == COUNT
    check_nobody_was_hurt(lab, database)
    lab.drop(database)


def test_beside_billing_and_people_who_click(lab, database, ledger):
    """Half of what is collected is invoiced meanwhile."""
    children = [
        lab.start(database, "run_collecting", ledger=ledger, now=NEXT_MONTH),
        lab.start(database, "bill_next_month", now=NEXT_MONTH),
    ]
    clicks = lab.start(database, "click_charge", refs=REFS[::-1], ledger=ledger, now=NEXT_MONTH)
    for child in children:
        child.get_result()
    clicked = clicks.get_result()
    assert clicked["charged"], "the salesperson was never fast enough"
    lab.run(database, "run_collecting", ledger=ledger, now=NEXT_MONTH)
    charges = read_charges(ledger)
    paid, _frozen = check_payments(lab, database, charges)
    assert len(paid) == len(charges) == 2 * FEWER
    assert lab.query(database, ATTEMPTS) == [("done", 2 * FEWER)]
    check_nobody_was_hurt(lab, database)
    check_books(lab, database)


@pytest.mark.parametrize("operation", ["online_redirect", "online_token"])
def test_beside_customers_who_pay_online(lab, database, ledger, operation):
    job = lab.start(database, "run_collecting", ledger=ledger, now=NOW)
    begun = lab.run(database, "begin_payments", operation=operation, ledger=ledger, now=NOW)
    job.get_result()
    assert begun, "the job was always faster"
    assert lab.query(database, BOTH) == [], "the customer and the job"
    assert {row[0] for row in lab.query(database, BY_CUSTOMERS)} == set(begun)
    charged = [charge["invoice"] for charge in read_charges(ledger)]
    assert len(charged) == len(set(charged)), "an invoice was charged twice"
    ours = set(charged) - set(begun)
    assert len(ours) + len(begun) == FEWER
    # Saved cards leave the same trace, whoever charges them.
    traced = FEWER if operation == "online_token" else len(ours)
    assert lab.query(database, ATTEMPTS) == [("done", traced)]
    check_nobody_was_hurt(lab, database)


# ---------------------------------------------------------------- who looks after the dead


@pytest.fixture
def running(lab, database, tmp_path):
    """Start an action that goes on until the function is called that this fixture returns."""
    stop = tmp_path / "stop"
    children = []

    def start(action, times=1):
        for _ in range(times):
            children.append(lab.start(database, action, stop=str(stop), now=NOW))

    def end():
        stop.touch()
        while children:
            children.pop().get_result()

    start.end = end
    yield start
    end()


def test_beside_the_post_processing_of_core(lab, database, ledger, running):
    running("post_process_all_the_time")
    children = [lab.start(database, "run_collecting", ledger=ledger, now=NOW) for _ in range(2)]
    for child in children:
        child.get_result()
    running.end()
    paid, _frozen = check_payments(lab, database, read_charges(ledger))
    assert len(paid) == FEWER
    assert lab.query(database, PAYMENTS) == [(FEWER,)]
    check_nobody_was_hurt(lab, database)


def test_the_dead_are_not_taken_from_the_living(lab, database, ledger, running):
    """Whatever others think of it: what was called ends as the bank says, all else isn't called."""
    running("resolve_all_the_time", times=2)
    lab.run(database, "run_collecting", ledger=ledger, pause=0.05, now=NOW)
    running.end()
    charges = read_charges(ledger)
    paid, frozen = check_payments(lab, database, charges)
    assert paid == {charge["invoice"] for charge in charges}
    assert len(paid) + len(frozen) == FEWER
    assert paid


@pytest.mark.parametrize("dead", ["_follow_up", "_call_provider"])
def test_many_look_after_the_same_dead(lab, database, ledger, running, dead):
    lab.run(database, "abandon_attempts", method=dead, ledger=ledger, now=NOW)
    running("post_process_all_the_time")
    children = [
        lab.start(database, "run_collecting", ledger=ledger, now=AN_HOUR_LATER) for _ in range(3)
    ]
    for child in children:
        child.get_result()
    running.end()
    paid, frozen = check_payments(lab, database, read_charges(ledger))
    assert (len(paid), len(frozen)) == ((FEWER, 0) if dead == "_follow_up" else (0, FEWER))
    assert len(lab.query(database, TODOS)) == len(frozen)

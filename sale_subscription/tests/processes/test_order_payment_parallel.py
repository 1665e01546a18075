"""Customers pay quotations with saved cards: in two windows at once, and on a server that dies."""

import os
import signal
import time

import pytest
from bank import read_charges
from lab import PATIENCE, Killed

COUNT = 12
NOW, AN_HOUR_LATER = "2026-03-01 12:00:00", "2026-03-01 13:00:00"

ORDERS = "SELECT state, count(*) FROM sale_order WHERE client_order_ref LIKE 'Q%' GROUP BY 1"
INVOICES = (
    "SELECT payment_state, count(*) FROM account_move WHERE move_type = 'out_invoice' GROUP BY 1"
)
TODOS = "SELECT count(*) FROM mail_activity WHERE res_model = 'sale.order'"
UNCLEAR = """
    SELECT o.client_order_ref FROM payment_transaction t
      JOIN sale_order_transaction_rel r ON r.transaction_id = t.id
      JOIN sale_order o ON o.id = r.sale_order_id
     WHERE t.subscription_unclear
"""


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_quotations", count=COUNT, now=NOW) == COUNT
    return database


@pytest.fixture
def database(lab, world):
    name = lab.copy(world)
    yield name
    lab.drop(name)


@pytest.fixture
def ledger(tmp_path):
    return str(tmp_path / "bank")


def check_all_paid_once(lab, database, ledger):
    lab.run(database, "finish_payments", now=AN_HOUR_LATER)
    charged = [charge["order"] for charge in read_charges(ledger)]
    assert sorted(charged) == [f"Q{number:03}" for number in range(COUNT)]
    assert lab.query(database, ORDERS) == [("sale", COUNT)]
    assert lab.query(database, INVOICES) == [("paid", COUNT)]
    assert lab.query(database, UNCLEAR) == []
    assert lab.query(database, TODOS) == [(0,)]


def test_two_windows_at_once(lab, database, ledger):
    children = [
        lab.start(database, "pay_quotations", ledger=ledger, pause=0.3, now=NOW) for _ in range(2)
    ]
    results = [child.get_result() for child in children]
    assert sum(result["paid"] for result in results) == COUNT
    assert any(result["told to wait"] for result in results), "they were never at it at once"
    check_all_paid_once(lab, database, ledger)


def check_waits_for_a_person(lab, database):
    assert lab.query(database, UNCLEAR) == [("Q006",)]
    lab.run(database, "run_collecting", ledger="/dev/null", now=NOW)
    assert lab.query(database, TODOS) == [(0,)], "it may still be at work"
    for _time in range(2):
        lab.run(database, "run_collecting", ledger="/dev/null", now=AN_HOUR_LATER)
        assert lab.query(database, TODOS) == [(1,)]


def test_killed_during_the_call(lab, database, ledger):
    child = lab.start(
        database, "pay_quotations", ledger=ledger, pause=PATIENCE, pause_at=7, now=NOW
    )
    deadline = time.monotonic() + PATIENCE
    while len(read_charges(ledger)) < 7:
        assert time.monotonic() < deadline, "the bank was never called"
        time.sleep(0.05)
    os.kill(read_charges(ledger)[-1]["pid"], signal.SIGKILL)
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)
    check_waits_for_a_person(lab, database)
    # The others, and not this one.
    result = lab.run(database, "pay_quotations", ledger=ledger, now=AN_HOUR_LATER)
    assert result == {"paid": COUNT - 7, "told to wait": 1}
    assert lab.run(database, "decide_quotations", made=True, now=AN_HOUR_LATER) == ["Q006"]
    check_all_paid_once(lab, database, ledger)


@pytest.mark.parametrize(
    ("method", "when", "charged"),
    [("_charge_for_order", "before", None), ("_apply_order_answer", "after", True)],
)
def test_killed(lab, database, ledger, method, when, charged):
    """Before anything was committed nothing was called; after the call a person decides."""
    child = lab.start(
        database, "pay_quotations_and_die",
        model="payment.transaction", method=method, when=when, call=7, ledger=ledger, now=NOW,
    )  # fmt: skip
    with pytest.raises(Killed):
        child.get_result()
    lab.wait_until_left(database)
    if charged:
        check_waits_for_a_person(lab, database)
    result = lab.run(database, "pay_quotations", ledger=ledger, now=AN_HOUR_LATER)
    assert result == {"paid": COUNT - 6 - bool(charged), "told to wait": int(bool(charged))}
    if charged:
        lab.run(database, "decide_quotations", made=True, now=AN_HOUR_LATER)
    check_all_paid_once(lab, database, ledger)

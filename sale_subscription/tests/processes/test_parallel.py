"""Two schedulers bill the same contracts while somebody clicks on "Invoice now"."""

import pytest
from books import check_books

from dev import testkit

COUNT, SEEDED, TODAY = 200, "2026-02-20", "2026-03-01"

BY_USER = """
    SELECT u.login, count(*) FROM account_move m JOIN res_users u ON u.id = m.create_uid
     WHERE m.state = 'posted' AND m.move_type = 'out_invoice' GROUP BY 1
"""
PER_CONTRACT = """
    SELECT s.client_ref, count(DISTINCT l.move_id)
      FROM sale_subscription s LEFT JOIN account_move_line l ON l.subscription_id = s.id GROUP BY 1
"""
PROGRESS = """
    SELECT p.remaining, p.timed_out_counter FROM ir_cron_progress p
      JOIN (SELECT cron_id, max(id) AS id FROM ir_cron_progress GROUP BY 1) last USING (id)
"""


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    assert lab.run(database, "seed_plain", count=COUNT, today=SEEDED) == COUNT
    return database


@pytest.fixture(scope="module")
def crowd(lab, world):
    """Let two schedulers and a salesperson at the same contracts."""
    database = lab.copy(world)
    lab.run(database, "prepare_scheduler", workers=2)
    refs = [f"W{number:04}" for number in reversed(range(COUNT))]
    schedulers = [lab.start(database, "run_scheduler", today=TODAY) for _ in range(2)]
    clicks = lab.start(database, "click_all", refs=refs, today=TODAY)
    for scheduler in schedulers:
        scheduler.get_result()
    return database, clicks.get_result()


def test_every_contract_is_billed_exactly_once(lab, crowd):
    database, _clicks = crowd
    assert dict(lab.query(database, PER_CONTRACT)) == {f"W{n:04}": 1 for n in range(COUNT)}
    due = "SELECT count(*) FROM sale_subscription WHERE next_invoice_date <> '2026-04-01'"
    assert lab.query(database, due) == [(0,)]
    check_books(lab, database)


def test_everybody_did_a_share(lab, crowd):
    database, clicks = crowd
    made = dict(lab.query(database, BY_USER))
    assert set(made) == {"__system__", "admin", "seller"}, made
    assert made["seller"] == clicks["invoiced"]
    assert sum(clicks.values()) == COUNT


def test_nobody_was_hurt(lab, crowd):
    database, _clicks = crowd
    failed = "SELECT client_ref, billing_error FROM sale_subscription WHERE billing_error <> ''"
    assert lab.query(database, failed) == []
    deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    assert lab.query(database, deadlocks) == [(0,)]
    waiting = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
    assert lab.query(database, waiting, database) == []


def test_schedulers_say_that_nothing_is_left(lab, crowd):
    database, _clicks = crowd
    assert lab.query(database, PROGRESS) == [(0, 0), (0, 0)]
    triggers = "SELECT t.id FROM ir_cron_trigger t JOIN ir_cron c ON c.id = cron_id AND c.active"
    assert lab.query(database, triggers) == []
    failures = "SELECT DISTINCT failure_count FROM ir_cron WHERE active"
    assert lab.query(database, failures) == [(0,)]
    later = "SELECT count(*) FROM ir_cron WHERE active AND nextcall <= now() AT TIME ZONE 'UTC'"
    assert lab.query(database, later) == [(0,)]


def test_contract_in_use_holds_nobody_up(lab, world):
    database = lab.copy(world)
    lab.run(database, "prepare_scheduler")
    billed = "SELECT count(*) FROM sale_subscription WHERE next_invoice_date = '2026-04-01'"
    with testkit.connect(database) as somebody:
        somebody.execute("BEGIN")
        somebody.execute("SELECT FROM sale_subscription WHERE client_ref = 'W0100' FOR UPDATE")
        lab.run(database, "run_scheduler", today=TODAY)
        assert lab.query(database, billed) == [(COUNT - 1,)]
        assert lab.query(database, PROGRESS) == [(0, 0)]
        somebody.execute("ROLLBACK")
    lab.run(database, "pass_an_hour")
    lab.run(database, "run_scheduler", today=TODAY)
    assert lab.query(database, billed) == [(COUNT,)]
    check_books(lab, database)

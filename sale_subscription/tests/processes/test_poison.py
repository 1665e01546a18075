"""Contracts that can't be invoiced: the others are, and the culprits say why."""

import re

import pytest
from books import check_books

COUNT, SEEDED, TODAY = 200, "2026-02-20", "2026-03-01"

# What the contract has to say; every text names the thing and what is wrong with it.
REASONS = {
    "missing account": r"no income account for Rare product",
    "archived account": r"Old income.*archived",
    "archived tax": r"Old tax 7%.*archived",
    "archived journal": r"archived journal \(Old sales\)",
    "no sales journal": r"No journal could be found in company Company without journal",
    "closed period": r"prior to and inclusive of.*12/31/2199",
    "product of another company": r"Rare product.*belongs to another company",
    "inactive currency": r"inactive currency: CHF",
    "corrupt price": r"Check the products",
}
TECHNICAL = r"psycopg|Traceback|Error\(|violates|relation \"|ir\.|account_move_line|Error:"

INVOICED = """
    SELECT s.client_ref FROM sale_subscription s
     WHERE EXISTS (SELECT 1 FROM account_move_line l WHERE l.subscription_id = s.id)
"""
MARKED = """
    SELECT s.client_ref, s.billing_error, s.billing_failure_count,
           s.billing_retry_date - s.billing_error_date <= interval '30 minutes',
           (SELECT count(*) FROM mail_activity a
             WHERE a.res_model = 'sale.subscription' AND a.res_id = s.id)
      FROM sale_subscription s WHERE s.billing_error IS NOT NULL OR s.billing_failure_count > 0
"""
SCHEDULER = """
    SELECT c.failure_count, c.nextcall > now() AT TIME ZONE 'UTC',
           (SELECT count(*) FROM ir_cron_trigger t WHERE t.cron_id = c.id),
           (SELECT remaining FROM ir_cron_progress p WHERE p.cron_id = c.id
             ORDER BY id DESC LIMIT 1)
      FROM ir_cron c WHERE c.active
"""


def run_scheduler(lab, database):
    """Let an hour pass and the scheduler come by."""
    lab.run(database, "pass_an_hour")
    lab.run(database, "run_scheduler", today=TODAY)
    return {
        "invoiced": {ref for (ref,) in lab.query(database, INVOICED)},
        "marked": {row[0]: row[1:] for row in lab.query(database, MARKED)},
        "scheduler": lab.query(database, SCHEDULER),
    }


@pytest.fixture(scope="module")
def world(lab):
    database = lab.copy()
    lab.run(database, "seed_plain", count=COUNT, today=SEEDED)
    lab.run(database, "prepare_scheduler")
    return database


@pytest.fixture(scope="module")
def story(lab, world):
    """Poison one contract per kind, run three times, take the causes away, run again."""
    database = lab.copy(world)
    culprits = lab.run(database, "poison", kinds=list(REASONS), today=SEEDED)
    runs = [run_scheduler(lab, database) for _ in range(3)]
    lab.run(database, "heal", names=culprits, today=TODAY)
    healed = run_scheduler(lab, database)
    return {"database": database, "culprits": culprits, "runs": runs, "healed": healed}


def test_all_others_are_invoiced(story):
    everybody = {f"W{number:04}" for number in range(COUNT)}
    culprits = set(story["culprits"].values())
    assert len(culprits) == len(REASONS)
    for run in story["runs"]:
        assert run["invoiced"] == everybody - culprits
        assert set(run["marked"]) == culprits


@pytest.mark.parametrize("kind", REASONS)
def test_reason_is_understood_by_a_bookkeeper(story, kind):
    reason = story["runs"][0]["marked"][story["culprits"][kind]][0]
    assert re.search(REASONS[kind], reason, re.DOTALL), reason
    assert not re.search(TECHNICAL, reason), reason


def test_one_activity_however_often_it_fails(story):
    for count, run in enumerate(story["runs"], 1):
        for _reason, failures, tried_again_soon, activities in run["marked"].values():
            assert (tried_again_soon, activities) == (True, 1)
            # Three times at once if the scheduler calls that often, then once per run.
            assert count <= failures <= count + 3


def test_scheduler_is_not_triggered_again(story):
    for run in [*story["runs"], story["healed"]]:
        # No failure of the job, next call in the future, no trigger, nothing remaining.
        assert run["scheduler"] == [(0, True, 0, 0)]


def test_next_run_heals(lab, story):
    healed = story["healed"]
    assert healed["invoiced"] == {f"W{number:04}" for number in range(COUNT)}
    assert healed["marked"] == {}
    activities = "SELECT id FROM mail_activity WHERE res_model = 'sale.subscription'"
    assert lab.query(story["database"], activities) == []
    check_books(lab, story["database"])


def test_one_poisoned_contract_costs_one_invoice(lab, world):
    database = lab.copy(world)
    culprits = lab.run(database, "poison", kinds=["missing account"], today=SEEDED)
    run = run_scheduler(lab, database)
    assert len(run["invoiced"]) == 199
    assert set(run["marked"]) == set(culprits.values())

"""What the demo data must hold, read from a database installed with them.

`DEMO_DB` names the database; how to reach the server is in libpq's own variables (`PGHOST`, …).
"""

import os
from collections import Counter

import psycopg2
import pytest

DATABASE = os.environ.get("DEMO_DB")

pytestmark = pytest.mark.skipif(not DATABASE, reason="DEMO_DB names no database with demo data")

# The invoices that contracts made; the demo data of other addons have more.
OURS = "id IN (SELECT move_id FROM account_move_line WHERE subscription_id IS NOT NULL)"


@pytest.fixture(scope="module")
def query():
    """Run a query and return its rows."""
    connection = psycopg2.connect(dbname=DATABASE)
    connection.set_session(readonly=True, autocommit=True)

    def run(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    yield run
    connection.close()


@pytest.fixture(scope="module")
def count(query):
    """Return the one number a query gives."""
    return lambda sql: query(sql)[0][0]


# --------------------------------------------------------------------------- what there is


def test_fifty_contracts_in_every_state(query):
    states = dict(query("SELECT state, COUNT(*) FROM sale_subscription GROUP BY state"))
    assert states == {"active": 37, "paused": 2, "closed": 8, "draft": 2, "cancelled": 1}


def test_five_templates_of_different_trades(query):
    rows = query(
        "SELECT t.code, t.invoicing_mode, COUNT(*) FROM sale_subscription s"
        " JOIN sale_subscription_template t ON t.id = s.template_id GROUP BY 1, 2 ORDER BY 1"
    )
    assert rows == [
        ("GYM", "post", 11),
        ("HST", "send", 10),
        ("MAG", "send", 10),
        ("MNT", "post", 8),
        ("SAAS", "send", 11),
    ]


def test_customers_of_many_countries(count):
    in_use = (
        "FROM sale_subscription s JOIN res_partner p ON p.id = s.partner_id"
        " JOIN res_country c ON c.id = p.country_id"
    )
    assert count(f"SELECT COUNT(DISTINCT p.id) {in_use}") >= 25
    assert count(f"SELECT COUNT(DISTINCT c.id) {in_use}") >= 10


def test_two_currencies_and_foreign_taxes(query):
    currencies = query(
        "SELECT c.name, COUNT(*) FROM sale_subscription s"
        " JOIN res_currency c ON c.id = s.currency_id GROUP BY 1 ORDER BY 1"
    )
    assert currencies == [("EUR", 11), ("USD", 39)]
    taxed = query(f"SELECT DISTINCT amount_tax > 0 FROM account_move WHERE {OURS} ORDER BY 1")
    assert taxed == [(False,), (True,)]


def test_contracts_of_every_origin(count):
    orders = "SELECT COUNT(DISTINCT subscription_id) FROM sale_order_subscription_rel"
    assert count(orders) == 11
    waiting = "state = 'sent' AND subscription_template_id IS NOT NULL"
    assert count(f"SELECT COUNT(*) FROM sale_order WHERE {waiting}") == 2


def test_what_is_about_to_happen(count):
    contracts = "SELECT COUNT(*) FROM sale_subscription WHERE state = 'active' AND "
    assert count(contracts + "close_date > CURRENT_DATE") == 2
    assert count(contracts + "to_renew AND end_date < CURRENT_DATE + 31") == 2
    assert count(contracts + "trial_end_date >= CURRENT_DATE AND COALESCE(mrr, 0) = 0") == 1
    assert count(contracts.replace("active", "paused") + "paused_until > CURRENT_DATE") == 1


# --------------------------------------------------------------------------- its history


def test_eighteen_months_of_invoices(count):
    months = f"SELECT COUNT(DISTINCT date_trunc('month', date)) FROM account_move WHERE {OURS}"
    assert count(months) >= 18
    assert count(f"SELECT COUNT(*) FROM account_move WHERE {OURS}") >= 250
    assert count(f"SELECT COUNT(*) FROM account_move WHERE {OURS} AND state <> 'posted'") == 0
    assert count(f"SELECT COUNT(*) FROM account_move WHERE {OURS} AND date > CURRENT_DATE") == 0


def test_invoices_are_not_dated_before_their_periods(count):
    early = (
        "SELECT COUNT(*) FROM sale_subscription_charge c"
        " JOIN account_move_line l ON l.id = c.invoice_line_id"
        " JOIN account_move m ON m.id = l.move_id"
        " WHERE c.kind = 'recurring' AND m.invoice_date < c.date_due"
    )
    assert count(early) == 0


def test_nothing_due_is_left_but_the_failure(query):
    due = query(
        "SELECT billing_error IS NOT NULL FROM sale_subscription"
        " WHERE next_invoice_date <= CURRENT_DATE AND state IN ('active', 'paused', 'closed')"
    )
    assert due == [(True,)]


def test_one_contract_failed_and_its_salesperson_knows(query):
    rows = query(
        "SELECT s.state, s.billing_error, s.billing_failure_count, a.user_id = s.user_id"
        " FROM sale_subscription s JOIN mail_activity a"
        " ON a.res_model = 'sale.subscription' AND a.res_id = s.id"
        " WHERE s.billing_error IS NOT NULL"
    )
    error = "You cannot post an entry in an archived journal (Online Sales)"
    assert rows == [("active", error, 1, True)]


def test_most_invoices_are_paid_and_some_are_late(query, count):
    states = dict(
        query(
            f"SELECT payment_state, COUNT(*) FROM account_move WHERE {OURS}"
            " AND move_type = 'out_invoice' GROUP BY 1"
        )
    )
    assert states["paid"] > 5 * states["not_paid"] > 0
    late = "payment_state = 'not_paid' AND invoice_date_due < CURRENT_DATE - 5"
    assert 3 <= count(f"SELECT COUNT(*) FROM account_move WHERE {OURS} AND {late}") <= 15


def test_no_mail_was_sent_nor_waits(count):
    ours = (
        "(m.model = 'sale.subscription' OR m.model = 'account.move' AND m.res_id IN"
        f" (SELECT id FROM account_move WHERE {OURS}))"
    )
    assert (
        count(f"SELECT COUNT(*) FROM account_move WHERE {OURS} AND sending_data IS NOT NULL") == 0
    )
    messages = f"JOIN mail_message m ON m.id = n.mail_message_id WHERE {ours}"
    assert count(f"SELECT COUNT(*) FROM mail_mail n {messages}") == 0
    assert count(f"SELECT COUNT(*) FROM mail_notification n {messages}") == 0


# --------------------------------------------------------------------------- revenue


def test_events_of_every_kind_over_eighteen_months(query, count):
    kinds = Counter(dict(query("SELECT kind, COUNT(*) FROM sale_subscription_event GROUP BY 1")))
    assert kinds == {
        "new": 47,
        "expansion": 14,
        "contraction": 2,
        "churn": 10,
        "pause": 3,
        "resume": 1,
        "reactivation": 1,
    }
    months = "SELECT COUNT(DISTINCT date_trunc('month', date)) FROM sale_subscription_event"
    assert count(months) >= 15
    assert count("SELECT COUNT(*) FROM sale_subscription_event WHERE date > CURRENT_DATE") == 0


def test_the_events_of_a_contract_add_up_to_its_mrr(query):
    wrong = query(
        "SELECT s.name, s.mrr, SUM(e.amount), s.mrr_company, SUM(e.amount_company)"
        " FROM sale_subscription s LEFT JOIN sale_subscription_event e ON e.subscription_id = s.id"
        " GROUP BY s.id HAVING COALESCE(s.mrr, 0) <> COALESCE(SUM(e.amount), 0)"
        " OR COALESCE(s.mrr_company, 0) <> COALESCE(SUM(e.amount_company), 0)"
    )
    assert wrong == []
    stopped = query("SELECT name FROM sale_subscription WHERE state <> 'active' AND mrr <> 0")
    assert stopped == []


def test_churn_is_dated_when_service_ended_and_has_its_reason(query):
    rows = query(
        "SELECT DISTINCT r.category, r.name->>'en_US', s.close_reason_id = e.reason_id,"
        " s.close_date = e.date FROM sale_subscription_event e"
        " JOIN sale_subscription s ON s.id = e.subscription_id AND s.state = 'closed'"
        " JOIN sale_subscription_close_reason r ON r.id = e.reason_id"
        " WHERE e.kind = 'churn' ORDER BY 1, 2"
    )
    assert rows == [
        ("customer_gone", "Customer is gone", True, True),
        ("non_payment", "Non-payment", True, True),
        ("other", "Reached its end date", True, True),
        ("price", "Too expensive", True, True),
        ("product", "Switched to a competitor", True, True),
        ("service", "Poor service", True, True),
    ]


def test_several_salespeople_in_two_teams(query):
    rows = query(
        "SELECT u.login, t.name->>'en_US' FROM sale_subscription_event e"
        " JOIN res_users u ON u.id = e.user_id JOIN crm_team t ON t.id = e.team_id"
        " GROUP BY 1, 2 ORDER BY 1"
    )
    assert rows == [
        ("admin", "Sales"),
        ("demo", "Sales"),
        ("nora", "International"),
        ("samir", "International"),
    ]


# --------------------------------------------------------------------------- the ledger


def test_no_day_of_a_line_is_charged_twice(query):
    """Charges less credits cover every day of a line once or not at all."""
    rows = query(
        "SELECT c.line_id, day::date FROM sale_subscription_charge c,"
        " generate_series(c.date_from, c.date_to, '1 day') AS day WHERE c.line_id IS NOT NULL"
        " GROUP BY 1, 2 HAVING SUM(CASE WHEN c.kind = 'credit' THEN -1 ELSE 1 END)"
        " NOT IN (0, 1)"
    )
    assert rows == []


def test_every_charge_is_on_its_invoice(query):
    """What was charged is what was invoiced, to the cent."""
    wrong = query(
        "SELECT c.id, c.amount, l.price_subtotal FROM sale_subscription_charge c"
        " LEFT JOIN account_move_line l ON l.id = c.invoice_line_id"
        " LEFT JOIN account_move m ON m.id = l.move_id"
        " WHERE l.id IS NULL OR c.amount <> l.price_subtotal"
        " * CASE WHEN m.move_type = 'out_refund' THEN -1 ELSE 1 END"
    )
    assert wrong == []


def test_a_changed_line_has_a_successor(count):
    versions = "FROM sale_subscription_line l JOIN sale_subscription_line p"
    assert count(f"SELECT COUNT(*) {versions} ON p.id = l.predecessor_id") == 8
    gaps = f"SELECT COUNT(*) {versions} ON p.id = l.predecessor_id"
    assert count(gaps + " WHERE l.date_start <> p.date_end + 1") == 0

"""What a billing run leaves behind, in terms that don't depend on ids or the order of work."""

INVOICES = """
    SELECT s.client_ref, m.move_type, m.state, m.invoice_date::text, c.name,
           l.subscription_date_from::text, l.subscription_date_to::text, p.default_code,
           l.name, l.quantity, l.price_unit, l.discount, l.price_subtotal, l.price_total,
           (SELECT string_agg(t.name->>'en_US', ', ' ORDER BY t.name->>'en_US')
              FROM account_move_line_account_tax_rel r JOIN account_tax t
                ON t.id = r.account_tax_id
             WHERE r.account_move_line_id = l.id),
           m.amount_total, m.sending_data IS NOT NULL
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
      JOIN sale_subscription s ON s.id = l.subscription_id
      JOIN res_currency c ON c.id = m.currency_id
      JOIN product_product p ON p.id = l.product_id
"""
CONTRACTS = """
    SELECT client_ref, state, next_invoice_date::text, last_invoice_date::text, mrr, billing_error
      FROM sale_subscription
"""
EVENTS = """
    SELECT s.client_ref, e.date::text, e.kind, e.amount, e.amount_company, e.mrr
      FROM sale_subscription_event e JOIN sale_subscription s ON s.id = e.subscription_id
"""
CHARGES = """
    SELECT s.client_ref, l.sequence, p.default_code, c.kind, c.date_from::text, c.date_to::text,
           c.amount, c.invoice_line_id IS NOT NULL
      FROM sale_subscription_charge c
      JOIN sale_subscription s ON s.id = c.subscription_id
      JOIN product_product p ON p.id = c.product_id
      LEFT JOIN sale_subscription_line l ON l.id = c.line_id
"""
DOUBLES = """
    SELECT line_id, date_from, count(*)
      FROM sale_subscription_charge WHERE kind IN ('recurring', 'proration')
     GROUP BY 1, 2 HAVING count(*) > 1
"""
UNBILLED = """
    SELECT id FROM sale_subscription_charge WHERE invoice_line_id IS NULL
"""
ORPHANS = """
    SELECT l.id FROM account_move_line l
     WHERE l.subscription_id IS NOT NULL
       AND (SELECT count(*) FROM sale_subscription_charge c WHERE c.invoice_line_id = l.id) <> 1
"""
NUMBERS = """
    SELECT sequence_prefix, array_agg(sequence_number ORDER BY sequence_number)
      FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice'
     GROUP BY journal_id, sequence_prefix
"""

PAYMENT_NUMBERS = """
    SELECT m.sequence_prefix, array_agg(m.sequence_number ORDER BY m.sequence_number)
      FROM account_move m JOIN account_payment p ON p.move_id = m.id
     WHERE m.state = 'posted' GROUP BY m.journal_id, m.sequence_prefix
"""
# Each invoice with what it was paid by: done transactions, payments that stand, done attempts.
COLLECTED = """
    SELECT m.name, m.payment_state, m.amount_total, m.amount_residual,
           (SELECT count(*) FROM payment_transaction t
              JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id
             WHERE r.invoice_id = m.id AND t.state = 'done'),
           (SELECT count(*) FROM account_payment p
              JOIN payment_transaction t ON t.id = p.payment_transaction_id
              JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id
             WHERE r.invoice_id = m.id AND p.state IN ('in_process', 'paid')),
           (SELECT coalesce(sum(p.amount), 0) FROM account_payment p
              JOIN payment_transaction t ON t.id = p.payment_transaction_id
              JOIN account_invoice_transaction_rel r ON r.transaction_id = t.id
             WHERE r.invoice_id = m.id AND p.state IN ('in_process', 'paid')),
           (SELECT count(*) FROM sale_subscription_attempt a
             WHERE a.move_id = m.id AND a.state = 'done')
      FROM account_move m WHERE m.state = 'posted' AND m.move_type = 'out_invoice'
"""
TRACES = "SELECT reference FROM payment_transaction"
UNTRACED = """
    SELECT a.id FROM sale_subscription_attempt a JOIN payment_transaction t ON t.id = transaction_id
     WHERE (a.state = 'done') <> (t.state = 'done' AND t.payment_id IS NOT NULL)
        OR (a.state = 'calling')
"""
FROZEN = """
    SELECT m.name FROM sale_subscription_attempt a JOIN account_move m ON m.id = a.move_id
      JOIN sale_subscription_attempt_rel r ON r.attempt_id = a.id
      JOIN sale_subscription s ON s.id = r.subscription_id
     WHERE a.state = 'unknown' AND s.payment_exception
"""
EXCEPTIONS = """
    SELECT count(*) FROM sale_subscription WHERE payment_exception
"""


def read_books(lab, database):
    """Return everything that two runs must agree on."""
    return {
        name: sorted(lab.query(database, sql), key=repr)
        for name, sql in (
            ("invoices", INVOICES),
            ("contracts", CONTRACTS),
            ("events", EVENTS),
            ("charges", CHARGES),
        )
    }


def check_books(lab, database):
    """Assert what holds after any number of runs: nothing twice, nothing lost, no gap."""
    assert lab.query(database, DOUBLES) == [], "a period was charged twice"
    assert lab.query(database, UNBILLED) == [], "a charge waits without an invoice"
    assert lab.query(database, ORPHANS) == [], "an invoice line without exactly one charge"
    for prefix, numbers in lab.query(database, NUMBERS):
        assert numbers == list(range(1, len(numbers) + 1)), f"numbers of {prefix}: {numbers}"


def check_payments(lab, database, charges):
    """Assert that the payments of invoices and the bank's list of charges agree.

    :param charges: see `bank.read_charges`.
    :return: names of the invoices that are paid, and of those in doubt.
    :rtype: tuple[set, set]
    """
    charged = [charge["invoice"] for charge in charges]
    assert len(charged) == len(set(charged)), "an invoice was charged twice"
    references = {
        row[0] for row in lab.query(database, "SELECT reference FROM payment_transaction")
    }
    assert {charge["reference"] for charge in charges} <= references, "a charge without a trace"
    assert lab.query(database, UNTRACED) == [], "an attempt disagrees with its transaction"
    frozen = {row[0] for row in lab.query(database, FROZEN)}
    assert lab.query(database, EXCEPTIONS) == [(len(frozen),)], "frozen without a doubt"
    paid = set()
    for name, state, total, *found in lab.query(database, COLLECTED):
        if state in ("paid", "in_payment"):
            paid.add(name)
        wanted = [0, 1, 1, total, 1] if name in paid else [total, 0, 0, 0, 0]
        assert found == wanted, f"{name}, {state}"
    assert paid | frozen >= set(charged) >= paid, "paid without a charge, or charged and forgotten"
    for prefix, numbers in lab.query(database, PAYMENT_NUMBERS):
        assert numbers == list(range(1, len(numbers) + 1)), f"numbers of {prefix}: {numbers}"
    return paid, frozen

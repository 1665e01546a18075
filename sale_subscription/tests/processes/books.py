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

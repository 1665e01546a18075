from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Say of versions made before `own_terms` was there which terms they don't follow in."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    Line = env["sale.subscription.line"].with_context(active_test=False)
    for line in Line.search([("predecessor_id", "!=", False), ("own_terms", "=", False)]):
        # Nothing own can't be told from all own: the text is what matters least.
        line.own_terms = line._join_terms(line._get_different_terms() or {"name"})

from datetime import timedelta

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Say of contracts that ended which of their changes never took effect."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    ended = [("state", "in", ("closed", "cancelled")), ("change_ids", "!=", False)]
    for contract in env["sale.subscription"].search(ended):
        # Nobody wrote down when one was cancelled: what is still ahead takes no effect.
        tomorrow = contract._get_today() + timedelta(days=1)
        contract._void_changes_from(contract.close_date or tomorrow)

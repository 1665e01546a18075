from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Take pauses that were over before `is_settled` was there as done with: nothing moves twice.

    Only one of a contract that is still to be resumed has its periods ahead of it.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    Pause = env["sale.subscription.pause"]
    settled = Pause
    for contract, pauses in Pause.search([]).grouped("subscription_id").items():
        today = contract._get_today()
        over = pauses.filtered(lambda p, today=today: p.date_until and p.date_until <= today)
        if contract.state == "closed":
            over = pauses.filtered(lambda p, end=contract.close_date: p.date_from < end)
        elif contract.state == "paused" and (contract.next_transition_date or today) <= today:
            over -= over.sorted("date_until")[-1:]
        settled |= over
    settled.is_settled = True

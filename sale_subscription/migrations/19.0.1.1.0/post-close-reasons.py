from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Don't offer customers the shipped reason that is said of them, not by them."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    reason = env.ref("sale_subscription.close_reason_customer_gone", raise_if_not_found=False)
    if reason:
        reason.is_for_customers = False

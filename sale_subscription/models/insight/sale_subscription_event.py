from odoo import api, models


class SaleSubscriptionEvent(models.Model):
    _inherit = "sale.subscription.event"

    @api.model_create_multi
    def create(self, vals_list):
        """Extend the log and, in the same breath, what it says per customer."""
        events = super().create(vals_list)
        customers = {(event.company_id.id, event.customer_key) for event in events}
        self.env["sale.subscription.customer.movement"]._update_customers(customers)
        return events

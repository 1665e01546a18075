from odoo import models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _is_portal_open(self):
        """Tell whether a quotation about a contract waits for the customer.

        :rtype: bool
        """
        self.ensure_one()
        return self.state == "sent" and not self.is_expired and not self.subscription_change_problem

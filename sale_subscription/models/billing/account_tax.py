from odoo import api, models
from odoo.exceptions import UserError


class AccountTax(models.Model):
    _inherit = "account.tax"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_contracts(self):
        """Keep taxes that contracts bill: without them invoices would leave untaxed."""
        # sudo: a contract the user may not see is billed all the same.
        line = (
            self.env["sale.subscription.line"].sudo().search([("tax_ids", "in", self.ids)], limit=1)
        )
        if line:
            raise UserError(
                self.env._(
                    "The tax %(tax)s is used by the contract %(contract)s: archive it instead.",
                    tax=(self & line.tax_ids)[:1].name,
                    contract=line.subscription_id.name,
                )
            )

from odoo import api, models


class AccountPaymentRegister(models.TransientModel):
    """Registering a payment of a contract's invoice charges no saved payment method.

    That leaves a trace first, which core's own way doesn't: it is done on the contract.
    """

    _inherit = "account.payment.register"

    @api.depends("payment_method_line_id", "line_ids")
    def _compute_suitable_payment_token_ids(self):
        """Override of `account_payment`: offer no saved payment method for contracts' invoices."""
        super()._compute_suitable_payment_token_ids()
        for wizard in self:
            # sudo: who registers payments needs no right on contracts.
            if wizard.sudo().line_ids.move_id.line_ids.subscription_id:
                wizard.suitable_payment_token_ids = False

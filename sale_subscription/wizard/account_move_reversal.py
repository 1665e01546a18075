from odoo import models


class AccountMoveReversal(models.TransientModel):
    """“Reverse and Create Invoice”: the new invoice bills what the reversed one billed."""

    _inherit = "account.move.reversal"

    def _modify_default_reverse_values(self, origin_move):
        """Override of `account`: the new invoice knows which one it stands in for."""
        return {
            **super()._modify_default_reverse_values(origin_move),
            "subscription_replaced_id": origin_move.id,
        }

    def reverse_moves(self, is_modify=False):
        """Override of `account`: what a replaced invoice charged is charged by the new one."""
        action = super().reverse_moves(is_modify)
        if is_modify:
            # sudo: the ledger follows the invoice, whoever replaces it.
            self.new_move_ids.sudo()._take_over_charges()
        return action

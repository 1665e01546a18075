from odoo import models


class SaleOrder(models.Model):
    """What is due first when a quotation changes a running contract, and how it is paid."""

    _inherit = "sale.order"

    # === GETTERS - TOTALS === #
    def _get_first_schedule(self, template, plan):
        """Let the rhythm of the running contract decide what is due first."""
        contract = self._get_changed_contract()
        if not contract:
            return super()._get_first_schedule(template, plan)
        return contract._get_order_schedule(self.sudo())  # sudo: see `_get_changed_contract`

    def _get_first_notes(self, template, plan, schedule):
        """Name the stretch of the running contract that is charged first."""
        contract = self._get_changed_contract()
        if not contract:
            return super()._get_first_notes(template, plan, schedule)
        return contract._get_order_notes(self, schedule)

    # === GETTERS - PAYING === #
    def _is_card_required(self):
        """Ask for no card where the contract has one that can be charged."""
        contract = self._get_changed_contract()
        return super()._is_card_required() and not (contract and contract._has_card())

    def _has_to_be_signed(self):
        """Let nobody sign what can't be confirmed."""
        return super()._has_to_be_signed() and not self._get_change_problem()

    def _has_to_be_paid(self):
        """Let nobody pay what can't be confirmed."""
        return super()._has_to_be_paid() and not self._get_change_problem()

    def _has_to_save_card(self):
        """Let nobody save a card for what can't be confirmed."""
        return super()._has_to_save_card() and not self._get_change_problem()

    def _get_first_amount_to_pay(self):
        """Ask for nothing when the quotation can't be confirmed."""
        if self._get_change_problem():
            return 0.0
        return super()._get_first_amount_to_pay()

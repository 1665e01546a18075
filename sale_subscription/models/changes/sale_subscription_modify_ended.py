from odoo import models


class SaleSubscription(models.Model):
    """What becomes of changes agreed for days that a contract doesn't live to see."""

    _inherit = "sale.subscription"

    def _close_if_due(self, today):
        """Let what was agreed for later take no effect on a contract that has ended."""
        super()._close_if_due(today)
        if self.state == "closed":
            self._void_changes_from(self.close_date)

    def action_cancel(self):
        """Override to let what is scheduled take no effect."""
        for contract in self.sudo():  # sudo: see `_void_changes_from`
            scheduled = contract.change_ids.filtered(lambda change: change.state == "scheduled")
            scheduled.is_void = True
        return super().action_cancel()

    def action_reopen(self):
        """Override to let what was agreed take effect after all, on its day."""
        result = super().action_reopen()
        # sudo: see `_void_changes_from`.
        self.sudo().change_ids.filtered("is_void").is_void = False
        return result

    def _void_changes_from(self, day):
        """Mark the changes from a day on as without effect; their versions stay as agreed.

        :param date day: the first day without service.
        """
        self.ensure_one()
        # sudo: changes are written by the contract's own methods only.
        self.sudo().change_ids.filtered(
            lambda change: not change.is_withdrawn and change.date_effective >= day
        ).is_void = True

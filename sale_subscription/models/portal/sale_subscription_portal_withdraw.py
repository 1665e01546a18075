from odoo import models
from odoo.exceptions import UserError

from .sale_subscription_portal_life import CLOSE_ACTIVITY


class SaleSubscription(models.Model):
    """Taking back what the customer announced: a change, a pause, a closing.

    Each has `_withdraw_portal_<what>`, and `_is_portal_withdraw_<what>_done`: whether a second
    click finds that the first one did it.
    """

    _inherit = "sale.subscription"

    # === CHANGES === #
    def _withdraw_portal_change(self, change_id):
        """Take a scheduled change of the customer's back.

        :param int change_id: id of a `sale.subscription.change`.
        :raise UserError: if it isn't one of theirs, or can't be taken back.
        """
        self._lock_for_portal()
        change = self._get_portal_withdrawable_changes().filtered(lambda c: c.id == change_id)
        if not change:
            raise UserError(
                self.env._("This change is in effect, was withdrawn, or isn't one of yours.")
            )
        change.action_withdraw()
        self._count_portal_operation()

    def _is_portal_withdraw_change_done(self, change_id):
        # sudo: see `_get_portal_withdrawable_changes`
        changes = self.sudo().change_ids.filtered(lambda change: change.id == change_id)
        return bool(changes) and changes.is_withdrawn and changes.user_id.share

    # === PAUSES === #
    def _withdraw_portal_pause(self):
        """Take back the pauses that haven't begun."""
        self.action_withdraw_pause()
        self._count_portal_operation()

    def _is_portal_withdraw_pause_done(self):
        return (
            self._is_portal_changeable()
            and self.template_id.portal_pause
            and not self._get_scheduled_pauses()
        )

    # === CLOSINGS === #
    def _withdraw_portal_close(self):
        """Take a scheduled closing back: the to-do about it goes, too."""
        self._lock_for_portal()
        self.action_reopen()
        self.activity_unlink([CLOSE_ACTIVITY])
        self._say_for_customer(self.env._("The closing was withdrawn on the portal."))
        self._count_portal_operation()

    def _is_portal_withdraw_close_done(self):
        return self._is_portal_open() and self.template_id.closable != "no" and not self.close_date

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _is_portal_declined(self):
        """Tell whether the last charge of the saved payment method for this invoice failed.

        :rtype: bool
        """
        self.ensure_one()
        return self.subscription_attempt_ids.sorted("id")[-1:].state == "declined"

    def _get_portal_state_label(self):
        """Return whether the invoice is paid, in words.

        :return: dict with `label`, `badge` (a CSS class) and `is_open` (something is to be paid).
        :rtype: dict
        """
        self.ensure_one()
        if self.move_type == "out_refund":
            return {"label": self.env._("Credit"), "badge": "text-bg-info", "is_open": False}
        if self.payment_state in ("paid", "reversed") or self.currency_id.is_zero(
            self.amount_residual
        ):
            return {"label": self.env._("Paid"), "badge": "text-bg-success", "is_open": False}
        if self.payment_state == "in_payment" or self._has_live_attempt():
            return {"label": self.env._("Being paid"), "badge": "text-bg-info", "is_open": False}
        if self.payment_state == "partial":
            return {"label": self.env._("Partly paid"), "badge": "text-bg-warning", "is_open": True}
        return {"label": self.env._("To pay"), "badge": "text-bg-warning", "is_open": True}

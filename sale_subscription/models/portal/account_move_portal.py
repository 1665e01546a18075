from odoo import models


class AccountMove(models.Model):
    """What customers are told of an open invoice of their contract, and whether they can pay it."""

    _inherit = "account.move"

    def _is_payable_on_portal(self):
        """Tell whether paying this invoice can begin: nobody charges or pays it already.

        :rtype: bool
        """
        self.ensure_one()
        return self._has_to_be_paid() and not self._has_payment_on_its_way()

    def _has_payment_on_its_way(self):
        """Tell whether money moves for this invoice, an announced bank transfer left aside.

        :rtype: bool
        """
        self.ensure_one()
        move = self.sudo()  # sudo: customers don't read transactions, only what follows from them
        on_their_way = move.transaction_ids.filtered(lambda tx: tx._is_on_its_way())
        return bool(on_their_way - move._get_announced_transfers())

    def _get_portal_payer_key(self):
        """Return what invoices have in common that one payment can pay.

        :rtype: tuple
        """
        return (self.partner_id.commercial_partner_id, self.company_id, self.currency_id)

    def _get_portal_notices(self):
        """Return what the list of open invoices says about this one.

        :return: sentences in the language of the environment.
        :rtype: list[str]
        """
        self.ensure_one()
        move = self.sudo()  # sudo: as in `_get_portal_payment_notice`
        notices = []
        if move._has_payment_on_its_way() and not move._has_live_attempt():
            notices.append(self.env._("Your payment is on its way. There is nothing to do."))
        elif move.subscription_charge_now and not move._get_charge_problem(asked=True):
            notices.append(self.env._("Your new card is charged for it in a moment."))
        elif notice := move._get_portal_payment_notice():
            notices.append(notice)
            if reason := (move._get_last_decline().message or "").strip():
                notices.append(self.env._("The bank gave this reason: “%s”", reason))
        if move._get_announced_transfers():
            notices.append(self.env._("A bank transfer was announced."))
        return notices

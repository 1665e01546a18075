from odoo import SUPERUSER_ID, fields, models


class PaymentTransaction(models.Model):
    """Cards that customers register for a contract, without paying anything."""

    _inherit = "payment.transaction"

    subscription_id = fields.Many2one(
        "sale.subscription",
        string="Card For",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The contract that is paid with the card once the provider has validated it.",
    )

    # === BUSINESS METHODS === #
    def _post_process(self):
        """Override of `payment` to pay contracts with the card registered for them."""
        super()._post_process()
        for tx in self.filtered(lambda tx: tx.operation == "validation" and tx.subscription_id):
            if tx.token_id and tx.state in ("authorized", "done"):
                # Noted by the company, not by the visitor whose browser waits for the provider.
                contract = tx.with_user(SUPERUSER_ID).sudo().subscription_id
                contract.with_company(contract.company_id)._take_new_card(tx.token_id)

    # === GETTERS === #
    def _get_portal_outcome(self, subscription):
        """Return what the page of a contract says about a payment or a card registered for it.

        :param subscription: the `sale.subscription` (sudo).
        :return: `state`: as on the transaction; `is_card`: whether a card was registered;
            `is_failed`; `follows`: a sentence about what follows, or False. An empty dict where
            the transaction is about something else.
        :rtype: dict
        """
        contracts = self.subscription_id | self.invoice_ids.line_ids.subscription_id
        if subscription not in contracts:
            return {}
        is_card = self.operation == "validation"
        if self._is_in_doubt():
            return {
                "state": "pending",
                "is_card": is_card,
                "is_failed": True,
                "is_in_doubt": True,
                "follows": self.env._(
                    "We don't know yet whether your payment went through. Please don't pay again: "
                    "we look into it and come back to you."
                ),
            }
        return {
            "transaction": self,
            "state": self.state,
            "is_card": is_card,
            "is_failed": self.state in ("draft", "cancel", "error"),
            "follows": self._get_portal_follow_up(subscription, is_card),
        }

    def _is_in_doubt(self):
        """Tell whether nobody knows if money moved.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: customers can't read attempts, but are kept from paying twice.
        attempts = self.env["sale.subscription.attempt"].sudo()
        domain = [("transaction_id", "=", self.id), ("state", "in", ("calling", "unknown"))]
        return bool(attempts.search_count(domain, limit=1))

    def _get_portal_follow_up(self, subscription, is_card):
        """Return what follows from a payment or a new card.

        :rtype: str | bool
        """
        if self.state in ("draft", "cancel", "error"):
            if is_card:
                return self.env._(
                    "Nothing was charged and nothing has changed. Please try again, or another "
                    "card."
                )
            return self.env._(
                "Nothing was paid. Please try again, with another card or another way to pay."
            )
        if self.state not in ("authorized", "done") or not is_card:
            return False
        if subscription.payment_token_id != self.token_id:
            return self.env._("But it can't pay this contract: please choose another one.")
        return subscription._get_portal_card_follow_up()

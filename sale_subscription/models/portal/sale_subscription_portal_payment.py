import math

from odoo import models
from odoo.tools import float_compare
from odoo.tools.misc import format_date

from ...const import RUNNING_STATES


class SaleSubscription(models.Model):
    """What customers pay on the portal, and with which card from then on."""

    _inherit = "sale.subscription"

    # === WHAT THE CONTRACT ALLOWS === #
    def _can_portal_new_card(self):
        """Tell whether even who may only read the contract may save a card: it lacks one."""
        return self._can_portal_card() and self._needs_new_card()

    def _needs_new_card(self):
        """Tell whether somebody waits for another card: none that works, declined, or expiring.

        :rtype: bool
        """
        self.ensure_one()
        contract = self.sudo()  # sudo: only yes or no is told of the card and the open invoices
        invoices = contract._get_portal_open_invoices()
        if not contract._is_charged() or not (contract.state in RUNNING_STATES or invoices):
            return False
        expiry = contract.card_expiry_date
        return bool(
            contract._get_card_problem()
            or contract.is_card_expiring
            or (expiry and expiry <= contract.company_id._get_card_expiry_horizon())
            or any(invoice._get_last_decline() for invoice in invoices)
        )

    # === GETTERS === #
    def _get_portal_open_invoices(self):
        """Return what is to be paid of the contract, the oldest first.

        :rtype: account.move
        """
        self.ensure_one()
        # sudo: the door to the contract was passed, its invoices belong to it.
        moves = self.sudo()._get_open_invoices().get(self.sudo(), self.env["account.move"].sudo())
        return moves.sorted(lambda move: (move._get_due_date(), move.id))

    def _get_portal_payable_invoices(self):
        """Return the open invoices that one payment may pay now.

        An invoice that is being charged or paid already is left out, and so is one that another
        customer or company would have to pay: one payment has one payer and one currency.

        :rtype: account.move
        """
        payable = self._get_portal_open_invoices().filtered(lambda m: m._is_payable_on_portal())
        key = payable[:1]._get_portal_payer_key()
        return payable.filtered(lambda move: move._get_portal_payer_key() == key)

    def _get_portal_amount_to_pay(self, invoices):
        """Return what paying these invoices at once costs.

        :param invoices: see `_get_portal_payable_invoices`.
        :return: an amount in the currency of the invoices.
        :rtype: float
        """
        currency = invoices.currency_id or self.currency_id
        return currency.round(sum(invoices.mapped("amount_residual")))

    def _get_portal_card_problem(self):
        """Return in words for the customer what is wrong with the payment method.

        :return: a sentence, or False where nothing is wrong or no card is asked for.
        :rtype: str | bool
        """
        self.ensure_one()
        if not self._needs_new_card():
            return False
        contract = self.sudo()  # sudo: see `_needs_new_card`
        token = contract.payment_token_id
        if not token:
            return self.env._("No payment method is saved yet.")
        if token == contract.refused_token_id:
            return self.env._("The bank refused this payment method. Please save another one.")
        if contract._get_card_problem():
            return self.env._("This payment method can't be used any more. Please save another.")
        if any(invoice._get_last_decline() for invoice in contract._get_portal_open_invoices()):
            return self.env._("Your payment method was declined the last time it was charged.")
        date = format_date(self.env, token.expiry_date)
        if contract.is_card_expiring:
            return self.env._(
                "Valid until %(date)s only, before the next payment. Please save another one.",
                date=date,
            )
        return self.env._("Valid until %(date)s only. Please save another one.", date=date)

    def _get_portal_card_follow_up(self):
        """Return what a new card means for the customer.

        :rtype: str | bool
        """
        self.ensure_one()
        if not self._is_charged():
            return False
        invoices = self._get_portal_open_invoices()
        if any(move.subscription_charge_now or move._has_live_attempt() for move in invoices):
            return self.env._(
                "Your open invoices are charged to it now: this takes some minutes, and we send "
                "you a mail."
            )
        return self.env._("From now on your invoices are paid with it.")

    def _get_portal_payment_url(self, step, **params):
        """Return the address of a page about paying, to be opened without an account.

        :param str step: 'pay', 'payment-method', 'details', or '' for the contract's page.
        :param dict params: what the page should say, as `payment_outcome`.
        :rtype: str
        """
        query = "".join(f"&{name}={value}" for name, value in params.items())
        return self.get_portal_url(suffix=f"/{step}" if step else None, query_string=query)

    # === BUSINESS METHODS === #
    def _take_new_card(self, token):
        """Pay with a card that the customer registered for this contract, or chose.

        Contracts that share an open invoice and were paid by the same card follow: an invoice is
        charged to one card only.

        :param token: a `payment.token`.
        :return: whether it was taken.
        :rtype: bool
        """
        self.ensure_one()
        if problem := self._get_token_problem(token):
            self.message_post(
                body=self.env._("The card wasn't saved on this contract. %s", problem)
            )
            return False
        old_token = self.payment_token_id
        sharing = self._get_portal_open_invoices().line_ids.subscription_id - self.sudo()
        self._set_payment_token(token)
        for contract in sharing:
            if old_token and contract.payment_token_id == old_token:
                if not contract._get_token_problem(token):
                    contract._set_payment_token(token)
            else:
                contract._take_card(token)
        return True

    def _drop_card(self, token_id):
        """Pay by invoice from now on, as the customer wishes.

        :param int token_id: the id of the card that the customer saw.
        :return: whether there was this card to take away.
        :rtype: bool
        """
        self.ensure_one()
        if not token_id or self.payment_token_id.id != token_id:
            return False
        self._lose_payment_token()
        return True

    def _is_portal_amount(self, amount, invoices):
        """Tell whether an amount that a browser sent is what the invoices cost.

        :param amount: whatever was sent.
        :param invoices: see `_get_portal_payable_invoices`.
        :rtype: bool
        """
        try:
            amount = float(amount)
        except (TypeError, ValueError, OverflowError):
            return False
        if not math.isfinite(amount):
            return False
        digits = invoices.currency_id.decimal_places
        expected = self._get_portal_amount_to_pay(invoices)
        return float_compare(amount, expected, precision_digits=digits) == 0

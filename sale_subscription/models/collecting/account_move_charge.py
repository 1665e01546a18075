from datetime import timedelta

from odoo import fields, models
from odoo.fields import Command

from ...const import CHARGE_MODES

# How long a customer who opened the provider's payment page is left in peace by our own charging.
CUSTOMER_PAYS_FOR = timedelta(minutes=30)


class AccountMove(models.Model):
    """Collecting subscription invoices: what is charged, with which card, and why not."""

    _inherit = "account.move"

    # === CHARGING === #
    def _get_collecting_token(self):
        """Return the payment method all contracts of this invoice agree on, if they do.

        :rtype: payment.token
        """
        self.ensure_one()
        contracts = self.line_ids.subscription_id
        token = contracts[:1].payment_token_id
        if any(contract.payment_token_id != token for contract in contracts):
            return token.browse()
        return token

    def _get_charge_problem(self, asked=False):
        """Return why this invoice can't be charged automatically.

        :param bool asked: whether the customer has just saved a new payment method for it.
        :return: a sentence, or False if nothing speaks against it.
        :rtype: str | bool
        """
        self.ensure_one()
        if self._get_subscription_invoicing_mode() not in CHARGE_MODES:
            return self.env._("The template of the contract doesn't charge automatically.")
        if not asked and self._get_announced_transfers():
            return self.env._("The customer announced a payment.")
        return self._get_card_problem() or self._get_hold_reason()

    def _get_announced_transfers(self):
        """Return payments that customers said they make themselves; nobody tells if they do.

        :rtype: payment.transaction
        """
        return self.transaction_ids.filtered(
            lambda tx: (
                tx.state == "pending" and (tx.provider_code in ("custom", "none") or tx._is_stale())
            )
        )

    def _get_stuck_payment(self):
        """Return the online payment of the customer that has had no end for days.

        Of one that is only pending nobody knows if it ever comes: after a while that is the same as
        an announced transfer. Money that came in and isn't registered keeps everything else away.

        :rtype: payment.transaction
        """
        self.ensure_one()
        stuck = self.transaction_ids.filtered(
            lambda tx: (
                tx._is_on_its_way()
                and tx.provider_code not in ("custom", "none")
                and tx._has_no_news()
            )
        )
        return stuck[:1]

    def _get_stuck_payment_text(self):
        """Return what to do about an online payment without end, if there is one.

        :rtype: str | bool
        """
        stuck = self._get_stuck_payment()
        if not stuck:
            return False
        return self.env._(
            "The customer's online payment %(payment)s has been on its way for days. Look it up at "
            "the payment provider: if it was made, register it; if not, charge or remind by hand.",
            payment=stuck.reference,
        )

    def _get_card_problem(self):
        """Return why the saved payment method can't pay this invoice.

        :rtype: str | bool
        """
        self.ensure_one()
        contracts = self.line_ids.subscription_id
        for contract in contracts:
            if problem := contract._get_card_problem():
                return problem
        if not self._get_collecting_token():
            return self.env._("Its contracts are paid with different payment methods.")
        if self.currency_id != contracts[:1].currency_id:
            return self.env._("The invoice has another currency than its contract.")
        # Who is invoiced may have changed since.
        return self._get_collecting_token()._get_charge_problem(
            self.company_id, self.currency_id, contracts.partner_id | self.partner_id
        )

    def _get_hold_reason(self):
        """Return why a person has to look at the amount before it is charged.

        :rtype: str | bool
        """
        self.ensure_one()
        if self._get_subscription_invoicing_mode() not in CHARGE_MODES:
            return False
        for contract in self.line_ids.subscription_id:
            limit, amount = contract._get_charge_limit(), self._get_amount_of(contract)
            if limit is not None and self.currency_id.compare_amounts(amount, limit) > 0:
                return self.env._(
                    "%(amount)s is more than may be charged without asking (%(limit)s).",
                    amount=self.currency_id.format(amount),
                    limit=self.currency_id.format(limit),
                )
        return False

    def _get_amount_of(self, contract):
        """Return what the invoice asks for a contract: all but the lines of other contracts.

        :param contract: one of the invoice's `sale.subscription`.
        :return: an amount in the invoice's currency, taxes included.
        :rtype: float
        """
        self.ensure_one()
        others = self.invoice_line_ids.filtered(
            lambda line: line.subscription_id and line.subscription_id != contract
        )
        return self.amount_total - sum(others.mapped("price_total"))

    def _is_customer_paying(self):
        """Tell whether the customer is paying online, or a card payment is on its way already.

        :rtype: bool
        """
        self.ensure_one()
        on_their_way = self.transaction_ids.filtered(lambda tx: tx._is_on_its_way())
        if on_their_way - self._get_announced_transfers() or self._is_order_paid_soon():
            return True
        started = self.subscription_payment_started
        return bool(
            started
            and started > fields.Datetime.now() - CUSTOMER_PAYS_FOR
            and self.transaction_ids.filtered(lambda tx: tx.state == "draft")
        )

    def _is_order_paid_soon(self):
        """Tell whether a payment is on its way for an order that a person confirmed meanwhile.

        It will pay the order's first invoices, see `payment.transaction._pay_first_invoices`.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: charging is done for the company, by whoever may bill the contract.
        orders = self.sudo().line_ids.subscription_id.order_ids
        payments = orders.filtered(lambda order: order.state == "sale").transaction_ids
        return any(
            tx._is_on_its_way() and not tx._is_stale() and not tx.invoice_ids
            for tx in payments
            if tx.operation != "validation" and tx.provider_code not in ("custom", "none")
        )

    def _create_attempt(self, step=-1):
        """Write down that the saved payment method is about to be charged with what is open.

        :param int step: the number of the step; -1 outside the ladder.
        :return: the attempt; to be run after a commit.
        :rtype: sale.subscription.attempt
        """
        self.ensure_one()
        token = self._get_collecting_token()
        # sudo: charging is done for the company, by whoever may bill the contract.
        Transaction = self.env["payment.transaction"].sudo()
        transaction = Transaction.with_context(subscription_attempt=True).create(
            self._prepare_subscription_transaction(token)
        )
        # sudo: attempts are written by collecting only.
        Attempt = self.env["sale.subscription.attempt"].sudo()
        return Attempt.create(self._prepare_attempt(transaction, transaction.amount, step=step))

    def _create_customer_attempts(self, transaction):
        """Write down that a customer is about to pay these invoices with a saved card.

        :param transaction: the customer's `payment.transaction`.
        :return: one attempt for each invoice of contracts; to be run after a commit.
        :rtype: sale.subscription.attempt
        """
        # sudo: attempts are written by collecting only.
        Attempt = self.env["sale.subscription.attempt"].sudo()
        return Attempt.create(
            [
                move._prepare_attempt(transaction, min(move.amount_residual, transaction.amount))
                for move in self
                if move.line_ids.subscription_id
            ]
        )

    def _prepare_attempt(self, transaction, amount, **values):
        """Return what is written down before the provider is called for this invoice.

        :param transaction: the `payment.transaction` that charges it.
        :param float amount: its part of the transaction's amount.
        :param values: more values.
        :return: values of a `sale.subscription.attempt`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "move_id": self.id,
            "subscription_ids": [Command.set(self.line_ids.subscription_id.ids)],
            "transaction_id": transaction.id,
            "token_id": transaction.token_id.id,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "company_id": self.company_id.id,
            **values,
        }

    def _prepare_subscription_transaction(self, token):
        """Return the transaction that charges what is open on this invoice.

        :param token: the `payment.token` charged.
        :return: values of a `payment.transaction`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "provider_id": token.provider_id.id,
            "payment_method_id": token.payment_method_id.id,
            "token_id": token.id,
            "operation": "offline",
            "amount": self._get_amount_due(self.company_id._get_subscription_today()),
            "currency_id": self.currency_id.id,
            "partner_id": self.partner_id.id,
            "invoice_ids": [Command.set(self.ids)],
        }

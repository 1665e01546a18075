import re

from odoo import api, models
from odoo.exceptions import UserError

from ...patience import wait_for_lock

# Words by which banks and providers say that a card will never be accepted again.
HARD_DECLINE = re.compile(
    r"expired[ _]card|card[ _](has )?expired|(lost|stolen)[ _]card|card[ _](was )?(lost|stolen)"
    r"|pick[ _]?up[ _]card|invalid[ _](card|account|number)|incorrect[ _]number"
    r"|(closed|blocked)[ _](account|card)|account[ _]closed|restricted[ _]card"
    r"|revocation[ _]of[ _]authori[sz]ation|revoked|no[ _]such[ _](card|payment[ _]method|source)",
    re.IGNORECASE,
)

# What core's providers and core itself say, in English, when they didn't understand an answer.
UNCLEAR = re.compile(
    r"Received data with|Received invalid|Unknown payment status"
    r"|The amount or currency is missing|from the payment data doesn't match",
)
# What they say when it was the question after the charge that had no answer (Razorpay asks for the
# payment it has just made), or when the bank hasn't answered yet (Worldline).
UNANSWERED = re.compile(
    r"Could not establish the connection|rejected the request|AUTHORIZATION_REQUESTED"
)


class PaymentTransaction(models.Model):
    """What transactions tell about charging saved payment methods."""

    _inherit = "payment.transaction"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment`: nothing is paid twice at the same time."""
        if not self.env.context.get("subscription_attempt"):
            self._check_leaves_trace(vals_list)
            for name in ("invoice_ids", "sale_order_ids"):
                self._get_paid_records(vals_list, name)._begin_customer_payment()
        return super().create(vals_list)

    @api.model
    def _check_leaves_trace(self, vals_list):
        """Refuse to charge a contract's invoice by a payment of core's, made in one piece.

        Core's own payments call the provider in the middle of a database transaction: what fails
        after that leaves no trace of the charge, and nobody asks what became of it.

        :param list vals_list: values of transactions about to be created.
        :raise UserError: naming the door that is meant for it.
        """
        offline = [vals for vals in vals_list if vals.get("operation") == "offline"]
        if self._get_paid_records(offline, "invoice_ids").line_ids.subscription_id:
            raise UserError(
                self.env._(
                    "The saved payment method of a subscription is charged by the button “Charge” "
                    "on the contract. Register a payment here only if it was made another way."
                )
            )

    @api.model
    def _get_paid_records(self, vals_list, name):
        """Return what transactions about to be created pay.

        :param list vals_list: their values.
        :param str name: 'invoice_ids' or 'sale_order_ids'.
        :return: records of the field's model (sudo).
        """
        field, ids = self._fields[name], set()
        for vals in vals_list:
            if commands := vals.get(name):
                ids.update(field.convert_to_cache(commands, self))
        # sudo: customers begin payments of invoices and orders they may not write.
        return self.env[field.comodel_name].sudo().browse(ids).exists()

    # === BUSINESS METHODS === #
    def _charge_with_token(self):
        """Override of `payment`: a customer's own payment by a saved card leaves a trace first.

        As for charges of our own: attempts are committed before the provider is called, what it
        says is committed at once, and what nobody knows is not tried again but decided by a person.
        """
        self.ensure_one()
        is_ours = "subscription_answers" in self.env.context
        if is_ours or self.operation != "online_token":
            return super()._charge_with_token()
        if self.invoice_ids.line_ids.subscription_id:
            attempts = self.invoice_ids._create_customer_attempts(self)
            self.env["ir.cron"]._commit_progress()
            return attempts.run()
        if any(order._get_recurring_lines() for order in self.sale_order_ids):
            return self._charge_for_order()
        return super()._charge_with_token()

    def _process(self, provider_code, payment_data):
        """Override of `payment` to note that the provider answered."""
        transaction = super()._process(provider_code, payment_data)
        self._note_answer("processed")
        if "subscription_answers" not in self.env.context:
            transaction._hear_late_answer()
        return transaction

    def _post_process(self):
        """Override of `payment`: attempts and contracts follow their transactions.

        We, core's own job and the customer's browser may do this at once. One after the other, so
        that who comes late notices before all the work and not after it.
        """
        wait_for_lock(self)
        # sudo: attempts follow transactions, whoever has them post-processed.
        Attempt = self.env["sale.subscription.attempt"].sudo()
        attempts = Attempt.search([("transaction_id", "in", self.ids), ("state", "!=", "done")])
        # Looked at before core registers the payment.
        surplus = attempts.filtered(lambda attempt: attempt._is_surplus())
        paid_before = (self - attempts.transaction_id)._get_invoices_paid_before()
        result = super()._post_process()
        (attempts - surplus)._settle()
        surplus.with_context(subscription_surplus=True)._settle()
        for move in paid_before:
            move.line_ids.subscription_id._ask_about_surplus(move)
        return result

    def _get_invoices_paid_before(self):
        """Return contracts' invoices that payments about to be registered come too late for.

        A customer may stay so long on the provider's page that the saved card has been charged.

        :rtype: account.move
        """
        new = self.filtered(
            lambda tx: (
                tx.state == "done"
                and not tx.is_post_processed
                and tx.operation in ("online_redirect", "online_direct", "online_token")
            )
        )
        # sudo: whoever has it post-processed, the contracts' people are asked.
        moves = new.sudo().invoice_ids.filtered(lambda move: move.line_ids.subscription_id)
        return moves.filtered(
            lambda move: move.state == "posted" and move.payment_state in ("in_payment", "paid")
        )

    def _note_answer(self, answer):
        """Remember what the provider answered while one of our charges is made.

        :param str answer: 'processed', 'refused', 'unauthorized' (not the customer, but we were
            turned away) or 'failed'.
        """
        answers = self.env.context.get("subscription_answers")
        if answers is not None:
            answers.append(answer)

    def _is_answer_clear(self, answers):
        """Tell whether a transaction in error surely moved no money.

        The state alone can't tell: providers set it for refusals, core for timeouts. So it is
        clear if the provider refused the request, or if it processed the payment and is known to
        use errors for refusals only.

        :param list answers: what was noted during the call, see `_note_answer`.
        :rtype: bool
        """
        self.ensure_one()
        if UNCLEAR.search(self.state_message or ""):
            return False
        if "processed" in answers:
            is_unanswered = UNANSWERED.search(self.state_message or "")
            return not is_unanswered and self.provider_id.subscription_error_is_refusal
        return bool(answers) and answers[-1] in ("refused", "unauthorized")

    def _is_on_its_way(self):
        """Tell whether money moves, or has moved, that the invoice doesn't know of yet.

        Core registers the payment of a transaction that is done when the customer's browser comes
        back or its own job runs; until then the invoice is open.

        :rtype: bool
        """
        self.ensure_one()
        return self.state in ("pending", "authorized") or (
            self.state == "done" and not self.is_post_processed
        )

    def _is_hard_decline(self):
        """Tell whether the payment method will never be accepted again.

        For a provider that tells more than a message, a module must override this method.

        :rtype: bool
        """
        self.ensure_one()
        return not self.token_id.active or bool(HARD_DECLINE.search(self.state_message or ""))

import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import PENDING_TOO_LONG
from ...patience import MAX_TRIES, commit_patiently, is_locked, wait_for_lock
from .sale_subscription_attempt_result import INTERRUPTED_AFTER

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """Orders paid with a saved card: what nobody knows the outcome of isn't paid a second time.

    Invoices have attempts for that (`sale.subscription.attempt`). An order has no invoice yet, so
    its transaction itself tells: it is marked and committed before the provider is called, and
    unmarked with what the provider said. What stays marked is decided by a person.
    """

    _inherit = "payment.transaction"

    subscription_unclear = fields.Boolean(
        string="Outcome Unknown",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="A saved card is being charged for an order, or nobody knows how that ended.",
    )
    # Not the state's message: core shows that to customers.
    subscription_unclear_reason = fields.Text(readonly=True, copy=False, groups="base.group_user")

    # === CALLING THE PROVIDER === #
    def _charge_for_order(self):
        """Charge a saved card for an order with recurring lines, and commit what is said at once.

        After the call nothing may raise: the order then waits for a person.

        :return: None
        :raise UserError: if the provider is disabled; nothing was called then.
        """
        self.ensure_one()
        self._ensure_provider_is_not_disabled()
        self.subscription_unclear = True
        self.env["ir.cron"]._commit_progress()
        self._lock_for_call()
        answers = []
        try:
            # Without a language messages stay in English, so that they can be understood here.
            self.with_context(subscription_answers=answers, lang=None)._charge_with_token()
            self._apply_order_answer(answers)
            self.env["ir.cron"]._commit_progress()
        except Exception as error:  # money may have moved: never raise, never try again
            _logger.info("The outcome of the payment %s is unknown: %s", self.id, error)
            self.env.cr.rollback()
            self._leave_unclear_alone(self._get_doubt_reason(error))

    def _lock_for_call(self):
        """Lock the transaction, so that a look at it tells that we are alive.

        :raise psycopg2.OperationalError: if others were at it each time; nothing was called then.
        """
        for tries_left in reversed(range(MAX_TRIES)):
            try:
                return wait_for_lock(self)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # core's own job was at it
                if not tries_left:
                    raise
        return None

    def _apply_order_answer(self, answers):
        """Unmark the transaction if the provider's answer was clear, or ask a person.

        :param list answers: see `_is_answer_clear`.
        """
        if self.state == "draft" or (self.state == "error" and not self._is_answer_clear(answers)):
            self._leave_unclear(self.state_message)
        else:
            self.subscription_unclear = False

    def _leave_unclear(self, reason):
        """Ask a person how a charge ended.

        :param str reason: what is known.
        """
        self.ensure_one()
        self.write({"subscription_unclear": True, "subscription_unclear_reason": reason})
        self.sale_order_ids._schedule_payment_doubt(self)

    def _leave_unclear_alone(self, reason):
        """Ask a person in a transaction of its own; if that fails, the collecting job asks.

        :param str reason: what is known.
        """
        try:
            commit_patiently(self.env, self._leave_unclear, reason)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Nobody could be asked about the payment %s", self.id)

    def _get_processing_values(self):
        """Override of `payment`: a browser doesn't take for a failure what nobody knows."""
        values = super()._get_processing_values()
        if self._is_unclear():
            values.update(state="pending", state_message=self._get_unclear_text())
        return values

    # === GETTERS === #
    def _is_unclear(self):
        """Tell whether nobody knows if money moved for an order.

        :rtype: bool
        """
        self.ensure_one()
        return self.subscription_unclear and self.state not in ("done", "authorized", "cancel")

    def _is_order_being_paid(self):
        """Tell whether an order isn't to be paid again before this payment has an end.

        :rtype: bool
        """
        self.ensure_one()
        is_on_its_way = self.operation == "online_token" and self.state == "pending"
        return self._is_unclear() or is_on_its_way

    def _is_stale(self):
        """Tell whether a payment has been pending for so long that nobody waits for it any more.

        :rtype: bool
        """
        self.ensure_one()
        return self.state == "pending" and self._has_no_news()

    def _has_no_news(self):
        """Tell whether nothing was heard of a payment for so long that somebody should ask.

        :rtype: bool
        """
        self.ensure_one()
        return self.last_state_change < fields.Datetime.now() - PENDING_TOO_LONG

    def _is_refunded(self):
        """Tell whether money was given back through the provider.

        :rtype: bool
        """
        self.ensure_one()
        refunds = self.child_transaction_ids.filtered(lambda tx: tx.operation == "refund")
        return "done" in refunds.mapped("state")

    def _get_unclear_text(self):
        """Return what customers read about a payment in doubt.

        :rtype: str
        """
        return self.env._(
            "Your payment is being made, or we don't know yet whether it went through. Please "
            "don't pay again: we are looking it up and come back to you."
        )

    def _get_doubt_reason(self, error):
        """Return why nobody knows how a charge ended, for those who decide.

        :param Exception error: what was raised during the call, or after it.
        :rtype: str
        """
        if isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            # Somebody changed the contract meanwhile; in the words of the database it frightens.
            return self.env._("What the payment provider answered could not be written down.")
        return str(error)

    # === BEING DECIDED === #
    def _check_not_called_now(self):
        """Refuse to decide about a charge that is being made at this moment.

        :raise UserError: naming the payment.
        """
        for tx in self:
            if is_locked(tx):
                raise UserError(
                    self.env._(
                        "The payment %(payment)s is being made right now: wait for the result.",
                        payment=tx.reference,
                    )
                )

    def _confirm_unclear(self):
        """Take payments as made, of which a person knows that they were."""
        # Core then writes its notes in that person's name, and not in the customer's.
        for tx in self.with_context(payment_backend_action=True):
            tx.subscription_unclear = False
            tx._set_done()
            tx._post_process()
            tx._end_unclear()

    def _end_unclear(self):
        """Unmark a payment whose end is known, and ask about orders it could not confirm."""
        self.ensure_one()
        self.subscription_unclear = False
        orders = self.sale_order_ids
        orders._clear_payment_doubt()
        if self.state == "done":
            reason = self.env._("It is cancelled, or costs more than was paid.")
            orders.filtered(lambda order: order.state != "sale")._ask_about_payment(self, reason)

    def _hear_late_answer(self):
        """Unmark what the provider refused by itself, some time after it was called."""
        for tx in self.filtered("subscription_unclear"):
            if tx.state == "error" and tx._is_answer_clear(["processed"]):
                tx._end_unclear()

    def _deny_unclear(self):
        """Take payments as not made, of which a person knows that they weren't."""
        self.subscription_unclear = False
        # Not cancelled: if one turns out to be paid after all, that must be heard.
        open_payments = self.filtered(lambda tx: tx.state in ("draft", "pending"))
        open_payments.with_context(payment_backend_action=True)._set_error(
            self.env._("This payment was not made.")
        )

    # === JOB === #
    def _resolve_unclear(self):
        """Look after charges for orders that died, are pending for days, or were told of later."""
        now = fields.Datetime.now()
        marked = Domain("subscription_unclear", "=", True) & Domain(
            "last_state_change", "<", now - INTERRUPTED_AFTER
        )
        pending = (
            Domain("operation", "=", "online_token")
            & Domain("state", "=", "pending")
            & Domain("sale_order_ids.state", "in", ("draft", "sent"))
            & Domain("sale_order_ids.order_line.subscription_plan_id", "!=", False)
            & Domain("last_state_change", "<", now - PENDING_TOO_LONG)
        )
        for tx in self.search(marked | pending, order="id"):
            try:
                commit_patiently(self.env, tx._resolve_charge_for_order)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                continue  # the next run finds it again
            except Exception:
                self.env.cr.rollback()
                _logger.exception("The payment %s of an order could not be resolved", tx.id)

    def _resolve_charge_for_order(self):
        """Unmark a charge the provider told of, ask a person about one that nobody works on."""
        self.ensure_one()
        if is_locked(self):
            return
        orders = self.sale_order_ids.filtered(lambda order: order._get_recurring_lines())
        if self._is_order_being_paid():
            if orders and not orders._get_doubt_activities():
                self._leave_unclear(
                    self.subscription_unclear_reason or self._get_interruption_text()
                )
        elif self.state != "done" or self.is_post_processed:
            self._end_unclear()

    def _get_interruption_text(self):
        """Return why nobody knows how a charge ended that its process didn't tell.

        :rtype: str
        """
        if self.state == "pending":
            return self.env._("It has been pending for days.")
        return self.env._("The server stopped while the payment was being made.")

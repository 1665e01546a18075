import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import PENDING_TOO_LONG
from ...patience import commit_patiently, is_locked, wait_for_lock

_logger = logging.getLogger(__name__)

# An attempt "in progress" that nobody works on any more is in doubt after this long: between
# writing it down and calling the provider another process could take it for abandoned.
INTERRUPTED_AFTER = timedelta(minutes=5)


class SaleSubscriptionAttempt(models.Model):
    """What follows from the result of a charge, however late it comes."""

    _inherit = "sale.subscription.attempt"

    # === BUSINESS METHODS - AFTER THE CALL === #
    def _follow_up(self):
        """Do what follows from the result and commit it; what fails here is found again later."""
        try:
            commit_patiently(self.env, self._follow_result)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return  # the collecting job finds it again
        except Exception as error:
            self.env.cr.rollback()
            _logger.info("Payment attempts %s could not be followed up: %s", self.ids, error)
            self._record_follow_up_failure(error)

    def _record_follow_up_failure(self, error):
        """Tell the contracts, in a transaction of its own; if that fails the job finds it again.

        :param Exception error: what went wrong.
        """
        try:
            commit_patiently(self.env, self._handle_follow_up_failure, error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return
        except Exception:
            self.env.cr.rollback()
            _logger.exception("The failure of attempts %s could not be recorded", self.ids)

    def _follow_result(self):
        """Register a payment, or tell of a decline; neither twice, however often it is called."""
        self._settle_paid()
        self._tell_declined()

    def _settle_paid(self):
        """Register the payment of a charge that succeeded."""
        transaction = self.transaction_id
        if transaction.state == "done" and {"calling", "pending"} & set(self.mapped("state")):
            transaction._post_process()

    def _tell_declined(self):
        """Tell customer and contracts about a clean decline, once."""
        for attempt in self:
            if attempt.state == "declined" and not attempt.is_told:
                attempt.is_told = True
                if attempt.is_turned_away and not attempt._is_by_customer():
                    attempt._postpone()
                else:
                    attempt.subscription_ids._handle_decline(attempt)

    def _postpone(self):
        """Take the step again tomorrow: the provider turned us away, not the customer's card."""
        for contract in self.subscription_ids:
            contract.message_post(body=self._get_sentence())
        if self.step >= 0:
            self.move_id._postpone_step(self.step, self.message)

    def _handle_follow_up_failure(self, error):
        """Say on the contracts what couldn't be done after the provider answered.

        :param Exception error: what went wrong.
        """
        reason = self.subscription_ids[:1]._get_failure_text(error)
        paid = self.filtered(lambda attempt: attempt.state in ("calling", "pending"))
        paid._freeze(self.env._("It was paid, but the payment can't be registered: %s", reason))
        for attempt in self - paid:
            attempt.is_told = True
            for contract in attempt.subscription_ids:
                contract.message_post(body=reason)

    def _settle(self):
        """Take over the final state of transactions that were post-processed.

        Called by `payment.transaction._post_process`, whoever triggered it: us, core's job, the
        customer's browser or a provider's notification.
        """
        for attempt in self:
            transaction = attempt.transaction_id
            if transaction.state == "done":
                attempt.write({"state": "done", "message": False, "is_told": True})
                attempt.subscription_ids._handle_payment(attempt)
            elif attempt.state in ("pending", "unknown") and transaction.state == "cancel":
                attempt._settle_declined()
            elif attempt.state == "pending" and transaction.state == "error":
                if transaction._is_answer_clear(["processed"]):
                    attempt._settle_declined()
                else:
                    attempt._freeze(transaction.state_message)

    def _settle_declined(self):
        """Put an attempt that ended without money back to the ladder."""
        self._decline()
        self.subscription_ids._clear_payment_exception()
        self._tell_declined()

    # === BUSINESS METHODS - DECIDING BY HAND === #
    def _confirm_by_hand(self):
        """Register payments of which a person knows that they were made."""
        for attempt in self:
            if attempt.state == "done":
                continue  # paid by the same transaction as the one before
            # A hand-registered payment may be the very same one.
            if attempt.move_id._is_collectable() or attempt.transaction_id.state == "done":
                # Core then writes its notes in that person's name, and not in the customer's.
                transaction = attempt.transaction_id.with_context(payment_backend_action=True)
                transaction._set_done(extra_allowed_states=("cancel",))
                transaction._post_process()
                continue
            attempt.write({"state": "done", "message": attempt._get_decision()})
            attempt.subscription_ids._clear_payment_exception()
            attempt.move_id.message_post(
                body=self.env._(
                    "The payment in doubt was made, but this invoice has been paid otherwise "
                    "meanwhile: no second payment was registered. Check whether the customer paid "
                    "twice."
                )
            )

    def _deny_by_hand(self):
        """Take the step of the ladder again whose payment, as a person knows, wasn't made."""
        for attempt in self:
            transaction = attempt.transaction_id
            if transaction.state == "done":
                raise UserError(
                    self.env._(
                        "The payment provider confirmed this payment: it was paid. Mend what keeps "
                        "it from being registered (%(reason)s), then choose “It Was Paid”.",
                        reason=attempt.message,
                    )
                )
            if transaction.state in ("draft", "pending", "authorized"):
                # Not cancelled: if it turns out to be paid after all, that must be heard.
                # Who decided stands on the attempt; customers read the transaction.
                transaction.with_context(payment_backend_action=True)._set_error(
                    self.env._("This payment was not made.")
                )
            attempt._decline(attempt._get_decision())
            attempt.is_told = True
            attempt.subscription_ids._clear_payment_exception()
            for contract in attempt.subscription_ids:
                contract.message_post(body=attempt._get_sentence())
            if attempt.move_id._is_collectable():
                attempt.move_id._write_step(attempt._prepare_step_again())

    def _prepare_step_again(self):
        """Return what lets an invoice go on whose payment, as a person knows, wasn't made.

        :return: fields of the ladder (`account.move`).
        :rtype: dict
        """
        self.ensure_one()
        today = self.subscription_ids[:1]._get_today()
        if self._is_by_customer():
            # They hear of it today: time to pay another way before they are given up.
            return {"subscription_last_step_date": today}
        if self.step < 0:
            return {"subscription_charge_now": True, "subscription_step_date": today}
        return {"subscription_step": self.step, "subscription_step_date": today}

    def _get_decision(self):
        """Return who decided.

        :rtype: str
        """
        return self.env._("Decided by %(user)s.", user=self.env.user.name)

    # === BUSINESS METHODS - JANITOR === #
    @api.model
    def _resolve_interrupted(self):
        """Find attempts whose process died, and ask their transactions what became of them.

        Who is alive holds a lock on the attempt while the provider is called.
        """
        now = fields.Datetime.now()
        abandoned = Domain("state", "=", "calling") & Domain("date", "<", now - INTERRUPTED_AFTER)
        untold = Domain("state", "=", "declined") & Domain("is_told", "=", False)
        slow = Domain("state", "=", "pending") & Domain("date", "<", now - PENDING_TOO_LONG)
        loose = abandoned | untold | slow
        ids = self.search(loose).ids
        # First what nobody has locked, so that many workers share the work; then the rest.
        for is_patient in (False, True):
            ids = [
                attempt_id
                for attempt_id in ids
                if not self.browse(attempt_id)._resolve_isolated(loose, is_patient)
            ]

    def _resolve_isolated(self, loose, is_patient):
        """Find out what became of one attempt, whose trouble must not keep others waiting.

        :param Domain loose: what must hold once it is locked.
        :param bool is_patient: see `_resolve_if`.
        :return: whether it needs no second look.
        :rtype: bool
        """
        try:
            return commit_patiently(self.env, self._resolve_if, loose, is_patient)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return False
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Payment attempt %s could not be resolved", self.id)
            return True

    def _resolve_if(self, loose, is_patient):
        """Find out what became of an attempt, unless somebody works on it.

        Who works on it has the attempt locked. The transaction alone is also locked by core's
        post-processing, which only passes by when nothing was answered: that is waited for, or the
        attempt would be left to somebody who doesn't care. But who has just been paid has changed
        the transaction alone, so it has to be locked, too: that tells if we don't see it yet.

        :param Domain loose: what must hold once it is locked.
        :param bool is_patient: whether to wait for who has only the transaction locked.
        :return: whether it was free.
        :rtype: bool
        """
        if is_locked(self) or (not is_patient and is_locked(self.transaction_id)):
            return False
        wait_for_lock(self.transaction_id)  # first the transaction, see `_lock_for_call`
        wait_for_lock(self)
        self.filtered_domain(loose)._resolve_by_transaction()
        return True

    def _resolve_by_transaction(self):
        """Give a loose attempt the end its transaction knows of, or put it in doubt."""
        if not self:
            return
        transaction = self.transaction_id
        if self.state == "declined":
            self._tell_declined()
        elif transaction.state == "done":
            self._follow_up()
        elif self.state == "pending":
            if transaction.state in ("cancel", "error"):
                self._settle()
            else:
                self._freeze(self.env._("It has been pending for days."))
        elif transaction.state in ("pending", "authorized"):
            self.state = "pending"
        elif transaction.state == "cancel":
            self._settle_declined()
        else:
            self._freeze(self.env._("The server stopped while the payment was being made."))

import logging
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import CHARGE_MODES, LIVE_ATTEMPT_STATES, MAIL_MODES
from ...engine.dunning import COLLECT, due_rung
from ...patience import commit_patiently

_logger = logging.getLogger(__name__)


class AccountMove(models.Model):
    """Collecting subscription invoices: the job that takes the steps that are due.

    Calling the provider is in `sale.subscription.attempt`.
    """

    _inherit = "account.move"

    @api.model
    def _get_ladder_domain(self):
        """Return the invoices on which a step is due today.

        For a module to keep invoices away from collecting, it must override this method.

        :rtype: Domain
        """
        return (
            self.env["sale.subscription"]._get_domain_by_company("subscription_step_date")
            & Domain("subscription_step_date", "!=", False)
            & Domain("state", "=", "posted")
            & Domain("payment_state", "in", ("not_paid", "partial"))
            & Domain("subscription_attempt_ids", "not any", [("state", "in", LIVE_ATTEMPT_STATES)])
        )

    @api.model
    def _run_ladder(self):
        """Take every step that is due; run by as many workers at once as you like."""
        IrCron = self.env["ir.cron"]
        due = self.search(self._get_ladder_domain(), order="subscription_step_date, id")
        IrCron._commit_progress(remaining=len(due))
        for move_id in due.ids:
            self.browse(move_id)._take_step_isolated()
            if not IrCron._commit_progress(1):
                return
        IrCron._commit_progress(remaining=0)

    def _take_step_isolated(self):
        """Take one invoice's step; what fails is told on its contracts and tried tomorrow."""
        self.ensure_one()
        try:
            attempt = commit_patiently(self.env, self._take_step_if_due)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return  # nobody's trouble: the next run finds it again
        except Exception as error:  # one customer's trouble must not keep others waiting
            self.env.cr.rollback()
            self._record_step_failure(error)
        else:
            attempt.run()

    def _take_step_if_due(self):
        """Take a step unless another process is at it, or has taken it.

        :return: see `_take_step`.
        :rtype: sale.subscription.attempt
        """
        move = self.try_lock_for_update(allow_referencing=True)
        return move.filtered_domain(self._get_ladder_domain())._take_step()

    def _take_step(self):
        """Do what is due: prepare a charge, remind, or give up. The caller holds the lock.

        :return: the attempt to run once this transaction is committed, if any.
        :rtype: sale.subscription.attempt
        """
        attempt = self.env["sale.subscription.attempt"]
        contracts = self.line_ids.subscription_id
        if not self or any(contract.payment_exception for contract in contracts):
            return attempt
        self._tell_stuck_payment()
        if self._is_customer_paying():
            return attempt
        today = contracts[:1]._get_today()
        rung = due_rung(self._get_rungs(), self.subscription_step, today)
        asked = self.subscription_charge_now and self._is_due(today)
        if not asked and not rung:
            self._replan_ladder(today)
            return attempt
        if not asked and rung.action != COLLECT:
            self._give_up(today)
            return attempt
        step = rung.number if rung and rung.action == COLLECT else -1
        # First the plan: mails tell the day of the next step.
        self._write_step(self._prepare_next_step(step, today))
        if self._get_charge_problem(asked):
            self._remind(step)
        else:
            attempt = self._create_attempt(step)
        if reason := self._get_hold_reason():
            self._hold(reason)
        return attempt

    def _give_up(self, today):
        """Let the contracts end or rest, unless the customer had no time to answer.

        :param date today: the day it is.
        """
        earliest = self._get_give_up_date()
        if earliest and earliest > today:
            self._write_step({"subscription_step_date": earliest})
        else:
            self.line_ids.subscription_id._give_up(self)

    def _tell_stuck_payment(self):
        """Tell the contracts, once, of a customer's payment that has no end for days."""
        stuck = self._get_stuck_payment()
        if stuck and stuck != self.subscription_stuck_transaction_id:
            text = self._get_stuck_payment_text()
            self._write_step(
                {
                    "subscription_hold_reason": text,
                    "subscription_stuck_transaction_id": stuck.id,
                }
            )
            self.line_ids.subscription_id._schedule_payment_activity(
                ("stuck", self), self.env._("Is %(invoice)s being paid?", invoice=self.name), text
            )

    def _prepare_next_step(self, step, today):
        """Return the values that plan the step after this one.

        :param int step: the number of the step being taken; -1 outside the ladder.
        :param date today: the day it is.
        :rtype: dict
        """
        return {
            **self._prepare_step_after(max(self.subscription_step, step + 1)),
            "subscription_charge_now": False,
            "subscription_last_step_date": today,
            "subscription_hold_reason": self._get_stuck_payment_text(),
        }

    def _record_step_failure(self, error):
        """Mark an invoice whose step failed, in a transaction of its own."""
        try:
            commit_patiently(self.env, self._handle_step_failure, error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return  # the next run tells it
        except Exception:  # an invoice that can't even be marked is still only one
            self.env.cr.rollback()
            _logger.exception("The failure of invoice %s could not be recorded", self.id)

    def _handle_step_failure(self, error):
        """Tell the contracts what went wrong and try again tomorrow."""
        reason = self.line_ids.subscription_id[:1]._get_failure_text(error)
        self._postpone_step(self.subscription_step, reason)

    def _postpone_step(self, step, reason):
        """Tell the contracts why nothing could be collected, and try again tomorrow.

        :param int step: how many steps of the ladder count as taken.
        :param str reason: what was in the way.
        """
        contracts = self.line_ids.subscription_id
        tomorrow = contracts[:1]._get_today() + timedelta(days=1)
        self._write_step({"subscription_step": step, "subscription_step_date": tomorrow})
        summary = self.env._("%(invoice)s could not be collected", invoice=self.name)
        contracts._schedule_payment_activity(("uncollected", self), summary, reason)

    @api.model
    def _find_reopened(self):
        """Tell the contracts of invoices whose payment was taken back, once."""
        reopened = self.search(
            [
                ("subscription_was_paid", "=", True),
                ("payment_state", "in", ("not_paid", "partial")),
                ("state", "=", "posted"),
            ]
        )
        for move in reopened:
            try:
                commit_patiently(self.env, move._tell_reopened)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                continue  # the next run finds it again
            except Exception:  # one customer's trouble must not keep others waiting
                self.env.cr.rollback()
                _logger.exception("Nobody could be told that invoice %s is open again", move.id)

    def _tell_reopened(self):
        """Tell the contracts that a payment of this invoice was taken back."""
        if not self.subscription_was_paid:
            return  # another worker has told it
        self._write_step({"subscription_was_paid": False})
        self.line_ids.subscription_id._schedule_payment_activity(
            ("reopened", self),
            self.env._("%(invoice)s is open again", invoice=self.name),
            self.env._(
                "It had been paid, but the payment was taken back or undone. Nothing is charged or "
                "reminded by itself: talk to the customer, then collect it by hand."
            ),
        )

    def _remind(self, step):
        """Ask a customer whose payment method can't be charged to pay.

        :param int step: the number of the step; -1 outside the ladder.
        """
        self.ensure_one()
        mode = self._get_subscription_invoicing_mode()
        if self._get_hold_reason():
            return  # not the customer's fault
        if step == 0 and mode == "charge_then_send":
            self._queue_subscription_mail()
        elif step > 0 and mode in MAIL_MODES:
            has_bad_card = self._get_collecting_token() and self._get_card_problem()
            needs_card = mode in CHARGE_MODES and has_bad_card
            self._send_subscription_mail("card_needed" if needs_card else "reminder")

    def _hold(self, reason):
        """Leave the invoice to a person.

        :param str reason: why it isn't charged.
        """
        self._write_step({"subscription_hold_reason": reason, "subscription_step_date": False})
        summary = self.env._("%(invoice)s was not charged", invoice=self.name)
        contracts = self.line_ids.subscription_id
        contracts._schedule_payment_activity(("held", self), summary, reason)

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...const import ATTEMPT_STATES, LIVE_ATTEMPT_STATES
from ...patience import MAX_TRIES, commit_patiently, wait_for_lock

_logger = logging.getLogger(__name__)


class SaleSubscriptionAttempt(models.Model):
    """One try to collect an invoice from a saved payment method.

    Written and committed before the provider is called, so that no charge is without a trace. The
    database allows one attempt in progress, pending or in doubt per invoice, so that nothing is
    charged a second time before the first try has an end.
    """

    _name = "sale.subscription.attempt"
    _description = "Payment Attempt"
    _order = "date desc, id desc"
    _rec_name = "move_id"

    move_id = fields.Many2one(
        "account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    subscription_ids = fields.Many2many(
        "sale.subscription",
        relation="sale_subscription_attempt_rel",
        column1="attempt_id",
        column2="subscription_id",
        string="Contracts",
        readonly=True,
    )
    partner_id = fields.Many2one(
        related="move_id.commercial_partner_id", string="Customer", store=True, index=True
    )
    transaction_id = fields.Many2one(
        "payment.transaction",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    token_id = fields.Many2one(
        "payment.token", string="Payment Method", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now, index=True)
    step = fields.Integer(
        readonly=True,
        default=-1,
        aggregator=None,
        help="Which step of the template's ladder it was: 0 on the due date; -1 when somebody, or"
        " a new payment method, asked for it outside the ladder.",
    )
    amount = fields.Monetary(required=True, readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    state = fields.Selection(
        ATTEMPT_STATES, required=True, readonly=True, default="calling", index=True
    )
    is_hard = fields.Boolean(
        string="Refused for Good",
        readonly=True,
        help="The bank will never accept this payment method again: a new one is needed.",
    )
    is_turned_away = fields.Boolean(
        readonly=True,
        help="The provider refused us and not the payment method: its key is wrong, for instance.",
    )
    message = fields.Char(string="Reason", readonly=True)
    is_told = fields.Boolean(
        readonly=True,
        help="Customer and salesperson know how it ended.",
    )

    _live_uniq = models.UniqueIndex(
        "(move_id) WHERE state IN ('calling', 'pending', 'unknown')",
        "This invoice is being charged already.",
    )

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        """Keep what was tried: failed payments too."""
        raise UserError(self.env._("Payment attempts are kept: they can't be deleted."))

    # === BUSINESS METHODS - CALLING THE PROVIDER === #
    @api.private
    def run(self):
        """Charge attempts that are written down and committed; commit each result.

        After the call nothing may raise: what goes wrong then puts the attempt in doubt.

        :return: None
        """
        for attempts in self.grouped("transaction_id").values():
            attempts._call_provider()
            attempts._follow_up()

    def _call_provider(self):
        """Call the provider and commit what it said, and nothing else, at once.

        These attempts share one transaction: a customer may pay several invoices at once.
        """
        if not self._lock_for_call():
            return
        answers = []
        try:
            # Without a language messages stay in English, so that they can be understood here.
            transaction = self.transaction_id.with_context(subscription_answers=answers, lang=None)
            transaction._charge_with_token()
            self._apply_answer(answers)
            self.env["ir.cron"]._commit_progress()
        except Exception as error:  # money may have moved: never raise, never try again
            _logger.info("The outcome of payment attempts %s is unknown: %s", self.ids, error)
            self.env.cr.rollback()
            self._freeze_alone(self.transaction_id._get_doubt_reason(error))

    def _lock_for_call(self):
        """Lock the attempt and its transaction, so that a look at either tells we are alive.

        Core's own job also looks at new transactions: nothing was called yet, so wait for it.

        :return: whether the attempt is still to be made by us.
        :rtype: bool
        """
        for _try in range(MAX_TRIES):
            try:
                # Everybody locks the transaction first, so that nobody waits in a circle.
                wait_for_lock(self.transaction_id)
                wait_for_lock(self)
                is_new = set(self.mapped("state")) == {"calling"}
                is_ours = is_new and self.transaction_id.state == "draft"
                return is_ours and self._is_still_owed()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # core's own job was at it; nothing was called yet
        return False

    def _is_still_owed(self):
        """Tell whether the amount is still open; what was paid meanwhile isn't charged.

        :rtype: bool
        """
        is_owed = not any(attempt._is_surplus() for attempt in self)
        if not is_owed:
            reason = self.env._("Not charged: the invoice was paid or changed meanwhile.")
            self.transaction_id._set_canceled(state_message=reason)
            self.write({"state": "declined", "message": reason, "is_told": True})
            self.env["ir.cron"]._commit_progress()
        return is_owed

    def _apply_answer(self, answers):
        """Write down what the provider said. Being paid is settled with the payment, later.

        :param list answers: see `payment.transaction._is_answer_clear`.
        """
        transaction = self.transaction_id
        if transaction.state in ("pending", "authorized"):
            self.write({"state": "pending"})
        elif transaction.state == "cancel" or (
            transaction.state == "error" and transaction._is_answer_clear(answers)
        ):
            self.is_turned_away = answers[-1:] == ["unauthorized"]
            self._decline()
        elif transaction.state != "done":
            self._freeze(transaction.state_message)

    def _decline(self, message=None):
        """Note that no money moved.

        :param str message: why, if known better than by the transaction.
        """
        for attempt in self:
            transaction = attempt.transaction_id
            attempt.write(
                {
                    "state": "declined",
                    "is_hard": transaction._is_hard_decline(),
                    "message": message or transaction.state_message,
                }
            )

    def _freeze(self, reason):
        """Leave invoice and contracts alone until somebody decides what happened.

        :param str reason: what is known.
        """
        for attempt in self:
            attempt.write({"state": "unknown", "message": reason})
            attempt.subscription_ids._raise_payment_exception(attempt)

    def _freeze_alone(self, reason):
        """Put the attempt in doubt in a transaction of its own.

        If that fails too, the attempt stays "in progress" until the collecting job finds it.

        :param str reason: what is known.
        """
        self.env.cr.rollback()
        try:
            commit_patiently(self.env, self._freeze, reason)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            return
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Payment attempts %s could not be put in doubt", self.ids)

    # === GETTERS === #
    def _is_surplus(self):
        """Tell whether less is open than was charged: the customer paid otherwise meanwhile.

        :rtype: bool
        """
        self.ensure_one()
        move = self.move_id
        residual = move.amount_residual if move._is_collectable() else 0.0
        return self.currency_id.compare_amounts(residual, self.amount) < 0

    def _is_by_customer(self):
        """Tell whether the customer paid by a saved card, and so knows how it ended.

        :rtype: bool
        """
        self.ensure_one()
        return self.transaction_id.operation == "online_token"

    def _is_live(self):
        """Tell whether the attempt keeps others from being made for its invoice.

        :rtype: bool
        """
        self.ensure_one()
        return self.state in LIVE_ATTEMPT_STATES

    def _get_sentence(self):
        """Return what happened, for the chatter.

        :rtype: str
        """
        self.ensure_one()
        values = {
            "amount": self.currency_id.format(self.amount),
            "invoice": self.move_id.name,
            "card": self.token_id.display_name,
            "reason": self.message or self.env._("no reason given"),
        }
        if self.state == "done":
            return self.env._("%(invoice)s: %(amount)s paid with %(card)s.", **values)
        if self.state == "declined":
            return self.env._(
                "%(invoice)s: %(amount)s could not be charged to %(card)s (%(reason)s).", **values
            )
        if self.state == "unknown":
            return self.env._(
                "%(invoice)s: nobody knows whether %(amount)s was charged to %(card)s (%(reason)s)."
                " Look it up at the payment provider, then decide here.",
                **values,
            )
        return self.env._("%(invoice)s: %(amount)s is being charged to %(card)s.", **values)

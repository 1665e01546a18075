from datetime import timedelta

from odoo import fields, models

from ...const import CHARGE_MODES, MAIL_MODES
from ...engine.dunning import COLLECT, GIVE_UP, grace_days, ladder, next_day

# How long after a customer announced a bank transfer nobody gives up.
TRANSFER_TAKES = timedelta(days=14)


class AccountMove(models.Model):
    """Collecting subscription invoices: the ladder an open invoice climbs, and its days.

    The arithmetic is in `engine.dunning`.
    """

    _inherit = "account.move"

    subscription_step = fields.Integer(
        string="Payment Steps Taken",
        readonly=True,
        copy=False,
        aggregator=None,
        groups="base.group_user",
    )
    subscription_last_step_date = fields.Date(
        string="Last Payment Step", readonly=True, copy=False, groups="base.group_user"
    )
    subscription_ladder_start_date = fields.Date(
        string="Asked For Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The day it was confirmed: nobody has to pay an invoice before it exists, whatever "
        "its due date says.",
    )
    subscription_was_paid = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="It was paid once: if it is open again, the payment was taken back.",
    )
    subscription_step_date = fields.Date(
        string="Next Payment Step",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The day on which this invoice is charged or reminded next, or given up.",
    )
    subscription_charge_now = fields.Boolean(
        string="Charge With New Payment Method",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="A new payment method was saved: the next run of the collecting job tries it.",
    )
    subscription_hold_reason = fields.Char(
        string="Not Charged Because",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Why this invoice isn't collected automatically. Collect it by hand, or change what "
        "is said here.",
    )
    subscription_stuck_transaction_id = fields.Many2one(
        "payment.transaction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="The customer's payment without end that was told last: it is told once.",
    )
    subscription_payment_started = fields.Datetime(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When a customer last began to pay this invoice online.",
    )
    subscription_attempt_ids = fields.One2many(
        "sale.subscription.attempt",
        "move_id",
        string="Payment Attempts",
        groups="base.group_user",
    )

    # The collecting job looks up a handful of invoices among very many.
    _subscription_step_idx = models.Index(
        "(subscription_step_date) WHERE subscription_step_date IS NOT NULL"
    )
    _subscription_reopened_idx = models.Index(
        "(id) WHERE subscription_was_paid AND payment_state IN ('not_paid', 'partial')"
    )

    # === POSTING === #
    def _post(self, soft=True):
        """Override of `account`: what contracts invoice gets on the ladder of its template."""
        posted = super()._post(soft)
        posted._start_ladder()
        return posted

    def _start_ladder(self):
        """Plan the first step of posted invoices that contracts made."""
        by_days = {}
        for move in self.sudo():  # sudo: who confirms an invoice needs no right on contracts
            if not move._is_collectable():
                continue
            today = move.company_id._get_subscription_today()
            if day := next_day(move._get_rungs(max(today, move._get_due_date())), 0):
                by_days[today, day] = by_days.get((today, day), self.browse()) | move
        for (today, day), moves in by_days.items():
            moves._write_step(
                {
                    "subscription_step": 0,
                    "subscription_step_date": day,
                    "subscription_ladder_start_date": today,
                }
            )

    def _continue_ladder(self):
        """Climb the ladder anew for what is open of a partly paid invoice: the next instalment."""
        for move in self:
            move._write_step(move._prepare_step_after(0))

    def _replan_ladder(self, today):
        """Plan the next step anew because none is due today: another instalment is waited for.

        :param date today: the day it is.
        """
        taken = self.subscription_step if self._is_due(today) else 0
        self._write_step({**self._prepare_step_after(taken), "subscription_charge_now": False})

    def _prepare_step_after(self, taken):
        """Return the values that plan the next step.

        :param int taken: how many steps count as taken.
        :rtype: dict
        """
        self.ensure_one()
        day = next_day(self._get_rungs(), taken)
        return {"subscription_step": taken, "subscription_step_date": day or False}

    def _write_step(self, values):
        """Write what only collecting reads, without core comparing each line before and after.

        :param dict values: fields of the ladder.
        """
        # sudo: the ladder follows what happens to the invoice, whoever makes it happen.
        self.sudo().with_context(
            skip_invoice_sync=True, check_move_validity=False, tracking_disable=True
        ).write(values)

    # === THE LADDER === #
    def _is_collectable(self):
        """Tell whether there is something open that a contract invoiced.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.move_type == "out_invoice"
            and self.state == "posted"
            and self.payment_state in ("not_paid", "partial")
            and bool(self.line_ids.subscription_id)
        )

    def _is_due(self, today):
        """Tell whether the invoice has to be paid by today.

        :param date today: the day it is.
        :rtype: bool
        """
        self.ensure_one()
        return self._get_due_date() <= today

    def _get_due_date(self):
        """Return the day from which the ladder counts: when the next instalment is due.

        :rtype: date
        """
        self.ensure_one()
        days = [line.date_maturity for line in self._get_open_instalments() if line.date_maturity]
        due = min(days, default=self.invoice_date_due or self.invoice_date)
        return max(due, self.subscription_ladder_start_date or due)

    def _get_open_instalments(self):
        """Return the lines of the payment term on which something is open.

        :rtype: account.move.line
        """
        self.ensure_one()
        return self.line_ids.filtered(
            lambda line: line.display_type == "payment_term" and not line.reconciled
        )

    def _get_amount_due(self, today):
        """Return what has to be paid by today.

        :param date today: the day it is.
        :return: an amount in the invoice's currency.
        :rtype: float
        """
        self.ensure_one()
        lines = self._get_open_instalments()
        due = lines.filtered(lambda line: not line.date_maturity or line.date_maturity <= today)
        if not due or due == lines:
            return self.amount_residual
        return min(self.amount_residual, sum(due.mapped("amount_residual_currency")))

    def _get_give_up_date(self):
        """Return the first day on which the contracts may end or rest for this invoice.

        Customers get some days to answer the last request, and a transfer they announced to arrive.

        :return: False for never.
        :rtype: date | bool
        """
        self.ensure_one()
        rungs = self._get_rungs()
        days = [rung.day for rung in rungs if rung.action == GIVE_UP]
        if not days:
            return False
        if self.subscription_last_step_date:
            days.append(self.subscription_last_step_date + timedelta(days=grace_days(rungs)))
        announced = self._get_announced_transfers().mapped("last_state_change")
        return max(days + [moment.date() + TRANSFER_TAKES for moment in announced])

    def _get_rungs(self, due=None):
        """Return the steps of this invoice, those that change nothing left out.

        :param date due: the day they count from; by default that of the next instalment.
        :return: see `engine.dunning.ladder`.
        :rtype: tuple
        """
        self.ensure_one()
        template = self._get_subscription_template()
        mode = template.invoicing_mode
        # Who sends invoices by hand also reminds by hand.
        days = template._get_retry_days() if mode in MAIL_MODES else ()
        rungs = ladder(due or self._get_due_date(), days, template.auto_close_days)
        if mode in CHARGE_MODES:
            return rungs
        return tuple(rung for rung in rungs if rung.number or rung.action != COLLECT)

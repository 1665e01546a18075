from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import ALLOWED_OPERATIONS, SUBSCRIPTION_STATES


class SaleSubscription(models.Model):
    """The states of a contract and the only ways between them."""

    _inherit = "sale.subscription"

    close_reason_id = fields.Many2one(
        "sale.subscription.close.reason",
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
    )
    close_message = fields.Text(
        string="Closing Note", readonly=True, copy=False, groups="base.group_user"
    )

    # === ACTION METHODS === #
    def action_activate(self):
        """Start draft contracts: from now on they are billed and count as revenue.

        :return: True
        :raise UserError: if a contract isn't a draft or has nothing to bill.
        """
        self.check_access("write")
        for contract in self:
            if not contract.line_ids:
                raise UserError(
                    self.env._(
                        "%(contract)s has no line: add what is delivered before you start it.",
                        contract=contract.name,
                    )
                )
        self._update_state(ALLOWED_OPERATIONS["activate"], "active")
        self._schedule_trial_end()
        self._apply_due_transitions()
        self._update_next_invoice_date()
        self._log_sentences(lambda contract: contract._get_start_sentences())
        return True

    def action_pause(self, until=None, reason=None, when="now"):
        """Stop service and billing for a while; paused time is never billed.

        :param until: the day service goes on (ISO string or date); None: until resumed by hand.
        :param str reason: why, for the record.
        :param when: 'now', 'period_end' or the first day without service.
        :return: True
        :raise UserError: if a contract isn't active or the dates contradict each other.
        """
        self.check_access("write")
        until = self._read_date(until)
        reason = self._read_text(reason, self.env._("Reason"))
        self._check_source_state(ALLOWED_OPERATIONS["pause"], "paused")
        for contract in self:
            start = contract._get_effective_date(when)
            if until and until <= start:
                raise UserError(self.env._("A pause must end after it begins."))
            sentences = contract._get_pause_sentences(start, until, reason)
            contract._log_sentences(lambda _contract, sentences=sentences: sentences)
            # sudo: pauses are agreed through this method only.
            contract.sudo().pause_ids = [
                fields.Command.create({"date_from": start, "date_until": until, "reason": reason})
            ]
        self._apply_due_transitions()
        self._update_next_invoice_date()
        return True

    def action_resume(self):
        """Let paused contracts go on today.

        :return: True
        :raise UserError: if a contract isn't paused.
        """
        self.check_access("write")
        self._check_source_state(ALLOWED_OPERATIONS["resume"], "active")
        for contract in self:
            today = contract._get_today()
            contract._end_running_pauses(today)
        self.sudo().is_suspended = False  # sudo: see `_check_funnel`
        self._apply_due_transitions()
        self._update_next_invoice_date()
        return True

    @api.model
    def _read_close_day(self, when, date):
        """Return when contracts end, of the two ways to say it.

        :return: 'now', 'period_end' or a date, see `_get_effective_date`.
        :raise UserError: if they contradict each other.
        """
        if not date:
            return when or "period_end"
        if when not in (None, False, "date"):
            raise UserError(
                self.env._("Choose the day of the end or a moment for it (“%s”), not both.", when)
            )
        return date

    def action_close(self, reason_id, when=None, date=None, message=None):
        """End contracts, at once or on a later day.

        :param int reason_id: id of a `sale.subscription.close.reason`.
        :param str when: 'now', 'period_end' (the end of what is billed) or 'date'; without it
            'date' where a date is given, else 'period_end'.
        :param date: with 'date', the first day without service (ISO string or date).
        :param str message: the customer's or the salesperson's words.
        :return: True
        :raise UserError: if a contract isn't running, the reason is missing or the date is bad.
        """
        self.check_access("write")
        reason = self._read_record("sale.subscription.close.reason", reason_id)
        if not reason:
            raise UserError(self.env._("Tell why the contract is closed: choose a reason."))
        message = self._read_text(message, self.env._("Message"))
        self._check_source_state(ALLOWED_OPERATIONS["close"], "closed")
        when = self._read_close_day(when, date)
        for contract in self:
            day = contract._get_effective_date(when)
            agreed = contract._get_agreed_end()
            # What ends by itself before that day isn't closed later.
            day = max(min(day, agreed or day), contract.date_start)
            contract.sudo().write(  # sudo: see `_check_funnel`
                {
                    "close_date": day,
                    "charge_end_date": contract._get_charge_end(day),
                    "close_reason_id": reason.id,
                    "close_message": message,
                }
            )
        self._apply_due_transitions()
        scheduled = self.filtered(lambda contract: contract.state != "closed")
        scheduled._log_sentences(lambda contract: contract._get_close_sentences())
        return True

    def action_reopen(self):
        """Take a closing back: withdraw a scheduled one, or let a closed contract go on today.

        The time between closing and reopening isn't billed.

        :return: True
        :raise UserError: if a contract is neither closed nor about to close.
        """
        self.check_access("write")
        scheduled = self.filtered(lambda c: c.state in ("active", "paused") and c.close_date)
        closed = self - scheduled
        closed._check_source_state(("closed",), "active")
        scheduled._log_sentences(lambda contract: contract._get_reopen_sentences(None))
        for contract in closed:
            today = contract._get_today()
            gap_start = contract._get_service_end() or today
            sentences = contract._get_reopen_sentences(gap_start)
            contract._log_sentences(lambda _contract, sentences=sentences: sentences)
            contract._end_running_pauses(today)
            if gap_start < today:
                # Days paid in between are given back as by closing, they don't follow after it.
                # Where closing gave nothing back, reopening doesn't either.
                gap = {
                    "date_from": gap_start,
                    "date_until": today,
                    "charge_end_date": contract.charge_end_date,
                    "is_settled": True,
                }
                # sudo: see `action_pause`.
                contract.sudo().pause_ids = [fields.Command.create(gap)]
            if contract.end_date and contract.end_date < today:
                contract.end_date = False
        closed._update_state(("closed",), "active")
        # sudo: see `_check_funnel`.
        self.sudo().write(
            {
                "close_date": False,
                "charge_end_date": False,
                "close_reason_id": False,
                "close_message": False,
                "is_suspended": False,
            }
        )
        self._apply_due_transitions()
        return True

    def action_cancel(self):
        """Cancel contracts of which nothing was invoiced.

        :return: True
        :raise UserError: if something was invoiced already.
        """
        self.check_access("write")
        # sudo: invoices the user may not see forbid cancelling all the same.
        charges = self.sudo().charge_ids
        moves = charges.invoice_line_id.move_id
        posted = moves.filtered(lambda move: move.state == "posted")
        if posted:
            raise UserError(
                self.env._(
                    "It was invoiced already (%(invoices)s): close the contract instead.",
                    invoices=", ".join(posted.mapped("name")),
                )
            )
        self._update_state(ALLOWED_OPERATIONS["cancel"], "cancelled")
        moves.button_cancel()
        charges.unlink()
        self._sync_mrr()
        self._update_next_invoice_date()
        self._log_sentences(
            lambda contract: [self.env._("Cancelled: nothing was invoiced for good.")]
        )
        return True

    def action_open_close_wizard(self):
        """Open the dialog that asks when and why.

        :rtype: dict
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Close"),
            "res_model": "sale.subscription.close",
            "view_mode": "form",
            "target": "new",
            "context": {"active_ids": self.ids},
        }

    # === BUSINESS METHODS - STATE === #
    def _check_source_state(self, allowed_states, target_state):
        """Refuse a transition that doesn't exist.

        :param tuple allowed_states: states from which the transition starts.
        :param str target_state: where it leads.
        :raise UserError: naming the contract, its state and what was wanted.
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for contract in self:
            if contract.state not in allowed_states:
                raise UserError(
                    self.env._(
                        "%(contract)s is “%(state)s”; it can't become “%(target)s” from there.",
                        contract=contract.name,
                        state=labels[contract.state],
                        target=labels[target_state],
                    )
                )

    def _check_operation(self, operation):
        """Refuse what can't be done with a contract in its state.

        :param str operation: a key of `const.ALLOWED_OPERATIONS`.
        :raise UserError: naming the contract and its state.
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        for contract in self:
            if contract.state not in ALLOWED_OPERATIONS[operation]:
                raise UserError(
                    self.env._(
                        "%(contract)s is “%(state)s”: this can't be done with it.",
                        contract=contract.name,
                        state=labels[contract.state],
                    )
                )

    def _update_state(self, allowed_states, target_state):
        """Change the state; every transition goes through here.

        :param tuple allowed_states: states from which the transition may start.
        :param str target_state: one of the contract's states.
        :raise UserError: if a contract is in another state.
        """
        assert target_state in dict(SUBSCRIPTION_STATES)
        self._check_source_state(allowed_states, target_state)
        # sudo: nobody may write the state, only transitions do.
        self.sudo().write({"state": target_state})

    def _check_funnel(self, vals):
        """Refuse values that only follow from what happens to a contract.

        :param dict vals: values about to be written.
        :raise UserError: unless written by a transition or by the MRR log.
        """
        names = [name for name in self._get_machine_fields() if name in vals]
        if names and not self.env.su:
            raise UserError(
                self.env._(
                    "“%(field)s” can't be written: it follows from the buttons and methods of a "
                    "contract.",
                    field=self._fields[names[0]]._description_string(self.env),
                )
            )

    @api.model
    def _get_machine_fields(self):
        """Return the fields that only transitions, billing and the MRR log may write.

        :rtype: tuple
        """
        return (
            "state",
            "mrr",
            "mrr_company",
            "close_date",
            "close_reason_id",
            "close_message",
            "charge_end_date",
            "paused_until",
            "pause_ids",
            "next_transition_date",
            "last_invoice_date",
            "billing_error",
            "billing_error_date",
            "billing_failure_count",
            "billing_retry_date",
            "payment_exception",
            "is_suspended",
            "attempt_ids",
            "change_ids",
            "refused_token_id",
        )

    def _schedule_trial_end(self):
        """Let trials end the contract where the template wants somebody to convert them."""
        reason = self.env.ref("sale_subscription.close_reason_trial")
        for contract in self:
            ends = contract.template_id.trial_end_action == "close"
            if ends and contract.trial_end_date and not contract.close_date:
                contract.sudo().write(  # sudo: see `_check_funnel`
                    {"close_date": contract._get_first_paid_day(), "close_reason_id": reason.id}
                )

    def _check_stage_move(self, stage):
        """Let a card be dragged to stages of its state, or started by dragging it.

        :param stage: the target `sale.subscription.stage`.
        :raise UserError: if the move would need a decision that a drag can't express.
        """
        starting = self.filtered(lambda c: c.state == "draft" and stage.state == "active")
        starting.action_activate()
        for contract in self - starting:
            if contract.state != stage.state:
                raise UserError(
                    self.env._(
                        "%(contract)s can't be moved to “%(stage)s” by hand: use the buttons on "
                        "the contract.",
                        contract=contract.name,
                        stage=stage.name,
                    )
                )

    def _get_effective_date(self, when):
        """Return the day a change takes effect.

        :param when: 'now', 'period_end' or a day (ISO string or date).
        :return: first day on which the change holds.
        :rtype: date
        :raise UserError: if the day can't be read.
        """
        self.ensure_one()
        if when == "now":
            return self._get_today()
        if when == "period_end":
            return self._get_period_end()
        day = self._to_date(when)
        if not day:
            raise UserError(self.env._("Choose when: now, at the period's end, or a date."))
        may_backdate = self.env.su or self.env.user.has_group("sales_team.group_sale_manager")
        if day < self._get_today() and not may_backdate:
            raise UserError(self.env._("Only a sales manager can choose a day in the past."))
        return day

    def _get_charge_end(self, day):
        """Return until when a contract that closes is charged, where nothing is given back.

        :param date day: first day without service.
        :return: the end of the period in which it closes; False where unused days are credited, or
            aren't paid in advance.
        :rtype: date | bool
        """
        self.ensure_one()
        if self.template_id.prorate_credits or self.timing != "advance":
            return False
        if day <= self._get_first_paid_day():
            return False
        return self._get_recurrence().next_after(day - timedelta(days=1))

    def _get_pause_charge_end(self, day):
        """Return until when a contract is charged that is paused, where nothing is given back.

        :param date day: first day without service.
        :return: see `_get_charge_end`.
        :rtype: date | bool
        """
        self.ensure_one()
        return self._get_charge_end(day)

    def _get_period_end(self):
        """Return the first day after what is billed, or after the running period if nothing is.

        :rtype: date
        """
        self.ensure_one()
        today = self._get_today()
        coverage = self.line_ids._get_coverage()
        ends = [stretches[-1][1] for stretches in coverage.values() if stretches]
        if ends and max(ends) > today:
            return max(ends)
        if today < self._get_first_paid_day():
            return self._get_first_paid_day()
        return self._get_recurrence().next_after(today)

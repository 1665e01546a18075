from contextlib import contextmanager

from odoo import fields, models

from ...const import BILLABLE_STATES
from ...engine.mrr import movement, paying_delta, running_delta, unpaid_movement
from ...engine.values import exact
from .mrr_log import EVENT_FIELDS, MrrLog
from .sale_subscription_schedule import LINES_TOGETHER


class SaleSubscription(models.Model):
    """Monthly recurring revenue: what it is on a day, and the event of every change."""

    _inherit = "sale.subscription"

    mrr = fields.Monetary(
        string="MRR",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Monthly recurring revenue, untaxed: the sum of the contract's MRR events.",
    )
    mrr_company = fields.Monetary(
        string="MRR (Company)",
        readonly=True,
        copy=False,
        groups="base.group_user",
        currency_field="company_currency_id",
        help="The same in company currency, each event at its own date's rate.",
    )

    # === BUSINESS METHODS - MRR === #
    @contextmanager
    def _writing_lines_together(self):
        """Let dates and MRR follow once, after all lines of these contracts are written.

        Versions that end, begin and follow each other are one movement of MRR, not falls and rises.
        """
        waiting = self.env.cr.precommit.data.setdefault(LINES_TOGETHER, set())
        added = set(self.ids) - waiting
        waiting |= added
        try:
            yield
        finally:
            waiting -= added
        contracts = self.filtered(lambda contract: contract.id in added)
        contracts._update_next_invoice_date()
        contracts._sync_mrr()

    def _after_line_change(self):
        """Let dates and MRR of running contracts follow a change of their lines."""
        waiting = self.env.cr.precommit.data.get(LINES_TOGETHER, ())
        running = self.filtered(lambda c: c.state in BILLABLE_STATES and c.id not in waiting)
        if running:
            running._update_next_invoice_date()
            running._sync_mrr()

    def _sync_mrr(self):
        """Log every change of MRR that has come into effect and isn't logged yet.

        Changes since the last event are logged on the day they took effect, also when nobody
        looked at the contract meanwhile; a change dated before the last event is logged today,
        because the log is append-only.

        :return: None
        """
        values = []
        logs = self._get_logs()
        for contract in self.filtered(lambda c: c.state != "draft"):
            values += contract._prepare_mrr_events(logs[contract.id])
        if values:
            # sudo: nobody writes the log by hand; it follows from changes the user may make.
            self.env["sale.subscription.event"].sudo().create(values)
        self._update_next_transition_date()

    def _prepare_mrr_events(self, log):
        """Return the events missing in the log, and bring the contract's totals up to date.

        :param MrrLog log: what the log says so far; it goes on with what is returned.
        :return: values of `sale.subscription.event`.
        :rtype: list
        """
        self.ensure_one()
        today = self._get_today()
        days = {day for day in self._get_mrr_change_days() if day <= today}
        if log.date:
            days = {day for day in days if day > log.date} | {max(today, log.date)}
        moved_on = self._get_transfer_day(log, max(days)) if self._is_handed_over(log) else None
        values = []
        for day in sorted(days | {moved_on} - {None}):
            if moved_on and day >= moved_on and self._is_handed_over(log):
                values += self._prepare_transfer_events(moved_on, log)
            event = self._prepare_mrr_event(day, log)
            if event:
                values.append(event)
                log.add(event)
                # sudo: nobody may write the MRR, it is the sum of the log.
                contract = self.sudo()
                contract.mrr = event["mrr"]
                contract.mrr_company += event["amount_company"]
        return values

    def _prepare_mrr_event(self, day, log):
        """Return the event that brings the log to the contract's MRR of a day.

        :param date day: the day the change takes effect.
        :param MrrLog log: what the log says so far.
        :return: values of a `sale.subscription.event`, None when nothing changed.
        :rtype: dict | None
        """
        self.ensure_one()
        currency = self.currency_id
        before, after = self.mrr, currency.round(float(self._get_exact_mrr(day)))
        kind = self._get_movement_kind(day, log, before, after)
        if kind is None:
            return None
        amount = currency.round(after - before)
        cohort_date = log.cohort_date or (day if after > 0 else None)
        return {
            **self._prepare_event(day, kind, self._get_logged_hands(log)),
            "amount": amount,
            "amount_company": self._get_company_amount(amount, after, day) if amount else 0.0,
            "mrr": after,
            "reason_id": self._get_churn_reason().id if kind == "churn" else False,
            "cohort_date": cohort_date,
            "running_delta": running_delta(kind, running=log.is_running) if cohort_date else 0,
            "paying_delta": paying_delta(before, after),
        }

    def _prepare_event(self, day, kind, hands):
        """Return what every event of the contract says.

        :param date day: the day it takes effect.
        :param str kind: one of `const.EVENT_KINDS`.
        :param dict hands: in whose hands the contract was, see `_get_hands`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "subscription_id": self.id,
            "date": day,
            "kind": kind,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            **hands,
        }

    def _get_movement_kind(self, day, log, before, after):
        """Return what the change of a day is called, None for no change.

        An end counts also where no MRR is left to lose, and so does coming back from it.

        :param date day: the day of the change.
        :param MrrLog log: what the log says so far.
        :param float before: MRR in the log.
        :param float after: MRR of the day.
        :rtype: str | None
        """
        self.ensure_one()
        cause = self._get_mrr_cause(day, log.kind)
        currency = self.currency_id
        if not currency.is_zero(after - before):
            first = log.cohort_date is None
            return movement(exact(before), exact(after), first=first, cause=cause)[0]
        if not currency.is_zero(after):
            return None
        is_running = log.is_running or (log.kind is None and self._has_ended_free())
        return unpaid_movement(running=is_running, cause=cause)

    def _has_ended_free(self):
        """Tell whether a contract that never had MRR delivered for a while, and ended."""
        self.ensure_one()
        end = self._get_service_end()
        return self.state == "closed" and bool(end) and end > self._get_first_paid_day()

    def _get_churn_reason(self):
        """Return why service ends: the reason given, or that the agreed duration is over.

        The log may be brought up to date before the contract itself is closed.

        :rtype: sale.subscription.close.reason
        """
        self.ensure_one()
        if self.close_reason_id or self.state == "cancelled":
            return self.close_reason_id
        return self.env.ref("sale_subscription.close_reason_end_date")

    def _get_company_amount(self, amount, after, day):
        """Convert an event's amount at its own date; at zero the balance is carried instead.

        :param float amount: change of MRR in contract currency.
        :param float after: MRR after the change.
        :param date day: the event's day.
        :rtype: float
        """
        self.ensure_one()
        if self.currency_id.is_zero(after):
            return -self.mrr_company
        return self.currency_id._convert(amount, self.company_currency_id, self.company_id, day)

    # === GETTERS === #
    def _get_exact_mrr(self, day):
        """Return the exact MRR on a day.

        :param date day: the day asked for.
        :return: untaxed, contract currency; zero before paid time, while paused and after the end.
        :rtype: fractions.Fraction
        """
        self.ensure_one()
        if self.state in ("draft", "cancelled") or not self._is_paid_time(day):
            return exact(0)
        lines = self.line_ids.filtered(lambda line: line._is_in_force(day))
        return sum((line._get_exact_mrr() for line in lines), exact(0))

    def _is_paid_time(self, day):
        """Tell whether service on a day is paid for: after the trial, not paused, not ended."""
        self.ensure_one()
        end = self._get_service_end()
        return (
            day >= self._get_first_paid_day()
            and (end is None or day < end)
            and not self._is_paused_on(day)
        )

    def _is_paused_on(self, day):
        """Tell whether service is paused on a day."""
        self.ensure_one()
        return any(
            start <= day and (until is None or day < until) for start, until in self._get_pauses()
        )

    def _get_mrr_cause(self, day, last_kind):
        """Return why MRR went to or came from zero on a day, as the engine names it.

        :param date day: the day of the change.
        :param str last_kind: kind of the event before, None for none.
        :rtype: str | None
        """
        self.ensure_one()
        end = self._get_service_end()
        if self.state == "cancelled" or (end and day >= end):
            return "close"
        if self._is_paused_on(day):
            return "pause"
        if self.mrr:
            return None
        return {"pause": "resume", "churn": "reopen"}.get(last_kind)

    def _get_mrr_change_days(self):
        """Return the days on which MRR may change by itself.

        :rtype: set
        """
        self.ensure_one()
        days = {self._get_first_paid_day(), self._get_service_end()}
        for line in self.line_ids:
            days.add(line.date_start)
            days.add(line._get_end())
        for interval in self._get_pauses():
            days.update(interval)
        return {day for day in days if day and day >= self._get_first_paid_day()}

    def _get_logs(self):
        """Return what each contract's log says.

        :return: contract id → `MrrLog`.
        :rtype: dict
        """
        logs = {contract.id: MrrLog() for contract in self}
        # sudo: the log's state doesn't depend on who asks.
        events = (
            self.env["sale.subscription.event"]
            .sudo()
            .search_fetch(
                [("subscription_id", "in", self.ids)], list(EVENT_FIELDS), order="date, id"
            )
        )
        for values in events.read(EVENT_FIELDS, load=None):
            logs[values["subscription_id"]].add(values)
        return logs

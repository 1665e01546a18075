from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.date_utils import get_timedelta

from ...engine.intervals import FOREVER


class SaleSubscription(models.Model):
    """What the calendar alone does to a contract: renewing, pausing, resuming and closing it."""

    _inherit = "sale.subscription"

    next_transition_date = fields.Date(
        readonly=True,
        copy=False,
        help="The next day on which the calendar alone changes state, lines or MRR.",
    )

    _transition_idx = models.Index("(next_transition_date) WHERE next_transition_date IS NOT NULL")

    # === CRON METHODS === #
    @api.model
    def _cron_apply_transitions(self):
        """Renew, pause, resume and close the contracts whose day has come."""
        self._run_job(
            self._get_transition_domain, "_apply_due_transitions", "_handle_transition_failure"
        )

    def _handle_transition_failure(self, error):
        """Tell the salesperson once why the calendar couldn't change a contract."""
        self.ensure_one()
        summary = self.env._("This contract could not be renewed or closed")
        reason = self._get_failure_text(error)
        self._schedule_failure_activity("transition_failure", summary, reason)

    # === BUSINESS METHODS === #
    def _get_transition_domain(self):
        """Return the contracts whose state or price changes by the calendar alone.

        :rtype: Domain
        """
        return self._get_domain_by_company("next_transition_date") & Domain(
            "payment_exception", "=", False
        )

    def _apply_due_transitions(self):
        """Renew, pause, resume and close contracts whose day has come, and log their MRR."""
        for contract in self:
            today = contract._get_today()
            if contract.state in ("active", "paused"):
                contract._renew_if_due(today)
                contract._close_if_due(today)
            if contract.state in ("active", "paused"):
                contract._pause_or_resume_if_due(today)
                contract._take_over_plan(today)
        self._sync_mrr()
        for name in ("recurring_total", "recurring_tax", "recurring_total_included"):
            self.env.add_to_compute(self._fields[name], self)

    def _update_next_transition_date(self):
        """Remember when the calendar changes each contract next."""
        for contract in self:
            wanted = contract._get_next_transition_date() if contract._is_running() else False
            if contract.next_transition_date != wanted:
                contract.sudo().next_transition_date = wanted  # sudo: see `_check_funnel`

    def _get_next_transition_date(self):
        """Return the next day on which something changes; an end that passed is still to come.

        :rtype: date | False
        """
        self.ensure_one()
        today = self._get_today()
        days = {day for day in self._get_mrr_change_days() if day > today}
        days.add(self._get_service_end())
        # However late: days paid ahead are waiting to follow after them.
        days.update(end for _start, end in self._get_unsettled_pauses() if end != FOREVER)
        if self._is_renewable():
            days.add(self.end_date + timedelta(days=1))
        return min((day for day in days if day), default=False)

    def _is_renewable(self):
        """Tell whether the agreed duration prolongs itself."""
        self.ensure_one()
        template = self.template_id
        return bool(self.end_date and template.auto_renew and template.duration_count)

    def _get_agreed_end(self):
        """Return the first day after the agreed duration, unless it renews by itself.

        :rtype: date | None
        """
        self.ensure_one()
        if not self.end_date or self._is_renewable():
            return None
        return self.end_date + timedelta(days=1)

    def _get_charged_end(self):
        """Return the first day of which nothing is charged any more.

        That is the end of service; where closing gives nothing back the end of the period in which
        it closes, but never a day after the agreed duration.

        :return: exclusive end, or None while open.
        :rtype: date | None
        """
        self.ensure_one()
        ends = [self.charge_end_date or self.close_date, self._get_agreed_end()]
        return min((day for day in ends if day), default=None)

    def _renew_if_due(self, today):
        """Prolong a duration that ended and renews by itself."""
        self.ensure_one()
        if not self._is_renewable() or (self.close_date and self.close_date <= today):
            return
        count = 0
        end = self.end_date
        while end < today:
            count += 1
            end = self._get_prolonged_end(count)
        if end != self.end_date:
            self.end_date = end
            self.message_post(body=self.env._("Renewed automatically until %(date)s.", date=end))

    def _get_prolonged_end(self, count=1):
        """Return the last day when the agreed duration is prolonged by the template's.

        :param int count: how many times.
        :rtype: date
        """
        self.ensure_one()
        template = self.template_id
        duration = get_timedelta(template.duration_count * count, template.duration_unit)
        return self.end_date + timedelta(days=1) + duration - timedelta(days=1)

    def _close_if_due(self, today):
        """Close a contract whose closing date or agreed end has come."""
        self.ensure_one()
        end = self._get_service_end()
        if not end or end > today:
            return
        values = {"state": "closed", "close_date": end, "paused_until": False}
        if not self.close_reason_id:
            values["close_reason_id"] = self.env.ref("sale_subscription.close_reason_end_date").id
        self._check_source_state(("active", "paused"), "closed")
        self.sudo().write(values)  # sudo: see `_update_state`
        # What is paid for paused days is given back by closing; there is nothing left to move.
        self.sudo().pause_ids.filtered(lambda pause: pause.date_from < end).is_settled = True
        self._log_sentences(lambda contract: contract._get_close_sentences())

    def _pause_or_resume_if_due(self, today):
        """Let the state follow the pauses that were agreed."""
        self.ensure_one()
        running = self.pause_ids.filtered(
            lambda p: p.date_from <= today and (not p.date_until or p.date_until > today)
        )
        if running and self.state == "active":
            self._update_state(("active",), "paused")
        is_resumed = not running and self.state == "paused"
        if is_resumed:
            self._update_state(("paused",), "active")
        self._settle_pauses(today)
        if is_resumed:
            self._log_sentences(lambda contract: contract._get_resume_sentences())
        until = running[:1].date_until
        if self.paused_until != until:
            self.sudo().paused_until = until  # sudo: see `_check_funnel`

    def _settle_pauses(self, today):
        """Let the days paid ahead follow after every pause that is over, once.

        That is so whatever state the contract is in: a pause may have come and gone before anybody
        looked, or be entered when it is over already.

        :param date today: the day it is.
        """
        self.ensure_one()
        stretches = self._get_unsettled_pauses()
        over = [stretch for stretch in stretches if stretch[1] <= today]
        ahead = [stretch for stretch in stretches if stretch[1] > today]
        # sudo: see `action_pause`.
        self.sudo().pause_ids.filtered(
            lambda pause: (
                not pause.is_settled
                and pause.date_until
                and pause.date_until <= today
                and not any(start <= pause.date_from <= end for start, end in ahead)
            )
        ).is_settled = True
        for start, end in over:
            self._shift_periods(start, end)

    def _end_running_pauses(self, today):
        """End the pauses that are running; those agreed for later stay.

        :param date today: the day service goes on.
        """
        self.ensure_one()
        # sudo: see `action_pause`.
        for pause in self.sudo().pause_ids:
            if pause.date_from <= today and (not pause.date_until or pause.date_until > today):
                pause.date_until = today

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.date_utils import get_timedelta

from ...const import BILLABLE_STATES
from ...engine.intervals import merge, subtract
from ...engine.owed import entitled

# Ids of contracts whose lines are being written together with them.
LINES_TOGETHER = "sale_subscription.lines_together"


class SaleSubscription(models.Model):
    """The dates of a contract: when it starts, when it is billed next, when it ends."""

    _inherit = "sale.subscription"

    date_start = fields.Date(
        string="Start Date",
        required=True,
        copy=False,
        tracking=True,
        default=lambda self: self.env.company._get_subscription_today(),
    )
    trial_end_date = fields.Date(
        string="Free Until",
        compute="_compute_trial_end_date",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Last free day; billing starts on the next one.",
    )
    anchor_date = fields.Date(
        string="Billing Anchor",
        compute="_compute_billing_dates",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="Every period is counted from this day, so that months of different length never "
        "make the dates drift.",
    )
    billing_start_date = fields.Date(
        string="Billed From",
        compute="_compute_billing_dates",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        help="First day that is billed here. Later than the start for contracts taken over from "
        "another system and after a trial.",
    )
    is_taken_over = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Goes on from another system: its past is billed there.",
    )
    next_invoice_date = fields.Date(
        copy=False,
        help="The day on which something is owed next. On a new contract that goes on from "
        "another system: the date its next invoice is due, nothing before it is billed.",
    )
    last_invoice_date = fields.Date(readonly=True, copy=False)
    end_date = fields.Date(
        compute="_compute_end_date",
        store=True,
        readonly=False,
        precompute=True,
        copy=False,
        tracking=True,
        help="Last day of the agreed duration.",
    )
    close_date = fields.Date(
        string="Closing Date",
        copy=False,
        readonly=True,
        tracking=True,
        help="First day without service. In the future: the closing is scheduled and can be "
        "withdrawn.",
    )
    charge_end_date = fields.Date(
        string="Charged Until",
        readonly=True,
        copy=False,
        help="Where closing gives nothing back: the first day not charged any more.",
    )
    paused_until = fields.Date(
        readonly=True, copy=False, help="The day service goes on; empty: until somebody resumes it."
    )

    _end_after_start = models.Constraint(
        "CHECK (end_date IS NULL OR end_date >= date_start)",
        "A contract can't end before it starts.",
    )

    # === COMPUTE METHODS === #
    @api.depends("date_start", "template_id")
    def _compute_trial_end_date(self):
        for contract in self:
            days = contract.template_id.trial_days
            contract.trial_end_date = (
                contract.date_start + timedelta(days=days - 1)
                if days and contract.date_start
                else False
            )

    @api.depends("date_start", "trial_end_date")
    def _compute_billing_dates(self):
        for contract in self:
            if contract.is_taken_over and contract.date_start <= contract.billing_start_date:
                contract.anchor_date = contract.anchor_date
                contract.billing_start_date = contract.billing_start_date
                continue
            first_paid_day = contract._get_first_paid_day()
            contract.anchor_date = first_paid_day
            contract.billing_start_date = first_paid_day

    @api.depends("date_start", "template_id")
    def _compute_end_date(self):
        for contract in self:
            template = contract.template_id
            if not (contract.date_start and template.duration_count):
                contract.end_date = False
                continue
            contract.end_date = (
                contract.date_start
                + get_timedelta(template.duration_count, template.duration_unit)
                - timedelta(days=1)
            )

    # === CRUD METHODS === #
    def write(self, vals):
        self._check_input(vals)
        self._check_funnel(vals)
        if vals.get("stage_id"):
            self._check_stage_move(self.env["sale.subscription.stage"].browse(vals["stage_id"]))
        self._check_locked_fields(vals)
        # A version that ends and its successor, saved together, are one movement of MRR, not a
        # fall and a rise: lines wait until all of them are written.
        waiting = self.env.cr.precommit.data.setdefault(LINES_TOGETHER, set())
        added = set(self.ids) - waiting if "line_ids" in vals else set()
        waiting |= added
        starts = {contract: contract.date_start for contract in self}
        try:
            result = super().write(vals)
        finally:
            waiting -= added
        if "date_start" in vals:
            self._move_lines_with_start(starts)
        chosen = "next_invoice_date" in vals and not self.env.su
        if chosen and vals["next_invoice_date"]:
            for contract in self:
                contract._continue_billing_from(contract.next_invoice_date)
        if chosen or self._get_schedule_fields() & vals.keys():
            settled = self.filtered(lambda contract: contract.id not in waiting)
            settled._update_next_invoice_date()
            settled._sync_mrr()
        return result

    # === BUSINESS METHODS - SCHEDULE === #
    def _move_lines_with_start(self, starts):
        """Let unbilled lines that began with their contract go on doing so.

        :param dict starts: contract → the start it had before.
        """
        for contract in self:
            lines = contract.line_ids.filtered(lambda line: not line.sudo().charge_ids)
            for line in lines:
                if line.date_start == starts[contract] != contract.date_start:
                    line.write(line._prepare_start(contract.date_start))

    def _initialize_schedule(self, vals_list):
        """Set the first invoice date of new contracts, or go on from a given one (import)."""
        for contract, vals in zip(self, vals_list, strict=True):
            if vals.get("next_invoice_date"):
                contract._continue_billing_from(
                    fields.Date.to_date(vals["next_invoice_date"]),
                    keep_anchor=bool(vals.get("anchor_date")),
                )
        self._update_next_invoice_date()

    def _continue_billing_from(self, next_invoice_date, keep_anchor=False):
        """Bill as if everything due before a date had been billed elsewhere.

        :param date next_invoice_date: the first invoice made here is due on this day.
        :param bool keep_anchor: the anchor was given; otherwise it moves to the date when the
            date is no boundary of the rhythm.
        :return: None
        """
        self.ensure_one()
        if next_invoice_date < self.date_start:
            raise ValidationError(
                self.env._("The next invoice can't be due before the contract starts.")
            )
        self.is_taken_over = True
        recurrence = self._get_recurrence()
        if not keep_anchor and recurrence.grid_period(next_invoice_date)[0] != next_invoice_date:
            self.anchor_date = next_invoice_date
            recurrence = self._get_recurrence()
        if self.timing == "advance":
            self.billing_start_date = next_invoice_date
        else:
            period_start, _end = recurrence.grid_period(next_invoice_date - timedelta(days=1))
            self.billing_start_date = max(period_start, self._get_first_paid_day())

    def _update_next_invoice_date(self, coverage=None):
        """Set the day on which each contract owes something next.

        :param dict coverage: what is billed per line id, as given by
            `sale.subscription.line._get_coverage`, when the caller has it already.
        :return: None
        """
        if coverage is None:
            coverage = self.line_ids._get_coverage()
        waiting = self._get_waiting_due_dates()
        for contract in self:
            days = [line._get_next_due(coverage) for line in contract.line_ids]
            days.append(waiting.get(contract.id))
            next_date = min((day for day in days if day), default=False)
            if contract._is_credited_alone(next_date):
                credit_day = contract._get_credit_due(coverage)
                next_date = min((d for d in (next_date, credit_day) if d), default=False)
            if contract.state == "cancelled":
                next_date = False
            if contract.next_invoice_date != next_date:
                # sudo: tells the date that follows from the ledger from one that a person chose.
                contract.sudo().next_invoice_date = next_date

    def _is_credited_alone(self, next_date):
        """Tell whether credits don't wait for an invoice they could ride on.

        While paused they wait until service goes on or ends, unless the template says at once.

        :param next_date: the day of the next invoice, if there is one.
        :rtype: bool
        """
        self.ensure_one()
        if self.template_id.credit_when == "now":
            return self.state in BILLABLE_STATES
        return not next_date and self.state in ("active", "closed")

    def _get_credit_due(self, coverage):
        """Return the day billed but unused time is given back, None without any.

        :param dict coverage: see `_update_next_invoice_date`.
        :rtype: date | None
        """
        self.ensure_one()
        unused = any(
            subtract(
                merge(covered),
                entitled(line._get_version(), line._get_billing_pauses(covered)),
            )
            for line in self.line_ids
            for covered in [coverage.get(line.id, ())]
        )
        return (self.close_date or self._get_today()) if unused else None

    def _get_waiting_due_dates(self):
        """Return the earliest day on which charges that no invoice bills yet can be invoiced.

        :return: contract id → date.
        :rtype: dict
        """
        # sudo: the ledger decides the dates whoever asks for them.
        Charge = self.env["sale.subscription.charge"].sudo()
        groups = Charge._read_group(
            Charge._get_waiting_domain() & Domain("subscription_id", "in", self.ids),
            ["subscription_id"],
            ["date_due:min"],
        )
        # Without a due day they ride on the next invoice; a closed contract has none.
        return {
            contract.id: day or (contract._has_lone_charges() and contract.close_date)
            for contract, day in groups
        }

    def _has_lone_charges(self):
        """Tell whether charges of a closed contract wait that can be invoiced by themselves."""
        self.ensure_one()
        # sudo: see `_get_waiting_due_dates`.
        waiting = self.sudo().charge_ids.filtered(lambda c: not c.invoice_line_id)
        return self.state == "closed" and any(
            not charge.order_line_id or charge.order_line_id.qty_to_invoice for charge in waiting
        )

    # === GETTERS === #
    def _get_first_paid_day(self):
        """Return the first day that isn't free: the start, or the day after the trial."""
        self.ensure_one()
        if self.trial_end_date and self.trial_end_date >= self.date_start:
            return self.trial_end_date + timedelta(days=1)
        return self.date_start

    def _get_recurrence(self):
        """Return the contract's rhythm.

        :rtype: engine.recurrence.Recurrence
        """
        self.ensure_one()
        anchor = self.anchor_date or self._get_first_paid_day()
        return self.plan_id._get_recurrence(anchor, self.anchor_day or None)

    def _get_service_end(self):
        """Return the first day without service as agreed today.

        A duration that renews by itself doesn't end service.

        :return: exclusive end, or None while open.
        :rtype: date | None
        """
        self.ensure_one()
        ends = [self.close_date, self._get_agreed_end()]
        return min((day for day in ends if day), default=None)

    def _get_pauses(self):
        """Return the stretches without service inside the contract.

        :return: half-open intervals `(start, end)`, `end` None while open.
        :rtype: list
        """
        self.ensure_one()
        return [pause._get_interval() for pause in self.pause_ids]

    def _get_uncharged_pauses(self):
        """Return the stretches that pauses keep from being charged.

        Where the template doesn't credit by days, what is paid when a pause begins stays paid.

        :return: as `_get_pauses`.
        :rtype: list
        """
        self.ensure_one()
        intervals = [pause._get_uncharged_interval() for pause in self.pause_ids]
        return [interval for interval in intervals if interval]

    def _get_unsettled_pauses(self):
        """Return the pauses of which the days paid ahead aren't settled; those that touch are one.

        :return: half-open intervals in the order of their days; the end of an open one is
            `engine.intervals.FOREVER`.
        :rtype: list
        """
        self.ensure_one()
        waiting = self.pause_ids.filtered(lambda pause: not pause.is_settled)
        return merge(pause._get_interval() for pause in waiting)

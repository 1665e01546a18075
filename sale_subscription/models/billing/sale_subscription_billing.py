from datetime import timedelta
from math import copysign

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_round

from ...const import ALLOWED_OPERATIONS, BILLABLE_STATES
from ...engine.owed import owed
from ...engine.values import exact
from ...patience import let_others_begin_anew

MAX_AHEAD = timedelta(days=3653)


class SaleSubscription(models.Model):
    """Billing, first half: from what is owed to charges in the ledger."""

    _inherit = "sale.subscription"

    # === ACTION METHODS === #
    def action_bill(self, until=None, together=None):
        """Create the invoices that are due.

        :param until: bill everything owed up to and including this day (ISO string or date);
            today in the company's time zone by default.
        :param bool together: True: all periods, and all of these contracts of a customer, on one
            invoice; False: an invoice per contract and period; None: as template, company and
            customer say.
        :return: ids of the invoices and credit notes made.
        :rtype: list
        :raise UserError: if a contract isn't running, is being billed at this moment by somebody
            else, or can't be invoiced as it is.
        """
        self.check_access("write")
        until = self._read_billing_date(until)
        for contract in self:
            if contract.state not in ALLOWED_OPERATIONS["bill"]:
                raise UserError(
                    self.env._(
                        "%(contract)s isn't active: start it before it is invoiced.",
                        contract=contract.name,
                    )
                )
        self._lock_against_billing()
        return self.with_context(subscription_together=together)._bill_by_hand(until).ids

    def action_invoice_together(self):
        """Create one invoice per customer over all that is due, and show it (button).

        :return: see `action_invoice_now`.
        :rtype: dict
        """
        return self.action_invoice_now(together=True)

    def action_invoice_now(self, until=None, together=None):
        """Create the invoices that are due and show them (button).

        :param until: see `action_bill`.
        :param together: see `action_bill`.
        :return: an action: the invoices, or a note that nothing is due.
        :rtype: dict
        """
        invoice_ids = self.action_bill(until=until, together=together)
        if invoice_ids:
            return self._get_invoices_action(self.env["account.move"].browse(invoice_ids))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("Nothing is due today."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === CRON METHODS === #
    @api.model
    def _cron_bill(self, batch_size=50):
        """Bill every contract that is due; run by as many workers at once as you like."""
        self._run_job(self._get_due_domain, "_bill_due", "_handle_billing_failure", batch_size)

    @api.model
    def _get_due_domain(self):
        """Return the contracts the billing job takes.

        For a module to keep contracts away from billing, it must override this method and narrow
        the domain.

        :rtype: Domain
        """
        return (
            self._get_domain_by_company("next_invoice_date")
            & Domain("next_invoice_date", "!=", False)
            & Domain("state", "in", BILLABLE_STATES)
            & Domain("payment_exception", "=", False)
            & Domain("template_id.invoicing_mode", "!=", "manual")
            & (
                Domain("billing_retry_date", "=", False)
                | Domain("billing_retry_date", "<=", fields.Datetime.now())
            )
        )

    def _extend_batch(self, domain):
        """Bill the contracts of a customer who gets one invoice for all of them together."""
        partners = self.filtered(lambda c: c._is_invoiced_per_customer()).partner_invoice_id
        if not partners:
            return super()._extend_batch(domain)
        siblings = self.search(domain & Domain("partner_invoice_id", "in", partners.ids)) - self
        return self | siblings.try_lock_for_update(allow_referencing=True)

    def _bill_due(self):
        """Bill locked contracts up to their company's today."""
        for today, contracts in self.grouped(lambda c: c._get_today()).items():
            contracts._bill(today)

    # === BUSINESS METHODS - CHARGES === #
    def _lock_against_billing(self):
        """Keep everybody else from billing running contracts until this transaction ends.

        :raise UserError: if one of them is being billed at this moment.
        """
        running = self.filtered(lambda contract: contract.state in BILLABLE_STATES)
        if running:
            locked = running.try_lock_for_update(allow_referencing=True)
            if running - locked:
                raise UserError(
                    self.env._(
                        "%(contract)s is being invoiced right now. Please try again in a moment.",
                        contract=(running - locked)[0].name,
                    )
                )

    def _keep_billing_out(self):
        """Keep billing away until this transaction ends, and what read the ledger before it.

        A lock alone wouldn't do: billing that began before would still read the ledger as it was.
        Where the row was written meanwhile PostgreSQL lets it begin anew.

        :raise UserError: see `_lock_against_billing`.
        """
        self._lock_against_billing()
        let_others_begin_anew(self.filtered(lambda c: c.state in BILLABLE_STATES))

    def _bill(self, until):
        """Charge what is owed and invoice what is charged. The caller holds the row locks.

        :param date until: last day taken into account.
        :return: the invoices and credit notes made.
        :rtype: account.move
        """
        self._apply_overdue_transitions()
        coverage = self.line_ids._get_coverage()
        charges = self._create_charges(until, coverage)
        charges |= self._get_waiting_charges(until)
        moves = self._create_invoices(self._leave_riders(charges), until)
        if charges:
            coverage = self.line_ids._get_coverage()
        self._update_next_invoice_date(coverage)
        self._clear_billing_failure()
        return moves

    def _apply_overdue_transitions(self):
        """Let the calendar go first where its job is late: pauses decide what is owed."""
        late = self.filtered(
            lambda c: (
                c._is_running()
                and c.next_transition_date
                and c.next_transition_date <= c._get_today()
            )
        )
        late._apply_due_transitions()

    def _create_charges(self, until, coverage, lines=None):
        """Write what is owed and not yet charged into the ledger.

        :param date until: last day taken into account.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :param lines: only these `sale.subscription.line`; all by default.
        :return: the new charges.
        :rtype: sale.subscription.charge
        """
        values = []
        for contract in self:
            for line in contract.line_ids if lines is None else contract.line_ids & lines:
                values += contract._prepare_charges(line, until, coverage.get(line.id, ()))
        self._number_revisions(values)
        # sudo: the ledger has no other door than billing; nobody may write it by hand.
        charges = self.env["sale.subscription.charge"].sudo().create(values)
        charges._waive_reversed()
        return charges.filtered(lambda charge: not charge.is_waived)

    def _prepare_charges(self, line, until, covered):
        """Return the charges a line owes.

        :param line: a `sale.subscription.line`.
        :param date until: last day taken into account.
        :param covered: half-open intervals charged so far.
        :return: values of `sale.subscription.charge`.
        :rtype: list
        """
        self.ensure_one()
        slices = owed(
            line._get_version(),
            covered,
            until,
            self._get_rounding(),
            pauses=line._get_billing_pauses(covered),
        )
        return [self._prepare_charge(line, line._as_charged(piece)) for piece in slices]

    def _prepare_charge(self, line, piece):
        """Return one charge.

        :param line: the `sale.subscription.line` charged.
        :param piece: an `engine.owed.Charge`.
        :return: values of a `sale.subscription.charge`.
        :rtype: dict
        """
        self.ensure_one()
        amount = float(piece.amount)
        quantity = -line.quantity if piece.amount < 0 else line.quantity
        discount = line.discount
        is_whole = piece.fraction == 1 and piece.amount >= 0
        price = line.price_unit if is_whole else self._get_price_for_amount(line, abs(amount))
        if amount and not line.quantity * (100 - discount):
            # An accountant took the discount off that made it free: no price comes to the credit.
            quantity, discount, price = copysign(1.0, amount), 0.0, abs(amount)
        return {
            "subscription_id": self.id,
            "line_id": line.id,
            "kind": piece.kind,
            "date_from": piece.start,
            "date_to": piece.end - timedelta(days=1),
            "date_due": piece.due,
            "revision": 0,
            "name": line.name,
            "product_id": line.product_id.id,
            "uom_id": line.uom_id.id,
            "quantity": quantity,
            "price_unit": price,
            "discount": discount,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "company_id": self.company_id.id,
        }

    def _get_price_for_amount(self, line, amount):
        """Return the unit price that makes a line's quantity and discount come to an amount.

        The price gets as few decimals as are needed, so that it stays readable.

        :param line: the `sale.subscription.line` charged.
        :param float amount: what has to come out, rounded to the currency.
        :rtype: float
        """
        factor = line.quantity * (100 - line.discount) / 100
        if not factor:
            return 0.0
        currency = self.currency_id
        price = amount / factor
        # Rounding per document adds up what is left unrounded: then the price must be finer.
        is_global = self.company_id.tax_calculation_rounding_method == "round_globally"
        tolerance = currency.rounding / (1000 if is_global else 2.1)
        for digits in range(currency.decimal_places, 12):
            candidate = float_round(price, precision_digits=digits)
            if abs(candidate * factor - amount) < tolerance:
                return candidate
        return price

    @api.model
    def _number_revisions(self, values):
        """Number charges that repeat a stretch: charged, credited, charged again.

        :param list values: charges about to be created; their `revision` is set.
        """
        if not values:
            return
        repeated = [v for v in values if v["kind"] != "recurring"]
        line_ids = [v["line_id"] for v in repeated]
        line_ids += self._get_credited_line_ids([v["line_id"] for v in values])
        if not line_ids:
            return
        # sudo: revisions count every charge, also those the user may not see.
        groups = (
            self.env["sale.subscription.charge"]
            .sudo()
            ._read_group(
                [("line_id", "in", line_ids)], ["line_id", "date_from:day", "kind"], ["__count"]
            )
        )
        counts = {(line.id, fields.Date.to_date(day), kind): n for line, day, kind, n in groups}
        for vals in values:
            key = (vals["line_id"], vals["date_from"], vals["kind"])
            vals["revision"] = counts.get(key, 0)

    @api.model
    def _get_credited_line_ids(self, line_ids):
        """Return which of the lines were ever credited."""
        # sudo: see `_number_revisions`.
        groups = (
            self.env["sale.subscription.charge"]
            .sudo()
            ._read_group([("line_id", "in", line_ids), ("kind", "=", "credit")], ["line_id"])
        )
        return [line.id for (line,) in groups]

    def _get_waiting_charges(self, until):
        """Return charges made earlier that no invoice bills: one-off ones, and freed ones.

        :param date until: last day taken into account.
        :rtype: sale.subscription.charge
        """
        # sudo: see `_create_charges`.
        Charge = self.env["sale.subscription.charge"].sudo()
        return Charge.search(
            Charge._get_waiting_domain()
            & Domain("subscription_id", "in", self.ids)
            & (Domain("date_due", "=", False) | Domain("date_due", "<=", until))
        )

    def _leave_riders(self, charges):
        """Leave out charges that wait for an invoice to ride on, where none is made now.

        A closed contract has no next invoice: what waits there is invoiced by itself.

        :param charges: `sale.subscription.charge` that could be invoiced.
        :rtype: sale.subscription.charge
        """
        carriers = charges.filtered("date_due").subscription_id
        return charges.filtered(
            lambda charge: (
                charge.date_due
                or charge.subscription_id in carriers
                or charge.subscription_id.state == "closed"
            )
        )

    # === GETTERS === #
    def _get_rounding(self):
        """Return the currency's smallest amount, exactly.

        :rtype: fractions.Fraction
        """
        return exact(self.currency_id.rounding)

    def _read_billing_date(self, until):
        """Read the date given by a caller; today by default.

        :raise UserError: if it isn't a date.
        """
        today = self[:1]._get_today()
        until = self._read_date(until) or today
        if until > today + MAX_AHEAD:
            raise UserError(
                self.env._(
                    "%(date)s is more than ten years ahead: that date is a mistake.", date=until
                )
            )
        return until

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_round

from ..const import BILLABLE_STATES
from ..engine.owed import owed
from ..engine.values import exact


class SaleSubscription(models.Model):
    """Billing, first half: from what is owed to charges in the ledger."""

    _inherit = "sale.subscription"

    billing_error = fields.Text(readonly=True, copy=False)
    billing_error_date = fields.Datetime(readonly=True, copy=False)
    billing_failure_count = fields.Integer(readonly=True, copy=False)
    billing_retry_date = fields.Date(
        string="Next Attempt", readonly=True, copy=False, help="When invoicing is tried again."
    )
    payment_exception = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="The outcome of a payment is unknown: left alone by every job until decided.",
    )

    # === ACTION METHODS === #
    def action_bill(self, until=None):
        """Create the invoices that are due.

        :param until: bill everything owed up to and including this day (ISO string or date);
            today in the company's time zone by default.
        :return: ids of the invoices and credit notes made.
        :rtype: list
        :raise UserError: if a contract isn't running, is being billed at this moment by somebody
            else, or can't be invoiced as it is.
        """
        self.check_access("write")
        until = self._read_billing_date(until)
        for contract in self:
            if contract.state not in BILLABLE_STATES:
                raise UserError(
                    self.env._(
                        "%(contract)s isn't active: start it before it is invoiced.",
                        contract=contract.name,
                    )
                )
        locked = self.try_lock_for_update(allow_referencing=True)
        if self - locked:
            raise UserError(
                self.env._(
                    "%(contract)s is being invoiced right now. Please look again in a moment.",
                    contract=(self - locked)[0].name,
                )
            )
        return self._bill(until).ids

    def action_invoice_now(self):
        """Create the invoices that are due and show them (button).

        :return: an action: the invoices, or a note that nothing is due.
        :rtype: dict
        """
        invoice_ids = self.action_bill()
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
                | self._get_domain_by_company("billing_retry_date")
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

    def _handle_billing_failure(self, error):
        """Say on the contract, and once to its salesperson, why it couldn't be invoiced.

        The first three failures are tried again by the next run, later ones after growing pauses.

        :param Exception error: what went wrong.
        """
        self.ensure_one()
        count = self.billing_failure_count + 1
        reason = self._get_failure_text(error)
        self.write(
            {
                "billing_error": reason,
                "billing_error_date": fields.Datetime.now(),
                "billing_failure_count": count,
                "billing_retry_date": self._get_today() + timedelta(days=min(max(count - 3, 0), 7)),
            }
        )
        self._schedule_failure_activity(reason)

    def _get_failure_text(self, error):
        """Put an error into words a bookkeeper understands.

        :rtype: str
        """
        if isinstance(error, UserError):
            return str(error.args[0] if error.args else error)
        return self.env._(
            "The invoice could not be created. Check the products, taxes, accounts and the journal "
            "of this contract. Technical detail: %(detail)s",
            detail=str(error).strip().split("\n")[0][:500],
        )

    def _schedule_failure_activity(self, reason):
        """Leave one to-do, however often billing fails."""
        self.ensure_one()
        summary = self.env._("This contract could not be invoiced")
        if self.activity_ids.filtered(lambda a: a.summary == summary):
            return
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=reason,
            user_id=self.user_id.id or self.env.uid,
        )

    def _clear_billing_failure(self):
        """Forget the failure once billing succeeded."""
        failed = self.filtered("billing_error")
        if not failed:
            return
        failed.write(
            {
                "billing_error": False,
                "billing_error_date": False,
                "billing_failure_count": 0,
                "billing_retry_date": False,
            }
        )
        summary = self.env._("This contract could not be invoiced")
        failed.activity_ids.filtered(lambda a: a.summary == summary).unlink()

    # === BUSINESS METHODS - CHARGES === #
    def _bill(self, until):
        """Charge what is owed and invoice what is charged. The caller holds the row locks.

        :param date until: last day taken into account.
        :return: the invoices and credit notes made.
        :rtype: account.move
        """
        coverage = self.line_ids._get_coverage()
        charges = self._create_charges(until, coverage)
        charges |= self._get_waiting_charges(until)
        moves = self._create_invoices(self._leave_riders(charges), until)
        if charges:
            coverage = self.line_ids._get_coverage()
        self._update_next_invoice_date(coverage)
        self._clear_billing_failure()
        return moves

    def _create_charges(self, until, coverage):
        """Write what is owed and not yet charged into the ledger.

        :param date until: last day taken into account.
        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :return: the new charges.
        :rtype: sale.subscription.charge
        """
        values = []
        for contract in self:
            for line in contract.line_ids:
                values += contract._prepare_charges(line, until, coverage.get(line.id, ()))
        self._number_revisions(values)
        # sudo: the ledger has no other door than billing; nobody may write it by hand.
        return self.env["sale.subscription.charge"].sudo().create(values)

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
            pauses=self._get_pauses(),
        )
        return [self._prepare_charge(line, piece) for piece in slices]

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
        is_whole = piece.fraction == 1 and piece.amount >= 0
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
            "price_unit": line.price_unit
            if is_whole
            else self._get_price_for_amount(line, abs(amount)),
            "discount": line.discount,
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
        for digits in range(currency.decimal_places, 9):
            candidate = float_round(price, precision_digits=digits)
            if currency.compare_amounts(candidate * factor, amount) == 0:
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
        groups = self.env["sale.subscription.charge"].sudo()._read_group(
            [("line_id", "in", line_ids)], ["line_id", "date_from:day", "kind"], ["__count"]
        )
        counts = {(line.id, fields.Date.to_date(day), kind): n for line, day, kind, n in groups}
        for vals in values:
            key = (vals["line_id"], vals["date_from"], vals["kind"])
            vals["revision"] = counts.get(key, 0)

    @api.model
    def _get_credited_line_ids(self, line_ids):
        """Return which of the lines were ever credited."""
        # sudo: see `_number_revisions`.
        groups = self.env["sale.subscription.charge"].sudo()._read_group(
            [("line_id", "in", line_ids), ("kind", "=", "credit")], ["line_id"]
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
            lambda charge: charge.date_due
            or charge.subscription_id in carriers
            or charge.subscription_id.state == "closed"
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
        if until is None or until is False:
            return self[:1]._get_today()
        try:
            return fields.Date.to_date(until)
        except (ValueError, TypeError) as error:
            raise UserError(
                self.env._("“%(value)s” isn't a date. Write it as YYYY-MM-DD.", value=until)
            ) from error

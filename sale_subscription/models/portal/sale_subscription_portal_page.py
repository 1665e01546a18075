from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

STATE_BADGES = {
    "draft": "text-bg-info",
    "active": "text-bg-success",
    "paused": "text-bg-warning",
    "closed": "text-bg-secondary",
    "cancelled": "text-bg-secondary",
}


class SaleSubscription(models.Model):
    """The summary on the customer's page: what is paid, how often, when, with what.

    Everything here is read with the rights of the system by the page's controller, for somebody who
    may open the contract; it is said in the language of the environment.
    """

    _inherit = "sale.subscription"

    # === THE PAGE === #
    def _get_portal_page(self):
        """Return what the contract's page says.

        For a module to say more, it must extend this method and the section's template.

        :return: the results of the getters below, by name.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "state": self._get_portal_state(),
            "price": self._get_portal_price(),
            "next": self._get_portal_next_invoice(),
            "covered": self._get_portal_covered(),
            "payment": self._get_portal_payment(),
            "alerts": self._get_portal_alerts(),
            "lines": self._get_portal_lines(),
            "options": self._get_portal_options(),
            "scheduled": self._get_portal_scheduled(),
            "orders": self._get_portal_orders(),
            "invoices": self._get_portal_invoices(),
            "history": self._get_portal_history(),
        }

    # === STATE === #
    def _get_portal_state(self):
        """Return the contract's state in words.

        :return: dict with `label`, `badge` (a CSS class) and `texts` (sentences).
        :rtype: dict
        """
        self.ensure_one()
        labels = dict(self._fields["state"]._description_selection(self.env))
        label = labels[self.state]
        if self.state == "active" and self._is_portal_trial():
            label = self.env._("Trial")
        explain = getattr(self, f"_explain_portal_{self.state}")
        return {
            "label": label,
            "badge": STATE_BADGES[self.state],
            "texts": [text for text in explain() if text],
        }

    def _is_portal_trial(self):
        return bool(self.trial_end_date and self.trial_end_date >= self._get_today())

    def _explain_portal_draft(self):
        return [self.env._("This contract hasn't started yet.")]

    def _explain_portal_active(self):
        today = self._get_today()
        texts = []
        if self.date_start > today:
            texts.append(
                self.env._("It starts on %(date)s.", date=format_date(self.env, self.date_start))
            )
        if self._is_portal_trial():
            texts.append(
                self.env._(
                    "It is free until %(date)s.", date=format_date(self.env, self.trial_end_date)
                )
            )
        texts += [
            self.env._("A pause begins on %(date)s.", date=format_date(self.env, pause.date_from))
            for pause in self.pause_ids
            if pause.date_from > today
        ]
        return [*texts, *self._explain_portal_end()]

    def _explain_portal_paused(self):
        # sudo: the customer may know that their own contract rests because it isn't paid.
        if self.sudo().is_suspended:
            text = self.env._(
                "It is paused because an invoice isn't paid. It goes on by itself as soon as "
                "everything due is paid."
            )
        elif self.paused_until:
            text = self.env._(
                "It is paused until it goes on again on %(date)s. The time between isn't charged.",
                date=format_date(self.env, self.paused_until),
            )
        else:
            text = self.env._(
                "It is paused until somebody resumes it. The time between isn't charged."
            )
        return [text, *self._explain_portal_end()]

    def _explain_portal_closed(self):
        return [
            self.close_date
            and self.env._(
                "It ended; the last day was %(date)s.",
                date=format_date(self.env, self.close_date - timedelta(days=1)),
            )
        ]

    def _explain_portal_cancelled(self):
        return [self.env._("It was cancelled before anything was invoiced.")]

    def _explain_portal_end(self):
        """Return the sentences about the end of a running contract."""
        if self.close_date:
            last_day = format_date(self.env, self.close_date - timedelta(days=1))
            return [self.env._("It will be closed; the last day is %(date)s.", date=last_day)]
        if not self.end_date:
            return []
        end = format_date(self.env, self.end_date)
        if self._is_renewable():
            return [self.env._("It is agreed until %(date)s and then renews by itself.", date=end)]
        return [self.env._("It is agreed until %(date)s.", date=end)]

    # === MONEY === #
    def _get_portal_price(self):
        """Return what one period costs today.

        Computed from the versions in force, not read from the stored totals: these may be as old as
        the last change.

        :return: dict with `untaxed`, `tax`, `total` (contract currency), `period` (for instance
            "month"), `plan` and `timing` (when a period is paid, in words).
        :rtype: dict
        """
        self.ensure_one()
        lines = self._get_priced_lines()
        totals = self._get_tax_totals(lines)
        plan = lines.plan_id if len(lines.plan_id) == 1 else self.plan_id
        return {
            "untaxed": totals["base_amount_currency"],
            "tax": totals["tax_amount_currency"],
            "total": totals["total_amount_currency"],
            "period": plan.period_label,
            "plan": plan.name,
            "timing": self.env._("Paid in advance")
            if self.timing == "advance"
            else self.env._("Paid at the end of each period"),
        }

    def _get_portal_next_invoice(self):
        """Return the next invoice as billing would make it.

        :return: dict with `date` (of the invoice), `period` (first and last day, or None),
            `untaxed`, `tax`, `total` (None: not known yet; negative: given back) and `lines` (see
            `preview_billing`, with dates); None when no invoice is to come.
        :rtype: dict | None
        """
        self.ensure_one()
        if self.state not in ("active", "paused", "closed") or not self.next_invoice_date:
            return None
        unknown = {"date": self.next_invoice_date, "period": None, "total": None, "lines": []}
        try:
            invoices = self.preview_billing(self.next_invoice_date)
        except UserError:  # too far away to be computed
            return unknown
        if not invoices:
            return unknown
        invoice = invoices[0]
        return {
            "date": fields.Date.to_date(invoice["date"]),
            "period": [fields.Date.to_date(day) for day in invoice["period"] or ()] or None,
            "untaxed": invoice["amount_untaxed"],
            "tax": invoice["amount_tax"],
            "total": invoice["amount_total"],
            "lines": [
                {
                    **line,
                    "name": self._get_portal_line_name(line),
                    "date_from": fields.Date.to_date(line["date_from"]),
                    "date_to": fields.Date.to_date(line["date_to"]),
                }
                for line in invoice["lines"]
            ],
        }

    def _get_portal_line_name(self, line):
        """Return the text of a previewed line as customers read it.

        :param dict line: see `preview_billing`.
        :rtype: str
        """
        return self.env["product.product"].browse(line["product_id"])._drop_code(line["name"])

    def _get_portal_covered(self):
        """Return the period that is invoiced, and until when everything is paid.

        :return: dict with `period` (first and last day of what is invoiced around today, or None),
            `invoiced_until` and `paid_until` (last days, or None).
        :rtype: dict
        """
        self.ensure_one()
        coverage = self.line_ids._get_coverage()
        stretches = [stretch for stretches in coverage.values() for stretch in stretches]
        until = max((end for _start, end in stretches), default=None)
        unpaid_from = self._get_portal_unpaid_start()
        return {
            "period": self._get_portal_period(),
            "invoiced_until": until and until - timedelta(days=1),
            # Nothing is paid when already the first invoice isn't.
            "paid_until": self._get_portal_paid_until(stretches, unpaid_from),
        }

    def _get_portal_paid_until(self, stretches, unpaid_from):
        """Return the last day up to which all that is invoiced is paid.

        :param list stretches: half-open intervals that are invoiced.
        :param date unpaid_from: the first day on an open invoice, None without any.
        :rtype: date | None
        """
        if not stretches:
            return None
        start = min(start for start, _end in stretches)
        end = max(end for _start, end in stretches)
        if unpaid_from:
            end = min(end, unpaid_from)
        return end - timedelta(days=1) if end > start else None

    def _get_portal_period(self):
        """Return the first and last day of the invoiced period around today.

        :rtype: tuple | None
        """
        today = self._get_today()
        charges = self.env["sale.subscription.charge"].search(
            Domain("subscription_id", "=", self.id)
            & Domain("kind", "in", ("recurring", "proration"))
            & Domain("date_from", "<=", today)
            & Domain("date_to", ">=", today)
            & Domain("line_id", "in", self._get_priced_lines().ids)
        )
        if not charges:
            return None
        return min(charges.mapped("date_from")), max(charges.mapped("date_to"))

    def _get_portal_unpaid_start(self):
        """Return the first day that stands on an invoice which isn't paid.

        :rtype: date | None
        """
        moves = self._get_open_invoices().get(self)
        if not moves:
            return None
        charges = self.env["sale.subscription.charge"].search(
            Domain("subscription_id", "=", self.id)
            & Domain("invoice_line_id.move_id", "in", moves.ids)
            & Domain("date_from", "!=", False)
        )
        return min(charges.mapped("date_from"), default=None)

    # === PAYMENT METHOD === #
    def _get_portal_payment(self):
        """Return with what the contract is paid.

        :return: dict with `label`, `detail` and `problem` (texts, False where there is nothing to
            say).
        :rtype: dict
        """
        self.ensure_one()
        token = self.payment_token_id
        if token and self._is_charged():
            return {
                "label": token.display_name,
                "detail": self.env._("Charged automatically"),
                "problem": self._get_portal_card_problem(),
            }
        return {
            "label": self.env._("By invoice"),
            "detail": self.payment_term_id.name,
            "problem": self._get_portal_card_problem(),
        }

    # === ALERTS === #
    def _get_portal_alerts(self):
        """Return what the customer has to know first.

        :return: dicts with `type` ('danger', 'warning' or 'info'), `text`, and where there is
            something to do `url` and `action` (its text).
        :rtype: list
        """
        self.ensure_one()
        return [
            *self._get_portal_payment_alerts(),
            *self._get_portal_card_alerts(),
            *self._get_portal_quotation_alerts(),
        ]

    def _get_portal_payment_alerts(self):
        # sudo: customers are told in words, without the attempts themselves.
        if self.sudo().payment_exception:
            text = self.env._(
                "A payment is being checked. You don't have to do anything; we will come back to "
                "you if we need to."
            )
            return [{"type": "info", "text": text}]
        today = self._get_today()
        moves = self._get_open_invoices().get(self, self.env["account.move"])
        overdue = moves.filtered(lambda move: move._get_due_date() < today)
        declined = moves.filtered(lambda move: move._is_portal_declined())
        waiting = (overdue | declined).filtered(lambda move: not move._has_live_attempt())
        if not waiting:
            return []
        amount = self.currency_id.format(sum(waiting.mapped("amount_residual")))
        if declined:
            text = self.env._("A payment failed: %(amount)s is to be paid.", amount=amount)
        else:
            text = self.env._("%(amount)s is overdue.", amount=amount)
        return [
            {
                "type": "danger",
                "text": text,
                "url": "#subscription_payment",
                "action": self.env._("Pay now"),
            }
        ]

    def _get_portal_card_alerts(self):
        problem = self._get_portal_card_problem()
        if not problem:
            return []
        action = self.env._("Payment method")
        return [
            {"type": "warning", "text": problem, "url": "#subscription_payment", "action": action}
        ]

    def _get_portal_quotation_alerts(self):
        return [
            {
                "type": "info",
                "text": self.env._(
                    "An offer for this contract waits for your answer: %(order)s", order=order.name
                ),
                "order": order,
                "action": self.env._("Open"),
            }
            for order in self._get_portal_orders()
            if order._is_portal_open()
        ]

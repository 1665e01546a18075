from odoo import models
from odoo.tools.misc import format_date, formatLang


class SaleSubscription(models.Model):
    """What pausing, resuming and closing mean for the money, in words, before they are done."""

    _inherit = "sale.subscription"

    # === PAUSING === #
    def _describe_pause_effect(self, until=None, reason=None, when="now"):
        """Return what becomes of the days that were invoiced ahead, if the contract pauses.

        :param until: see `action_pause`, as are the others.
        :rtype: str
        :raise UserError: what `action_pause` would raise.
        """
        self.ensure_one()
        with self._simulate() as simulated:
            simulated.action_pause(until=until, reason=reason, when=when)
            credits = simulated._get_new_credits()
        if self._is_shifting():
            return self._describe_shift(self._get_effective_date(when))
        if not credits:
            return self.env._("No day of the pause was invoiced ahead: nothing is credited.")
        values = self._format_credits(credits)
        if self.template_id.credit_when == "now":
            return self.env._(
                "%(amount)s, taxes included, is credited at once for %(date_from)s to "
                "%(date_to)s, invoiced ahead.",
                **values,
            )
        return self.env._(
            "%(amount)s, taxes included, is credited with the next invoice for %(date_from)s to "
            "%(date_to)s, invoiced ahead.",
            **values,
        )

    def _describe_shift(self, start):
        """Return how many days paid ahead follow after a pause.

        :param date start: first day of the pause.
        :rtype: str
        """
        days = ((self._get_paid_until() or start) - start).days
        if days <= 0:
            return self.env._("No day of the pause was invoiced ahead: nothing moves.")
        return self.env._(
            "The %(days)s days invoiced ahead from %(date)s on follow after the pause: the next "
            "invoice comes later by as many days as it lasts.",
            days=days,
            date=format_date(self.env, start),
        )

    def _describe_resume_effect(self):
        """Return when a paused contract is invoiced next, if it goes on today.

        :rtype: str
        :raise UserError: what `action_resume` would raise.
        """
        self.ensure_one()
        with self._simulate() as simulated:
            simulated.action_resume()
            today = simulated._get_today()
            day = simulated.next_invoice_date
            following = day and simulated.preview_billing(max(day, today))
            due = sum(
                invoice["amount_total"]
                for invoice in following or []
                if invoice["due_date"] <= today.isoformat()
            )
        if due:
            return self.env._(
                "Service goes on at once. %(amount)s, taxes included, is invoiced now. %(payment)s",
                amount=self._format_amount(due),
                payment=self._describe_portal_payment(due) or "",
            ).strip()
        if not following:
            return self.env._("Service goes on at once. No invoice is to come.")
        return self.env._(
            "Service goes on at once. The next invoice comes on %(date)s: %(amount)s, taxes "
            "included.",
            date=format_date(self.env, following[0]["date"]),
            amount=self._format_amount(following[0]["amount_total"]),
        )

    # === CLOSING === #
    def _describe_close_effect(self, arguments, drops_drafts=False):
        """Return what is given back or still to be invoiced when the contract closes.

        :param dict arguments: how `action_close` would be called.
        :param bool drops_drafts: drafts that nobody confirmed would be deleted.
        :rtype: str
        :raise UserError: what `action_close` would raise.
        """
        self.ensure_one()
        paid_until = self._get_paid_until()
        with self._simulate() as simulated:
            simulated.action_close(**arguments)
            if drops_drafts:
                simulated._drop_draft_invoices()
            end = simulated.close_date
            last = simulated.preview_billing(max(end, simulated._get_today()))
            credits = simulated._get_new_credits()
            is_kept = bool(simulated.charge_end_date and paid_until and paid_until > end)
        balance = sum(invoice["amount_total"] for invoice in last)
        if drops_drafts and balance >= 0:
            return self.env._(
                "The drafts are deleted; until it closes %(amount)s, taxes included, is invoiced "
                "instead.",
                amount=self._format_amount(balance),
            )
        sentences = [self._describe_close_credits(credits, is_kept)]
        if self.currency_id.compare_amounts(balance, 0.0) > 0:
            sentences.append(
                self.env._(
                    "Still to be invoiced until then: %(amount)s, taxes included.",
                    amount=self._format_amount(balance),
                )
            )
        return " ".join(sentences)

    def _describe_close_credits(self, credits, is_kept):
        """Return what closing gives back.

        :param dict credits: see `_get_new_credits`.
        :param bool is_kept: unused days stay invoiced.
        :rtype: str
        """
        if credits:
            return self.env._(
                "%(amount)s, taxes included, is credited for %(date_from)s to %(date_to)s: "
                "invoiced, but not used.",
                **self._format_credits(credits),
            )
        if is_kept:
            return self.env._("Nothing is credited: what was invoiced for a period stays invoiced.")
        return self.env._("Nothing is invoiced beyond that day: there is nothing to credit.")

    # === FORMATS === #
    def _format_amount(self, amount):
        """Format an amount in the contract's currency.

        :rtype: str
        """
        return formatLang(self.env, amount, currency_obj=self.currency_id)

    def _format_credits(self, credits):
        """Format what `_get_new_credits` returns.

        :rtype: dict
        """
        return {
            "amount": self._format_amount(credits["total"]),
            "date_from": format_date(self.env, credits["date_from"]),
            "date_to": format_date(self.env, credits["date_to"]),
        }

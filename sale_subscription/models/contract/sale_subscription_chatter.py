from markupsafe import Markup

from odoo import models
from odoo.tools.misc import format_date, formatLang


class SaleSubscription(models.Model):
    """What the chatter tells of the steps in a contract's life."""

    _inherit = "sale.subscription"

    def _log_sentences(self, get_sentences):
        """Write one note per contract.

        :param get_sentences: function of a contract that returns a list of texts; those that are
            empty are left out.
        """
        bodies = {
            contract.id: Markup("<br/>").join(filter(None, get_sentences(contract)))
            for contract in self
        }
        if bodies:
            self._message_log_batch(bodies=bodies)

    def _get_responsible_user(self):
        """Return the employee who is told and asked about the contract.

        For a module to know somebody else, it must override this method and call super.

        :return: the salesperson, else the leader of the team, else nobody.
        :rtype: res.users
        """
        self.ensure_one()
        # sudo: jobs, customers and visitors make things happen, and may not read teams.
        return self.user_id or self.sudo().team_id.user_id.filtered("active")

    # === TEXTS === #
    def _get_start_sentences(self):
        """Return what is told when the contract starts.

        :rtype: list[str]
        """
        self.ensure_one()
        values = {
            "date": format_date(self.env, self.date_start),
            "total": formatLang(
                self.env, self.recurring_total_included, currency_obj=self.currency_id
            ),
            "period": self.period_label,
            "next": format_date(self.env, self.next_invoice_date),
        }
        if not self.next_invoice_date:
            return [self.env._("Started from %(date)s: %(total)s per %(period)s.", **values)]
        return [
            self.env._(
                "Started from %(date)s: %(total)s per %(period)s, invoiced next on %(next)s.",
                **values,
            )
        ]

    def _get_pause_sentences(self, start, until, reason):
        """Return what is told when a pause is agreed.

        :param date start: its first day.
        :param until: the first day of service again, or None.
        :param reason: why, or None.
        :rtype: list[str]
        """
        self.ensure_one()
        values = {
            "start": format_date(self.env, start),
            "until": until and format_date(self.env, until),
            "mrr": self._format_signed(-self._get_rounded_mrr(start)),
        }
        if until:
            text = self.env._(
                "Paused from %(start)s, goes on from %(until)s (MRR %(mrr)s).", **values
            )
        else:
            text = self.env._(
                "Paused from %(start)s until it is resumed by hand (MRR %(mrr)s).", **values
            )
        return [text, reason]

    def _get_resume_sentences(self):
        """Return what is told when the contract goes on after a pause.

        :rtype: list[str]
        """
        self.ensure_one()
        today = self._get_today()
        return [
            self.env._(
                "Goes on from %(date)s (MRR %(mrr)s).",
                date=format_date(self.env, today),
                mrr=self._format_signed(self._get_rounded_mrr(today)),
            )
        ]

    def _get_close_sentences(self):
        """Return what is told when a closing is agreed or has come.

        :rtype: list[str]
        """
        self.ensure_one()
        values = {
            "date": format_date(self.env, self.close_date),
            "reason": self.close_reason_id.name,
        }
        if self.state != "closed":
            return [
                self.env._("Closes on %(date)s: %(reason)s.", **values),
                self.close_message,
            ]
        return [
            self.env._(
                "Closed from %(date)s: %(reason)s (MRR %(mrr)s).",
                mrr=self._format_signed(-self._get_mrr_without_end(self.close_date)),
                **values,
            ),
            self.close_message,
        ]

    def _get_mrr_without_end(self, day):
        """Return the MRR that a contract would have on a day if it didn't end.

        :rtype: float
        """
        self.ensure_one()
        if day < self._get_first_paid_day() or self._is_paused_on(day):
            return 0.0
        lines = self.line_ids.filtered(lambda line: line._is_in_force(day))
        return self.currency_id.round(float(sum(line._get_exact_mrr() for line in lines)))

    def _get_reopen_sentences(self, gap_start):
        """Return what is told when a closing is taken back.

        :param gap_start: first day without service until today; None where there was none.
        :rtype: list[str]
        """
        self.ensure_one()
        if gap_start is None:
            return [
                self.env._(
                    "The closing on %s was withdrawn.", format_date(self.env, self.close_date)
                )
            ]
        today = self._get_today()
        if gap_start >= today:
            return [self.env._("Reopened on %s.", format_date(self.env, today))]
        return [
            self.env._(
                "Reopened on %(date)s: the time from %(start)s isn't invoiced.",
                date=format_date(self.env, today),
                start=format_date(self.env, gap_start),
            )
        ]

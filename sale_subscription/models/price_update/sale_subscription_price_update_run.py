from markupsafe import Markup

from odoo import models
from odoo.tools import float_compare
from odoo.tools.misc import format_date

from .sale_subscription_price_update_line import OPEN_STATES

# Fewer lines than this are worked on while the user waits.
AT_ONCE = 50


class SaleSubscriptionPriceUpdateLine(models.Model):
    """How the lines of a price update are applied and taken back, a batch at a time."""

    _inherit = "sale.subscription.price.update.line"

    # === BUSINESS METHODS === #
    def _start(self, state):
        """Put lines to work: few of them at once, many in the background.

        :param str state: 'waiting' or 'undoing'.
        """
        self.write({"state": state, "reason": False})
        if len(self) < AT_ONCE:
            self.subscription_id._apply_price_updates_at_once()
        if any(line.state in OPEN_STATES for line in self):
            self.update_id._trigger_job()

    def _apply(self):
        """Let the new prices hold: one change per line. The caller holds the locks."""
        coverage = self.subscription_id.line_ids._get_coverage()
        ready = self.browse()
        for line in self:
            if problem := line._get_problem(coverage):
                line.write({"state": "skipped", "reason": problem})
            else:
                ready |= line
        if not ready:
            return
        ready._create_changes()
        with ready.subscription_id._writing_lines_together():
            ready._write_versions()
        ready.write({"state": "done", "reason": False})
        ready._log_changes()
        ready._queue_notices()

    def _get_problem(self, coverage):
        """Return why a line can't be applied; its first day moves on when more was invoiced.

        :param dict coverage: see `sale.subscription.line._get_coverage`.
        :return: a sentence, or False.
        :rtype: str | bool
        """
        self.ensure_one()
        update, version = self.update_id, self.line_id
        problem = update._get_contract_problem(self.subscription_id)
        if problem:
            return problem
        terms = (self.old_price, self.old_discount)
        if not version or update._is_change(version, *terms) or self._is_replaced():
            return update._get_stale_text()
        day = update._get_first_day(version, coverage)
        if day > self.date_effective:
            self.date_effective = day
        return update._get_version_problem(version, self.date_effective)

    def _is_replaced(self):
        """Tell whether the version ended, or another quantity or plan took its place."""
        version = self.line_id
        return (
            version.plan_id != self.plan_id
            or bool(version.date_end and version.date_end < self.date_effective)
            or float_compare(version.quantity, self.quantity, precision_digits=9) != 0
        )

    def _create_changes(self):
        """Write down on the contracts what is about to be changed."""
        values = []
        for line in self:
            contract, version = line.subscription_id, line.line_id
            terms = {"price_unit": line.new_price, "discount": line.new_discount}
            paid = contract._is_paid_time(line.date_effective)
            values.append(
                {
                    "subscription_id": contract.id,
                    "kind": "price",
                    "date_effective": line.date_effective,
                    "description": contract._describe_line_change(version, terms, "price"),
                    "mrr_change": line.mrr_change if paid else 0.0,
                    "user_id": line.update_id.user_id.id,
                }
            )
        changes = self.env["sale.subscription.change"].sudo().create(values)
        for line, change in zip(self, changes, strict=True):
            line.change_id = change

    def _write_versions(self):
        """End the versions with the old prices and start those with the new ones."""
        successors = []
        for line in self:
            version, day = line.line_id, line.date_effective
            terms = {"price_unit": line.new_price, "discount": line.new_discount}
            if line.update_id.method == "pricelist":
                terms["technical_price_unit"] = line.new_price
            if line._is_rewritten():
                version.write(version._add_own_terms(terms))
                continue
            successors.append(
                {
                    **version._get_successor_values(),
                    **terms,
                    "subscription_id": version.subscription_id.id,
                    "date_start": day,
                    "change_id": line.change_id.id,
                    "own_terms": version._join_terms(
                        terms, version if day <= version.date_start else ()
                    ),
                    "changed_terms": version._join_terms(terms),
                }
            )
            # It is a period's first day: nothing is left to be charged or credited by days.
            for _command, line_id, values in version._prepare_end(day, line.change_id, True):
                version.browse(line_id).write(values)
        self.env["sale.subscription.line"].sudo().create(successors)
        self.subscription_id.line_ids._settle_terms(self.change_id)

    def _is_rewritten(self):
        """Tell whether the version hasn't begun, so that its price is simply another one.

        A version that another scheduled change made is replaced all the same: taking that change
        back must not bring the old price back unnoticed.
        """
        version = self.line_id
        return (
            self.date_effective <= version.date_start
            and not version.change_id
            and not version._is_charged()
        )

    def _log_changes(self):
        """Tell the contracts' chatters from when which price holds."""
        self._log_on_contracts(
            {
                line: self.env._(
                    "From %(date)s: %(change)s (MRR %(mrr)s), by the price update %(update)s",
                    date=format_date(self.env, line.date_effective),
                    change=line.change_id.description,
                    mrr=line.subscription_id._format_signed(line.change_id.mrr_change),
                    update=line.update_id.name,
                )
                for line in self
            }
        )

    def _log_on_contracts(self, sentences):
        """Write one note per contract.

        :param dict sentences: line → what is told of it.
        """
        bodies = {
            contract.id: Markup("<br/>").join(sentences[line] for line in lines)
            for contract, lines in self.grouped("subscription_id").items()
        }
        if bodies:
            self.subscription_id._message_log_batch(bodies=bodies)

    def _queue_notices(self):
        """Queue one mail per contract to its customer.

        A mail that can't be rendered keeps the price from changing: nobody pays more untold.
        """
        update = self.update_id
        # sudo: whoever applies prices needn't have a right on each customer's mails.
        template = update.mail_template_id.sudo().with_context(price_update_id=update.id)
        if not template:
            return
        contracts = self.subscription_id
        mails = template.send_mail_batch(contracts.ids)
        lost = mails.filtered(
            lambda mail: not mail.email_to and not any(mail.recipient_ids.mapped("email"))
        )
        untold = set(lost.mapped("res_id"))
        for line in self.filtered(lambda line: line.subscription_id.id in untold):
            line.reason = self.env._(
                "Changed, but nobody was told: %(customer)s has no email address.",
                customer=line.partner_id.display_name,
            )
        lost.unlink()

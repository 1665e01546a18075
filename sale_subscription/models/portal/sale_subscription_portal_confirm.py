import hashlib
import json
from collections import Counter

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools.misc import format_date

from ...const import CHARGE_MODES
from ...patience import commit_patiently, wait_for_lock


class SaleSubscription(models.Model):
    """What customers see before they confirm, that they get exactly that, and what is paid then."""

    _inherit = "sale.subscription"

    @api.model
    def _get_machine_fields(self):
        return (*super()._get_machine_fields(), "portal_revision")

    # === CHANGING === #
    def _preview_portal_change(self, raw):
        """Tell what changing the contract as chosen would do; writes nothing.

        :param dict raw: see `_read_portal_wish`.
        :return: what the panel shows: `problem` (in words, or False), `changes` (see
            `_get_effect`), `before` and `after` (see `_get_figures`), `due_total`, `due_tax`,
            `due_lines` (charged or credited today for the change), `due_before`, `credits` (with
            the next invoice), `start` (the day on which all of it holds), `payment` (how it is
            paid), `texts` (all of it in words) and `fingerprint`.
        :rtype: dict
        """
        self.ensure_one()
        contract = self.with_context(display_default_code=False)  # customers don't know the codes
        try:
            operations = contract._prepare_portal_changes(*contract._read_portal_wish(raw))
            if operations:
                self._lock_for_portal()  # somebody else's look is no reason to refuse
            effect = operations and contract._get_effect(operations)
        except UserError as error:
            return {"problem": str(error), "changes": []}
        if not effect or not effect["changes"]:
            return {"problem": False, "changes": []}
        before, after = effect["before"], effect["after"]
        panel = {
            "problem": False,
            **effect,
            "due_total": after["due_total"] - before["due_total"],
            "due_tax": after["due_tax"] - before["due_tax"],
            "due_before": before["due_total"],
            "due_lines": self._get_new_preview_lines(after["due_lines"], before["due_lines"]),
            "credits": [
                line
                for line in self._get_new_preview_lines(after["next_lines"], before["next_lines"])
                if line["kind"] == "credit"
            ],
            "start": max(change["date"] for change in effect["changes"]),
        }
        panel["payment"] = self._describe_portal_payment(after["due_total"])
        panel["texts"] = self._describe_portal_change(panel)
        # Not the lines: each try gives those it makes other ids.
        names = ("total", "due_total", "next_date", "next_total")
        figures = [[side[name] for name in names] for side in (before, after)]
        panel["fingerprint"] = self._get_portal_fingerprint(
            operations, effect["changes"], figures, panel["payment"]
        )
        return panel

    def _describe_portal_change(self, panel):
        """Return what the panel says, in sentences.

        :param dict panel: see `_preview_portal_change`.
        :return: `changes`, `due`, `lines`, `due_before`, `start`, `recurring`, `next` and
            `credits`; empty where there is nothing to say.
        :rtype: dict
        """
        before, after = panel["before"], panel["after"]
        has_before = self.currency_id.compare_amounts(panel["due_before"], 0.0) > 0
        return {
            "changes": [
                self.env._(
                    "%(change)s, from %(date)s",
                    change=change["description"],
                    date=format_date(self.env, change["date"]),
                )
                for change in panel["changes"]
            ],
            "due": self._describe_portal_due(panel),
            "lines": [self._describe_preview_line(line) for line in panel["due_lines"]],
            "due_before": has_before
            and self.env._(
                "%s were due today already; they are invoiced together.",
                self._format_amount(panel["due_before"]),
            ),
            "start": self.env._("From %s on", format_date(self.env, panel["start"])),
            "recurring": self._describe_portal_recurring(before, after),
            "next": after["next_date"]
            and self.env._(
                "%(amount)s on %(date)s, taxes included.",
                amount=self._format_amount(after["next_total"]),
                date=format_date(self.env, after["next_date"]),
            ),
            "credits": [self._describe_preview_line(line) for line in panel["credits"]],
        }

    def _describe_portal_due(self, panel):
        """Return what is paid or given back today.

        :rtype: str
        """
        due = panel["due_total"]
        sign = self.currency_id.compare_amounts(due, 0.0)
        if not sign:
            return self.env._("You pay nothing.")
        if sign < 0:
            return self.env._("You get %s back, taxes included.", self._format_amount(-due))
        return self.env._(
            "You pay %(amount)s, including %(tax)s taxes.",
            amount=self._format_amount(due),
            tax=self._format_amount(panel["due_tax"]),
        )

    def _describe_portal_recurring(self, before, after):
        """Return the new price, beside the old one where they can be compared.

        :rtype: str
        """
        values = {"amount": self._format_amount(after["total"]), "period": after["period"]}
        is_same = not self.currency_id.compare_amounts(before["total"], after["total"])
        if is_same or before["period"] != after["period"]:
            return self.env._("%(amount)s per %(period)s, taxes included.", **values)
        return self.env._(
            "%(amount)s per %(period)s, taxes included; so far %(before)s.",
            before=self._format_amount(before["total"]),
            **values,
        )

    def _describe_preview_line(self, line):
        """Return one line of a previewed invoice.

        :param dict line: see `preview_billing`.
        :rtype: str
        """
        values = {
            "quantity": self._format_portal_quantity(abs(line["quantity"])),
            "name": self._get_portal_line_name(line).split("\n")[0],
            "amount": self._format_amount(line["amount"]),
        }
        if not line["date_from"]:
            return self.env._("%(quantity)s × %(name)s: %(amount)s", **values)
        return self.env._(
            "%(quantity)s × %(name)s, %(date_from)s to %(date_to)s: %(amount)s",
            date_from=format_date(self.env, line["date_from"]),
            date_to=format_date(self.env, line["date_to"]),
            **values,
        )

    def _confirm_portal_change(self, raw, fingerprint):
        """Change the contract as the customer chose and saw, and invoice what is due now.

        :param dict raw: see `_read_portal_wish`.
        :param str fingerprint: of the panel the customer confirmed.
        :return: the sentence that tells it, and the invoices made.
        :rtype: tuple[str, account.move]
        :raise UserError: if it isn't possible (any more), or means something else by now.
        """
        self._lock_for_portal()
        panel = self._preview_portal_change(raw)
        if panel["problem"]:
            raise UserError(panel["problem"])
        if not panel["changes"]:
            raise UserError(
                self.env._("There is nothing to change: your subscription is like that already.")
            )
        self._check_portal_fingerprint(panel, fingerprint)
        changes = self._make_changes(self._prepare_portal_changes(*self._read_portal_wish(raw)))
        self._count_portal_operation()
        days = changes.mapped("date_effective")
        return self._describe_portal_changed(days), self._bill_for_portal()

    def _describe_portal_changed(self, days):
        """Return the sentence that tells that a change was made.

        :param list days: the first days on which its parts hold.
        :rtype: str
        """
        today, last = self._get_today(), max(days)
        date = format_date(self.env, last)
        if last <= today:
            return self.env._("Your subscription was changed.")
        if min(days) <= today:
            return self.env._("Your subscription was changed; all of it holds from %s on.", date)
        return self.env._("Your change is scheduled: it holds from %s on.", date)

    @api.model
    def _get_new_preview_lines(self, after, before):
        """Return the lines of a preview that another doesn't have.

        :rtype: list[dict]
        """

        def identify(line):
            names = ("product_id", "name", "kind", "date_from", "date_to", "amount")
            return json.dumps([line[name] for name in names], default=str)

        known = Counter(map(identify, before))
        new = []
        for line in after:
            key = identify(line)
            if known[key]:
                known[key] -= 1
            else:
                new.append(line)
        return new

    def _describe_portal_payment(self, due):
        """Return how what is due today will be paid.

        :param float due: the amount, taxes included.
        :rtype: str | bool
        """
        if self.currency_id.compare_amounts(due, 0.0) <= 0:
            return False
        if self.invoicing_mode == "manual":
            return self.env._("We send you the invoice later.")
        if self.invoicing_mode == "draft":
            return self.env._("We send you the invoice once we have checked it.")
        limit = self._get_charge_limit()
        is_above = limit is not None and self.currency_id.compare_amounts(due, limit) > 0
        if self.invoicing_mode in CHARGE_MODES and not self._get_card_problem() and not is_above:
            days = self.payment_term_id.line_ids.mapped("nb_days")
            if any(days):
                return self.env._("It is charged to your saved payment method when it is due.")
            return self.env._("It is charged to your saved payment method at once.")
        return self.env._("You get the invoice at once, and can pay it right away.")

    # === EVERY STEP === #
    def _lock_for_portal(self):
        """Let nobody else change or bill the contract; whoever is at it is waited for.

        If it was changed meanwhile, the request begins anew and sees what became of it.
        """
        self.ensure_one()
        self.env.flush_all()
        wait_for_lock(self)

    def _get_portal_fingerprint(self, *shown):
        """Return a text that is another one as soon as the contract, or what it means, is another.

        :param shown: what the customer saw and confirms, as plain values.
        :rtype: str
        """
        # sudo: of what customers can't read, only whether there is more of it matters.
        contract = self.sudo()
        facts = [
            contract.id,
            contract.portal_revision,
            contract.state,
            contract.close_date,
            max(contract.change_ids.ids, default=0),
            len(contract.change_ids.filtered("is_withdrawn")),
            max(contract.pause_ids.ids, default=0),
            contract._get_today(),
            contract.payment_token_id.id,
            contract.invoicing_mode,
            shown,
        ]
        text = json.dumps(facts, default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _check_portal_fingerprint(self, panel, fingerprint):
        """Refuse to do something else than what the customer saw.

        :param dict panel: what they would see now.
        :param str fingerprint: of what they saw.
        :raise UserError: asking them to look again.
        """
        if panel["fingerprint"] != fingerprint:
            raise UserError(
                self.env._(
                    "Your subscription was changed meanwhile, or means something else by now. "
                    "Please look at it again, then confirm."
                )
            )

    def _count_portal_operation(self):
        """Note that customers did something: what was confirmed before can't be repeated."""
        self.sudo().portal_revision += 1  # sudo: see `_check_funnel`

    def _bill_for_portal(self):
        """Invoice what is due, unless somebody does that by hand.

        :rtype: account.move
        """
        Move = self.env["account.move"]
        return Move if self.invoicing_mode == "manual" else Move.browse(self.action_bill())

    # === PAYING === #
    @api.private
    def _collect_for_portal(self, moves):
        """Charge the saved payment method with invoices just made, as collecting always does.

        It is the first step of their ladder, taken without waiting for the job. What was done
        before is committed first: it holds whatever becomes of the payment. What can't be charged
        now is left to the job.

        :param moves: the `account.move`.
        :return: None
        """
        self.env["ir.cron"]._commit_progress()
        for move in moves:
            if not move._is_collectable() or move._get_charge_problem():
                continue
            try:
                attempt = commit_patiently(self.env, move._take_step_if_due)
            except (UserError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.env.cr.rollback()  # the job was faster, or is at it
            else:
                attempt.run()

    def _describe_portal_invoices(self, moves):
        """Return what became of invoices just made.

        :param moves: the `account.move`.
        :return: sentences, links (dicts `url`, `label`, `is_payment`), and whether all is well.
        :rtype: tuple[list, list, bool]
        """
        sentences, links, is_well = [], [], True
        for move in moves:
            is_open = move._is_collectable()
            declined = is_open and move._get_portal_payment_notice()
            sentences.append(declined or self._describe_portal_invoice(move, is_open))
            is_well = is_well and (not declined or move._has_live_attempt())
            if move.state == "posted":
                is_payment = is_open and not move._has_live_attempt()
                label = (
                    self.env._("Pay %(invoice)s", invoice=move.name)
                    if is_payment
                    else self.env._("View %(invoice)s", invoice=move.name)
                )
                url = self.get_portal_url(
                    suffix=f"/invoices/{move.id}", query_string="&pay=1" if is_payment else None
                )
                links.append({"url": url, "label": label, "is_payment": is_payment})
        return sentences, links, is_well

    def _describe_portal_invoice(self, move, is_open):
        """Return the sentence that tells of one invoice.

        :rtype: str
        """
        values = {
            "invoice": move.name,
            "amount": move.currency_id.format(
                move.amount_residual if is_open else move.amount_total
            ),
        }
        if move.state != "posted":
            return self.env._("We check the invoice of %(amount)s and send it to you.", **values)
        if move.move_type == "out_refund":
            return self.env._("You get the credit note %(invoice)s of %(amount)s.", **values)
        if is_open:
            return self.env._("The invoice %(invoice)s of %(amount)s is open.", **values)
        return self.env._("The invoice %(invoice)s of %(amount)s is paid.", **values)

from contextlib import contextmanager

from odoo import api, models
from odoo.tools.misc import Callbacks


class SaleSubscription(models.Model):
    """What an operation would do to a contract: done for real, looked at, and undone."""

    _inherit = "sale.subscription"

    @contextmanager
    def _simulate(self):
        """Let operations run on these contracts and undo all of them at the end.

        They run on the same cursor, inside a savepoint that is rolled back, but with a cache and
        with commit hooks of their own: records that a form is computing keep their values, and
        nothing that was only tried is sent at the commit.

        Inside, only the records it gives and plain values may be used: those of the world outside
        would mix up both worlds.

        :return: context manager that gives these contracts in the environment of the simulation.
        """
        self.env.flush_all()
        cr = self.env.cr
        kept = cr.transaction, cr.precommit, cr.postcommit
        cr.transaction, cr.precommit, cr.postcommit = None, Callbacks(), Callbacks()
        try:
            savepoint = cr.savepoint(flush=False)
            try:
                context = {**self.env.context, "tracking_disable": True}
                yield self.with_env(api.Environment(cr, self.env.uid, context, self.env.su))
            finally:
                savepoint.close(rollback=True)
                cr.cache.clear()
        finally:
            cr.transaction, cr.precommit, cr.postcommit = kept

    def _get_effect(self, operations):
        """Tell what changes would do; writes nothing.

        :param list operations: see `_make_changes`.
        :return: dict with `before` and `after` (see `_get_figures`, both of the day on which all
            of it holds) and `changes` (dicts `date`, `description`, `mrr_change`, by date).
        :rtype: dict
        :raise UserError: what the changes themselves would raise.
        """
        self.ensure_one()
        with self._simulate() as contract:
            changes = contract._make_changes(operations)
            start = max(contract._get_today(), contract.date_start)
            day = max([start, *changes.mapped("date_effective")])
            effect = {
                "changes": [
                    {
                        "date": change.date_effective,
                        "description": change.description,
                        "mrr_change": change.mrr_change,
                    }
                    for change in changes.sorted(lambda c: (c.date_effective, c.id))
                ],
                "after": contract._get_figures(day),
            }
        with self._simulate() as contract:
            effect["before"] = contract._get_figures(day)
        return effect

    def _make_changes(self, operations):
        """Make several changes, all of them or none.

        :param list operations: tuples of the name of a public method, its arguments by name, and
            the first day it holds, in the order in which they are to be made.
        :return: the changes made.
        :rtype: sale.subscription.change
        :raise UserError: what the methods raise.
        """
        self.ensure_one()
        before = self.change_ids
        for name, arguments, day in operations:
            getattr(self, name)(**arguments, when=day)
        return self.change_ids - before

    def _get_figures(self, day):
        """Return what the contract costs on a day, what is due now and what comes next.

        Inside `_simulate` only: what is due is settled to see what follows.

        :param date day: the day prices and MRR are those of.
        :return: dict with `untaxed`, `total` (one period's price), `period` (its length in words),
            `mrr`, `due_untaxed`, `due_tax`, `due_total` (invoiced now; negative: credited),
            `due_lines` and `next_lines` (see `preview_billing`), `next_date` (False: none) and
            `next_total`; amounts in the contract's currency.
        :rtype: dict
        """
        self.ensure_one()
        today = self._get_today()
        lines = self.line_ids.filtered(lambda line: line._is_in_force(day))
        totals = self._get_tax_totals(lines)
        plan = lines.plan_id if len(lines.plan_id) == 1 else self.plan_id
        due = self.preview_billing(today)
        self._settle_due(today)
        following = self.next_invoice_date and self.preview_billing(self.next_invoice_date)
        return {
            "untaxed": totals["base_amount_currency"],
            "total": totals["total_amount_currency"],
            "period": plan.period_label,
            "mrr": self._get_rounded_mrr(day),
            "due_untaxed": sum(invoice["amount_untaxed"] for invoice in due),
            "due_tax": sum(invoice["amount_tax"] for invoice in due),
            "due_total": sum(invoice["amount_total"] for invoice in due),
            "due_lines": [line for invoice in due for line in invoice["lines"]],
            "next_lines": following[0]["lines"] if following else [],
            "next_date": following[0]["date"] if following else False,
            "next_total": following[0]["amount_total"] if following else 0.0,
        }

    def _settle_due(self, today):
        """Write what is due into the ledger as if it had been invoiced, without an invoice.

        :param date today: last day taken into account.
        """
        charges = self._create_charges(today, self.line_ids._get_coverage())
        charges = self._leave_riders(charges | self._get_waiting_charges(today))
        groups, deferred = self._defer_credits(self._group_charges(charges, today))
        # sudo: the ledger has no other door than billing; all of it is undone.
        deferred.sudo().date_due = False
        for group in groups.values():
            group.sudo().is_waived = True
        self._update_next_invoice_date()

    def _get_new_credits(self):
        """Return the credits that follow from what was just done; inside `_simulate` only.

        :return: dict with `total` (given back, taxes included, above 0), `date_from` and `date_to`
            (the days given back, inclusive); empty without any.
        :rtype: dict
        """
        self.ensure_one()
        charges = self._create_charges(self._get_today(), self.line_ids._get_coverage())
        credits = charges.filtered(lambda charge: charge.kind == "credit")
        if not credits:
            return {}
        totals = self._get_tax_totals_of(
            [charge._prepare_base_line_for_taxes_computation() for charge in credits]
        )
        return {
            "total": -totals["total_amount_currency"],
            "date_from": min(credits.mapped("date_from")),
            "date_to": max(credits.mapped("date_to")),
        }

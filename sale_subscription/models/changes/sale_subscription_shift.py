from datetime import timedelta

from odoo import models
from odoo.fields import Command

from ...engine.intervals import FOREVER, merge, subtract
from ...engine.owed import owed


class SaleSubscription(models.Model):
    """Pauses that shift the periods: days paid ahead and not used follow after the pause."""

    _inherit = "sale.subscription"

    def _is_shifting(self):
        """Tell whether paused days move the periods instead of being credited.

        Periods that begin on a fixed day of the month can't move, and what is paid afterwards has
        no paid days to move.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.template_id.pause_policy == "shift"
            and self.timing == "advance"
            and not self.anchor_day
        )

    def _get_pause_charge_end(self, day):
        """Override: where periods shift, days paid ahead follow after the pause."""
        return not self._is_shifting() and super()._get_pause_charge_end(day)

    def _get_billing_pauses(self, covered, version_end=None):
        """Return the pauses as billing sees them.

        Where periods shift, what is paid ahead stays paid during the pause: it is used later. A
        contract that ends gives it back, and so does a version that another one replaces before
        service goes on: its days can't follow at terms that don't hold any more.

        :param covered: half-open intervals charged so far.
        :param date version_end: first day on which what was charged doesn't hold any more.
        :return: half-open intervals, see `_get_pauses`.
        :rtype: list
        """
        self.ensure_one()
        pauses = self._get_uncharged_pauses()
        if not pauses or not self._is_shifting() or self.close_date:
            return pauses
        paid_until = max((end for _start, end in covered), default=None)
        unsettled = self._get_unsettled_pauses()
        clipped = subtract(merge(pauses), unsettled)
        for start, end in unsettled:
            # An open pause may end today: what begins later may still find service resumed.
            resumed = self._get_today() if end == FOREVER else end
            if not version_end or version_end > resumed:
                start = max(start, paid_until or start)
            if start < end:
                clipped.append((start, end))
        return clipped

    def _shift_periods(self, start, resumed):
        """Let the days paid ahead follow after a pause that is over, and count periods anew.

        :param date start: first day paused.
        :param date resumed: the day service went on, today or earlier.
        :return: None
        """
        self.ensure_one()
        if not self._is_shifting():
            return
        coverage = self.line_ids._get_coverage()
        # Where the version before stays charged for a while, its days are the ones that count.
        lines = self.line_ids.filtered(
            lambda line: (
                line._is_in_force(resumed)
                and line.date_start < resumed
                and (line.charge_start_date or resumed) <= resumed
            )
        )
        values, commands, moved = [], [], []
        for line in lines:
            covered = coverage.get(line.id, ())
            credits = self._get_paused_credits(line, covered, start)
            days = sum((piece.end - piece.start).days for piece in credits)
            anchor = resumed + timedelta(days=days)
            successor = {
                **line._get_successor_values(),
                "date_start": resumed,
                "anchor_date": anchor,
                "own_terms": line._join_terms({"anchor_date"}),
            }
            # A scheduled change ends the successor now.
            ended = {"date_end": resumed - timedelta(days=1), **line.browse()._get_end_terms()}
            commands.append(Command.update(line.id, ended))
            commands.append(Command.create(successor))
            values += [self._prepare_charge(line, piece) | {"is_waived": True} for piece in credits]
            moved.append((line, anchor, credits))
        self._number_revisions(values)
        Charge = self.env["sale.subscription.charge"].sudo()  # sudo: see `_create_charges`
        Charge.create(values)
        # sudo: the calendar changes what nobody may write by hand.
        self.sudo().write({"line_ids": commands})
        Charge.create(
            [
                self._prepare_moved_charge(line.successor_ids[-1:], resumed, anchor, credits)
                for line, anchor, credits in moved
                if credits
            ]
        )
        self._move_anchor(resumed, [line.successor_ids[-1:] for line, *_rest in moved])
        if moved:
            self.line_ids._settle_terms()
        self._update_next_invoice_date()

    def _get_paused_credits(self, line, covered, start):
        """Return the slices of a line that were paid for days from the start of a pause on.

        :rtype: list[engine.owed.Charge]
        """
        version = line._get_version()
        pieces = owed(version, covered, start, self._get_rounding(), pauses=[(start, None)])
        credits = [piece for piece in pieces if piece.kind == "credit" and piece.start >= start]
        return [line._as_charged(piece) for piece in credits]

    def _prepare_moved_charge(self, line, resumed, anchor, credits):
        """Return the charge that says which days are paid instead; no money moves.

        :rtype: dict
        """
        amount = -float(sum(piece.amount for piece in credits))
        return {
            "subscription_id": self.id,
            "line_id": line.id,
            "kind": "proration",
            "date_from": resumed,
            "date_to": anchor - timedelta(days=1),
            "date_due": resumed,
            "revision": 0,
            "name": line.name,
            "product_id": line.product_id.id,
            "uom_id": line.uom_id.id,
            "quantity": line.quantity,
            "price_unit": self._get_price_for_amount(line, amount),
            "discount": line.discount,
            "amount": amount,
            "currency_id": self.currency_id.id,
            "company_id": self.company_id.id,
            "is_waived": True,
        }

    def _move_anchor(self, resumed, versions):
        """Count the contract's periods from another day; what was charged keeps its own.

        :param date resumed: the day service went on after a pause.
        :param list versions: the `sale.subscription.line` that go on from then.
        """
        lines = self.sudo().line_ids
        charged = lines.filtered(lambda line: line.date_start >= resumed and line._is_charged())
        charged._keep_anchor(is_own=True)
        # After a pause entered late something else may run by now.
        today = self._get_today()
        anchors = [line.anchor_date for line in versions if line._is_in_force(today)]
        if not anchors:
            return
        lines.filtered(lambda line: line.date_start < resumed)._keep_anchor()
        # sudo: the anchor of a running contract follows from its pauses and plans only.
        self.sudo().anchor_date = max(anchors)

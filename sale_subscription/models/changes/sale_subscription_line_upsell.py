from dataclasses import replace

from odoo import models
from odoo.tools import float_compare

from ...engine.owed import CREDIT, owed
from ...engine.values import exact


class SaleSubscriptionLine(models.Model):
    """What an upsell asks of a running line."""

    _inherit = "sale.subscription.line"

    def _can_be_raised(self, day, coverage):
        """Tell whether a higher quantity from a day on changes nothing but that quantity.

        What ends or changes later keeps its own quantities, what is still to be invoiced or given
        back is so as it was, and what is paid beyond the running period stays paid.

        :param date day: first day of the higher quantity.
        :param dict coverage: see `_get_coverage`.
        :rtype: bool
        """
        self.ensure_one()
        contract = self.subscription_id
        covered = coverage.get(self.id, ())
        paid_until = max((end for _start, end in covered), default=None)
        return bool(
            self._is_in_force(day)
            and not self.date_end
            and not self.charge_end_date
            and (not paid_until or paid_until <= self._get_recurrence().next_after(day))
            and not owed(
                self._get_version(),
                covered,
                day,
                contract._get_rounding(),
                self._get_billing_pauses(covered),
            )
        )

    def _is_sold_like(self, order_line):
        """Tell whether an order line sells just what this line delivers.

        :param order_line: the `sale.order.line`, saved or not.
        :rtype: bool
        """
        self.ensure_one()
        return (
            self.product_id == order_line.product_id._origin
            and self.uom_id == order_line.product_uom_id._origin
            and self.plan_id == order_line.subscription_plan_id._origin
            and float_compare(self.price_unit, order_line.price_unit, precision_digits=9) == 0
            and float_compare(self.discount, order_line.discount, precision_digits=9) == 0
            and self.tax_ids == order_line.tax_ids._origin
            and (self.analytic_distribution or {}) == (order_line.analytic_distribution or {})
        )

    def _get_raised_pieces(self, order_line, schedule):
        """Return what is due first when an order line raises this line.

        :param order_line: the `sale.order.line`.
        :param dict schedule: see `sale.subscription._get_order_schedule`.
        :return: credits of this version, and charges of the one with the higher quantity: lists
            of `engine.owed.Charge`.
        :rtype: tuple
        """
        self.ensure_one()
        contract = self.subscription_id
        day, version = schedule["day"], self._get_version()
        quantity = exact(self.quantity) + exact(order_line.product_uom_qty)
        prorate = self._is_prorated_by({"quantity": quantity}, day)
        paid = self._get_paid_version(day) if prorate else self.browse()
        credits = paid._get_unused_pieces(schedule) if paid else []
        start = contract._get_first_charged_day(day, prorate, version.recurrence)
        higher = replace(
            version,
            start=start,
            end=version.end and max(start, version.end),
            price=quantity * exact(self.price_unit) * (100 - exact(self.discount)) / 100,
        )
        charges = owed(
            higher, [], schedule["today"], schedule["quantum"], contract._get_billing_pauses(())
        )
        return credits, charges

    def _get_unused_pieces(self, schedule):
        """Return the credits for what is paid of this version and not used from a day on.

        :param dict schedule: see `sale.subscription._get_order_schedule`.
        :rtype: list[engine.owed.Charge]
        """
        self.ensure_one()
        day, version = schedule["day"], self._get_version()
        covered = schedule["coverage"].get(self.id, ())
        pieces = owed(
            replace(version, end=max(version.start, day)),
            covered,
            schedule["today"],
            schedule["quantum"],
            self.subscription_id._get_billing_pauses(covered, day),
        )
        return [self._as_charged(piece) for piece in pieces if piece.kind == CREDIT]

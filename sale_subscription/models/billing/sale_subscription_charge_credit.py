from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError

from ...engine.values import exact


class SaleSubscriptionCharge(models.Model):
    """Credits in the ledger: never more than the documents charged and left standing."""

    _inherit = "sale.subscription.charge"

    # === GETTERS === #
    def _get_charges_given_back(self):
        """Return the charges whose days this credit gives back, wherever they are billed.

        A charge without an invoice may stand for days that were moved, by a pause or by a change
        at the same price: what paid for those days counts, too.

        :rtype: sale.subscription.charge
        """
        self.ensure_one()
        charges = self.line_id.charge_ids.filtered(
            lambda charge: (
                charge.kind != "credit"
                and charge.date_from <= self.date_to
                and self.date_from <= charge.date_to
            )
        )
        for charge in charges.filtered("is_waived"):
            for credit in charge._get_credits_moved_from():
                charges |= credit._get_charges_given_back()
        return charges

    def _get_credits_moved_from(self):
        """Return the credits of earlier versions that paid for this charge; no money moved.

        :rtype: sale.subscription.charge
        """
        self.ensure_one()
        for version in self.line_id._get_earlier_versions():
            credits = version.charge_ids.filtered(
                lambda charge: (
                    charge.kind == "credit" and charge.is_waived and not charge.is_held_back
                )
            )
            if credits:
                return credits
        return self.browse()

    def _get_credited_charges(self):
        """Return the invoiced charges whose days this credit gives back.

        :rtype: sale.subscription.charge
        """
        return self._get_charges_given_back().filtered(
            lambda charge: charge.move_id.state == "posted"
        )

    def _get_credits_given(self):
        """Return the credits that give back, or will give back, days of these charges.

        :rtype: sale.subscription.charge
        """
        return self.subscription_id.charge_ids.filtered(
            lambda charge: (
                charge.kind == "credit"
                and not charge.is_waived
                and charge._origin.id
                and charge._get_charges_given_back() & self
            )
        )

    def _get_corrected_invoices(self):
        """Return the posted invoices that charged what these charges give back.

        :rtype: account.move
        """
        moves = self.env["account.move"]
        for credit in self.filtered(lambda charge: charge.kind == "credit"):
            moves |= credit._get_credited_charges().move_id
        return moves

    def _get_left_to_credit(self):
        """Return how much can be given back of what this credit is about.

        That is what the lines of the invoices still say. Where an accountant gave back a sum that
        belongs to no line, it is no more than what the whole invoices still say.

        :return: in the price's terms; None where nobody but us gave anything back.
        :rtype: float | None
        """
        self.ensure_one()
        charges = self._get_credited_charges()
        by_hand = charges.move_id._get_lines_given_back_by_hand()
        if not by_hand:
            return None
        all_charges = charges.move_id.invoice_line_ids.subscription_charge_ids.filtered(
            lambda charge: charge.kind != "credit"
        )
        # Lines that an invoice can't tell apart are looked at together.
        keys = set(charges.mapped(lambda charge: charge._get_line_key()))
        charges |= all_charges.filtered(lambda charge: charge._get_line_key() in keys)
        left = self._get_left_of(
            charges.invoice_line_id,
            charges,
            by_hand.filtered(lambda line: line._get_charge_key() in keys),
        )
        known = set(all_charges.mapped(lambda charge: charge._get_line_key()))
        if any(line._get_charge_key() not in known for line in by_hand):
            lines = charges.move_id.invoice_line_ids.filtered(
                lambda line: "credit" not in line.subscription_charge_ids.mapped("kind")
            )
            left = min(left, self._get_left_of(lines, all_charges, by_hand))
        return left

    def _get_left_of(self, lines, charges, by_hand):
        """Return what invoice lines still say: less our other credits, less accountants' notes.

        :param lines: `account.move.line` of invoices.
        :param charges: the `sale.subscription.charge` they bill.
        :param by_hand: `account.move.line` of accountants' credit notes.
        :rtype: float
        """
        credits = charges._get_credits_given() - self._origin
        charged, refunded = (
            sum(line._get_charged_amount() for line in some) for some in (lines, by_hand)
        )
        return charged + sum(credits.mapped("amount")) - refunded

    def _get_line_key(self):
        """Return what tells the charge's invoice line apart; core copies it to credit notes.

        :rtype: tuple
        """
        self.ensure_one()
        return (self.subscription_id, self.product_id, self.date_from, self.date_to)

    # === BUSINESS METHODS === #
    def _waive_reversed(self):
        """Give nothing back that an accountant gave back already by reversing its invoice."""
        for credit in self.filtered(lambda charge: charge.kind == "credit"):
            left, currency = credit._get_left_to_credit(), credit.currency_id
            if left is None or currency.compare_amounts(left, -credit.amount) >= 0:
                continue
            if currency.compare_amounts(left, 0.0) > 0:
                credit._hold_back(currency.round(-credit.amount - left))
            else:
                credit.write({"is_waived": True, "is_held_back": True})

    def _hold_back(self, amount):
        """Give back less; the rest becomes a credit of its own that waits for a change of mind.

        :param float amount: what isn't given back, above zero.
        """
        self.ensure_one()
        values = self.copy_data()[0] if self.id else {}
        self.amount = self.currency_id.round(self.amount + amount)
        self._fit_price()
        charged_again = self.line_id.charge_ids.filtered(
            lambda charge: (
                charge.kind != "credit"
                and charge.id > self.id
                and charge.date_from <= self.date_to
                and self.date_from <= charge.date_to
            )
        )
        # A later credit would take the days back that were charged again meanwhile.
        if values and not charged_again:
            values.update(amount=-amount, is_waived=True, is_held_back=True)
            self.env["sale.subscription"]._number_revisions([values])
            self.create(values)._fit_price()

    def _give_held_back(self):
        """Give back after all what no credit note of an accountant gives back any more."""
        for credit in self:
            credit.write({"is_waived": False, "is_held_back": False})
            credit._waive_reversed()
        self.subscription_id._update_next_invoice_date()

    def _follow_charge(self):
        """Let credits made before an invoice was confirmed follow what it charges now.

        :raise UserError: if more was given back for good than it charges now.
        """
        self.ensure_one()
        credits = self._get_credits_given()
        if not self.move_id._get_lines_given_back_by_hand():
            for credit in credits.filtered(lambda credit: credit.line_id == self.line_id):
                credit._cut_anew()
        charges = self.browse()
        for credit in credits:
            charges |= credit._get_charges_given_back().filtered(lambda c: not c.is_waived)
        left = sum((charges | credits).mapped("amount"))
        if credits and self.currency_id.compare_amounts(left, 0.0) < 0:
            raise UserError(
                self.env._(
                    "%(invoice)s can't be confirmed: it charges less for “%(product)s” than was "
                    "given back of it already. Look at the credit notes of %(contract)s first.",
                    invoice=self.move_id.display_name,
                    product=self.product_id.display_name,
                    contract=self.subscription_id.display_name,
                )
            )

    def _cut_anew(self):
        """Make a credit its share of what is charged now, unless that is for good already."""
        self.ensure_one()
        line = self.invoice_line_id
        if line and (line.parent_state != "draft" or not line._is_as_charged(self)):
            return
        end = self.date_to + timedelta(days=1)
        amount = self.line_id._get_amount_charged(self.date_from, end, before=self)
        if amount is not None:
            self.amount = -float(amount)
            self._fit_price()
            if line:
                line.price_unit = self.price_unit

    def _fit_prices(self):
        """Let the lines of one invoice come to the cents of the ledger, also all together.

        Core may round the sum of what the lines come to exactly, instead of adding up lines that
        are rounded: then a line whose price doesn't come to whole cents gets one that does.
        """
        if self.company_id.tax_calculation_rounding_method != "round_globally":
            return
        groups = self.grouped(lambda charge: charge._get_taxes())
        # What taxes are added to is summed up whatever the taxes are.
        excluded = self.browse()
        for taxes, charges in groups.items():
            if not any(taxes.flatten_taxes_hierarchy().mapped("price_include")):
                excluded |= charges
        for charges in filter(None, [*groups.values(), excluded]):
            exactly = float(sum(charge._get_exact_amount() for charge in charges))
            amount = sum(charges.mapped("amount"))
            if charges.currency_id.compare_amounts(exactly, amount):
                for charge in charges:
                    charge._fit_price()

    def _fit_price(self):
        """Write the price that makes quantity and discount come to the amount."""
        self.ensure_one()
        if self._get_exact_amount() != exact(self.amount):
            self.price_unit = self.subscription_id._get_price_for_amount(self, self.amount)

    def _get_exact_amount(self):
        """Return quantity × price less discount, not rounded.

        :rtype: fractions.Fraction
        """
        self.ensure_one()
        return exact(self.quantity) * exact(self.price_unit) * (100 - exact(self.discount)) / 100

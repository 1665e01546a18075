from odoo import models


class AccountMoveLine(models.Model):
    """What an invoice line charges, as the ledger counts it."""

    _inherit = "account.move.line"

    def _get_charged_amount(self):
        """Return quantity × price less discount, rounded; the sign is the document's.

        :rtype: float
        """
        self.ensure_one()
        amount = self.quantity * self.price_unit * (100 - self.discount) / 100
        return self.currency_id.round(amount)

    def _get_charge_key(self):
        """Return which charge this line is about, also on a credit note.

        :return: see `sale.subscription.charge._get_line_key`.
        :rtype: tuple
        """
        self.ensure_one()
        period = (self.subscription_date_from, self.subscription_date_to)
        return (self.subscription_id, self.product_id, *period)

    def _get_amount_for_ledger(self):
        """Return what the line charges, below zero where it gives money back.

        :rtype: float
        """
        return self._get_charged_amount() * (-1 if self.move_id.move_type == "out_refund" else 1)

    def _is_as_charged(self, charge):
        """Tell whether the line comes to what the ledger says.

        :param charge: a `sale.subscription.charge` billed by it.
        :rtype: bool
        """
        return not self.currency_id.compare_amounts(self._get_amount_for_ledger(), charge.amount)

    def _note_charged_amounts(self):
        """Let charges have the quantity, price and amount of the line that bills them."""
        for line in self.filtered("subscription_charge_ids"):
            charge = line.subscription_charge_ids
            sign = -1 if line.move_id.move_type == "out_refund" else 1
            if (
                len(charge) == 1
                and charge.currency_id == line.currency_id
                and not line._is_as_charged(charge)
            ):
                charge.write(
                    {
                        "quantity": line.quantity * sign,
                        "price_unit": line.price_unit,
                        "discount": line.discount,
                        "amount": line._get_amount_for_ledger(),
                    }
                )
                if charge.kind != "credit":
                    charge._follow_charge()

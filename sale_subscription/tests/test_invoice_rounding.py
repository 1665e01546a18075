from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestInvoiceRounding(SubscriptionCommon):
    """Invoices rounded as a whole come to the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.tax_10 = cls.tax_15.copy({"name": "10 %", "amount": 10.0})

    def _bill_halves(self, *taxes):
        """Bill lines of 3.33 less 50 %, that is 1.665 each, with a tax each."""
        lines = [
            {"price_unit": 3.33, "discount": 50.0, "tax_ids": [Command.set(tax.ids)]}
            for tax in taxes
        ]
        contract = self._activate("2026-03-01", lines=lines)
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(contract.charge_ids.mapped("amount"), [1.67, 1.67])
        return move

    def test_lines_with_different_taxes(self):
        move = self._bill_halves(self.tax_15, self.tax_10)
        self.assertEqual(move.amount_untaxed, 3.34)
        self.assertEqual(sum(move.invoice_line_ids.mapped("price_subtotal")), 3.34)

    def test_lines_with_and_without_a_tax(self):
        move = self._bill_halves(self.tax_15, self.env["account.tax"])
        self.assertEqual(move.amount_untaxed, 3.34)

from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .invoice_batch_common import InvoiceBatchCommon


@tagged("post_install", "-at_install")
class TestInvoiceBatch(InvoiceBatchCommon):
    """Invoices whose lines were finished beforehand are equal to core's, field by field."""

    # === TESTS: EQUAL === #
    def test_plain(self):
        batch = self._check(self._vals())
        self.assertRecordValues(
            batch[0],
            [{"amount_untaxed": 147.0, "amount_tax": 22.05, "amount_total": 169.05}],
        )
        self.assertIn(self.other_receivable, batch[1].line_ids.account_id)

    def test_taxes(self):
        # Several kinds on one document: each comparison takes seconds.
        documents = (
            [self.tax_15 + self.tax_7, self.tax_incl, self.tax_incl + self.tax_fixed],
            [self.tax_fixed, self.tax_division, self.tax_group, self.env["account.tax"]],
            [self.tax_zero, self.tax_reverse, self.tax_split],
        )
        for number, kinds in enumerate(documents):
            for method in ("round_per_line", "round_globally"):
                with self.subTest(document=number, method=method):
                    self.company.tax_calculation_rounding_method = method
                    lines = [self._line(9.99, self.tax_15, quantity=7, discount=33.33)]
                    for taxes in kinds:
                        lines.append(self._line(21.53, taxes, product=0))
                        lines.append(self._line(21.53, taxes, quantity=1.5, product=1))
                    self._check(self._vals(lines))

    def test_taxes_of_refunds(self):
        for taxes in (self.tax_split, self.tax_reverse, self.tax_group, self.tax_incl):
            with self.subTest(taxes=taxes.mapped("name")):
                lines = [self._line(21.53, taxes), self._line(-3.11, taxes, product=1)]
                self._check(self._vals(lines, move_type="out_refund"))

    def test_foreign_currency(self):
        lines = [self._line(33.33, self.tax_incl), self._line(0.07, quantity=13, product=1)]
        no_term = self.env["account.payment.term"]
        for day, method, term in (
            ("2026-09-30", "round_per_line", self.term_split),
            ("2026-09-30", "round_globally", no_term),
            ("2026-11-01", "round_globally", self.term_split),
            ("2026-11-01", "round_per_line", self.term_fixed),
        ):
            with self.subTest(day=day, method=method, term=term.name):
                self.company.tax_calculation_rounding_method = method
                self._check(
                    self._vals(
                        lines,
                        currency_id=self.eur.id,
                        invoice_date=day,
                        invoice_payment_term_id=term.id,
                    )
                )

    def test_terms(self):
        terms = [self.term_split, self.term_fixed, self.term_same_day]
        terms += [self.env["account.payment.term"]]
        terms += [self.term_early["included"], self.term_early["excluded"]]
        for term in terms:
            for move_type in ("out_invoice", "out_refund"):
                with self.subTest(term=term.name, move_type=move_type):
                    self._check(self._vals(invoice_payment_term_id=term.id, move_type=move_type))

    def test_amounts(self):
        for name, lines in {
            "zero": [self._line(0.0)],
            "free by discount": [self._line(10.0, discount=100.0)],
            "credit inside": [self._line(100.0), self._line(-20.0, product=1)],
            "negative quantity": [self._line(100.0), self._line(20.0, quantity=-2, product=1)],
            "cancelling out": [self._line(10.0), self._line(-10.0)],
            "many decimals": [self._line(0.333333, quantity=3.14159)],
            "large": [self._line(98765432.19, quantity=12)],
        }.items():
            with self.subTest(name):
                self._check(self._vals(lines))

    def test_negative_total(self):
        batch = self._create_batch([self._vals([self._line(-10.0)])])
        with self.assertRaises(UserError):
            batch._post_subscription_invoices()

    def test_fiscal_position(self):
        batch = self._check(self._vals(fiscal_position_id=self.position.id))
        self.assertIn(self.other_income, batch.line_ids.account_id)

    def test_analytic(self):
        lines = [
            self._line(100.0, analytic_distribution={str(self.analytic[0].id): 100.0}),
            self._line(
                50.0,
                self.tax_analytic,
                analytic_distribution={str(a.id): 50.0 for a in self.analytic},
                product=1,
            ),
        ]
        batch = self._check(self._vals(lines))
        # 100 and 50 of the products, 6 of the tax that follows them.
        self.assertEqual(sum(batch[0].line_ids.analytic_line_ids.mapped("amount")), 156.0)

    def test_analytic_rules(self):
        self.env["account.analytic.distribution.model"].create(
            {
                "partner_id": self.partners[1].id,
                "analytic_distribution": {str(self.analytic[0].id): 100.0},
            }
        )
        batch = self._check(self._vals())
        self.assertEqual(len(batch[1].line_ids.analytic_line_ids), 2)
        self._check(self._vals([self._line(100.0, self.tax_analytic)]), shared=False)

    def test_documents(self):
        for name, values in {
            "narration": {"narration": "<p>Terms</p>"},
            "no journal": None,
            "no reference": {"ref": False, "payment_reference": False},
            "reference": {"ref": "PO 17", "payment_reference": "PAY-17"},
            "salesperson": {"invoice_user_id": self.env.user.id},
            "older": {"invoice_date": "2025-03-31"},
            "future": {"invoice_date": "2027-01-31"},
        }.items():
            with self.subTest(name):
                vals = self._vals(**(values or {}))
                if values is None:
                    del vals["journal_id"]
                self._check(vals)

    def test_lock_dates(self):
        self.company.tax_lock_date = date(2026, 11, 10)
        batch = self._check(self._vals())
        self.assertEqual(batch.mapped("date"), [date(2026, 11, 23)] * 4)

    def test_hashed_journal(self):
        self.journal.restrict_mode_hash_table = True
        batch = self._check(self._vals())
        self.assertTrue(all(batch.mapped("inalterable_hash")))

    # === TESTS: NOT SHARED === #
    def test_left_to_core(self):
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "0.05",
                "rounding": 0.05,
                "strategy": "biggest_tax",
                "profit_account_id": self.company_data["default_account_revenue"].id,
                "loss_account_id": self.company_data["default_account_expense"].id,
            }
        )
        for name, vals in {
            "early discount on taxes": {"invoice_payment_term_id": self.term_early["mixed"].id},
            "cash rounding": {"invoice_cash_rounding_id": rounding.id},
            "tax on payment": {"invoice_line_ids": [self._line(10.0, self.tax_cash)]},
            "taxes by product": {"invoice_line_ids": [self._without("tax_ids")]},
            "price by product": {"invoice_line_ids": [self._without("price_unit")]},
            "given account": {"invoice_line_ids": [self._line(account_id=self.other_income.id)]},
            "given due date": {"invoice_date_due": "2026-12-24"},
        }.items():
            with self.subTest(name):
                self._check({**self._vals(), **vals}, shared=False)

    def _without(self, key):
        command = self._line()
        del command[2][key]
        return command

    def test_mixed_batch_keeps_its_order(self):
        vals_list = [self._vals(ref=str(number)) for number in range(6)]
        for vals in vals_list[::2]:
            vals["invoice_date_due"] = "2026-12-24"
        moves = self._create_batch(vals_list, shared=False)
        self.assertEqual(moves.mapped("ref"), ["0", "1", "2", "3", "4", "5"])

    def test_switched_off(self):
        self.env["ir.config_parameter"].set_param("sale_subscription.finished_invoice_lines", "0")
        self._check(self._vals(), shared=False)

    def test_unequal_kind_is_left_to_core(self):
        Move = type(self.env["account.move"])
        with (
            patch.object(Move, "_is_same_value", lambda *args: False),
            self.assertLogs(
                "odoo.addons.sale_subscription.models.billing.account_move_batch_guard"
            ),
        ):
            self._check(self._vals(), shared=False)

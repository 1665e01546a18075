from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestCredit(SubscriptionCommon):
    """What is given back follows the documents: what was charged, less what was given back already.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _start(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            self._bill(contract, "2026-03-01")
        return contract

    def _close_on(self, contract, day):
        """Close a contract and return what was previewed and invoiced then."""
        with self._today(day):
            contract.action_close(self.reason.id, when="now")
            preview = contract.preview_billing(day)
            moves = self._bill(contract, day)
        self.assertEqual(
            [invoice["amount_untaxed"] for invoice in preview],
            [-move.amount_untaxed for move in moves],
        )
        return [(move.move_type, move.amount_untaxed) for move in moves]

    def _bill_later(self, contract, expected, day="2026-03-12"):
        """Bill a contract that the job would bill and compare what is made."""
        with self._today(day):
            self.assertIn(contract, contract.search(contract._get_due_domain()))
            moves = self._bill(contract, day)
        self.assertEqual([(move.move_type, move.amount_untaxed) for move in moves], expected)

    def _reverse(self, invoice, price=None, post=True):
        """Give an invoice back as an accountant does, or another amount of its lines."""
        note = invoice.with_user(self.accountant)._reverse_moves(
            [{"invoice_date": invoice.invoice_date}]
        )
        if price is not None:
            note.invoice_line_ids.price_unit = price
        if post:
            note.action_post()
        return note

    def test_repriced_draft(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        invoice = contract.invoice_ids.with_user(self.accountant)
        invoice.invoice_line_ids.write({"price_unit": 25.0, "discount": 20.0})
        invoice.action_post()
        self.assertEqual(contract.charge_ids.mapped("amount"), [20.0])
        # 21 of 31 days of what was charged, not of the price.
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 13.55)])
        self.assertEqual(contract.charge_ids.mapped("amount"), [20.0, -13.55])

    def test_repriced_draft_given_back_in_steps(self):
        self.template.write({"invoicing_mode": "draft", "credit_when": "now"})
        contract = self._start()
        contract.invoice_ids.invoice_line_ids.price_unit = 20.0
        contract.invoice_ids.action_post()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-14")
            contract.action_bill()
        self._close_on(contract, "2026-03-21")
        # 10 days in use, 3 paused, 7 in use, 11 not used: 17 of 31 days.
        self.assertEqual(contract.charge_ids.mapped("amount"), [20.0, -1.94, -7.1])

    def test_price_that_an_accountant_raised(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        contract.invoice_ids.invoice_line_ids.price_unit = 62.0
        contract.invoice_ids.action_post()
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 42.0)])

    def test_given_back_by_hand_after_it_was_paid(self):
        contract = self._start()
        invoice = contract.invoice_ids
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        self._reverse(invoice)
        self.assertNotEqual(invoice.payment_state, "reversed")
        self.assertEqual(self._close_on(contract, "2026-03-11"), [])

    def test_partly_given_back_by_hand(self):
        contract = self._start()
        self._reverse(contract.invoice_ids, price=15.0)
        # 21.00 are unused; with the 15.00 that would be more than the 31.00 charged.
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 16.0)])

    def test_given_back_by_hand_less_than_what_was_used(self):
        contract = self._start()
        self._reverse(contract.invoice_ids, price=5.0)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 21.0)])

    def test_invoice_that_another_one_replaces(self):
        contract = self._start()
        invoice = contract.invoice_ids
        with self._today("2026-03-05"):
            wizard = (
                self.env["account.move.reversal"]
                .with_user(self.accountant)
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create({"journal_id": invoice.journal_id.id, "reason": "Another address"})
            )
            wizard.modify_moves()
            replacement = wizard.new_move_ids
            self.assertEqual(contract.charge_ids.move_id, replacement)
            replacement.invoice_line_ids.price_unit = 62.0
            replacement.action_post()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(contract.charge_ids.mapped("amount"), [62.0])
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 42.0)])
        note = contract.charge_ids.move_id - replacement
        self.assertEqual(note.reversed_entry_id, replacement)

    def test_invoice_settled_with_an_unrelated_credit(self):
        self.template.credit_when = "now"
        contract = self._start()
        invoice = contract.invoice_ids
        other = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": self.partner.id,
                "invoice_date": "2026-02-01",
                "invoice_line_ids": [Command.create({"name": "Goodwill", "price_unit": 100.0})],
            }
        )
        other.action_post()
        with self._today("2026-03-04"):
            contract.action_pause(until="2026-03-07")
            contract.action_bill()
        (other | invoice).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        ).reconcile()
        self.assertEqual(invoice.payment_state, "reversed")
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 21.0)])

    def test_sum_given_back_by_hand_that_belongs_to_no_line(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids, post=False)
        note.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Goodwill", "price_unit": 15.0}),
        ]
        note.action_post()
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 16.0)])

    def test_upgrade_partly_given_back_by_hand(self):
        contract = self._start()
        with self._today("2026-03-16"):
            contract.change_quantity(contract.line_ids.id, 2, when="now")
            upgrade = self._bill(contract, "2026-03-16")
        self.assertEqual(upgrade.invoice_line_ids.mapped("price_subtotal"), [-16.0, 32.0])
        note = self._reverse(upgrade, post=False)
        note.invoice_line_ids.filtered(lambda line: line.quantity < 0).unlink()
        note.invoice_line_ids.write({"quantity": 1.0, "price_unit": 5.0})
        note.action_post()
        self.assertEqual(self._close_on(contract, "2026-03-21"), [("out_refund", 22.0)])

    def test_draft_of_an_accountant_is_not_given_back_twice(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids, post=False)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [])
        note.action_post()
        self.assertEqual(contract.invoice_ids.mapped("amount_untaxed"), [31.0, 31.0])

    def test_draft_confirmed_with_less(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids, post=False)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [])
        note.invoice_line_ids.price_unit = 15.0
        note.action_post()
        self._bill_later(contract, [("out_refund", 16.0)])

    def test_draft_that_is_deleted(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids, post=False)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [])
        note.unlink()
        self._bill_later(contract, [("out_refund", 21.0)])

    def test_cancelled_note_of_an_accountant(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [])
        note.button_draft()
        note.button_cancel()
        self._bill_later(contract, [("out_refund", 21.0)])

    def test_cancelled_note_over_a_part(self):
        contract = self._start()
        note = self._reverse(contract.invoice_ids, price=15.0)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 16.0)])
        note.button_draft()
        note.button_cancel()
        self._bill_later(contract, [("out_refund", 5.0)])

    def test_days_moved_by_a_pause_and_given_back_by_hand(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(when="now")
        with self._today("2026-04-01"):
            contract.action_resume()
        note = self._reverse(contract.invoice_ids)
        self.assertEqual(self._close_on(contract, "2026-04-10"), [])
        note.button_draft()
        note.button_cancel()
        self._bill_later(contract, [("out_refund", 12.0)], day="2026-04-10")

    def test_draft_lowered_after_its_credit(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        invoice = contract.invoice_ids.with_user(self.accountant)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 21.0)])
        note = contract.charge_ids.move_id - invoice
        invoice.invoice_line_ids.price_unit = 5.0
        invoice.action_post()
        # 21 of 31 days of 5.00
        self.assertEqual(contract.charge_ids.mapped("amount"), [5.0, -3.39])
        self.assertEqual(note.amount_untaxed, 3.39)

    def test_invoice_lowered_below_what_was_given_back_for_good(self):
        contract = self._start()
        invoice = contract.invoice_ids.with_user(self.accountant)
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 21.0)])
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 20.99
        with self.assertRaisesRegex(UserError, "given back"), self.env.cr.savepoint():
            invoice.action_post()
        invoice.invoice_line_ids.price_unit = 21.0
        invoice.action_post()
        self.assertEqual(contract.charge_ids.mapped("amount"), [21.0, -21.0])

    def test_accountant_takes_the_whole_discount_off(self):
        self.template.invoicing_mode = "draft"
        with self._today("2026-03-01"):
            lines = [{"price_unit": 31.0, "discount": 100.0}, {"price_unit": 31.0}]
            contract = self._activate("2026-03-01", lines=lines)
            invoice = self._bill(contract, "2026-03-01")
        invoice.invoice_line_ids.discount = 0.0
        invoice.action_post()
        self.assertEqual(self._close_on(contract, "2026-03-11"), [("out_refund", 42.0)])
        note = contract.charge_ids.move_id - invoice
        self.assertEqual(note.invoice_line_ids.mapped("price_subtotal"), [21.0, 21.0])

    def test_sums_rounded_as_a_whole_come_to_the_ledger(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        # Each line comes to 1.665, both together to 3.33.
        line = {"price_unit": 3.33, "discount": 50.0}
        contract = self._activate("2026-03-01", lines=[line, line])
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(contract.charge_ids.mapped("amount"), [1.67, 1.67])
        self.assertEqual(move.amount_untaxed, 3.34)
        self.assertEqual(sum(move.invoice_line_ids.mapped("price_subtotal")), 3.34)

    def test_prices_stay_where_the_sum_fits(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        contract = self._activate("2026-03-01", lines=[{"price_unit": 9.99, "discount": 10.0}])
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.invoice_line_ids.price_unit, 9.99)
        self.assertEqual(move.amount_untaxed, 8.99)

    def test_nothing_is_confirmed_while_its_contract_is_billed(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        invoice = contract.invoice_ids.with_user(self.accountant)
        # Another transaction that bills the contract holds its row.
        Contract = self.registry["sale.subscription"]
        with (
            patch.object(Contract, "try_lock_for_update", lambda self, **kwargs: self.browse()),
            self.assertRaisesRegex(UserError, "being invoiced right now"),
        ):
            invoice.action_post()
        self.env.cr.execute("SELECT xmin, ctid FROM sale_subscription WHERE id = %s", contract.ids)
        before = self.env.cr.fetchone()
        invoice.action_post()
        self.env.cr.execute("SELECT xmin, ctid FROM sale_subscription WHERE id = %s", contract.ids)
        # Billing that began before finds the row written, and begins anew.
        self.assertNotEqual(self.env.cr.fetchone(), before)

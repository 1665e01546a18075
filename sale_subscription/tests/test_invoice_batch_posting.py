from unittest.mock import patch

from odoo.tests import freeze_time, tagged

from .invoice_batch_common import InvoiceBatchCommon


@tagged("post_install", "-at_install")
class TestInvoiceBatchPosting(InvoiceBatchCommon):
    """Batches get the numbers, followers, notes and hooks single invoices get."""

    # === TESTS: POSTING === #
    @freeze_time("2026-11-23")
    def test_numbers_without_gaps(self):
        vals_list = [
            self._vals(invoice_date=day, move_type=move_type)
            for move_type in ("out_invoice", "out_refund")
            for day in ("2026-11-02", "2026-11-01", "2026-12-01", "2027-01-01", "2026-11-01")
        ]
        names = []
        for create, post in (
            (self._create_core, lambda moves: moves.action_post()),
            (self._create_any, lambda moves: moves._post_subscription_invoices()),
        ):
            with self.env.cr.savepoint() as savepoint:
                moves = create(vals_list)
                post(moves)
                names.append(moves.mapped("name"))
                self.assertFalse(any(moves.mapped("made_sequence_gap")))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(names[0], names[1])
        self.assertEqual(len(set(names[1])), 10)

    @freeze_time("2026-11-23")
    def test_numbers_follow_the_books(self):
        first = self._create_core([self._vals()])
        first.name = "BILL/2026-11/0099"
        first.action_post()
        batch = self._create_batch([self._vals(), self._vals()])
        batch._post_subscription_invoices()
        self.assertEqual(batch.mapped("name"), ["BILL/2026-11/0100", "BILL/2026-11/0101"])

    @freeze_time("2026-11-23")
    def test_customers_are_counted(self):
        vals_list = self._copies(self._vals()) + [self._vals()]
        self._create_batch(vals_list)._post_subscription_invoices()
        partners = self.partners | self.partners[2].commercial_partner_id
        self.assertEqual(partners.mapped("customer_rank"), [2, 1, 1, 1, 1])

    @freeze_time("2026-11-23")
    def test_paid_hook_of_free_invoices(self):
        batch = self._create_any([self._vals([self._line(0.0)]), self._vals()])
        with patch.object(type(batch), "_invoice_paid_hook", autospec=True) as hook:
            batch._post_subscription_invoices()
        self.assertEqual([call.args[0].ids for call in hook.call_args_list], [batch[0].ids])
        self.assertEqual(batch.mapped("payment_state"), ["paid", "not_paid"])

    @freeze_time("2026-11-23")
    def test_chatter(self):
        core = self.env["account.move"].create(self._deep([self._vals()]))
        batch = self._create_batch(self._copies(self._vals()))
        self.assertEqual(batch.message_partner_ids, core.message_partner_ids)
        for move in batch:
            self.assertEqual(len(move.message_ids), 1)
            self.assertIn("Invoice Created", move.message_ids.body)

    @freeze_time("2026-11-23")
    def test_number_of_queries_does_not_grow(self):
        counts = []
        for size in (4, 24):
            vals_list = self._deep([self._vals(partner=n % 4) for n in range(size)])
            Move = self.env["account.move"]
            Move._create_subscription_invoices(self._deep(vals_list[:4]))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            Move._create_subscription_invoices(vals_list)._post_subscription_invoices()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 10)

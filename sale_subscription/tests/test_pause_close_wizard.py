from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .change_common import ChangeDialogCommon


@tagged("post_install", "-at_install")
class TestPauseCloseWizard(ChangeDialogCommon):
    """The dialogs that pause and close: what they announce is what happens.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    # === PAUSING === #
    def _open_pause(self, contract):
        action = contract.action_open_pause_wizard()
        Wizard = self.env[action["res_model"]].with_user(self.salesman)
        return Form(Wizard.with_context(**action["context"]))

    def test_pausing_says_what_is_credited(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_pause(contract)
            self.assertEqual(
                self._text(form.effect),
                "$ 48.30, taxes included, is credited with the next invoice for 03/11/2026 to "
                "03/31/2026, invoiced ahead.",
            )
            form.until = "2026-03-21"
            self.assertIn("$ 23.00, taxes included", self._text(form.effect))
            self.assertEqual(contract.state, "active")
            form.save().action_pause()
        self.assertEqual(contract.state, "paused")
        with self._today("2026-04-01"):
            contract.sudo()._apply_due_transitions()
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 42.0)

    def test_pausing_says_what_is_shifted(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_pause(contract)
            self.assertIn("The 21 days invoiced ahead from 03/11/2026 on follow", form.effect)
            form.when = "period_end"
            self.assertIn("nothing moves", form.effect)

    def test_a_scheduled_pause_is_announced_and_withdrawn(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_pause(contract)
            form.when = "date"
            self.assertIn("Choose the first day", form.problem)
            form.date = "2026-04-01"
            form.until = "2026-03-20"
            self.assertIn("must end after it begins", form.problem)
            form.until = "2026-05-01"
            self.assertIn("nothing is credited", self._text(form.effect))
            form.reason = "Summer"
            form.save().action_pause()
            self.assertEqual(contract.state, "active")
            self.assertEqual(str(contract.scheduled_pause_date), "2026-04-01")
            self.assertEqual(str(contract.scheduled_pause_until), "2026-05-01")
            self.assertEqual(contract.pause_ids.reason, "Summer")
            contract.action_withdraw_pause()
            self.assertFalse(contract.scheduled_pause_date)
            with self.assertRaisesRegex(UserError, "no pause ahead"):
                contract.action_withdraw_pause()
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 62.0)

    # === CLOSING === #
    def _open_close(self, contract):
        Wizard = self.env["sale.subscription.close"].with_user(self.salesman)
        return Form(Wizard.with_context(active_ids=contract.ids))

    def test_closing_says_what_is_credited(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_close(contract)
            self.assertIn("there is nothing to credit", form.effect)
            form.when = "now"
            self.assertEqual(
                self._text(form.effect),
                "$ 48.30, taxes included, is credited for 03/11/2026 to 03/31/2026: invoiced, but "
                "not used.",
            )
            self.assertEqual(contract.state, "active")
            form.reason_id = self.reason
            form.message = "They moved."
            form.save().action_close()
            note = self._bill(contract, "2026-03-11").sudo()
        self.assertEqual((contract.state, contract.close_message), ("closed", "They moved."))
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 48.3))

    def test_closing_says_when_nothing_is_credited(self):
        self.template.prorate_credits = False
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_close(contract)
            form.when = "now"
            self.assertEqual(
                self._text(form.effect),
                "Nothing is credited: what was invoiced for a period stays invoiced.",
            )

    def test_closing_replaces_the_drafts(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        draft = contract.sudo().invoice_ids
        with self._today("2026-03-11"):
            form = self._open_close(contract)
            form.reason_id = self.reason
            form.when = "now"
            self.assertEqual(form.draft_invoice_ids[:].ids, draft.ids)
            # Ten days of two.
            self.assertEqual(
                self._text(form.effect),
                "The drafts are deleted; until it closes $ 23.00, taxes included, is invoiced "
                "instead.",
            )
            form.save().action_close()
            self.assertFalse(draft.exists())
            self.assertEqual(self._bill(contract, "2026-03-11").sudo().amount_total, 23.0)

    def test_closing_may_keep_the_drafts(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        draft = contract.sudo().invoice_ids
        with self._today("2026-03-11"):
            form = self._open_close(contract)
            form.reason_id = self.reason
            form.when = "now"
            form.is_dropping_drafts = False
            self.assertIn("$ 48.30, taxes included, is credited", self._text(form.effect))
            form.save().action_close()
            self.assertTrue(draft.exists())
            self.assertEqual(self._bill(contract, "2026-03-11").sudo().amount_total, 48.3)

    def test_a_draft_shared_with_another_contract_keeps_its_lines(self):
        self.template.invoicing_mode = "draft"
        self.company.subscription_invoice_grouping = "customer"
        with self._today("2026-03-01"):
            one = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            two = self._activate("2026-03-01", lines=[{"price_unit": 62.0}])
            (one | two).action_bill()
            draft = one.invoice_ids
            self.assertEqual(draft.amount_untaxed, 93.0)
            one._drop_draft_invoices()
            self.assertEqual(draft.amount_untaxed, 62.0)
            self.assertEqual(draft.subscription_ids, two)
            self.assertEqual(str(one.next_invoice_date), "2026-03-01")

    def test_closing_later_says_what_is_still_to_be_invoiced(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open_close(contract)
            form.when = "date"
            self.assertFalse(form.effect)
            form.date = "2026-05-16"
            # April, and 15 days of May: 62.00 and 30.00, plus 15 %.
            self.assertEqual(
                self._text(form.effect),
                "Nothing is invoiced beyond that day: there is nothing to credit. Still to be "
                "invoiced until then: $ 105.80, taxes included.",
            )

    # === SIMULATING === #
    def test_a_simulation_leaves_nothing_behind(self):
        contract = self._start().sudo()
        messages = contract.message_ids
        contract.client_ref = "kept"
        hooks = self.env.cr.precommit
        with self._today("2026-03-11"), contract._simulate() as simulated:
            simulated.change_quantity(simulated.line_ids.id, 9)
            simulated.action_bill()
            self.assertEqual(simulated.mrr, 279.0)
            self.assertEqual(simulated.client_ref, "kept")
        self.assertEqual(contract.mrr, 62.0)
        self.assertEqual(len(contract.line_ids), 1)
        self.assertEqual(len(contract.invoice_ids), 1)
        self.assertEqual(contract.message_ids, messages)
        self.assertIs(self.env.cr.precommit, hooks)
        self.assertEqual(contract.client_ref, "kept")

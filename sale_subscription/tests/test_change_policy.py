from contextlib import nullcontext

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..const import ALLOWED_OPERATIONS, SUBSCRIPTION_STATES
from .common import SubscriptionCommon

OPERATIONS_BY_STATE = """
             draft  active  paused  closed  cancelled
activate     yes    no      no      no      no
bill         no     yes     yes     yes     no
collect      no     yes     yes     yes     no
charge_once  yes    yes     yes     no      no
change       yes    yes     yes     no      no
upsell       no     yes     yes     no      no
renew        no     yes     yes     no      no
pause        no     yes     no      no      no
resume       no     no      yes     no      no
close        no     yes     yes     no      no
reopen       no     yes     yes     yes     no
cancel       yes    yes     yes     no      no
"""
# What the refusal says: any other one proves nothing.
NOT_WITH_IT = "this can't be done with it"
REFUSALS = {
    "activate": "can't become “Active” from there",
    "bill": "isn't active: start it before it is invoiced",
    "collect": NOT_WITH_IT,
    "charge_once": "can't become “Active” from there",
    "change": NOT_WITH_IT,
    "upsell": NOT_WITH_IT,
    "renew": f"{NOT_WITH_IT}|is closed: reopen it first",
    "pause": "can't become “Paused” from there",
    "resume": "can't become “Active” from there",
    "close": "can't become “Closed” from there",
    "reopen": "can't become “Active” from there",
    "cancel": "can't become “Cancelled” from there",
}


@tagged("post_install", "-at_install")
class TestChangePolicy(SubscriptionCommon):
    """What templates say about changes, pauses, trials and the credits that follow.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _start(self, **values):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}], **values)
            self._bill(contract, "2026-03-01")
        return contract

    def _bill_on(self, contract, day):
        with self._today(day):
            return self._bill(contract, day)

    # === CREDITS === #
    def test_credits_at_once_are_credit_notes_of_the_invoice(self):
        self.template.credit_when = "now"
        contract = self._start()
        invoice = contract.invoice_ids
        with self._today("2026-03-11"):
            contract.change_price(contract.line_ids.id, 15.5, when="now")
            self.assertEqual(str(contract.next_invoice_date), "2026-03-11")
            note = self._bill(contract, "2026-03-11")
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 10.5))
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertEqual(invoice.amount_residual, 35.65 - 12.08)
        self.assertEqual(self._bill_on(contract, "2026-04-01").amount_untaxed, 15.5)

    def test_credits_wait_for_the_next_invoice(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.change_price(contract.line_ids.id, 15.5, when="now")
            self.assertEqual(contract.action_bill(), [])
            self.assertEqual(str(contract.next_invoice_date), "2026-04-01")
            [preview] = contract.preview_billing("2026-04-01")
        self.assertEqual(preview["amount_untaxed"], 5.0)
        move = self._bill_on(contract, "2026-04-01")
        self.assertEqual((move.move_type, move.amount_untaxed), ("out_invoice", 5.0))

    def test_closing_gives_back_on_a_note_of_the_invoice(self):
        contract = self._start()
        invoice = contract.invoice_ids
        with self._today("2026-03-11"):
            contract.action_close(self.reason.id, when="now")
            note = self._bill(contract, "2026-03-11")
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 21.0))
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertEqual(invoice.payment_state, "partial")
        self.assertEqual(invoice.amount_residual, 11.5)

    def test_what_an_accountant_reversed_is_not_given_back_again(self):
        contract = self._start()
        invoice = contract.invoice_ids
        invoice._reverse_moves([{"invoice_date": invoice.invoice_date}], cancel=True)
        self.assertEqual(invoice.payment_state, "reversed")
        with self._today("2026-03-11"):
            contract.action_close(self.reason.id, when="now")
            self.assertEqual(contract.action_bill(), [])

    # === PAUSES === #
    def test_paused_days_are_credited(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-21")
        move = self._bill_on(contract, "2026-04-01")
        self.assertEqual(move.amount_untaxed, 31.0 - 10.0)

    def test_paused_days_shift_the_periods(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-21")
            self.assertEqual(contract.action_bill(), [])
        with self._today("2026-03-21"):
            contract._apply_due_transitions()
            self.assertEqual(contract.state, "active")
            # 21 days were left; they run from 21 March to 10 April.
            self.assertEqual(str(contract.next_invoice_date), "2026-04-11")
            self.assertEqual(contract.action_bill(until="2026-04-10"), [])
        move = self._bill_on(contract, "2026-04-11")
        self.assertEqual(move.amount_untaxed, 31.0)
        self.assertEqual(self._periods(move), [("2026-04-11", "2026-05-10")])
        self.assertEqual(sum(contract.charge_ids.mapped("amount")), 62.0)
        self.assertEqual(
            self._events(contract),
            [
                ("new", "2026-03-01", 31.0),
                ("pause", "2026-03-11", -31.0),
                ("resume", "2026-03-21", 31.0),
            ],
        )

    def test_shifted_also_when_resumed_by_hand_and_the_job_is_late(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause()
        with self._today("2026-06-01"):
            self.assertEqual(contract.action_bill(), [])
            contract.action_resume()
            self.assertEqual(str(contract.next_invoice_date), "2026-06-22")

    def test_closing_while_paused_gives_the_paid_days_back(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause()
        with self._today("2026-03-16"):
            contract.action_close(self.reason.id, when="now")
            note = self._bill(contract, "2026-03-16")
        self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 21.0))

    def test_credits_at_once_do_not_wait_for_the_pause_to_end(self):
        self.template.credit_when = "now"
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause()
            self.assertEqual(str(contract.next_invoice_date), "2026-03-11")
            self.assertEqual(contract.filtered_domain(contract._get_due_domain()), contract)
            note = self._bill(contract, "2026-03-11")
            self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 21.0))
            self.assertFalse(contract.next_invoice_date)
        with self._today("2026-03-16"):
            contract.remove_line(contract.line_ids.id, when="2026-03-06")
            self.assertEqual(str(contract.next_invoice_date), "2026-03-16")
            note = self._bill(contract, "2026-03-16")
            self.assertEqual((note.move_type, note.amount_untaxed), ("out_refund", 5.0))
        self.assertFalse(self._bill_on(contract, "2026-04-01"))

    def test_other_credits_wait_for_the_pause_to_end(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause()
            self.assertFalse(contract.next_invoice_date)
            contract.action_resume()
            self.assertEqual(str(contract.next_invoice_date), "2026-04-01")

    def test_nothing_is_credited_at_once_where_periods_shift(self):
        self.template.write({"credit_when": "now", "pause_policy": "shift"})
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_pause()
            self.assertFalse(contract.next_invoice_date)

    # === TRIALS === #
    def test_a_trial_converts(self):
        self.template.trial_days = 10
        contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        self.assertEqual(str(contract.next_invoice_date), "2026-03-11")
        self.assertFalse(contract.close_date)

    def test_a_trial_that_nobody_converts_closes(self):
        self.template.write({"trial_days": 10, "trial_end_action": "close"})
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        self.assertEqual(str(contract.close_date), "2026-03-11")
        with self._today("2026-03-11"):
            contract._apply_due_transitions()
            self.assertEqual(contract.state, "closed")
            self.assertEqual(contract.action_bill(), [])
        self.assertEqual(
            contract.close_reason_id, self.env.ref("sale_subscription.close_reason_trial")
        )
        self.assertEqual(self._events(contract), [])

    def test_a_trial_is_converted_by_withdrawing_its_end(self):
        self.template.write({"trial_days": 10, "trial_end_action": "close"})
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            contract.action_reopen()
        self.assertEqual(self._bill_on(contract, "2026-03-11").amount_untaxed, 31.0)
        self.assertEqual(self._events(contract), [("new", "2026-03-11", 31.0)])

    # === CATCHING UP === #
    def test_overdue_periods_on_one_invoice(self):
        self.template.catch_up_policy = "together"
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        move = self._bill_on(contract, "2026-05-20")
        self.assertEqual(len(move), 1)
        self.assertEqual(move.amount_untaxed, 93.0)

    def _start_twice(self):
        with self._today("2026-03-01"):
            return self._activate("2026-03-01", lines=[{"price_unit": 31.0}]) | self._activate(
                "2026-04-01", lines=[{"price_unit": 7.0}]
            )

    def test_all_that_is_due_on_one_invoice_by_hand(self):
        contracts = self._start_twice()
        with self._today("2026-05-20"):
            action = contracts.action_invoice_together()
            move = self.env["account.move"].browse(action["res_id"])
        self.assertEqual((move.amount_untaxed, str(move.invoice_date)), (107.0, "2026-05-20"))
        self.assertEqual(move.subscription_ids, contracts)

    def test_apart_by_hand_what_customer_and_template_want_together(self):
        self.template.catch_up_policy = "together"
        self.company.subscription_invoice_grouping = "customer"
        contracts = self._start_twice()
        with self._today("2026-05-20"):
            moves = self.env["account.move"].browse(contracts.action_bill(together=False))
        self.assertEqual(moves.mapped("amount_untaxed"), [31.0, 31.0, 7.0, 31.0, 7.0])

    def test_several_periods_on_one_invoice_from_the_preview(self):
        contract = self._start_twice()[0]
        with self._today("2026-05-20"):
            preview = self.env["sale.subscription.preview"].create(
                {"subscription_id": contract.id, "until": "2026-05-20", "grouping": "together"}
            )
            self.assertEqual(
                [(str(line.date), line.amount) for line in preview.line_ids],
                [("2026-05-20", 31.0)] * 3,
            )
            move = self.env["account.move"].browse(preview.action_invoice()["res_id"])
        self.assertEqual(move.amount_untaxed, 93.0)

    # === OPERATIONS BY STATE === #
    def test_every_operation_in_every_state(self):
        """One cell each: what the table allows works, what it doesn't is refused.

        The cells are written out: a state that is allowed too much is allowed in the code's own
        table as well.
        """
        head, *rows = [row.split() for row in OPERATIONS_BY_STATE.strip().splitlines()]
        self.assertEqual(head, [state for state, _label in SUBSCRIPTION_STATES])
        self.assertEqual([row[0] for row in rows], list(ALLOWED_OPERATIONS))
        for operation, *cells in rows:
            for state, cell in zip(head, cells, strict=True):
                with self.subTest(operation=operation, state=state):
                    self.assertIn(cell, ("yes", "no"))
                    contract = self._in_state(state)
                    refusal = self.assertRaisesRegex(UserError, REFUSALS[operation])
                    with self._today("2026-03-11"), nullcontext() if cell == "yes" else refusal:
                        self._do(contract, operation)

    def _in_state(self, state):
        contract = self._create_contract("2026-03-01", lines=[{"price_unit": 31.0}])
        with self._today("2026-03-05"):
            if state == "cancelled":
                contract.action_cancel()
            elif state != "draft":
                contract.action_activate()
            if state == "paused":
                contract.action_pause()
            elif state == "closed":
                contract.action_close(self.reason.id, when="now")
            elif state == "active":
                pass
        self.assertEqual(contract.state, state)
        return contract

    def _do(self, contract, operation):
        calls = {
            "activate": lambda: contract.action_activate(),
            "bill": lambda: contract.action_bill(),
            "collect": lambda: self._collect(contract),
            "charge_once": lambda: contract.add_one_time_charge(self.setup_fee.id),
            "change": lambda: contract.change_quantity(contract.line_ids.id, 3),
            "upsell": lambda: contract.action_upsell(),
            "renew": lambda: contract.action_renew(),
            "pause": lambda: contract.action_pause(),
            "resume": lambda: contract.action_resume(),
            "close": lambda: contract.action_close(self.reason.id, when="now"),
            "reopen": lambda: self._reopen(contract),
            "cancel": lambda: contract.action_cancel(),
        }
        calls[operation]()

    def _collect(self, contract):
        """That there is no card to charge isn't a matter of the state."""
        try:
            contract.action_collect()
        except UserError as error:
            if "this can't be done with it" in str(error):
                raise

    def _reopen(self, contract):
        """Running contracts have a scheduled closing to withdraw."""
        if contract.state in ("active", "paused"):
            contract.action_close(self.reason.id, when="date", date="2026-09-01")
        contract.action_reopen()

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestLifecycle(SubscriptionCommon):
    """States and the ways between them, durations, trials, and what each does to money."""

    def test_activation_needs_a_line(self):
        with self.assertRaisesRegex(UserError, "has no line"):
            self._create_contract(lines=[]).action_activate()

    def test_wrong_transitions_say_why(self):
        contract = self._create_contract()
        for action in ("action_resume", "action_reopen"):
            with self.assertRaisesRegex(UserError, "is “Draft”"):
                getattr(contract, action)()
        contract.action_activate()
        with self.assertRaisesRegex(UserError, "is “Active”; it can't become “Active”"):
            contract.action_activate()

    def test_stage_follows_state_and_cards_are_not_dragged_across(self):
        contract = self._create_contract()
        stage = self.env["sale.subscription.stage"]._get_first
        self.assertEqual(contract.stage_id.state, "draft")
        contract.stage_id = stage("active")
        self.assertEqual(contract.state, "active")
        with self.assertRaisesRegex(UserError, "use the buttons"):
            contract.stage_id = stage("closed")
        with self._today("2026-02-10"):
            contract.action_close(self.reason.id, when="now")
        self.assertEqual(contract.stage_id.state, "closed")

    def test_close_now_gives_unused_days_back(self):
        contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        with self._today("2026-03-22"):
            self._bill(contract, "2026-03-22")
            contract.action_close(self.reason.id, when="now", message="Bye")
            self.assertEqual(contract.state, "closed")
            self.assertEqual(str(contract.close_date), "2026-03-22")
            self.assertEqual(str(contract.next_invoice_date), "2026-03-22")
            refund = self._bill(contract, "2026-03-22")
        # Days 22 to 31 of March unused: 10/31 of 31.00.
        self.assertRecordValues(
            refund, [{"move_type": "out_refund", "amount_untaxed": 10.0, "state": "posted"}]
        )
        self.assertFalse(contract.next_invoice_date)
        self.assertEqual(contract.close_message, "Bye")

    def test_close_on_the_first_day_costs_nothing(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_close(self.reason.id, when="now")
            self.assertEqual(contract.action_bill(), [])

    def test_close_at_period_end(self):
        contract = self._activate("2026-03-01")
        with self._today("2026-03-10"):
            self._bill(contract, "2026-03-10")
            contract.action_close(self.reason.id)
            self.assertEqual(contract.state, "active")
            self.assertEqual(str(contract.close_date), "2026-04-01")
            self.assertFalse(contract.next_invoice_date)
            self.assertEqual(contract.mrr, 10.0)
        with self._today("2026-04-01"):
            self.assertEqual(contract.action_bill(), [])
            contract._apply_due_transitions()
            self.assertEqual(contract.state, "closed")
        self.assertEqual(
            self._events(contract),
            [("new", "2026-03-01", 10.0), ("churn", "2026-04-01", -10.0)],
        )
        self.assertEqual(
            contract.event_ids.filtered(lambda e: e.kind == "churn").reason_id, self.reason
        )

    def test_close_on_a_past_date(self):
        contract = self._activate("2026-01-01")
        with self._today("2026-03-10"):
            contract.action_close(self.reason.id, when="date", date="2026-02-01")
            self.assertEqual(contract.state, "closed")
            self.assertEqual(self._events(contract)[-1], ("churn", "2026-02-01", -10.0))
            self.assertEqual(self._periods(self._bill(contract, None))[-1][1], "2026-01-31")

    def test_close_needs_a_reason_and_a_date(self):
        contract = self._activate()
        with self.assertRaisesRegex(UserError, "reason"):
            contract.action_close(0)
        with self.assertRaisesRegex(UserError, "Choose when"):
            contract.action_close(self.reason.id, when="date")
        with self.assertRaisesRegex(UserError, "Choose when"):
            contract.action_close(self.reason.id, when="someday")

    def test_scheduled_closing_is_withdrawn(self):
        with self._today("2026-03-10"):
            contract = self._activate("2026-03-01")
            contract.action_bill()
            contract.action_close(self.reason.id)
            contract.action_reopen()
            self.assertFalse(contract.close_date)
            self.assertFalse(contract.close_reason_id)
            self.assertEqual(str(contract.next_invoice_date), "2026-04-01")

    def test_reopening_bills_no_gap(self):
        contract = self._activate("2026-03-01")
        with self._today("2026-04-01"):
            self._bill(contract, "2026-03-01")
            contract.action_close(self.reason.id, when="now")
        with self._today("2026-06-01"):
            contract.action_reopen()
            moves = self._bill(contract, None)
        self.assertEqual(self._periods(moves), [("2026-06-01", "2026-06-30")])
        self.assertEqual([kind for kind, *_ in self._events(contract)][-1], "reactivation")

    def test_pause_is_never_billed(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_bill()
        with self._today("2026-04-01"):
            contract.action_pause(reason="Holidays")
            self.assertEqual((contract.state, contract.mrr), ("paused", 0.0))
            self.assertEqual(contract.action_bill(), [])
        with self._today("2026-07-01"):
            contract.action_resume()
            moves = self._bill(contract, None)
        self.assertEqual(self._periods(moves), [("2026-07-01", "2026-07-31")])
        self.assertEqual([kind for kind, *_ in self._events(contract)], ["new", "pause", "resume"])

    def test_pause_ends_by_itself(self):
        with self._today("2026-03-10"):
            contract = self._activate("2026-03-01")
            contract.action_bill()
            contract.action_pause(until="2026-05-01", when="period_end")
            self.assertEqual(contract.state, "active")
        for day, state in (("2026-04-01", "paused"), ("2026-05-01", "active")):
            with self._today(day):
                contract._apply_due_transitions()
                self.assertEqual(contract.state, state)
        self.assertEqual(
            self._events(contract)[1:],
            [("pause", "2026-04-01", -10.0), ("resume", "2026-05-01", 10.0)],
        )

    def test_pause_and_resume_the_same_day_change_nothing(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_pause()
            contract.action_resume()
            self.assertEqual(self._bill(contract, None).amount_untaxed, 10.0)

    def test_pause_must_end_after_it_begins(self):
        with self._today("2026-03-10"), self.assertRaisesRegex(UserError, "must end after"):
            self._activate("2026-03-01").action_pause(until="2026-03-10")

    def test_cancel_before_anything_is_invoiced(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        draft = self._bill(contract, "2026-03-01")
        contract.action_cancel()
        self.assertEqual((contract.state, draft.state, contract.mrr), ("cancelled", "cancel", 0.0))
        self.assertFalse(contract.charge_ids)
        self.assertFalse(contract.next_invoice_date)

    def test_no_cancel_after_posting(self):
        contract = self._activate("2026-03-01")
        self._bill(contract, "2026-03-01")
        with self.assertRaisesRegex(UserError, "close the contract instead"):
            contract.action_cancel()

    def test_duration_ends_the_contract(self):
        self.template.write({"duration_count": 3, "duration_unit": "month"})
        contract = self._activate("2026-01-31")
        self.assertEqual(str(contract.end_date), "2026-04-29")
        self.assertEqual(
            self._periods(self._bill(contract, "2027-01-01"))[-1], ("2026-03-31", "2026-04-29")
        )
        with self._today("2026-04-30"):
            contract._apply_due_transitions()
        self.assertEqual(contract.state, "closed")
        self.assertEqual(
            contract.close_reason_id, self.env.ref("sale_subscription.close_reason_end_date")
        )

    def test_duration_renews_by_itself(self):
        self.template.write({"duration_count": 12, "duration_unit": "month", "auto_renew": True})
        with self._today("2024-02-29"):
            contract = self._activate("2024-02-29")
        self.assertEqual(str(contract.end_date), "2025-02-27")
        with self._today("2026-06-01"):
            contract._apply_due_transitions()
        self.assertEqual((contract.state, str(contract.end_date)), ("active", "2027-02-27"))

    def test_scheduled_closing_goes_before_renewal(self):
        self.template.write({"duration_count": 1, "duration_unit": "month", "auto_renew": True})
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_close(self.reason.id, when="date", date="2026-04-01")
        with self._today("2026-04-03"):
            contract._apply_due_transitions()
        self.assertEqual((contract.state, str(contract.end_date)), ("closed", "2026-03-31"))

    def test_trial_is_free_and_without_mrr(self):
        self.template.trial_days = 14
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            self.assertEqual(str(contract.trial_end_date), "2026-03-14")
            self.assertEqual(str(contract.next_invoice_date), "2026-03-15")
            self.assertEqual(contract.mrr, 0.0)
            self.assertEqual(contract.action_bill(), [])
        with self._today("2026-03-16"):
            contract._apply_due_transitions()
            self.assertEqual(self._events(contract), [("new", "2026-03-15", 10.0)])
            self.assertEqual(
                self._periods(self._bill(contract, None)), [("2026-03-15", "2026-04-14")]
            )

    def test_billed_contract_keeps_its_rhythm(self):
        contract = self._activate("2026-03-01")
        contract.date_start = "2026-03-05"
        self.assertEqual(str(contract.next_invoice_date), "2026-03-05")
        self._bill(contract, "2026-03-05")
        for values in (
            {"date_start": "2026-01-01"},
            {"plan_id": self.yearly.id},
            {"anchor_day": 3},
        ):
            with self.assertRaisesRegex(UserError, "can't be rewritten"):
                contract.write(values)

    def test_billed_line_is_never_edited(self):
        contract = self._activate("2026-03-01")
        line = contract.line_ids
        line.quantity = 2
        self.assertEqual(contract.mrr, 20.0)
        self._bill(contract, "2026-03-01")
        with self.assertRaisesRegex(UserError, "can't be rewritten"):
            line.quantity = 3
        with self.assertRaises(UserError):
            line.unlink()

    def test_line_added_mid_period_is_prorated(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_bill()
        with self._today("2026-03-22"):
            contract.line_ids = [
                Command.create(
                    {"product_id": self.seat.id, "price_unit": 31.0, "date_start": "2026-03-22"}
                )
            ]
            move = self._bill(contract, None)
        self.assertEqual(move.amount_untaxed, 10.0)
        self.assertEqual(self._periods(move), [("2026-03-22", "2026-03-31")])
        self.assertEqual(self._events(contract)[-1], ("expansion", "2026-03-22", 31.0))

    @mute_logger("odoo.sql_db")
    def test_end_before_start(self):
        with self.assertRaises(Exception) as caught, self.cr.savepoint():
            self._create_contract("2026-03-01", end_date="2026-02-01")
            self.env.flush_all()
        self.assertEqual(caught.exception.__class__.__name__, "CheckViolation")

    def test_running_contract_is_not_deleted(self):
        with self.assertRaises(ValidationError):
            self._activate().unlink()
        self._create_contract().unlink()

    def test_paused_time_is_credited_when_closed_at_period_end(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            contract.action_bill()
        with self._today("2026-03-10"):
            contract.action_pause()
            contract.action_close(self.reason.id)
        with self._today("2026-04-01"):
            contract._apply_due_transitions()
            self.assertEqual(str(contract.next_invoice_date), "2026-04-01")
            refund = self._bill(contract, None)
        # Days 10 to 31 of March: 22/31 of 31.00.
        self.assertEqual((refund.move_type, refund.amount_untaxed), ("out_refund", 22.0))
        self.assertFalse(contract.next_invoice_date)

    def test_last_line_ended_early_is_credited(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            contract.action_bill()
        with self._today("2026-03-20"):
            contract.line_ids.date_end = "2026-03-21"
            self.assertEqual(self._bill(contract, None).amount_untaxed, 10.0)

    def test_closed_while_paused_then_reopened_is_billed_again(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.action_bill()
            contract.action_pause(when="period_end")
        with self._today("2026-04-02"):
            contract._apply_due_transitions()
            contract.action_close(self.reason.id, when="now")
        with self._today("2026-05-01"):
            contract.action_reopen()
            self.assertEqual((contract.state, contract.mrr), ("active", 10.0))
            self.assertEqual(
                self._periods(self._bill(contract, None)), [("2026-05-01", "2026-05-31")]
            )

    def test_only_managers_choose_past_days(self):
        contract = self._activate("2026-01-01", user_id=self.salesman.id)
        with self._today("2026-03-10"), self.assertRaisesRegex(UserError, "sales manager"):
            contract.with_user(self.salesman).action_close(
                self.reason.id, when="date", date="2026-02-01"
            )

    def test_what_follows_from_events_is_not_written(self):
        contract = self._activate("2026-03-01")
        for values in (
            {"state": "closed"},
            {"mrr": 5.0},
            {"close_date": "2026-04-01"},
            {"payment_exception": True},
            {"pause_ids": []},
        ):
            with self.assertRaisesRegex(UserError, "can't be written"):
                contract.write(values)
        with self.assertRaisesRegex(UserError, "can't be written"):
            self._create_contract(mrr=5000.0)

    def test_salesman_leads_a_contract_through_its_life(self):
        with self._today("2026-03-01"):
            contract = self._create_contract("2026-03-01", user_id=self.salesman.id)
            contract = contract.with_user(self.salesman)
            contract.action_activate()
            contract.action_bill()
            contract.action_pause(until="2026-03-10")
            contract.action_resume()
            contract.action_close(self.reason.id, when="now")
            contract.action_reopen()
        self.assertEqual((contract.state, contract.mrr), ("active", 10.0))

    def test_start_moves_the_lines_that_began_with_it(self):
        contract = self._activate("2026-03-01")
        contract.date_start = "2026-02-01"
        self.assertEqual(
            self._periods(self._bill(contract, "2026-02-01")), [("2026-02-01", "2026-02-28")]
        )

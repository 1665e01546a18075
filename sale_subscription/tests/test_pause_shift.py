from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools.misc import file_path

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestPauseShift(SubscriptionCommon):
    """Pauses that shift the periods: no paid day is lost, whatever else happens to the contract.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _start(self, *prices, **policy):
        self.template.write({"pause_policy": "shift", **policy})
        with self._today("2026-03-01"):
            lines = [{"price_unit": price} for price in prices or [31.0]]
            contract = self._activate("2026-03-01", lines=lines)
            self._bill(contract, "2026-03-01")
        return contract

    def _on(self, day, method, *args, **kwargs):
        with self._today(day):
            return method(*args, **kwargs)

    def _bill_on(self, contract, day):
        """Return what is billed on a day, as `(first day, last day, amount)`, refunds negative."""
        moves = self._on(day, self._bill, contract, day)
        return [
            (str(line.subscription_date_from), str(line.subscription_date_to), -line.balance)
            for line in moves.invoice_line_ids.sorted("subscription_date_from")
        ]

    # === CHANGED MEANWHILE === #
    def test_raised_during_the_pause(self):
        contract = self._start()
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_quantity, contract.line_ids.id, 2, when="now")
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2026-04-20", 62.0)],
        )
        self.assertEqual(str(contract.next_invoice_date), "2026-04-21")

    def test_raised_on_the_day_it_goes_on(self):
        contract = self._start()
        line = contract.line_ids
        self._on("2026-03-05", contract.change_quantity, line.id, 2, when="2026-03-21")
        self._on("2026-03-11", contract.action_pause, until="2026-03-21")
        # The second version counts from where the first one did.
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2026-03-31", 22.0)],
        )
        self.assertEqual(str(contract.next_invoice_date), "2026-04-01")

    def test_scheduled_within_an_open_pause(self):
        contract = self._start()
        line = contract.line_ids
        self._on("2026-03-05", contract.change_quantity, line.id, 2, when="2026-03-25")
        self._on("2026-03-05", self._bill, contract, "2026-03-05")
        self._on("2026-03-11", contract.action_pause)
        # Service may go on before the change; on its day it can't any more.
        self.assertEqual(self._bill_on(contract, "2026-03-24"), [])
        self.assertEqual(
            self._bill_on(contract, "2026-03-25"),
            [("2026-03-11", "2026-03-24", -14.0), ("2026-03-25", "2026-03-31", -7.0)],
        )

    def test_removed_during_the_pause(self):
        contract = self._start(31.0, 62.0)
        kept, removed = contract.line_ids.sorted("price_unit")
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.remove_line, removed.id, when="now")
        self.assertEqual(
            self._bill_on(contract, "2026-03-16"), [("2026-03-11", "2026-03-31", -42.0)]
        )
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(self._bill_on(contract, "2026-04-10"), [])
        self.assertEqual(
            self._bill_on(contract, "2026-04-11"), [("2026-04-11", "2026-05-10", 31.0)]
        )
        self.assertEqual(str(kept.date_end), "2026-03-20")

    def test_another_plan_during_the_pause(self):
        contract = self._start()
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_plan, self.yearly.id, when="now")
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-03-21"),
            [("2026-03-11", "2026-03-31", -21.0), ("2026-03-21", "2027-03-20", 372.0)],
        )

    def test_lowered_without_credit_during_the_pause(self):
        contract = self._start(62.0, prorate_credits=False)
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.change_price, contract.line_ids.id, 31.0, when="now")
        self._on("2026-03-21", contract.action_resume)
        # The rest of March stays paid at the old price; the paused days are given back.
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -20.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

    def test_lowered_without_credit_before_the_pause(self):
        contract = self._start(62.0, prorate_credits=False)
        self._on("2026-03-05", contract.change_price, contract.line_ids.id, 31.0, when="now")
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-21", contract.action_resume)
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -20.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

    # === OVER BEFORE ANYBODY LOOKED === #
    def _run_job(self, contract, day):
        """Do what the job does on a day, if it takes the contract."""
        with self._today(day):
            contract.filtered_domain(contract._get_transition_domain())._apply_due_transitions()

    def test_the_job_was_down_for_the_whole_pause(self):
        contract = self._start()
        self._on("2026-03-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        # What brings MRR up to date meanwhile doesn't let the job forget the pause.
        self._on("2026-03-22", contract._sync_mrr)
        self._run_job(contract, "2026-03-25")
        self.assertEqual(contract.state, "active")
        self.assertEqual(str(contract.next_invoice_date), "2026-04-11")
        self.assertEqual(self._bill_on(contract, "2026-04-10"), [])
        self.assertEqual(
            self._bill_on(contract, "2026-04-11"), [("2026-04-11", "2026-05-10", 31.0)]
        )

    def test_billing_comes_before_the_late_job(self):
        contract = self._start()
        self._on("2026-03-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        self.assertEqual(self._bill_on(contract, "2026-04-10"), [])
        self.assertEqual(str(contract.next_invoice_date), "2026-04-11")

    def test_a_payment_was_in_doubt_for_the_whole_pause(self):
        contract = self._start()
        self._on("2026-03-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        contract.sudo().payment_exception = True
        self._run_job(contract, "2026-03-11")
        self._run_job(contract, "2026-03-22")
        self.assertEqual(contract.state, "active")
        contract.sudo().payment_exception = False
        self._run_job(contract, "2026-03-25")
        self.assertEqual(str(contract.next_invoice_date), "2026-04-11")

    def test_entered_when_it_was_over(self):
        contract = self._start()
        self._bill_on(contract, "2026-04-01")
        self._on("2026-04-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        # 21 days of March and 30 of April follow from 21 March on.
        self.assertEqual(str(contract.next_invoice_date), "2026-05-11")
        self.assertEqual(sum(contract.charge_ids.mapped("amount")), 62.0)
        self.assertEqual(
            self._bill_on(contract, "2026-05-11"), [("2026-05-11", "2026-06-10", 31.0)]
        )

    def test_entered_when_its_line_was_changed_already(self):
        contract = self._start()
        self._on("2026-03-25", contract.change_quantity, contract.line_ids.id, 2, when="now")
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [
                ("2026-03-25", "2026-03-31", -7.0),
                ("2026-03-25", "2026-03-31", 14.0),
                ("2026-04-01", "2026-04-30", 62.0),
            ],
        )
        self._on("2026-04-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        # Of 14 days four follow before the change; what runs now keeps its rhythm.
        self.assertEqual(
            self._bill_on(contract, "2026-05-01"),
            [("2026-03-25", "2026-04-03", -10.0), ("2026-05-01", "2026-05-31", 62.0)],
        )
        self.assertEqual(str(contract.anchor_date), "2026-03-01")
        # Another change doesn't touch what was invoiced before it.
        newest = contract.line_ids.sorted("date_start")[-1]
        self._on("2026-05-11", contract.change_quantity, newest.id, 3, when="now")
        self.assertEqual(
            self._bill_on(contract, "2026-05-11"),
            [("2026-05-11", "2026-05-31", -42.0), ("2026-05-11", "2026-05-31", 63.0)],
        )

    def test_one_pause_right_after_the_other(self):
        contract = self._start()
        self._on("2026-03-05", contract.action_pause, until="2026-03-16", when="2026-03-11")
        self._on("2026-03-05", contract.action_pause, until="2026-03-21", when="2026-03-16")
        for day in ("2026-03-11", "2026-03-16", "2026-03-20"):
            self._run_job(contract, day)
            self.assertEqual(contract.state, "paused")
        self._run_job(contract, "2026-03-21")
        self.assertEqual(str(contract.next_invoice_date), "2026-04-11")
        self.assertEqual(contract.pause_ids.mapped("is_settled"), [True, True])
        self.assertEqual(len(contract.line_ids), 2)

    def test_one_pause_within_the_other(self):
        contract = self._start()
        self._on("2026-03-05", contract.action_pause, until="2026-03-21", when="2026-03-11")
        self._on("2026-03-05", contract.action_pause, until="2026-03-15", when="2026-03-13")
        for day in ("2026-03-11", "2026-03-15", "2026-03-21"):
            self._run_job(contract, day)
        self.assertEqual(str(contract.next_invoice_date), "2026-04-11")

    def test_two_pauses_over_at_once(self):
        contract = self._start()
        self._on("2026-03-02", contract.action_pause, until="2026-03-08", when="2026-03-05")
        self._on("2026-03-02", contract.action_pause, until="2026-03-21", when="2026-03-11")
        self._run_job(contract, "2026-03-25")
        # Used were 1 to 4 and 8 to 10 March; 24 days follow from 21 March on.
        self.assertEqual(str(contract.next_invoice_date), "2026-04-14")

    def test_what_was_credited_does_not_move_under_another_policy(self):
        contract = self._start(pause_policy="credit")
        self._on("2026-03-11", contract.action_pause, until="2026-03-21")
        self._run_job(contract, "2026-03-21")
        self.template.pause_policy = "shift"
        self._run_job(contract, "2026-03-25")
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -10.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

    def test_reopened_after_closing_while_paused(self):
        contract = self._start()
        self._on("2026-03-11", contract.action_pause)
        self._on("2026-03-16", contract.action_close, self.reason.id, when="now")
        self._on("2026-03-21", contract.action_reopen)
        self.assertEqual(
            self._bill_on(contract, "2026-04-01"),
            [("2026-03-11", "2026-03-20", -10.0), ("2026-04-01", "2026-04-30", 31.0)],
        )

    def test_pauses_over_before_the_addon_knew_are_settled(self):
        contracts = self._start() | self._start() | self._start()
        over, late, running = contracts
        self._on("2026-03-11", contracts.action_pause, until="2026-03-21")
        self._on("2026-03-21", over._apply_due_transitions)
        running.sudo().pause_ids.date_until = "2026-04-11"
        contracts.sudo().pause_ids.is_settled = False
        script = file_path("sale_subscription/migrations/19.0.1.2.0/post-settled-pauses.py")
        with self._today("2026-03-22"):
            load_script(script, "post-settled-pauses").migrate(self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        settled = [contract.pause_ids.is_settled for contract in (over, late, running)]
        self.assertEqual(settled, [True, False, False])

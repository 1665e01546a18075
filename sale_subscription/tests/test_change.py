from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestChange(SubscriptionCommon):
    """Changes end a version and start another; the difference is charged or credited by days.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _start(self, **values):
        line = {"price_unit": 31.0, "quantity": 2, **values.pop("line", {})}
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[line], **values)
            self._bill(contract, "2026-03-01")
        return contract.with_user(self.manager)

    def _charges(self, contract):
        return [
            (c.kind, str(c.date_from), str(c.date_to), c.quantity, c.amount)
            for c in contract.sudo().charge_ids.sorted("id")
        ]

    def _change(self, contract, day, method, *args, **kwargs):
        with self._today(day):
            return getattr(contract, method)(*args, **kwargs)

    def test_more_now_is_charged_by_days(self):
        contract = self._start()
        change = self._change(contract, "2026-03-11", "change_quantity", contract.line_ids.id, 5)
        self.assertTrue(change)
        with self._today("2026-03-11"):
            move = self._bill(contract.sudo(), "2026-03-11")
        self.assertEqual(
            self._charges(contract)[1:],
            [
                ("credit", "2026-03-11", "2026-03-31", -2, -42.0),
                ("recurring", "2026-03-11", "2026-03-31", 5, 105.0),
            ],
        )
        self.assertEqual(move.amount_untaxed, 63.0)
        self.assertEqual(self._events(contract.sudo())[-1], ("expansion", "2026-03-11", 93.0))

    def test_back_on_the_same_day_costs_nothing(self):
        contract = self._start()
        line_id = contract.line_ids.id
        self._change(contract, "2026-03-11", "change_quantity", line_id, 5)
        self._change(contract, "2026-03-11", "change_quantity", line_id, 2)
        with self._today("2026-03-11"):
            self.assertEqual(contract.sudo().action_bill(until="2026-03-11"), [])
        self.assertEqual(contract.sudo().mrr, 62.0)

    def test_less_now_rides_as_a_credit_on_the_next_invoice(self):
        contract = self._start()
        self._change(contract, "2026-03-11", "change_quantity", contract.line_ids.id, 1)
        with self._today("2026-04-01"):
            move = self._bill(contract.sudo(), "2026-04-01")
        self.assertEqual(move.move_type, "out_invoice")
        self.assertEqual(move.amount_untaxed, 31.0 - 21.0)

    def test_at_the_period_end_nothing_is_charged_before(self):
        contract = self._start()
        change_id = self._change(
            contract, "2026-03-11", "change_quantity", contract.line_ids.id, 5, when="period_end"
        )
        change = self.env["sale.subscription.change"].browse(change_id)
        with self._today("2026-03-31"):
            self.assertEqual(str(change.date_effective), "2026-04-01")
            self.assertEqual(change.state, "scheduled")
            self.assertEqual(contract.sudo().scheduled_change_ids, change)
            self.assertEqual(contract.sudo().mrr, 62.0)
        with self._today("2026-04-01"):
            move = self._bill(contract.sudo(), "2026-04-01")
        self.assertEqual(move.amount_untaxed, 155.0)

    def test_a_scheduled_change_takes_effect_without_any_job(self):
        contract = self._start()
        self._change(
            contract, "2026-03-11", "change_quantity", contract.line_ids.id, 5, when="2026-04-11"
        )
        with self._today("2026-05-01"):
            moves = self._bill(contract.sudo(), "2026-05-01")
        # April: 10 days of 2 and 20 of 5 at 31.00 by 30 days; May: 5.
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 20.67 + 103.33 + 155.0)

    def test_a_scheduled_change_can_be_withdrawn(self):
        contract = self._start()
        change_id = self._change(
            contract, "2026-03-11", "change_quantity", contract.line_ids.id, 5, when="period_end"
        )
        change = self.env["sale.subscription.change"].browse(change_id)
        with self._today("2026-03-20"):
            change.with_user(self.manager).action_withdraw()
            self.assertEqual(change.state, "withdrawn")
        self.assertEqual(len(contract.line_ids), 1)
        self.assertFalse(contract.line_ids.date_end)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 62.0)
            with self.assertRaisesRegex(UserError, "in effect or was withdrawn"):
                change.with_user(self.manager).action_withdraw()

    def test_plan_now_starts_a_new_rhythm(self):
        contract = self._start()
        self._change(contract, "2026-03-11", "change_plan", self.yearly.id, when="now")
        self.assertEqual(contract.plan_id, self.yearly)
        with self._today("2026-03-11"):
            move = self._bill(contract.sudo(), "2026-03-11")
        self.assertEqual(move.amount_untaxed, 2 * 12 * 31.0 - 42.0)
        self.assertEqual(str(contract.next_invoice_date), "2027-03-11")
        self.assertEqual(contract.sudo().mrr, 62.0)

    def test_plan_at_the_period_end(self):
        contract = self._start()
        self._change(contract, "2026-03-11", "change_plan", self.yearly.id)
        self.assertEqual(contract.plan_id, self.monthly)
        with self._today("2026-04-01"):
            contract.sudo()._apply_due_transitions()
            move = self._bill(contract.sudo(), "2026-04-01")
        self.assertEqual(contract.plan_id, self.yearly)
        self.assertEqual(move.amount_untaxed, 744.0)
        self.assertEqual(str(contract.next_invoice_date), "2027-04-01")

    def test_adding_and_removing(self):
        contract = self._start()
        with self._today("2026-03-11"):
            line_id = contract.add_product(self.support.id, quantity=1)
            line = contract.line_ids.browse(line_id)
            line.price_unit = 62.0
            move = self._bill(contract.sudo(), "2026-03-11")
        self.assertEqual(move.amount_untaxed, 42.0)
        self._change(contract, "2026-03-16", "remove_line", line_id)
        with self._today("2026-04-01"):
            move = self._bill(contract.sudo(), "2026-04-01")
        self.assertEqual(move.amount_untaxed, 62.0)

    def test_neither_charged_nor_credited_by_days(self):
        self.template.write({"prorate_charges": False, "prorate_credits": False})
        contract = self._start()
        line_id = contract.line_ids.id
        self._change(contract, "2026-03-11", "change_quantity", line_id, 5)
        self._change(contract, "2026-03-16", "change_quantity", line_id, 3)
        with self._today("2026-03-16"):
            self.assertEqual(contract.sudo().action_bill(until="2026-03-31"), [])
        self.assertEqual(contract.sudo().mrr, 93.0)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 93.0)

    def test_neither_charged_nor_credited_while_a_prepayment_lasts(self):
        self.template.write({"prorate_charges": False, "prorate_credits": False})
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", plan=self.yearly, lines=[{"price_unit": 365.0}])
            self._bill(contract, "2026-01-01")
        line_id = contract.line_ids.id
        self._change(contract, "2026-03-11", "change_plan", self.monthly.id, when="now")
        self._change(contract, "2026-03-20", "change_quantity", line_id, 2)
        self.assertEqual(str(contract.next_invoice_date), "2027-01-01")
        with self._today("2026-04-11"):
            self.assertEqual(contract.action_bill(), [])
        with self._today("2027-01-11"):
            moves = self._bill(contract, "2027-01-11")
        # Two from the day on which what was paid ends: 10 of 31 days, then a month.
        self.assertEqual(moves.mapped("amount_untaxed"), [19.63, 60.84])

    def test_downgrade_without_credit_then_upgrade_by_days(self):
        self.template.write({"prorate_credits": False})
        contract = self._start()
        line_id = contract.line_ids.id
        self._change(contract, "2026-03-11", "change_quantity", line_id, 1, when="now")
        self._change(contract, "2026-03-21", "change_quantity", line_id, 4)
        with self._today("2026-03-21"):
            move = self._bill(contract.sudo(), "2026-03-21")
        # Two were paid for the whole month: from the 21st on, four instead of them.
        self.assertEqual(move.amount_untaxed, 11 * 4.0 - 11 * 2.0)

    def test_closing_without_credit_keeps_what_was_paid(self):
        self.template.prorate_credits = False
        contract = self._start()
        with self._today("2026-03-11"):
            contract.action_close(self.reason.id, when="now")
            self.assertEqual(contract.state, "closed")
            self.assertEqual(contract.sudo().action_bill(), [])
        self.assertEqual(contract.sudo().mrr, 0.0)
        self.assertFalse(contract.next_invoice_date)

    def test_wrong_calls_are_told(self):
        contract = self._start()
        other = self._start()
        line_id = contract.line_ids.id
        for method, args in (
            ("change_quantity", (other.line_ids.id, 3)),
            ("change_quantity", (line_id, -1)),
            ("change_quantity", (line_id, "many")),
            ("change_quantity", (line_id, 3, "someday")),
            ("change_plan", (0,)),
            ("add_product", (self.setup_fee.id,)),
            ("remove_line", (0,)),
        ):
            with self.subTest(method=method, args=args), self.assertRaises(UserError):
                self._change(contract, "2026-03-11", method, *args)
        self.assertEqual(len(contract.line_ids), 1)

    def test_a_change_before_a_scheduled_one_leaves_it_to_be_withdrawn(self):
        contract = self._start()
        line_id = contract.line_ids.id
        later = self._change(
            contract, "2026-03-11", "change_quantity", line_id, 5, when="2026-05-01"
        )
        earlier = self._change(
            contract, "2026-03-12", "change_price", line_id, 30.0, when="2026-04-01"
        )
        Change = self.env["sale.subscription.change"].with_user(self.manager)
        with self._today("2026-03-20"):
            Change.browse(later).action_withdraw()
        with self._today("2026-06-01"):
            moves = self._bill(contract.sudo(), "2026-06-01")
        self.assertEqual(moves.mapped("amount_untaxed"), [60.0, 60.0, 60.0])
        self.assertTrue(earlier)

    def test_a_change_before_a_scheduled_one_is_withdrawn_alone(self):
        contract = self._start()
        line_id = contract.line_ids.id
        later = self._change(
            contract, "2026-03-11", "change_quantity", line_id, 5, when="2026-05-01"
        )
        earlier = self._change(
            contract, "2026-03-12", "change_price", line_id, 30.0, when="2026-04-01"
        )
        Change = self.env["sale.subscription.change"].with_user(self.manager)
        with self._today("2026-03-20"):
            Change.browse(earlier).action_withdraw()
            Change.browse(later).action_withdraw()
        with self._today("2026-05-01"):
            moves = self._bill(contract.sudo(), "2026-05-01")
        self.assertEqual(moves.mapped("amount_untaxed"), [62.0, 62.0])

    # === ADDITIONS STILL TO COME === #
    def _add_for_april(self, contract):
        with self._today("2026-03-11"):
            line_id = contract.add_product(self.seat.id, 2, when="2026-04-01")
            line = contract.line_ids.browse(line_id)
            self.assertEqual(line.change_id.state, "scheduled")
        return line, line.change_id

    def test_an_addition_to_come_is_removed_and_withdrawn(self):
        contract = self._start()
        line, addition = self._add_for_april(contract)
        with self._today("2026-03-12"):
            removal = addition.browse(contract.remove_line(line.id, when="now"))
            self.assertFalse(line.exists())
            self.assertEqual((addition.state, removal.state), ("withdrawn", "done"))
            self.assertFalse(contract.scheduled_change_ids)
            self.assertEqual(removal.mrr_change, 0.0)

    def test_an_addition_to_come_that_was_changed_is_removed(self):
        contract = self._start()
        line, addition = self._add_for_april(contract)
        with self._today("2026-03-12"):
            change = addition.browse(contract.change_quantity(line.id, 3, when="now"))
            removal = addition.browse(contract.remove_line(line.id, when="2026-03-20"))
            self.assertEqual(len(contract.line_ids), 1)
            self.assertEqual(
                (addition | change | removal).mapped("state"), ["withdrawn", "withdrawn", "done"]
            )
            self.assertFalse(contract.scheduled_change_ids)

    def test_an_addition_to_come_is_changed_from_its_own_day(self):
        contract = self._start()
        line, addition = self._add_for_april(contract)
        with self._today("2026-03-12"):
            change = addition.browse(contract.change_quantity(line.id, 3, when="now"))
            self.assertEqual(str(change.date_effective), "2026-04-01")
            self.assertEqual(change.state, "scheduled")
            self.assertEqual((addition.mrr_change, change.mrr_change), (20.0, 10.0))
            change.action_withdraw()
            self.assertEqual(line.quantity, 2)
            self.assertFalse(line.date_end)
            addition.action_withdraw()
            self.assertEqual(len(contract.line_ids), 1)

    # === CONTRACTS THAT END === #
    def test_what_was_scheduled_is_never_in_effect_on_a_closed_contract(self):
        contract = self._start()
        Change = self.env["sale.subscription.change"]
        line_id = contract.line_ids.id
        change_id = self._change(
            contract, "2026-03-05", "change_quantity", line_id, 5, when="2026-05-01"
        )
        done_id = self._change(contract, "2026-03-05", "change_price", line_id, 33.0, when="now")
        change, done = Change.browse([change_id, done_id])
        self._change(contract, "2026-03-11", "action_close", self.reason.id, when="now")
        with self._today("2026-05-02"):
            self.assertEqual((change.state, done.state), ("withdrawn", "done"))
            mine = [("subscription_id", "=", contract.id)]
            self.assertEqual(Change.search([*mine, ("state", "=", "done")]), done)
            self.assertEqual(Change.search([*mine, ("state", "=", "withdrawn")]), change)
            with self.assertRaisesRegex(UserError, "withdrawn already"):
                change.action_withdraw()
        with self._today("2026-05-03"):
            contract.action_reopen()
            self.assertEqual((change.state, done.state), ("done", "done"))
            self.assertEqual(contract.sudo().mrr, 165.0)

    def test_what_was_scheduled_is_never_in_effect_on_a_cancelled_contract(self):
        contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        line_id = contract.line_ids.id
        change_id = self._change(
            contract, "2026-03-05", "change_quantity", line_id, 5, when="2026-05-01"
        )
        self._change(contract, "2026-03-06", "action_cancel")
        with self._today("2026-05-02"):
            self.assertEqual(contract.change_ids.browse(change_id).state, "withdrawn")

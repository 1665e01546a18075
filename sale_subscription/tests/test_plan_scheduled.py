from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestPlanScheduled(SubscriptionCommon):
    """Another plan, beside products that are added, trials and small prices.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month; Support is 120.00 a year.
    """

    def _start(self, **values):
        line = {"price_unit": 31.0, **values.pop("line", {})}
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[line], **values)
            self._bill(contract, "2026-03-01")
        return contract

    def _bill_on(self, contract, day):
        """Do what the jobs do on a day and return the amounts invoiced."""
        with self._today(day):
            contract._apply_due_transitions()
            return self._bill(contract, day).mapped("amount_untaxed")

    def _get_rhythm(self, line):
        return line.plan_id, line.price_unit, str(line.anchor_date or "")

    def _plan(self, contract, when="2026-04-01"):
        change_id = contract.change_plan(self.yearly.id, when=when)
        return self.env["sale.subscription.change"].browse(change_id)

    def _add(self, contract, when):
        return contract.line_ids.browse(contract.add_product(self.support.id, when=when))

    # === ADDING AROUND A SCHEDULED PLAN === #
    def test_added_on_the_day_of_a_scheduled_plan(self):
        contract = self._start()
        with self._today("2026-03-11"):
            self._plan(contract)
            added = self._add(contract, "period_end")
        self.assertEqual(str(added.date_start), "2026-04-01")
        self.assertEqual(self._get_rhythm(added), (self.yearly, 120.0, "2026-04-01"))
        self.assertEqual(added.change_id.mrr_change, 10.0)
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [372.0 + 120.0])
        self.assertEqual((contract.plan_id, str(contract.anchor_date)), (self.yearly, "2026-04-01"))
        self.assertEqual(str(contract.next_invoice_date), "2027-04-01")
        self.assertEqual(contract.mrr, 41.0)

    def test_added_before_a_scheduled_plan_it_goes_on_in_it(self):
        contract = self._start()
        with self._today("2026-03-11"):
            self._plan(contract)
            added = self._add(contract, "2026-03-21")
            self.assertEqual(self._get_rhythm(added), (self.monthly, 10.0, ""))
        # 11 of 31 days.
        self.assertEqual(self._bill_on(contract, "2026-03-21"), [3.55])
        # The addition was agreed after the plan: it has the plan from its day on, too.
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [372.0 + 120.0])
        self.assertEqual((contract.plan_id, str(contract.anchor_date)), (self.yearly, "2026-04-01"))

    def test_a_plan_reaches_what_is_added_later(self):
        contract = self._start()
        with self._today("2026-03-11"):
            added = self._add(contract, "2026-05-01")
            self.assertEqual(self._get_rhythm(added), (self.monthly, 10.0, ""))
            plan = self._plan(contract)
        self.assertEqual(self._get_rhythm(added), (self.yearly, 120.0, "2026-04-01"))
        self.assertEqual((plan.mrr_change, added.change_id.mrr_change), (0.0, 10.0))
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [372.0])
        self.assertEqual((contract.plan_id, str(contract.anchor_date)), (self.yearly, "2026-04-01"))
        # 335 of 365 days.
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [110.14])
        self.assertEqual(str(contract.next_invoice_date), "2027-04-01")
        self.assertEqual(contract.mrr, 41.0)

    def test_a_plan_at_once_reaches_what_is_added_later(self):
        contract = self._start()
        with self._today("2026-03-11"):
            added = self._add(contract, "2026-04-01")
            self._plan(contract, when="now")
        self.assertEqual(self._get_rhythm(added), (self.yearly, 120.0, "2026-03-11"))
        self.assertEqual(self._bill_on(contract, "2026-03-11"), [372.0 - 21.0])
        # 344 of 365 days.
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [113.1])

    def test_a_withdrawn_plan_leaves_what_is_added_as_it_was(self):
        for order in ("plan, addition", "addition, plan"):
            with self.subTest(order):
                contract = self._start()
                with self._today("2026-03-11"):
                    if order == "plan, addition":
                        plan = self._plan(contract)
                    added = self._add(contract, "2026-05-01")
                    if order == "addition, plan":
                        plan = self._plan(contract)
                    self.assertEqual(added.plan_id, self.yearly)
                    plan.action_withdraw()
                self.assertEqual(self._get_rhythm(added), (self.monthly, 10.0, ""))
                self.assertEqual(added.change_id.mrr_change, 10.0)
                self.assertEqual(self._bill_on(contract, "2026-05-01"), [31.0, 41.0])

    def test_a_withdrawn_addition_leaves_the_plan(self):
        contract = self._start()
        with self._today("2026-03-11"):
            added = self._add(contract, "2026-05-01")
            self._plan(contract)
            added.change_id.action_withdraw()
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [372.0])

    def test_not_charged_by_days_an_addition_waits_for_the_plans_period(self):
        self.template.prorate_charges = False
        contract = self._start()
        with self._today("2026-03-11"):
            added = self._add(contract, "2026-05-11")
            self.assertEqual(str(added.charge_start_date), "2026-06-01")
            self._plan(contract)
        self.assertEqual(str(added.charge_start_date), "2027-04-01")

    # === TRIALS === #
    def test_a_plan_within_a_trial_counts_from_the_first_paid_day(self):
        self.template.trial_days = 10
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        with self._today("2026-03-05"):
            contract.change_plan(self.yearly.id, when="policy")
            self.assertEqual(contract.plan_id, self.yearly)
        self.assertEqual(str(contract.anchor_date), "2026-03-11")
        with self._today("2026-03-11"):
            move = self._bill(contract, "2026-03-11")
        self.assertEqual(move.amount_untaxed, 372.0)
        self.assertEqual(self._periods(move), [("2026-03-11", "2027-03-10")])
        self.assertEqual(str(contract.next_invoice_date), "2027-03-11")
        self.assertEqual(self._events(contract), [("new", "2026-03-11", 31.0)])

    def test_a_plan_within_a_trial_not_charged_by_days(self):
        self.template.write({"trial_days": 10, "prorate_charges": False})
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        with self._today("2026-03-05"):
            contract.change_plan(self.yearly.id, when="now")
        with self._today("2026-03-11"):
            move = self._bill(contract, "2026-03-11")
        self.assertEqual(move.amount_untaxed, 372.0)
        self.assertEqual(self._periods(move), [("2026-03-11", "2027-03-10")])

    def test_a_quantity_within_a_trial(self):
        self.template.trial_days = 10
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
        with self._today("2026-03-05"):
            contract.change_quantity(contract.line_ids.id, 3)
        with self._today("2026-03-11"):
            move = self._bill(contract, "2026-03-11")
        self.assertEqual(move.amount_untaxed, 93.0)
        self.assertEqual(self._periods(move), [("2026-03-11", "2026-04-10")])

    # === SMALL PRICES === #
    def test_a_small_price_set_by_hand_stays_a_price(self):
        contract = self._start(line={"price_unit": 0.0125, "quantity": 1000})
        with self._today("2026-03-11"):
            contract.change_plan(self.weekly.id)
        # 0.0125 × 12 ÷ 52 = 0.00288…, as fine as the old price.
        self.assertEqual(contract.line_ids.sorted("id")[-1].price_unit, 0.0029)
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [2.9])

    def test_a_price_that_would_round_to_nothing_gets_more_decimals(self):
        self.template.plan_ids += self.daily
        contract = self._start(line={"price_unit": 0.1, "quantity": 1000})
        with self._today("2026-03-11"):
            contract.change_plan(self.daily.id)
        # 0.10 × 12 ÷ 365 = 0.003288 would be free with two decimals.
        self.assertEqual(contract.line_ids.sorted("id")[-1].price_unit, 0.003288)
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [3.29])

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daily = cls.env["sale.subscription.plan"].create(
            {"name": "Daily", "interval_unit": "day"}
        )

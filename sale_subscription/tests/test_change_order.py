from odoo.modules.module import load_script
from odoo.tests import tagged
from odoo.tools import file_path

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestChangeOrder(SubscriptionCommon):
    """Changes for one line in any order: each moves what it is about, also in later versions.

    Contracts start on 1 March 2026, billed in advance: 2 at 31.00 a month.
    """

    def _start(self, **values):
        line = {"price_unit": 31.0, "quantity": 2}
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[line], **values)
            self._bill(contract, "2026-03-01")
        return contract

    def _change(self, contract, method, *args, when, day="2026-03-11"):
        line_id = contract.line_ids.sorted("id")[0].id
        args = args if method == "change_plan" else (line_id, *args)
        with self._today(day):
            change_id = getattr(contract, method)(*args, when=when)
        return self.env["sale.subscription.change"].browse(change_id)

    def _versions(self, contract):
        """Return the versions that deliver something as `(quantity, price, from, to)`."""
        return [
            (line.quantity, line.price_unit, str(line.date_start), str(line.date_end or ""))
            for line in contract.line_ids.sorted(lambda line: (line.date_start, line.id))
            if not line._is_replaced_at_once()
        ]

    def _bill_on(self, contract, day):
        with self._today(day):
            return self._bill(contract, day).mapped("amount_untaxed")

    def test_a_price_reaches_the_quantity_scheduled_after_it(self):
        contract = self._start()
        later = self._change(contract, "change_quantity", 5, when="2026-05-01")
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-31"),
                (2, 33.0, "2026-04-01", "2026-04-30"),
                (5, 33.0, "2026-05-01", ""),
            ],
        )
        self.assertEqual(later.mrr_change, 99.0)
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [66.0, 165.0])
        self.assertEqual(contract.mrr, 165.0)

    def test_what_a_later_change_is_about_stays(self):
        contract = self._start()
        self._change(contract, "change_price", 40.0, when="2026-05-01")
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        self._change(contract, "change_quantity", 3, when="2026-04-16")
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-31"),
                (2, 33.0, "2026-04-01", "2026-04-15"),
                (3, 33.0, "2026-04-16", "2026-04-30"),
                (3, 40.0, "2026-05-01", ""),
            ],
        )
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [33.0, 49.5, 120.0])

    def test_discount_and_price_are_two_terms(self):
        contract = self._start()
        self._change(contract, "change_price", 31.0, 10.0, when="2026-05-01")
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        line = contract.line_ids.sorted("date_start")[-1]
        # The later change named both: it keeps both.
        self.assertEqual((line.price_unit, line.discount), (31.0, 10.0))
        with self._today("2026-03-11"):
            contract.change_line(line.id, discount=20.0, when="2026-06-01")
            contract.change_line(line.id, price_unit=35.0, when="2026-05-16")
        line = contract.line_ids.sorted("date_start")[-1]
        self.assertEqual((line.price_unit, line.discount), (35.0, 20.0))

    def test_withdrawn_the_later_versions_are_as_before(self):
        contract = self._start()
        self._change(contract, "change_quantity", 5, when="2026-05-01")
        earlier = self._change(contract, "change_price", 33.0, when="2026-04-01")
        with self._today("2026-03-20"):
            earlier.action_withdraw()
        self.assertEqual(
            self._versions(contract),
            [(2, 31.0, "2026-03-01", "2026-04-30"), (5, 31.0, "2026-05-01", "")],
        )

    def test_withdrawn_the_earlier_price_goes_on(self):
        contract = self._start()
        later = self._change(contract, "change_quantity", 5, when="2026-05-01")
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        with self._today("2026-03-20"):
            later.action_withdraw()
        self.assertEqual(
            self._versions(contract),
            [(2, 31.0, "2026-03-01", "2026-03-31"), (2, 33.0, "2026-04-01", "")],
        )

    def test_a_price_update_reaches_scheduled_versions_and_is_undone(self):
        contract = self._start()
        self._change(contract, "change_quantity", 5, when="2026-05-01")
        update = (
            self.env["sale.subscription.price.update"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Index",
                    "contract_domain": repr([("id", "=", contract.id)]),
                    "percentage": 10.0,
                }
            )
        )
        with self._today("2026-03-12"):
            update.action_preview()
            update.action_apply()
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-31"),
                (2, 34.1, "2026-04-01", "2026-04-30"),
                (5, 34.1, "2026-05-01", ""),
            ],
        )
        with self._today("2026-03-13"):
            update.action_undo()
        self.assertEqual(
            self._versions(contract),
            [(2, 31.0, "2026-03-01", "2026-04-30"), (5, 31.0, "2026-05-01", "")],
        )
        with self._today("2026-03-14"):
            contract.scheduled_change_ids.action_withdraw()
        self.assertEqual(self._versions(contract), [(2, 31.0, "2026-03-01", "")])

    def test_a_plan_reaches_the_quantity_scheduled_after_it(self):
        contract = self._start()
        self._change(contract, "change_quantity", 5, when="2026-06-01")
        self._change(contract, "change_plan", self.yearly.id, when="2026-04-01")
        last = contract.line_ids.sorted("date_start")[-1]
        self.assertEqual((last.plan_id, last.price_unit), (self.yearly, 372.0))
        self.assertEqual(str(last.anchor_date), "2026-04-01")
        with self._today("2026-04-01"):
            contract._apply_due_transitions()
        # 61 and 304 of 365 days: 2 and 5 at 372.00.
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [124.34])
        self.assertEqual(self._bill_on(contract, "2026-06-01"), [1549.15])
        self.assertEqual(contract.mrr, 155.0)

    def test_a_price_before_a_scheduled_plan_leaves_the_plans_price(self):
        contract = self._start()
        self._change(contract, "change_plan", self.yearly.id, when="2026-05-01")
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        self._change(contract, "change_quantity", 3, when="2026-04-01")
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-31"),
                (3, 33.0, "2026-04-01", "2026-04-30"),
                (3, 372.0, "2026-05-01", ""),
            ],
        )

    def test_backdated_it_reaches_what_was_invoiced(self):
        contract = self._start()
        self._change(contract, "change_price", 40.0, when="2026-04-01")
        self._bill_on(contract, "2026-04-01")
        self._change(contract, "change_quantity", 3, when="2026-03-22", day="2026-04-10")
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-21"),
                (3, 31.0, "2026-03-22", "2026-03-31"),
                (3, 40.0, "2026-04-01", ""),
            ],
        )
        # One more for 10 days at 31.00 and for April at 40.00.
        self.assertEqual(sum(self._bill_on(contract, "2026-04-10")), 50.0)
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [120.0])

    def test_backdated_removal_ends_what_was_invoiced(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.add_product(self.support.id)
        self._change(contract, "change_price", 40.0, when="2026-04-01")
        self._bill_on(contract, "2026-04-01")
        self._change(contract, "remove_line", when="2026-03-22", day="2026-04-10")
        with self._today("2026-04-10"):
            charges = contract.charge_ids.browse(
                contract._create_charges(
                    self._day("2026-04-10"), contract.line_ids._get_coverage()
                ).ids
            )
        # 10 days of March at 62.00, and April.
        self.assertEqual(sorted(charges.mapped("amount")), [-80.0, -20.0])

    def test_removed_before_a_scheduled_change_and_withdrawn(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.add_product(self.support.id)
        later = self._change(contract, "change_quantity", 5, when="2026-05-01")
        removal = self._change(contract, "remove_line", when="2026-04-01")
        self.assertEqual(later.state, "withdrawn")
        self.assertEqual(self._versions(contract)[0], (2, 31.0, "2026-03-01", "2026-03-31"))
        with self._today("2026-03-20"):
            removal.action_withdraw()
        self.assertEqual(self._versions(contract)[0], (2, 31.0, "2026-03-01", ""))

    def test_withdrawn_before_a_scheduled_removal(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.add_product(self.support.id)
        first = self._change(contract, "change_quantity", 5, when="2026-05-01")
        removal = self._change(contract, "remove_line", when="2026-07-01")
        self.assertEqual(removal.mrr_change, -155.0)
        with self._today("2026-03-20"):
            first.action_withdraw()
        self.assertEqual(self._versions(contract)[0], (2, 31.0, "2026-03-01", "2026-06-30"))
        self.assertEqual(removal.mrr_change, -62.0)
        with self._today("2026-03-21"):
            removal.action_withdraw()
        self.assertEqual(self._versions(contract)[0], (2, 31.0, "2026-03-01", ""))

    def test_not_charged_by_days_the_later_version_waits_too(self):
        self.template.prorate_charges = False
        contract = self._start()
        # Within April and by days, because it gets cheaper.
        self._bill_on(contract, "2026-04-01")
        self._change(contract, "change_quantity", 1, when="2026-04-21", day="2026-04-05")
        self._change(contract, "change_price", 36.0, when="2026-04-11", day="2026-04-05")
        # Until May nothing is charged at the new price: 10 days are 1 at 31.00 instead of 2.
        self.assertEqual(self._bill_on(contract, "2026-04-21"), [])
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [36.0 - 10.34])
        self.assertEqual(contract.mrr, 36.0)

    def test_periods_shifted_by_a_pause_before_a_scheduled_change(self):
        self.template.pause_policy = "shift"
        contract = self._start()
        later = self._change(contract, "change_quantity", 5, when="2026-05-01")
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-21")
        with self._today("2026-03-21"):
            contract._apply_due_transitions()
        self.assertEqual(
            self._versions(contract),
            [
                (2, 31.0, "2026-03-01", "2026-03-20"),
                (2, 31.0, "2026-03-21", "2026-04-30"),
                (5, 31.0, "2026-05-01", ""),
            ],
        )
        with self._today("2026-03-22"):
            later.action_withdraw()
        self.assertEqual(self._versions(contract)[1:], [(2, 31.0, "2026-03-21", "")])
        self.assertEqual(self._bill_on(contract, "2026-04-11"), [62.0])

    def test_taken_back_the_same_day_before_a_scheduled_change(self):
        contract = self._start()
        self._change(contract, "change_quantity", 3, when="now")
        later = self._change(contract, "change_price", 40.0, when="2026-04-01")
        self.assertEqual(later.mrr_change, 27.0)
        self._change(contract, "change_quantity", 2, when="now")
        self.assertEqual(
            self._versions(contract),
            [(2, 31.0, "2026-03-01", "2026-03-31"), (2, 40.0, "2026-04-01", "")],
        )
        self.assertEqual(later.mrr_change, 18.0)
        self.assertEqual(self._bill_on(contract, "2026-04-01"), [80.0])
        # It is still the same line.
        self._change(contract, "remove_line", when="2026-05-01", day="2026-04-05")
        self.assertEqual(self._bill_on(contract, "2026-05-01"), [])

    def test_edited_by_hand_before_it_is_invoiced(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-04-01", lines=[{"price_unit": 31.0}])
            contract.change_quantity(contract.line_ids.id, 5, when="2026-05-01")
            first, last = contract.line_ids.sorted("date_start")
            first.price_unit = 33.0
            self.assertEqual(last.price_unit, 33.0)
            last.price_unit = 35.0
            first.price_unit = 34.0
        self.assertEqual((last.quantity, last.price_unit), (5, 35.0))

    def test_versions_scheduled_before_the_addon_knew_their_own_terms_follow(self):
        contract = self._start()
        self._change(contract, "change_quantity", 5, when="2026-05-01")
        first, last = contract.line_ids.sorted("date_start")
        last.own_terms = False
        script = file_path("sale_subscription/migrations/19.0.1.1.0/post-own-terms.py")
        load_script(script, "post-own-terms").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((first.own_terms, last.own_terms), (False, "quantity"))
        self._change(contract, "change_price", 33.0, when="2026-04-01")
        self.assertEqual((last.quantity, last.price_unit), (5, 33.0))

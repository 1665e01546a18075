from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestBadArguments(SubscriptionCommon):
    """What a program sends that no form would: it is told in words, and nothing is done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-10 12:00:00"):
            cls.contract = cls._activate("2026-03-01")
            cls.other = cls._activate("2026-03-01")

    def test_closing_on_a_date_without_saying_that_it_is_one(self):
        with self._today("2026-03-10"):
            self.contract.action_close(self.reason.id, date="2026-03-20")
        self.assertEqual(self.contract.close_date, self._day("2026-03-20"))
        self.assertEqual(self.contract.state, "active")

    def test_closing_at_two_times(self):
        for when in ("now", "period_end"):
            with (
                self.subTest(when=when),
                self._today("2026-03-10"),
                self.assertRaisesRegex(UserError, "not both"),
            ):
                self.contract.action_close(self.reason.id, when=when, date="2026-03-20")

    def test_words_that_are_none(self):
        with self._today("2026-03-10"):
            with self.assertRaisesRegex(UserError, "isn't a text"):
                self.contract.action_pause(reason=5)
            with self.assertRaisesRegex(UserError, "isn't a text"):
                self.contract.action_close(self.reason.id, message=["x"])
        self.assertFalse(self.contract.pause_ids)

    def test_charging_nothing(self):
        with self._today("2026-03-10"), self.assertRaisesRegex(UserError, "quantity is 0"):
            self.contract.add_one_time_charge(self.setup_fee.id, quantity=0)
        self.assertFalse(self.contract.charge_ids)

    def test_none_or_two_where_one_is_meant(self):
        line = self.contract.line_ids
        calls = {
            "add_one_time_charge": (self.setup_fee.id,),
            "preview_billing": ("2026-04-30",),
            "change_quantity": (line.id, 2),
            "change_price": (line.id, 9),
            "add_product": (self.support.id,),
            "remove_line": (line.id,),
            "change_plan": (self.yearly.id,),
            "action_upsell": (),
            "action_renew": (),
        }
        for contracts in (self.contract.browse(), self.contract | self.other):
            for name, arguments in calls.items():
                with (
                    self.subTest(method=name, contracts=len(contracts)),
                    self._today("2026-03-10"),
                    self.assertRaisesRegex(UserError, "one record at a time"),
                ):
                    getattr(contracts, name)(*arguments)


@tagged("post_install", "-at_install")
class TestVersionLinks(SubscriptionCommon):
    """Versions follow each other within one contract and never in a circle."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-10 12:00:00"):
            cls.contract = cls._activate("2026-03-01", user_id=cls.salesman.id)
            cls.contract.change_quantity(cls.contract.line_ids.id, 2, when="2026-03-20")
            cls.other = cls._activate("2026-03-01", user_id=cls.manager.id)
        cls.old, cls.new = cls.contract.line_ids.sorted("date_start")

    def test_circles(self):
        for line, earlier in [(self.old, self.old), (self.old, self.new)]:
            with self.assertRaisesRegex(ValidationError, "can't replace itself"):
                line.predecessor_id = earlier

    def test_a_version_of_another_contract(self):
        with self.assertRaisesRegex(ValidationError, "of the same contract"):
            self.other.line_ids.predecessor_id = self.old
        mine = self.old.with_user(self.salesman)
        with self.assertRaisesRegex(ValidationError, "of the same contract"):
            mine.predecessor_id = self.other.line_ids.id

    def test_walking_a_circle_ends(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sale_subscription_line SET predecessor_id = %s WHERE id = %s",
            [self.new.id, self.old.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.old._get_earlier_versions(), self.new)
        self.assertEqual(self.old._get_chain(), self.old | self.new)
        with self._today("2026-03-10"):
            self._bill(self.contract, "2026-03-10")
        self.contract.read()
        self.old.read()

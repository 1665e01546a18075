from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestOptionQuota(SubscriptionCommon):
    """The quota of an option holds on every day to come, whichever way a quantity is written.

    Contracts start on 1 March 2026 with 2 seats of 0 to 5.
    """

    def _start(self, billed=True, minimum=0.0, **values):
        option = {"product_id": self.seat.id, "min_quantity": minimum, "max_quantity": 5.0}
        with self._today("2026-03-01"):
            contract = self._activate(
                "2026-03-01",
                lines=[{"quantity": 2}],
                option_ids=[Command.create(option)],
                **values,
            )
            if billed:
                self._bill(contract, "2026-03-01")
        return contract.with_user(self.manager)

    def _refuses(self, quantity="8.0"):
        return self.assertRaisesRegex(
            ValidationError, rf"{quantity},?( which)? is outside the agreed quota"
        )

    # === CHANGES === #
    def test_an_addition_now_counts_with_what_is_scheduled(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.change_quantity(contract.line_ids.id, 5, when="2026-05-01")
            with self._refuses(), self.cr.savepoint():
                contract.add_product(self.seat.id, 3)
        self.assertEqual(sum(contract.line_ids.mapped("quantity")), 7)

    def test_a_change_now_leaves_the_quantity_scheduled_after_it(self):
        """What is scheduled for the same line takes the place of what is changed now."""
        contract = self._start()
        with self._today("2026-03-11"):
            line_id = contract.line_ids.id
            contract.change_quantity(line_id, 5, when="2026-05-01")
            contract.change_quantity(line_id, 4)
        self.assertEqual(contract.line_ids.sorted("date_start").mapped("quantity"), [2, 4, 5])

    def test_a_scheduled_change_counts_with_later_additions(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.add_product(self.seat.id, 3, when="2026-06-01")
            with self._refuses("6.0"), self.cr.savepoint():
                contract.change_quantity(contract.line_ids.sorted("id")[0].id, 3, when="2026-05-01")

    def test_what_leaves_before_more_comes_is_no_longer_counted(self):
        contract = self._start()
        with self._today("2026-03-11"):
            contract.remove_line(contract.line_ids.id, when="2026-05-01")
            contract.add_product(self.seat.id, 5, when="2026-05-01")
        self.assertEqual(len(contract.line_ids), 2)

    def test_a_removal_that_others_rely_on_is_not_withdrawn(self):
        contract = self._start()
        with self._today("2026-03-11"):
            removal_id = contract.remove_line(contract.line_ids.id, when="2026-05-01")
            contract.add_product(self.seat.id, 4, when="2026-05-01")
            removal = self.env["sale.subscription.change"].browse(removal_id)
            with self._refuses("6.0"), self.cr.savepoint():
                removal.with_user(self.manager).action_withdraw()
        self.assertFalse(removal.is_withdrawn)

    def test_less_now_counts_with_a_removal_scheduled(self):
        contract = self._start(minimum=2.0)
        with self._today("2026-03-11"):
            added_id = contract.add_product(self.seat.id, 3)
            contract.remove_line(added_id, when="2026-05-01")
            with self._refuses("1.0"), self.cr.savepoint():
                contract.change_quantity(contract.line_ids.sorted("id")[0].id, 1)

    def test_prices_and_plans_are_free_to_change_outside_a_quota(self):
        """Somebody lowered the quota: what isn't about quantities goes on."""
        contract = self._start()
        contract.option_ids.sudo().max_quantity = 1.0
        with self._today("2026-03-11"):
            contract.change_price(contract.line_ids.id, 11.0)
            contract.change_plan(self.yearly.id, when="2026-05-01")
        self.assertEqual(len(contract.line_ids), 3)

    # === BY HAND === #
    def test_lines_written_by_hand(self):
        contract = self._start(billed=False)
        with self._today("2026-03-11"):
            with self._refuses("6.0"), self.cr.savepoint():
                contract.line_ids.quantity = 6
            contract.line_ids.quantity = 5
            with self._refuses("6.0"), self.cr.savepoint():
                contract.line_ids = [Command.create({"product_id": self.seat.id})]
        self.assertEqual(contract.line_ids.quantity, 5)

    def test_a_line_made_by_hand_on_a_billed_contract(self):
        contract = self._start()
        values = {"subscription_id": contract.id, "product_id": self.seat.id, "quantity": 4}
        Line = self.env["sale.subscription.line"].with_user(self.manager)
        with self._today("2026-03-11"):
            with self._refuses("6.0"), self.cr.savepoint():
                Line.create({**values, "date_start": "2026-05-01"})
            line = Line.create({**values, "quantity": 3, "date_start": "2026-05-01"})
            with self._refuses("6.0"), self.cr.savepoint():
                line.quantity = 4
        self.assertEqual(contract.line_ids.mapped("quantity"), [2, 3])

    def test_an_end_set_by_hand(self):
        contract = self._start(minimum=2.0)
        with self._today("2026-03-11"):
            with self._refuses("0.0"), self.cr.savepoint():
                contract.line_ids.date_end = "2026-05-31"
        self.assertFalse(contract.line_ids.date_end)

    def test_drafts_are_put_together_freely(self):
        contract = self._create_contract(
            "2026-03-01",
            lines=[{"quantity": 9}],
            option_ids=[Command.create({"product_id": self.seat.id, "max_quantity": 5.0})],
        )
        contract.line_ids.quantity = 8
        self.assertEqual(contract.line_ids.quantity, 8)

    def test_a_version_and_its_successor_written_together_are_one_step(self):
        contract = self._start(minimum=1.0)
        line = contract.line_ids
        with self._today("2026-03-11"):
            successor = {
                "product_id": self.seat.id,
                "quantity": 5.0,
                "date_start": "2026-04-01",
                "predecessor_id": line.id,
            }
            commands = [
                Command.update(line.id, {"date_end": "2026-03-31"}),
                Command.create(successor),
            ]
            contract.write({"line_ids": commands})
            self.assertEqual(contract.line_ids.sorted("date_start").mapped("quantity"), [2, 5])
            newest = contract.line_ids.sorted("date_start")[-1]
            with self._refuses("0.0"), self.cr.savepoint():
                contract.write(
                    {"line_ids": [Command.update(newest.id, {"date_end": "2026-05-31"})]}
                )
            with self._refuses("0.0"), self.cr.savepoint():
                contract.write({"line_ids": [Command.delete(newest.id)]})

    def test_a_line_deleted_by_itself_counts_too(self):
        contract = self._start(billed=False, minimum=1.0)
        with self._today("2026-03-11"), self._refuses("0.0"), self.cr.savepoint():
            contract.line_ids.unlink()
        self.assertEqual(contract.line_ids.quantity, 2.0)

    def test_what_was_agreed_beyond_a_quota_goes_on_after_a_pause(self):
        """Jobs split versions: they must not stop at what people agreed."""
        self.template.pause_policy = "shift"
        contract = self._start()
        contract.sudo().option_ids.max_quantity = 1.0
        with self._today("2026-03-11"):
            contract.action_pause(until="2026-03-21")
        with self._today("2026-03-21"):
            contract._apply_due_transitions()
        self.assertEqual(contract.state, "active")
        versions = contract.line_ids.sorted("date_start")
        self.assertEqual(
            [(str(line.date_start), line.quantity) for line in versions],
            [("2026-03-01", 2.0), ("2026-03-21", 2.0)],
        )

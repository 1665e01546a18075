from datetime import date

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .life_books import LifeBooks
from .life_operations import LifeOperations
from .life_plans import LifePlans
from .sale_common import SaleSubscriptionSaleCommon


@tagged("post_install", "-at_install")
class TestLifeBooks(LifePlans, LifeOperations, LifeBooks, SaleSubscriptionSaleCommon):
    """Lives with amounts worked out on paper; and the checks of random lives notice what is wrong.

    A contract over one seat at 31.00 a month, from 1 March 2026 on, without taxes.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.seat | cls.support | cls.setup_fee).taxes_id = [Command.clear()]
        cls.plan_list = [cls.monthly, cls.weekly, cls.quarterly, cls.yearly]

    def _begin_life(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            self._begin(contract)
            self.others = contract.browse()
            self._bill(contract, "2026-03-01")
        return contract

    def _on(self, contract, day, operation=None, *arguments):
        """Do one thing on a day, bill and look at the books."""
        with self._today(day):
            if operation:
                getattr(self, f"_do_{operation}")(contract, date.fromisoformat(day), *arguments)
                self._forget_withdrawn()
            contract._apply_due_transitions()
            contract.action_bill()
            self.is_settled = True
            self._check_books(contract, date.fromisoformat(day), True)

    def _ledger(self, contract):
        return [
            (charge.kind, str(charge.date_from), str(charge.date_to), charge.amount)
            for charge in contract.charge_ids.sorted(lambda c: (c.date_from, c.id))
        ]

    # === LIVES === #
    def test_more_then_cheaper_then_closed(self):
        contract = self._begin_life()
        self._on(contract, "2026-03-11", "quantity", 0, 2, "now")
        self._on(contract, "2026-04-01")
        self._on(contract, "2026-04-16", "close", "now")
        # March: 31, less 21 of its days, plus 21 days of two. April: 62, less half of it.
        self.assertEqual(
            sorted(charge[3] for charge in self._ledger(contract)), [-31, -21, 31, 42, 62]
        )
        self.assertEqual(sum(contract.invoice_ids.mapped("amount_untaxed_signed")), 83.0)
        self.assertEqual(
            self._events(contract),
            [
                ("new", "2026-03-01", 31.0),
                ("expansion", "2026-03-11", 31.0),
                ("churn", "2026-04-16", -62.0),
            ],
        )

    def test_paused_for_ten_days(self):
        contract = self._begin_life()
        self._on(contract, "2026-03-11", "pause", 10, "now")
        self._on(contract, "2026-03-21")
        self._on(contract, "2026-04-01")
        self.assertEqual(sum(contract.charge_ids.mapped("amount")), 31.0 - 10.0 + 31.0)
        self.assertEqual(sum(contract.invoice_ids.mapped("amount_untaxed_signed")), 52.0)

    def test_a_second_product_comes_and_goes(self):
        contract = self._begin_life()
        with self._today("2026-03-16"):
            # 120.00 a year is 10.00 a month.
            added = contract.browse(contract.id).add_product(self.support.id, 1, when="now")
            self._note_added(contract.line_ids.browse(added))
        self._on(contract, "2026-03-16")
        self._on(contract, "2026-04-01")
        with self._today("2026-04-16"):
            contract.remove_line(added, when="now")
            contract.action_bill()
        amounts = [c.amount for c in contract.charge_ids if c.product_id == self.support]
        # 16 of 31 days of March are 5.16; April; the half of April back.
        self.assertEqual(sorted(amounts), [-5.0, 5.16, 10.0])

    # === THE CHECKS === #
    def test_the_checks_notice_wrong_books(self):
        contract = self._begin_life()
        self._on(contract, "2026-03-11", "quantity", 0, 2, "now")
        charge = contract.charge_ids.sorted("id")[0]
        event = contract.event_ids.sorted("id")[0]
        line = contract.line_ids.sorted("id")[-1]
        for name, statement in {
            "a cent more": SQL(
                "UPDATE sale_subscription_charge SET amount = amount + 0.01 WHERE id = %s",
                charge.id,
            ),
            "a day twice": SQL(
                "UPDATE sale_subscription_charge SET date_to = date_to + 1 WHERE id = %s",
                charge.id,
            ),
            "an unknown event": SQL(
                "UPDATE sale_subscription_event SET amount = amount + 1 WHERE id = %s", event.id
            ),
            "another price": SQL(
                "UPDATE sale_subscription_line SET price_unit = 30 WHERE id = %s", line.id
            ),
            "another quantity": SQL(
                "UPDATE sale_subscription_line SET quantity = 3 WHERE id = %s", line.id
            ),
            "an invoice of another amount": SQL(
                "UPDATE account_move_line SET price_subtotal = 30 WHERE id = %s",
                charge.invoice_line_id.id,
            ),
        }.items():
            with self.subTest(name), self._today("2026-03-11"):
                savepoint = self.env.cr.savepoint()
                self.env.cr.execute(statement)
                self.env.invalidate_all()
                with self.assertRaises(AssertionError):
                    self._check_books(contract, date(2026, 3, 11), False)
                savepoint.close(rollback=True)
                self.env.invalidate_all()
                self._check_books(contract, date(2026, 3, 11), False)

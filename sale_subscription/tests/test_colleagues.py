from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestColleagues(CollectCommon):
    """Salespeople with the lowest rights see their own contracts, and of others nothing at all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("sub_colleague", "sales_team.group_sale_salesman")
        cls.leader = cls._create_user("sub_leader", "sales_team.group_sale_salesman_all_leads")
        cls.reader = cls._create_user("sub_reader", "account.group_account_readonly")

    def _tell_a_life(self):
        """Return one record of each model that a contract's life leaves behind."""
        contract, _move = self._subscribe(
            option_ids=[Command.create({"product_id": self.support.id})]
        )
        contract.user_id = self.colleague
        self._collect("2026-03-01")
        with self._today("2026-03-02"):
            contract.change_quantity(contract.line_ids.id, 2, when="period_end")
            contract.action_pause(until="2026-03-21", when="2026-03-11")
        records = [contract, contract.line_ids[0], contract.option_ids, contract.pause_ids]
        records += [contract.charge_ids, contract.event_ids[0], contract.change_ids[0]]
        records += [contract.attempt_ids]
        return records

    def test_what_colleagues_sold_is_not_read(self):
        for record in self._tell_a_life():
            with self.subTest(model=record._name):
                self.assertEqual(len(record), 1)
                for user in (self.colleague, self.leader):
                    self.assertEqual(
                        record.with_user(user).search([("id", "=", record.id)]), record
                    )
                    self.assertTrue(record.with_user(user).read(["create_date"]))
                own = record.with_user(self.salesman)
                own.invalidate_recordset()
                self.assertFalse(own.search([("id", "=", record.id)]))
                with self.assertRaises(AccessError):
                    own.read(["create_date"])

    def test_what_nobody_sold_is_read_by_all(self):
        records = self._tell_a_life()
        records[0].user_id = False
        for record in records:
            with self.subTest(model=record._name):
                self.assertTrue(record.with_user(self.salesman).read(["create_date"]))

    # === CHARGING BY HAND === #
    def test_who_only_reads_accounting_charges_nobody(self):
        contract, move = self._subscribe()
        with self._today("2026-03-01"):
            self.assertEqual(contract.with_user(self.reader).name, contract.name)
            with self.assertRaises(AccessError):
                contract.with_user(self.reader).action_collect()
            with self.assertRaises(AccessError):
                contract.with_user(self.reader).action_collect_now()
        self.assertFalse(contract.attempt_ids)
        self.assertEqual(move.payment_state, "not_paid")

    def test_colleagues_charge_nobody_elses_contract(self):
        contract, _move = self._subscribe()
        with self._today("2026-03-01"), self.assertRaises(AccessError):
            contract.with_user(self.colleague).action_collect()
        self.assertFalse(contract.attempt_ids)

from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollectQueryCounts(CollectCommon):
    """What collecting asks of the database doesn't depend on how many others are collected."""

    def _owing(self, count):
        """Make contracts with a card each and an invoice that is due."""
        contracts = self.env["sale.subscription"].browse()
        for number in range(count):
            partner = self.partner.copy({"name": f"Customer {number}"})
            card = self._create_card(partner_id=partner.id)
            contracts |= self._create_contract(
                "2026-03-01", partner_id=partner.id, payment_token_id=card.id
            )
        contracts.action_activate()
        return self._bill(contracts, "2026-03-01")

    def _count(self, moves):
        """Return how many queries the collecting job takes."""
        self.env.flush_all()
        with self._today("2026-03-01"), self._committing() as env:
            before = env.cr.sql_log_count
            env["sale.subscription"]._cron_collect()
            queries = env.cr.sql_log_count - before
        self.assertEqual(set(moves.mapped("payment_state")), {"paid"} if moves else set())
        return queries

    def test_queries_per_invoice(self):
        self.template.send_receipt = False
        self._count(self._owing(2))  # fills caches
        few = self._count(self._owing(5))
        many = self._count(self._owing(25))
        idle = self._count(self.env["account.move"])
        self.assertLessEqual(idle, 10)
        self.assertLessEqual((many - idle) / 25, (few - idle) / 5 + 1, "no more for many")
        # Nine of ten are core's: it registers and reconciles a payment.
        self.assertLessEqual((many - idle) / 25, 260)

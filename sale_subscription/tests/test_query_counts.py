from unittest.mock import patch

from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(SubscriptionCommon):
    """What billing asks of the database grows with the invoices, and slowly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(50)]
        )

    def _running(self, count):
        """Make active contracts of two lines with tax, each with a customer of its own."""
        contracts = self.env["sale.subscription"].browse()
        for number, partner in enumerate(self.partners[:count]):
            contracts |= self._create_contract(
                "2026-01-01",
                lines=[
                    {"quantity": number + 1, "tax_ids": self.tax_15.ids},
                    {
                        "product_id": self.support.id,
                        "price_unit": 12.5,
                        "discount": 10.0,
                        "tax_ids": self.tax_15.ids,
                    },
                ],
                partner_id=partner.id,
            )
        contracts.action_activate()
        return contracts

    def _count(self, contracts, until):
        """Return how many queries billing takes, and the invoices."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        moves = self._bill(contracts, until)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, moves

    def test_queries_per_invoice(self):
        with self._today("2026-01-01"):
            contracts = self._running(50)
            self._bill(contracts[:2], "2026-01-01")  # fills caches, proves the kind of invoice
            few, moves = self._count(contracts[2:12], "2026-01-01")
            self.assertEqual((len(moves), set(moves.mapped("state"))), (10, {"posted"}))
            self._bill(contracts, "2026-01-01")
        with self._today("2026-02-01"):
            many, moves = self._count(contracts, "2026-02-01")
            self.assertEqual((len(moves), set(moves.mapped("state"))), (50, {"posted"}))
        self.assertLessEqual(many, 10 * 50)
        self.assertLessEqual((many - few) / 40, 2, "each further invoice takes about none")

    def test_invoices_of_contracts_are_shared(self):
        Move = type(self.env["account.move"])
        with self._today("2026-01-01"):
            contracts = self._running(3)
            self._bill(contracts[0], "2026-01-01")
            with patch.object(Move, "_sync_tax_lines", side_effect=AssertionError("core computed")):
                moves = self._bill(contracts[1:], "2026-01-01")
        self.assertEqual(len(moves), 2)

    def _count_idle(self):
        """Return how many queries it takes to find that nothing is due."""
        Contract = self.env["sale.subscription"]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertFalse(Contract.search(Contract._get_due_domain()))
        return self.env.cr.sql_log_count - before

    def test_idle(self):
        with self._today("2026-01-01"):
            contracts = self._running(2)
            self._bill(contracts, "2026-01-01")
            self._count_idle()  # fills caches
            few = self._count_idle()
            contracts = self._running(30)
            self._bill(contracts, "2026-01-01")
            self.assertEqual(self._count_idle(), few)

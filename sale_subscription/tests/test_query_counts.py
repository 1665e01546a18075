from unittest.mock import patch

from lxml import etree

from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestQueryCounts(SubscriptionCommon):
    """What billing asks of the database grows with the invoices, and slowly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"].create(
            [{"name": f"Customer {number}"} for number in range(80)]
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

    # === THE JOB === #
    def _count_job(self):
        """Return how many queries the billing job takes."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            Contract = self.env(cr=cr)["sale.subscription"]
            before = cr.sql_log_count
            Contract._cron_bill()
            return cr.sql_log_count - before

    def test_idle_job(self):
        with self._today("2026-01-01"):
            self._bill(self._running(2), "2026-01-01")
            self._count_job()  # fills caches
            few = self._count_job()
            self._bill(self._running(30), "2026-01-01")
            self.assertEqual(self._count_job(), few)
        self.assertLessEqual(few, 10)

    # === VIEWS === #
    def _count_page(self, view_type, limit):
        """Return how many queries a page of contracts takes, as the web client asks for it."""
        Contract = self.env["sale.subscription"].with_user(self.manager)
        view = self.env.ref(f"sale_subscription.sale_subscription_view_{view_type}")
        arch = etree.fromstring(Contract.get_view(view.id, view_type)["arch"])
        names = {node.get("name") for node in arch.iter("field")}
        relations = {name for name in names if Contract._fields[name].relational}
        specification = {
            name: {"fields": {"display_name": {}}} if name in relations else {} for name in names
        }
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        page = Contract.web_search_read([], specification, limit=limit)
        self.assertEqual(len(page["records"]), limit)
        return self.env.cr.sql_log_count - before

    def test_pages_of_contracts(self):
        contracts = self._running(80)
        # Each has something to show in every column that points elsewhere.
        for number, contract in enumerate(contracts):
            contract.tag_ids = self.env["sale.subscription.tag"].create({"name": f"Tag {number}"})
            contract.activity_schedule("mail.mail_activity_data_todo", user_id=self.manager.id)
        for view_type in ("list", "kanban"):
            with self.subTest(view_type):
                self._count_page(view_type, 40)  # fills caches
                few = self._count_page(view_type, 40)
                self.assertEqual(self._count_page(view_type, 80), few)
                self.assertLessEqual(few, 20)

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestSubscribe(SubscriptionCommon):
    """Contracts without an order: by template, over RPC, from a file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.storage = cls._create_recurring_product("Storage", 2.0, cls.monthly)
        cls.template.write(
            {
                "plan_ids": [Command.set((cls.monthly | cls.yearly).ids)],
                "line_ids": [Command.create({"product_id": cls.seat.id, "quantity": 2})],
                "option_ids": [
                    Command.create(
                        {"product_id": cls.storage.id, "min_quantity": 1, "max_quantity": 5}
                    )
                ],
            }
        )

    def test_subscribe_starts_a_contract(self):
        contract = self.template.with_user(self.salesman).subscribe(
            self.partner.id, plan_id=self.yearly.id, start="2026-03-01"
        )
        self.assertRecordValues(
            contract,
            [
                {
                    "state": "active",
                    "plan_id": self.yearly.id,
                    "date_start": self._day("2026-03-01"),
                    "next_invoice_date": self._day("2026-03-01"),
                    "recurring_total": 240.0,
                    "mrr": 20.0,
                }
            ],
        )
        self.assertEqual(contract.option_ids.product_id, self.storage)

    def test_same_reference_same_contract(self):
        first = self.template.subscribe(self.partner.id, client_ref="web-1")
        self.assertEqual(self.template.subscribe(self.partner.id, client_ref="web-1"), first)

    def test_options_in_every_shape(self):
        for options in (
            [self.storage.id],
            [{"product_id": self.storage.id}],
            {str(self.storage.id): 1},
        ):
            contract = self.template.subscribe(self.partner.id, options=options)
            self.assertEqual(contract.recurring_total, 22.0)

    def test_quota_holds(self):
        for quantity, error in ((0.5, ValidationError), (6, ValidationError), ("x", UserError)):
            with self.assertRaises(error):
                self.template.subscribe(self.partner.id, options={self.storage.id: quantity})

    def test_ended_at_once_when_taken_over_too_late(self):
        contract = self._activate("2024-01-31", end_date="2024-12-31")
        self.assertEqual((contract.state, str(contract.close_date)), ("closed", "2025-01-01"))

    def test_unknown_values_are_refused(self):
        for arguments in (
            {"partner_id": 0},
            {"partner_id": self.partner.id, "plan_id": self.weekly.id},
            {"partner_id": self.partner.id, "options": [self.setup_fee.id]},
            {"partner_id": self.partner.id, "options": ["x"]},
            {"partner_id": self.partner.id, "start": "soon"},
        ):
            with self.assertRaises(UserError):
                self.template.subscribe(**arguments)

    def test_takes_over_a_contract_without_billing_the_past(self):
        contract = self._activate("2024-01-31", next_invoice_date="2026-11-30")
        self.assertEqual(str(contract.anchor_date), "2024-01-31")
        moves = self._bill(contract, "2027-01-15")
        self.assertEqual(
            self._periods(moves), [("2026-11-30", "2026-12-30"), ("2026-12-31", "2027-01-30")]
        )

    def test_takes_over_another_rhythm(self):
        contract = self._activate("2024-01-31", next_invoice_date="2026-12-15")
        self.assertEqual(str(contract.next_invoice_date), "2026-12-15")
        self.assertEqual(
            self._periods(self._bill(contract, "2026-12-15")), [("2026-12-15", "2027-01-14")]
        )

    def test_takes_over_in_arrears(self):
        self.template.timing = "arrears"
        contract = self._activate("2024-01-31", next_invoice_date="2026-11-30")
        self.assertEqual(
            self._periods(self._bill(contract, "2026-11-30")), [("2026-10-31", "2026-11-29")]
        )

    def test_next_invoice_date_before_start(self):
        with self.assertRaises(ValidationError):
            self._create_contract("2026-03-01", next_invoice_date="2026-02-01")

    def test_import_from_a_file(self):
        header = [
            "client_ref",
            "partner_id/.id",
            "template_id/.id",
            "plan_id/.id",
            "date_start",
            "next_invoice_date",
            "line_ids/product_id/.id",
            "line_ids/quantity",
            "line_ids/price_unit",
        ]
        contract_columns = [
            "old-7",
            str(self.partner.id),
            str(self.template.id),
            str(self.monthly.id),
            "2025-01-01",
            "2026-12-01",
        ]
        rows = [
            [*contract_columns, str(self.seat.id), "4", "9.5"],
            [""] * 6 + [str(self.storage.id), "1", "2"],
        ]
        result = self.env["sale.subscription"].with_user(self.manager).load(header, rows)
        self.assertFalse(result["messages"])
        contract = self.env["sale.subscription"].browse(result["ids"])
        self.assertRecordValues(
            contract,
            [
                {
                    "state": "draft",
                    "recurring_total": 40.0,
                    "next_invoice_date": self._day("2026-12-01"),
                }
            ],
        )
        contract.action_activate()
        self.assertEqual(
            self._periods(self._bill(contract, "2026-12-01")), [("2026-12-01", "2026-12-31")] * 2
        )
        self.assertEqual(self._events(contract), [("new", "2025-01-01", 40.0)])

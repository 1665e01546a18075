from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestJobs(SubscriptionCommon):
    """The scheduled jobs: everybody is billed, failures stand alone and heal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.env.ref("sale_subscription.ir_cron_bill")
        cls.lifecycle_job = cls.env.ref("sale_subscription.ir_cron_lifecycle")

    def _run(self, job, day, hour=12):
        with freeze_time(f"{day} {hour}:00:00"), self.enter_registry_test_mode():
            job.sudo().method_direct_trigger()

    def _poison(self, contract):
        """Let one contract fail the way a closed bookkeeping period would."""
        Contract = self.env.registry["sale.subscription"]
        original = Contract._prepare_invoice

        def _prepare_invoice(records, *args, **kwargs):
            if contract in records:
                raise UserError("The journal is locked.")
            return original(records, *args, **kwargs)

        return patch.object(Contract, "_prepare_invoice", _prepare_invoice)

    def test_bills_what_is_due_and_nothing_else(self):
        due = self._activate("2026-03-01")
        later = self._activate("2026-03-05")
        draft = self._create_contract("2026-03-01")
        self._run(self.job, "2026-03-01")
        self.assertEqual([c.invoice_count for c in (due, later, draft)], [1, 0, 0])
        self._run(self.job, "2026-03-01")
        self.assertEqual(due.invoice_count, 1)

    def test_one_bad_contract_hurts_nobody(self):
        contracts = self.env["sale.subscription"]
        for _index in range(7):
            contracts |= self._activate("2026-03-01")
        bad = contracts[3]
        with self._poison(bad):
            self._run(self.job, "2026-03-01", hour=12)
            self._run(self.job, "2026-03-01", hour=13)
        self.assertEqual([c.invoice_count for c in contracts], [1, 1, 1, 0, 1, 1, 1])
        self.assertEqual(bad.billing_error, "The journal is locked.")
        self.assertEqual(bad.billing_failure_count, 2)
        self.assertEqual(len(bad.activity_ids), 1)
        self.assertFalse(self.env["ir.cron.trigger"].search([("cron_id", "=", self.job.id)]))
        self._run(self.job, "2026-03-01", hour=14)
        self.assertEqual(bad.invoice_count, 1)
        self.assertFalse(bad.billing_error)
        self.assertFalse(bad.activity_ids)

    def test_failure_heals_at_once_when_the_cause_is_gone(self):
        bad = self._activate("2026-03-01")
        with self._poison(bad):
            self._run(self.job, "2026-03-01")
        self._run(self.job, "2026-03-01")
        self.assertEqual((bad.invoice_count, bad.billing_error), (1, False))

    def test_failure_is_not_tried_for_ever(self):
        bad = self._activate("2026-03-01")
        with self._poison(bad):
            # With much to do the scheduler calls the job again and again.
            for _call in range(6):
                self._run(self.job, "2026-03-01", hour=12)
            self.assertEqual(bad.billing_failure_count, 4)
            self.assertEqual(str(bad.billing_retry_date), "2026-03-01 12:30:00")
            self._run(self.job, "2026-03-01", hour=13)
            self.assertEqual(bad.billing_failure_count, 5)

    def test_failure_that_cannot_be_recorded_stops_nobody(self):
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
        Contract = self.env.registry["sale.subscription"]
        with (
            self._poison(contracts[0]),
            patch.object(Contract, "_handle_billing_failure", side_effect=ValueError("no")),
            mute_logger("odoo.addons.sale_subscription.models.billing.sale_subscription_job"),
        ):
            self._run(self.job, "2026-03-01")
        self.assertEqual([c.invoice_count for c in contracts], [0, 1])

    def test_lost_race_is_run_again_and_no_failure(self):
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
        Contract = self.env.registry["sale.subscription"]
        original, races = Contract._create_invoices, iter(range(3))

        def _create_invoices(records, *args):
            if next(races, None) is not None:
                raise SerializationFailure("another worker was faster")
            return original(records, *args)

        with patch.object(Contract, "_create_invoices", _create_invoices):
            self._run(self.job, "2026-03-01")
        self.assertEqual([c.invoice_count for c in contracts], [1, 1])
        self.assertFalse(any(contracts.mapped("billing_failure_count")))

    def test_archived_tax_is_told_not_left_out(self):
        contract = self._activate("2026-03-01")
        tax = self.env["account.tax"].sudo().create({"name": "Old 7%", "amount": 7.0})
        contract.line_ids.tax_ids = tax
        tax.active = False
        self._run(self.job, "2026-03-01")
        self.assertIn("Old 7%", contract.billing_error)
        self.assertFalse(contract.invoice_count)
        with self.assertRaisesRegex(UserError, "archive it instead"):
            tax.unlink()

    def test_contracts_in_doubt_are_left_alone(self):
        contract = self._activate("2026-03-01")
        contract.sudo().payment_exception = True
        self._run(self.job, "2026-03-01")
        self.assertFalse(contract.invoice_count)

    def test_calendar_closes_and_bills_the_rest(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", end_date="2026-03-31")
        self._run(self.job, "2026-03-01")
        self._run(self.lifecycle_job, "2026-04-02")
        self.assertEqual((contract.state, str(contract.close_date)), ("closed", "2026-04-01"))
        self._run(self.job, "2026-04-02")
        self.assertEqual(contract.invoice_count, 1)

    def test_customers_contracts_share_an_invoice(self):
        self.partner.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
        self._run(self.job, "2026-03-01")
        self.assertEqual(len(contracts.invoice_ids), 1)

    def test_settings_add_and_remove_parallel_jobs(self):
        Settings = self.env["res.config.settings"].sudo()
        for wanted in (3, 1):
            settings = Settings.create({})
            settings.subscription_billing_workers = wanted
            settings.set_values()
            self.assertEqual(len(settings._get_billing_jobs().filtered("active")), wanted)

    def test_line_that_begins_later_counts_from_its_day(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01")
            contract.line_ids = [
                Command.create(
                    {"product_id": self.seat.id, "price_unit": 5.0, "date_start": "2026-04-01"}
                )
            ]
            self.assertEqual((contract.mrr, contract.recurring_total), (10.0, 10.0))
        self._run(self.lifecycle_job, "2026-04-01")
        self.assertEqual(contract.mrr, 15.0)
        with self._today("2026-04-01"):
            self.assertEqual(contract.recurring_total, 15.0)

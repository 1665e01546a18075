from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .collect_common import CollectCommon

MODULES = ["base", "mail", "payment", "account_payment", "sale_subscription"]


@tagged("post_install", "-at_install")
class TestNeutralize(CollectCommon):
    """A copy of a database, as `odoo-bin neutralize` leaves it, reaches no customer."""

    def _neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(MODULES):
            self.env.cr.execute(query)
        self.env.invalidate_all()

    def test_no_job_of_ours_runs(self):
        self.env["res.config.settings"].create({"subscription_billing_workers": 3}).set_values()
        jobs = self.env["ir.cron"].search([("model_id.model", "=like", "sale.subscription%")])
        self.assertGreaterEqual(len(jobs), 8)
        # By our own script alone: also when others leave jobs running.
        self.env.flush_all()
        for query in get_neutralization_queries(["sale_subscription"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertFalse(jobs.filtered("active"))

    def test_no_card_is_charged(self):
        contract, move = self._subscribe()
        # A provider that takes real money; core lets no demo provider be one.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE payment_provider SET state = 'enabled' WHERE id = %s", [self.provider.id]
        )
        self._neutralize()
        self._collect("2026-03-01")
        self.assertFalse(contract.attempt_ids)
        with (
            self._today("2026-03-01"),
            self._committing(contract) as committing,
            self.assertRaisesRegex(UserError, "switched off"),
        ):
            committing.action_collect()
        self.assertEqual(move.payment_state, "not_paid")

    def test_no_mail_server_is_left(self):
        self.env["ir.mail_server"].create({"name": "Real", "smtp_host": "smtp.example.com"})
        self._neutralize()
        self.assertEqual(self.env["ir.mail_server"].search([]).mapped("smtp_host"), ["invalid"])

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    subscription_tz = fields.Selection(
        related="company_id.subscription_tz", readonly=False, required=True
    )
    subscription_invoice_grouping = fields.Selection(
        related="company_id.subscription_invoice_grouping", readonly=False, required=True
    )
    subscription_card_expiry_days = fields.Integer(
        related="company_id.subscription_card_expiry_days", readonly=False
    )
    subscription_billing_workers = fields.Integer(
        string="Parallel Billing Jobs",
        help="How many scheduled jobs may bill at the same time; each needs a free worker.",
    )

    @api.model
    def get_values(self):
        """Count the billing jobs that are switched on."""
        values = super().get_values()
        jobs = self._get_billing_jobs()
        values["subscription_billing_workers"] = len(jobs.filtered("active"))
        return values

    def set_values(self):
        """Switch billing jobs on or off until there are as many as wanted."""
        result = super().set_values()
        jobs = self._get_billing_jobs()
        wanted = min(max(self.subscription_billing_workers, 0), 16)
        if wanted == len(jobs.filtered("active")):
            return result
        while len(jobs) < wanted:
            jobs |= jobs[:1].copy({"name": self.env._("Subscriptions: bill (%s)", len(jobs) + 1)})
        for index, job in enumerate(jobs):
            job.active = index < wanted
        return result

    def _get_billing_jobs(self):
        """Return the scheduled jobs that bill, switched off ones too, the original first.

        :rtype: ir.cron
        """
        original = self.env.ref("sale_subscription.ir_cron_bill")
        # sudo: settings managers needn't be allowed to touch other scheduled jobs.
        jobs = (
            original.sudo()
            .with_context(active_test=False)
            .search(
                [
                    ("model_id", "=", original.sudo().model_id.id),
                    ("code", "=", original.sudo().code),
                ],
                order="id",
            )
        )
        return original.sudo() | jobs

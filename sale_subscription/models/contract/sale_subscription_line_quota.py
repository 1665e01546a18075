from odoo import api, models

# What says how much of a product a contract has on a day.
QUOTA_FIELDS = {"product_id", "quantity", "date_start", "date_end"}


class SaleSubscriptionLine(models.Model):
    """Lines of running contracts written by themselves keep to the quotas, as changes do."""

    _inherit = "sale.subscription.line"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        ids = {vals.get("subscription_id") for vals in vals_list}
        with self.env["sale.subscription"].browse(filter(None, ids))._keeping_quotas():
            return super().create(vals_list)

    def write(self, vals):
        if not QUOTA_FIELDS & vals.keys():
            return super().write(vals)
        with self.subscription_id._keeping_quotas():
            return super().write(vals)

    def unlink(self):
        with self.subscription_id._keeping_quotas():
            return super().unlink()

from odoo import api, models

from .sale_subscription_schedule import LINES_TOGETHER

# What says how much of a product a contract has on a day.
QUOTA_FIELDS = {"product_id", "quantity", "date_start", "date_end"}
# What only changes write: they check quotas themselves, once all their lines are written.
CHANGE_FIELDS = {"own_terms", "ended_by_id", "change_id", "predecessor_id"}


class SaleSubscriptionLine(models.Model):
    """Quantities written by hand on running contracts keep to the quotas, as changes do."""

    _inherit = "sale.subscription.line"

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: not (line.predecessor_id or line.change_id))._check_own_quota()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if QUOTA_FIELDS & vals.keys() and not CHANGE_FIELDS & vals.keys():
            self._check_own_quota()
        return result

    # === BUSINESS METHODS === #
    def _check_own_quota(self):
        """Refuse lines of running contracts that leave the quota of an option.

        Drafts are put together freely; lines written together are checked when all of them are.

        :raise ValidationError: see `sale.subscription._check_quotas`.
        """
        waiting = self.env.cr.precommit.data.get(LINES_TOGETHER, ())
        running = self.filtered(
            lambda line: (
                line.subscription_id.id not in waiting and line.subscription_id._is_running()
            )
        )
        for contract, lines in running.grouped("subscription_id").items():
            day = max(contract._get_today(), min(lines.mapped("date_start")))
            contract._check_quotas(lines.product_id, day)

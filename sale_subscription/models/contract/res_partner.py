from odoo import models


class ResPartner(models.Model):
    """A contact that comes under another company takes its contracts' MRR along."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if {"parent_id", "is_company", "company_type"} & vals.keys():
            # sudo: the log follows the customer, whoever may see the contracts.
            contracts = self.env["sale.subscription"].sudo()
            contracts.search(
                [("partner_id", "child_of", self.ids), ("state", "in", ("active", "paused"))]
            )._sync_mrr()
        return result

from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Let the contracts of merged customers move, as they do when one is handed over.

        The past stays as it was: who was a customer then was one.
        """
        keys = set((src_partners | dst_partner).commercial_partner_id.ids)
        super()._update_foreign_keys(src_partners, dst_partner)
        contracts = self.env["sale.subscription"]
        # sudo: the customer moves as a whole, whoever of those who merge may see the contracts.
        moved = contracts.sudo().search([("partner_id", "=", dst_partner.id)])
        self.env.add_to_compute(contracts._fields["commercial_partner_id"], moved)
        contracts._sync_merged_customers(keys)

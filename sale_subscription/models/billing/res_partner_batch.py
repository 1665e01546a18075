from odoo import api, models

POSTPONED_RANKS = "sale_subscription.postponed_ranks"


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _increase_rank(self, field, n=1):
        """Override of `account`: while a batch is posted, only count.

        Core writes each customer by itself, two queries apiece.
        """
        if not self.env.context.get("sale_subscription_batch"):
            return super()._increase_rank(field, n)
        ranks = self.env.cr.precommit.data.setdefault(POSTPONED_RANKS, {})
        for partner in self:
            key = (field, partner.id)
            ranks[key] = ranks.get(key, 0) + n
        return None

    @api.model
    def _flush_postponed_ranks(self):
        """Raise the ranks counted while a batch was posted: one write for equal counts.

        :return: None
        """
        ranks = self.env.cr.precommit.data.pop(POSTPONED_RANKS, {})
        groups = {}
        for (field, partner_id), n in ranks.items():
            groups.setdefault((field, n), []).append(partner_id)
        for (field, n), partner_ids in groups.items():
            # sudo: as in core, posting counts customers for users who may not edit them.
            partners = self.sudo().browse(partner_ids)
            new = partners.filtered(lambda partner, field=field: not partner[field])
            new.write({field: n})
            (partners - new)._increase_rank(field, n)

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    subscription_ids = fields.One2many("sale.subscription", "partner_id", string="Subscriptions")
    subscription_count = fields.Integer(
        compute="_compute_subscription_count", groups="sales_team.group_sale_salesman"
    )
    subscription_invoice_grouping = fields.Selection(
        selection=[
            ("contract", "One invoice per contract"),
            ("customer", "One invoice per customer and day"),
        ],
        string="Subscription Invoices",
        help="Empty: as set for the company.",
    )

    def _compute_subscription_count(self):
        """Count the contracts of the contact and of those below it."""
        children = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        counts = self.env["sale.subscription"]._read_group(
            [("partner_id", "in", children.ids)], ["partner_id"], ["__count"]
        )
        self.subscription_count = 0
        for partner, count in counts:
            while partner:
                if partner in self:
                    partner.subscription_count += count
                partner = partner.parent_id

    def action_view_subscriptions(self):
        """Open the contracts of the contact and of those below it.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_action"
        )
        action["domain"] = [("partner_id", "child_of", self.ids)]
        action["context"] = {"default_partner_id": self.id}
        return action

    @api.model
    def _get_current_partner(self, **kwargs):
        """Override of `portal`: the page of a contract is about its customer, whoever opens it.

        Only a record counts: what a browser sends is text.
        """
        customer = kwargs.get("subscription_customer")
        if isinstance(customer, models.BaseModel):
            return customer
        return super()._get_current_partner(**kwargs)

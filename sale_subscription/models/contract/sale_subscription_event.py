from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import EVENT_KINDS


class SaleSubscriptionEvent(models.Model):
    """Append-only log of monthly recurring revenue; the only source of MRR in reports.

    The sum of a contract's events is its MRR, always. An event keeps who and what the contract
    was at that moment, so that later changes of salesperson or plan don't rewrite history.
    """

    _name = "sale.subscription.event"
    _description = "MRR Event"
    _order = "date desc, id desc"
    _rec_name = "kind"

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, readonly=True, index=True, ondelete="restrict"
    )
    date = fields.Date(required=True, readonly=True, index=True)
    kind = fields.Selection(EVENT_KINDS, required=True, readonly=True)
    amount = fields.Monetary(
        string="MRR Change", readonly=True, help="Change of MRR in the contract's currency."
    )
    amount_company = fields.Monetary(
        string="MRR Change (Company)",
        readonly=True,
        currency_field="company_currency_id",
        help="The same at the event's own rate; the event that brings a contract to zero carries "
        "the balance, so that exchange rates never create or destroy MRR.",
    )
    mrr = fields.Monetary(string="MRR After", readonly=True, aggregator=None)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True, index=True)
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True)
    template_id = fields.Many2one("sale.subscription.template", readonly=True)
    plan_id = fields.Many2one("sale.subscription.plan", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index=True, help="The commercial entity."
    )
    reason_id = fields.Many2one("sale.subscription.close.reason", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: corrections are events of their own."""
        raise UserError(self.env._("The MRR log is append-only: an event can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The MRR log is append-only: an event can't be deleted."))

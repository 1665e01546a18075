from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import EVENT_KINDS
from ...engine.mrr import month_number


class SaleSubscriptionEvent(models.Model):
    """Append-only log of monthly recurring revenue; the only source of MRR in reports.

    The sum of a contract's events is its MRR, always. An event keeps who and what the contract
    was at that moment, so that later changes of salesperson or plan don't rewrite history: such a
    change is a pair of transfers, out of the old hands and into the new ones. So the sum of any
    segment's events is that segment's MRR.
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
    customer_key = fields.Integer(
        readonly=True,
        help="The id the customer had then. Merging contacts lets the past alone and moves what "
        "the contract is worth from one customer to the other.",
    )
    reason_id = fields.Many2one("sale.subscription.close.reason", readonly=True)
    running_delta = fields.Integer(
        string="Running Contracts",
        readonly=True,
        help="Change of the number of running contracts; a paused one runs.",
    )
    paying_delta = fields.Integer(
        string="Paying Contracts",
        readonly=True,
        help="Change of the number of contracts with MRR.",
    )
    cohort_date = fields.Date(
        string="Contract Since", readonly=True, help="Day of the contract's first MRR."
    )
    month_no = fields.Integer(
        string="Month Number", readonly=True, aggregator=None, help="Year x 12 + month of the day."
    )
    cohort_month_no = fields.Integer(
        string="Cohort Month Number",
        readonly=True,
        aggregator=None,
        help="Year x 12 + month of the contract's first MRR.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )

    # Reports read sums of many events by month: everything they add up is in the index itself.
    _month_idx = models.Index(
        "(company_id, month_no) INCLUDE (kind, amount_company, running_delta, paying_delta)"
    )
    _cohort_idx = models.Index(
        "(company_id, cohort_month_no, month_no) INCLUDE (amount_company, running_delta)"
    )
    _subscription_date_idx = models.Index("(subscription_id, date)")
    _partner_date_idx = models.Index("(partner_id, date)")
    _user_month_idx = models.Index("(user_id, month_no)")
    _customer_idx = models.Index("(company_id, customer_key, date)")

    @api.model_create_multi
    def create(self, vals_list):
        self.browse().check_access("create")
        for vals in vals_list:
            vals["month_no"] = month_number(fields.Date.to_date(vals.get("date")))
            vals["cohort_month_no"] = month_number(fields.Date.to_date(vals.get("cohort_date")))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: corrections are events of their own."""
        raise UserError(self.env._("The MRR log is append-only: an event can't be changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The MRR log is append-only: an event can't be deleted."))

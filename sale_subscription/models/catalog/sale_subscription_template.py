from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import (
    INTERVAL_UNITS,
    INVOICING_MODES,
    MAX_INTERVAL_COUNT,
    TIMINGS,
    UNPAID_ACTIONS,
)
from ...engine.dunning import parse_days

MAX_RETRIES = 20


class SaleSubscriptionTemplate(models.Model):
    _name = "sale.subscription.template"
    _description = "Subscription Template"
    _inherit = ["sale.subscription.input.mixin"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(string="Reference", help="Short name used in lists and by integrations.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        help="Leave empty to share the template between all companies.",
    )
    tag_ids = fields.Many2many(
        comodel_name="sale.subscription.tag",
        string="Tags",
        help="Every contract made from this template gets these tags.",
    )
    note = fields.Html(string="Terms and Conditions", translate=True)

    # What is sold.
    plan_ids = fields.Many2many(
        comodel_name="sale.subscription.plan",
        string="Plans",
        required=True,
        check_company=True,
        help="The plans a customer may choose from; the first one is proposed.",
    )
    line_ids = fields.One2many(
        comodel_name="sale.subscription.template.line",
        inverse_name="template_id",
        string="Included Products",
        copy=True,
    )
    option_ids = fields.One2many(
        comodel_name="sale.subscription.template.option",
        inverse_name="template_id",
        string="Options",
        copy=True,
    )

    # Billing.
    invoicing_mode = fields.Selection(
        selection=INVOICING_MODES,
        string="Invoices",
        required=True,
        default="send",
        help="What happens on the day an invoice is due.\n"
        "Manually: nothing until somebody clicks on Invoice now.\n"
        "Create a draft: a draft invoice waits for a check.\n"
        "Create and confirm: the invoice is confirmed, but not sent.\n"
        "Create, confirm and send: the customer receives the invoice by email.\n"
        "Create, confirm, send and charge: the saved payment method is charged on the due date.\n"
        "Create, confirm and charge; send when paid: the customer receives a paid invoice.",
    )
    timing = fields.Selection(
        selection=TIMINGS,
        string="Invoice Periods",
        required=True,
        default="advance",
        help="In advance: on the first day of each period. In arrears: when it has ended.",
    )
    anchor = fields.Selection(
        selection=[
            ("anniversary", "On the day the contract started"),
            ("day", "On a fixed day of the month"),
        ],
        string="Periods Start",
        required=True,
        default="anniversary",
        help="With a fixed day the first period is shorter and its price is prorated by days.",
    )
    anchor_day = fields.Integer(
        string="Day of the Month",
        default=1,
        help="From 1 to 31. In shorter months the period starts on the last day.",
    )
    invoice_date_policy = fields.Selection(
        selection=[
            ("period", "Date of the period"),
            ("run", "Date the invoice is created"),
        ],
        string="Invoice Date",
        required=True,
        default="period",
        help="Only matters when an invoice is created late.",
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Invoicing Journal",
        domain=[("type", "=", "sale")],
        company_dependent=True,
        check_company=True,
        help="Leave empty to use the company's first sales journal.",
    )
    invoice_mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Invoice Email",
        domain=[("model", "=", "account.move")],
        ondelete="set null",
        help="Leave empty to use the usual invoice email.",
    )

    # Payment.
    card_required = fields.Boolean(
        string="Customers Must Save a Card",
        help="Who confirms an order of this template online has to save a card; the first payment"
        " saves it. Salespeople may confirm an order without.",
    )

    # Duration.
    duration_count = fields.Integer(
        string="Duration",
        help="How long a contract runs; 0 for a contract without an end.",
    )
    duration_unit = fields.Selection(
        selection=INTERVAL_UNITS,
        required=True,
        default="year",
    )
    auto_renew = fields.Boolean(
        string="Renew Automatically",
        help="At its end the contract goes on for the same duration instead of closing.",
    )
    trial_days = fields.Integer(
        string="Free Trial",
        help="Days that are not invoiced at the start of the contract.",
    )

    # Payment.
    retry_days = fields.Char(
        string="Ask for Payment After",
        default="1,3,5,7",
        help="Days after the due date, e.g. 1,3,5,7. On each of them a declined payment is tried "
        "again; customers without a saved payment method get a reminder.",
    )
    auto_close_days = fields.Integer(
        string="Give Up After",
        help="Days after the due date of an unpaid invoice; 0 to never give up.",
    )
    unpaid_action = fields.Selection(
        selection=UNPAID_ACTIONS,
        string="Then",
        required=True,
        default="close",
        help="What happens to the contract when its invoice stays unpaid.",
    )
    reopen_when_paid = fields.Boolean(
        string="Reopen When Paid",
        help="A contract closed for non-payment goes on once everything due is paid. The time in "
        "between isn't invoiced.",
    )
    charge_limit_percent = fields.Integer(
        string="Charge at Most",
        help="In percent of what a period cost when the customer last paid. Invoices above it are "
        "not charged automatically but left to the salesperson: protection against a wrong price "
        "or usage. 0 for no limit.",
    )

    # Health.
    good_health_domain = fields.Char(string="Good Health")
    bad_health_domain = fields.Char(string="Bad Health")

    contract_count = fields.Integer(string="Contracts", compute="_compute_contract_count")

    _check_anchor_day = models.Constraint(
        "CHECK(anchor_day BETWEEN 1 AND 31)",
        "The day of the month must be between 1 and 31.",
    )
    _check_durations = models.Constraint(
        "CHECK(COALESCE(duration_count, 0) >= 0 AND COALESCE(trial_days, 0) >= 0"
        " AND COALESCE(auto_close_days, 0) >= 0 AND COALESCE(charge_limit_percent, 0) >= 0)",
        "The duration, the trial, the days before giving up and the limit cannot be negative.",
    )

    # === COMPUTE METHODS === #

    def _compute_contract_count(self):
        counts = dict(
            self.env["sale.subscription"]._read_group(
                [("template_id", "in", self.ids)], ["template_id"], ["__count"]
            )
        )
        for template in self:
            template.contract_count = counts.get(template, 0)

    # === CONSTRAINT METHODS === #

    @api.constrains("retry_days")
    def _check_retry_days(self):
        for template in self:
            try:
                days = template._get_retry_days()
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "Write the days of the payment retries as growing whole numbers"
                        " separated by commas, e.g. 1,3,5,7."
                    )
                ) from error
            if days and (len(days) > MAX_RETRIES or days[-1] > MAX_INTERVAL_COUNT["day"]):
                raise ValidationError(
                    self.env._("At most 20 payment retries within a hundred years, please.")
                )

    @api.constrains("duration_count", "duration_unit", "trial_days", "auto_close_days")
    def _check_durations_length(self):
        for template in self:
            days = max(template.trial_days, template.auto_close_days)
            longest = MAX_INTERVAL_COUNT[template.duration_unit]
            if template.duration_count > longest or days > MAX_INTERVAL_COUNT["day"]:
                raise ValidationError(
                    self.env._(
                        "The duration, the trial and the days before closing can't be longer than"
                        " a hundred years."
                    )
                )

    @api.constrains("auto_renew", "duration_count")
    def _check_auto_renew(self):
        for template in self:
            if template.auto_renew and not template.duration_count:
                raise ValidationError(
                    self.env._(
                        "The template %(template)s has no duration, so there is nothing to"
                        " renew. Set a duration or turn off the automatic renewal.",
                        template=template.name,
                    )
                )

    # === ONCHANGE METHODS === #

    @api.onchange("duration_count")
    def _onchange_duration_count(self):
        if not self.duration_count:
            self.auto_renew = False

    # === CRUD METHODS === #

    def copy_data(self, default=None):
        """Name the copy so that it can be told from the original."""
        vals_list = super().copy_data(default=default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%s (copy)", template.name))
            for template, vals in zip(self, vals_list, strict=True)
        ]

    # === ACTION METHODS === #

    def action_view_contracts(self):
        """Open the contracts made from this template.

        :return: A window action.
        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "sale_subscription.sale_subscription_action"
        )
        return dict(
            action,
            domain=[("template_id", "=", self.id)],
            context={"default_template_id": self.id},
        )

    # === GETTERS === #

    def _get_default_plan(self):
        """Return the plan proposed for a new contract: the first active one.

        :return: The plan, empty when the template has none.
        :rtype: sale.subscription.plan
        """
        self.ensure_one()
        return self.plan_ids.sorted()[:1]

    def _get_retry_days(self):
        """Return the days after the due date on which an unpaid invoice is asked for again.

        :return: Whole numbers, growing.
        :rtype: tuple[int]
        :raise ValueError: When the text holds anything but growing numbers and commas.
        """
        self.ensure_one()
        return parse_days(self.retry_days)

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...const import HEALTH_STATES, RUNNING_STATES, SUBSCRIPTION_STATES, TIMINGS


class SaleSubscription(models.Model):
    """One customer's running agreement.

    The contract decides what is owed; its lines are versions (product, quantity, price, from, to);
    what was billed stands in the charge ledger and how revenue moved in the event log. Behaviour
    is split by concern: `sale_subscription_terms`, `_schedule`, `_lifecycle`, `_calendar`,
    `_billing`, `_failure`, `_invoicing`, `_collect`, `_unpaid`, `_doubt`, `_mrr`, `_preview`,
    `_job` and `_order` extend this model.
    """

    _name = "sale.subscription"
    _description = "Subscription"
    _inherit = [
        "sale.subscription.input.mixin",
        "portal.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "utm.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "partner_id.name", "client_ref"]

    # === IDENTITY === #
    name = fields.Char(
        string="Number",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self.env._("New"),
    )
    client_ref = fields.Char(
        string="Customer Reference",
        copy=False,
        help="The key under which the customer or another system knows this contract. "
        "Unique per company: subscribing twice with the same reference gives the same contract.",
    )
    state = fields.Selection(
        selection=SUBSCRIPTION_STATES,
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        index=True,
        tracking=True,
    )
    stage_id = fields.Many2one(
        comodel_name="sale.subscription.stage",
        compute="_compute_stage_id",
        store=True,
        readonly=False,
        copy=False,
        index=True,
        group_expand="_read_group_expand_full",
        ondelete="restrict",
    )
    health = fields.Selection(
        selection=HEALTH_STATES,
        required=True,
        default="neutral",
        copy=False,
        tracking=True,
        groups="base.group_user",
    )
    to_renew = fields.Boolean(copy=False, tracking=True, groups="base.group_user")
    tag_ids = fields.Many2many("sale.subscription.tag", string="Tags", groups="base.group_user")
    color = fields.Integer()
    note = fields.Html(
        string="Terms and Conditions", compute="_compute_note", store=True, readonly=False
    )

    # === CADENCE === #
    template_id = fields.Many2one(
        "sale.subscription.template",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self._default_template_id(),
    )
    plan_id = fields.Many2one(
        "sale.subscription.plan",
        compute="_compute_plan_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        tracking=True,
    )
    allowed_plan_ids = fields.Many2many(related="template_id.plan_ids", string="Allowed Plans")
    invoicing_mode = fields.Selection(related="template_id.invoicing_mode", string="Invoicing Mode")
    timing = fields.Selection(
        selection=TIMINGS,
        compute="_compute_from_template",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    anchor_day = fields.Integer(
        string="Billing Day",
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
        help="Day of the month on which periods begin (29 to 31 mean the last day of shorter "
        "months); 0: the anniversary of the start.",
    )

    # === LINES AND HISTORY === #
    line_ids = fields.One2many("sale.subscription.line", "subscription_id", copy=True)
    option_ids = fields.One2many("sale.subscription.option", "subscription_id", copy=True)
    charge_ids = fields.One2many(
        "sale.subscription.charge", "subscription_id", copy=False, groups="base.group_user"
    )
    event_ids = fields.One2many(
        "sale.subscription.event", "subscription_id", copy=False, groups="base.group_user"
    )
    pause_ids = fields.One2many("sale.subscription.pause", "subscription_id", copy=False)
    order_ids = fields.Many2many(
        "sale.order",
        relation="sale_order_subscription_rel",
        column1="subscription_id",
        column2="order_id",
        string="Orders",
        copy=False,
    )

    # === AMOUNTS === #
    recurring_total = fields.Monetary(
        string="Recurring Price",
        compute="_compute_amounts",
        store=True,
        help="What one period costs, untaxed.",
    )
    recurring_tax = fields.Monetary(string="Taxes", compute="_compute_amounts", store=True)
    recurring_total_included = fields.Monetary(
        string="Recurring Total",
        compute="_compute_amounts",
        store=True,
        help="What one period costs, taxes included.",
    )
    tax_totals = fields.Binary(compute="_compute_tax_totals", exportable=False)
    period_label = fields.Char(related="plan_id.period_label")

    # === CONSTRAINTS AND INDEXES === #
    # The billing job looks up a handful of due contracts among very many.
    _due_idx = models.Index(
        "(next_invoice_date) WHERE next_invoice_date IS NOT NULL "
        "AND state IN ('active', 'paused', 'closed')"
    )
    _client_ref_uniq = models.UniqueIndex(
        "(company_id, client_ref) WHERE client_ref IS NOT NULL",
        "A contract with this customer reference exists already.",
    )
    _anchor_day_range = models.Constraint(
        "CHECK (anchor_day BETWEEN 0 AND 31)", "The billing day lies between 1 and 31."
    )

    # === DEFAULTS === #
    @api.model
    def _default_template_id(self):
        """The template that sorts first, so that a contract by hand starts with one click less."""
        return self.env["sale.subscription.template"].search(
            self.env["sale.subscription.template"]._check_company_domain(self.env.company), limit=1
        )

    # === COMPUTE METHODS === #
    @api.depends("partner_id.name", "name")
    @api.depends_context("subscription_show_partner")
    def _compute_display_name(self):
        """Name the customer too where the number alone says little: calendars, ledgers."""
        show_partner = self.env.context.get("subscription_show_partner")
        for contract in self:
            names = [contract.name, show_partner and contract.partner_id.name]
            contract.display_name = " - ".join(name for name in names if name)

    def _compute_access_url(self):
        super()._compute_access_url()
        for contract in self:
            contract.access_url = f"/my/subscriptions/{contract.id}"

    @api.depends("state")
    def _compute_stage_id(self):
        stages = self.env["sale.subscription.stage"].search([])
        for contract in self:
            if contract.stage_id.state != contract.state:
                contract.stage_id = stages.filtered_domain([("state", "=", contract.state)])[:1]

    @api.depends("template_id")
    def _compute_plan_id(self):
        for contract in self:
            if contract.plan_id not in contract.template_id.plan_ids:
                contract.plan_id = contract.template_id._get_default_plan()

    @api.depends("template_id", "company_id")
    def _compute_from_template(self):
        """Copy the rhythm: editing a template never moves the dates of running contracts."""
        for contract in self:
            template = contract.template_id.with_company(contract.company_id)
            contract.journal_id = template.journal_id
            contract.timing = template.timing or "advance"
            contract.anchor_day = template.anchor_day if template.anchor == "day" else 0

    @api.depends("template_id")
    def _compute_note(self):
        for contract in self:
            contract.note = contract.template_id.with_context(lang=contract.partner_id.lang).note

    @api.depends(
        "line_ids.price_subtotal",
        "line_ids.price_total",
        "line_ids.date_start",
        "line_ids.date_end",
    )
    def _compute_amounts(self):
        """Sum the versions in force today, or those that begin first when none is yet."""
        for contract in self:
            lines = contract._get_priced_lines()
            totals = contract._get_tax_totals(lines)
            contract.recurring_total = totals["base_amount_currency"]
            contract.recurring_tax = totals["tax_amount_currency"]
            contract.recurring_total_included = totals["total_amount_currency"]

    @api.depends("line_ids.price_total", "currency_id", "company_id")
    def _compute_tax_totals(self):
        for contract in self:
            contract.tax_totals = contract._get_tax_totals(contract._get_priced_lines())

    def _get_priced_lines(self, day=None):
        """Return the line versions that make the recurring price.

        :param date day: of which day; today by default.
        :return: the versions in force then; before the contract starts, those it starts with.
        :rtype: sale.subscription.line
        """
        self.ensure_one()
        day = day or self._get_today()
        day = max(day, self.date_start or day)
        return self.line_ids.filtered(lambda line: line._is_in_force(day))

    def _get_tax_totals(self, lines):
        """Let core compute base, taxes and total of a set of lines.

        :return: core's tax totals summary.
        :rtype: dict
        """
        return self._get_tax_totals_of(
            [line._prepare_base_line_for_taxes_computation() for line in lines]
        )

    def _get_tax_totals_of(self, base_lines):
        """Let core compute base, taxes and total of base lines.

        :param list base_lines: as core's tax engine wants them.
        :return: core's tax totals summary.
        :rtype: dict
        """
        self.ensure_one()
        AccountTax = self.env["account.tax"]
        company = self.company_id or self.env.company
        AccountTax._add_tax_details_in_base_lines(base_lines, company)
        AccountTax._round_base_lines_tax_details(base_lines, company)
        return AccountTax._get_tax_totals_summary(
            base_lines=base_lines,
            currency=self.currency_id or company.currency_id,
            company=company,
        )

    # === CONSTRAINT METHODS === #
    @api.constrains("template_id", "plan_id")
    def _check_plan_allowed(self):
        for contract in self:
            allowed = contract.template_id.plan_ids
            if allowed and contract.plan_id not in allowed:
                raise ValidationError(
                    self.env._(
                        "The template %(template)s doesn't offer the plan %(plan)s.",
                        template=contract.template_id.display_name,
                        plan=contract.plan_id.display_name,
                    )
                )

    @api.constrains("name", "client_ref")
    def _check_text_length(self):
        for contract in self:
            if len(contract.client_ref or "") > 256:
                raise ValidationError(
                    self.env._("A customer reference has at most 256 characters.")
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        new = self.env._("New")
        prepared = []
        for vals in vals_list:
            self._check_funnel({key: value for key, value in vals.items() if key != "state"})
            vals = dict(vals, state="draft")
            if vals.get("name", new) == new:
                Sequence = self.env["ir.sequence"].with_company(vals.get("company_id"))
                vals["name"] = Sequence.next_by_code("sale.subscription") or new
            prepared.append(vals)
        contracts = super().create(prepared)
        contracts._apply_template_content(vals_list)
        contracts._initialize_schedule(vals_list)
        return contracts

    @api.ondelete(at_uninstall=False)
    def _unlink_if_never_started(self):
        # sudo: the ledger and the log keep a contract, whoever may read them.
        kept = self.filtered(lambda c: c.sudo().charge_ids or c.sudo().event_ids or c._is_running())
        if kept:
            raise ValidationError(
                self.env._(
                    "%(name)s can't be deleted: it ran or was invoiced. Close it instead.",
                    name=kept[0].name,
                )
            )

    def _apply_template_content(self, vals_list):
        """Fill contracts made without lines or options with what their template includes."""
        for contract, vals in zip(self, vals_list, strict=True):
            if "line_ids" not in vals and "order_ids" not in vals:
                contract.line_ids = [
                    fields.Command.create(line._prepare_subscription_line(contract))
                    for line in contract.template_id.line_ids
                ]
            if "option_ids" not in vals:
                contract.option_ids = [
                    fields.Command.create(option._prepare_subscription_option())
                    for option in contract.template_id.option_ids
                ]
            if not contract.tag_ids and contract.template_id.tag_ids:
                contract.tag_ids = contract.template_id.tag_ids

    # === GETTERS === #
    def _get_today(self):
        """Return the day it is for the contract's company, in the company's time zone.

        The only clock of the addon: everything that depends on today asks here or gets a date.

        :rtype: date
        """
        return (self.company_id[:1] or self.env.company)._get_subscription_today()

    def _is_running(self):
        """Tell whether the contract is in a state in which service is agreed."""
        self.ensure_one()
        return self.state in RUNNING_STATES

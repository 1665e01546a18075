from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

# States of lines whose price stays what it was.
UNMOVED_STATES = ("skipped", "failed", "undone")


class SaleSubscriptionPriceUpdate(models.Model):
    """New prices for many contracts at once: computed, looked at, applied, taken back.

    Computing writes nothing on contracts. Applying makes one `sale.subscription.change` per line,
    in batches; each line keeps its own state, so that a run that was cut off goes on where it
    stopped. The arithmetic is in `engine.repricing`; which line gets which price from when in
    `_preview` and `_terms`; the buttons in `_actions`, the job in `_job` and what it does to a
    batch of lines in `_run` and `_undo`.
    """

    _name = "sale.subscription.price.update"
    _description = "Price Update"
    _inherit = ["sale.subscription.input.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    # === FIELDS === #
    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("previewed", "Computed"),
            ("running", "Running"),
            ("done", "Done"),
            ("undoing", "Taking Back"),
            ("undone", "Taken Back"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
        index=True,
        tracking=True,
    )
    contract_domain = fields.Char(
        string="Contracts",
        required=True,
        default="[('state', 'in', ['active', 'paused'])]",
        help="Which contracts get new prices.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Products",
        check_company=True,
        domain="[('recurring_invoice', '=', True)]",
        help="Only lines with these products; empty: all lines.",
    )
    method = fields.Selection(
        [
            ("percentage", "By a percentage"),
            ("index", "By an index"),
            ("fixed", "To a fixed price per product"),
            ("pricelist", "To the price list's price"),
        ],
        string="Change Prices",
        required=True,
        default="percentage",
    )
    percentage = fields.Float(
        min_display_digits=2, help="3 raises 10.00 to 10.30; -3 lowers it to 9.70."
    )
    index_old = fields.Float(
        string="Old Index",
        min_display_digits=1,
        help="The index the present prices were agreed at.",
    )
    index_new = fields.Float(string="New Index", min_display_digits=1, help="The index today.")
    index_factor = fields.Float(
        string="Factor", compute="_compute_index_factor", digits=(16, 6), help="New by old index."
    )
    price_ids = fields.One2many(
        "sale.subscription.price.update.price", "update_id", string="Fixed Prices", copy=True
    )
    price_step = fields.Float(
        string="Round To",
        min_display_digits="Product Price",
        help="New prices are a multiple of this, for instance 0.05. Empty: rounded to the currency;"
        " prices below 1 as finely as they were.",
    )
    price_ending = fields.Float(
        string="Ending",
        min_display_digits="Product Price",
        help="What prices end in: rounded to 1.00, with the ending 0.99, 10.29 becomes 9.99.",
    )
    effective = fields.Selection(
        [
            ("next_period", "From each contract's next period"),
            ("date", "From the first period that starts on or after a date"),
        ],
        string="New Prices Hold",
        required=True,
        default="next_period",
        help="What was invoiced already keeps its price.",
    )
    date_from = fields.Date(string="Not Before")
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Notice to Customers",
        domain=[("model", "=", "sale.subscription")],
        ondelete="restrict",
        help="Sent to each contract's customer, in their language, when the new price is applied.",
    )
    line_ids = fields.One2many(
        "sale.subscription.price.update.line", "update_id", string="Lines", readonly=True
    )
    user_id = fields.Many2one("res.users", string="Applied By", readonly=True, copy=False)
    date_applied = fields.Datetime(string="Applied On", readonly=True, copy=False)

    # === TOTALS === #
    contract_count = fields.Integer(
        string="Contracts to Change",
        compute="_compute_totals",
        help="Contracts of which a line gets a new price.",
    )
    line_count = fields.Integer(string="All Lines", compute="_compute_totals")
    todo_count = fields.Integer(string="Waiting", compute="_compute_totals")
    done_count = fields.Integer(string="Changed", compute="_compute_totals")
    skipped_count = fields.Integer(string="Skipped", compute="_compute_totals")
    failed_count = fields.Integer(string="Failed", compute="_compute_totals")
    undone_count = fields.Integer(string="Taken Back", compute="_compute_totals")
    progress = fields.Float(compute="_compute_totals", help="Percent of the lines worked on.")
    mrr_before = fields.Monetary(
        string="MRR Before",
        compute="_compute_totals",
        help="What the lines that change bring per month, in company currency at the rate of the "
        "day this was computed.",
    )
    mrr_after = fields.Monetary(string="MRR After", compute="_compute_totals")
    mrr_change = fields.Monetary(string="MRR Effect", compute="_compute_totals")
    is_undoable = fields.Boolean(compute="_compute_is_undoable")

    # === COMPUTE METHODS === #
    @api.depends("index_old", "index_new")
    def _compute_index_factor(self):
        for update in self:
            update.index_factor = update.index_new / update.index_old if update.index_old else 0.0

    @api.depends("state", "line_ids.state")
    def _compute_totals(self):
        groups = self.env["sale.subscription.price.update.line"]._read_group(
            [("update_id", "in", self.ids)],
            ["update_id", "state"],
            ["__count", "mrr_before_company:sum", "mrr_change_company:sum"],
        )
        counted = self._count_contracts()
        for update in self:
            # The groups know the records as they are saved, also while a form edits them.
            rows = {state: row for owner, state, *row in groups if owner == update._origin}
            counts = {state: row[0] for state, row in rows.items()}
            moved = [row for state, row in rows.items() if state not in UNMOVED_STATES]
            total = sum(counts.values())
            todo = sum(counts.get(state, 0) for state in ("planned", "waiting", "undoing"))
            update.line_count = total
            update.contract_count = counted.get(update._origin, 0)
            update.todo_count = todo
            update.done_count = counts.get("done", 0)
            update.skipped_count = counts.get("skipped", 0)
            update.failed_count = counts.get("failed", 0)
            update.undone_count = counts.get("undone", 0)
            is_begun = total and update.state not in ("draft", "previewed")
            update.progress = 100.0 * (total - todo) / total if is_begun else 0.0
            update.mrr_before = sum(row[1] for row in moved)
            update.mrr_change = sum(row[2] for row in moved)
            update.mrr_after = update.mrr_before + update.mrr_change

    def _count_contracts(self):
        """Return how many contracts get a new price.

        :return: update → number.
        :rtype: dict
        """
        groups = self.env["sale.subscription.price.update.line"]._read_group(
            [("update_id", "in", self.ids), ("state", "not in", UNMOVED_STATES)],
            ["update_id"],
            ["subscription_id:count_distinct"],
        )
        return dict(groups)

    @api.depends("state", "line_ids.state")
    def _compute_is_undoable(self):
        for update in self:
            update.is_undoable = update.state in ("running", "done", "undone") and bool(
                update._find_undoable(limit=1)
            )

    # === CONSTRAINT METHODS === #
    @api.constrains("contract_domain")
    def _check_contract_domain(self):
        for update in self:
            try:
                self.env["sale.subscription"]._search(update._get_contract_domain(), limit=1)
            except (ValueError, TypeError, SyntaxError) as error:
                raise ValidationError(
                    self.env._("The filter of contracts can't be read: %(detail)s", detail=error)
                ) from error

    @api.constrains("method", "percentage", "index_old", "index_new", "price_ids")
    def _check_method(self):
        for update in self:
            if update.method == "percentage" and update.percentage <= -100:
                raise ValidationError(self.env._("A price can't fall by 100 % or more."))
            index = (update.index_old, update.index_new)
            if update.method == "index" and any(number <= 0 for number in index):
                raise ValidationError(self.env._("Enter the old and the new index, above 0."))

    @api.constrains("price_step", "price_ending")
    def _check_rounding(self):
        for update in self:
            if update.price_step < 0:
                raise ValidationError(self.env._("Prices are rounded to an amount above 0."))
            if update.price_ending and not 0 < update.price_ending < update.price_step:
                raise ValidationError(
                    self.env._(
                        "The ending of prices lies between 0 and what they are rounded to: to end"
                        " in 0.99, round to 1."
                    )
                )

    @api.constrains("effective", "date_from")
    def _check_date_from(self):
        for update in self:
            if update.effective == "date" and not update.date_from:
                raise ValidationError(
                    self.env._("Choose the day before which no new price begins.")
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_machine_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_machine_fields(vals)
        if self._get_setting_fields() & vals.keys():
            self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_applied(self):
        if any(update.state not in ("draft", "previewed") for update in self):
            raise UserError(
                self.env._("A price update that was applied stays: it tells why prices changed.")
            )

    def copy_data(self, default=None):
        """Name the copy so that it can be told from the original."""
        vals_list = super().copy_data(default=default)
        if "name" in (default or {}):
            return vals_list
        return [
            dict(vals, name=self.env._("%s (copy)", update.name))
            for update, vals in zip(self, vals_list, strict=True)
        ]

    @api.model
    def _check_machine_fields(self, vals):
        """Refuse values that only follow from the buttons.

        :param dict vals: values about to be written.
        :raise UserError: unless written by the methods of an update.
        """
        names = {"state", "line_ids", "user_id", "date_applied"} & vals.keys()
        if names and not self.env.su:
            raise UserError(
                self.env._(
                    "“%(field)s” can't be written: it follows from the buttons of a price update.",
                    field=self._fields[min(names)]._description_string(self.env),
                )
            )

    @api.model
    def _get_setting_fields(self):
        """Return the fields the preview is computed from.

        :rtype: set
        """
        return {
            "company_id",
            "contract_domain",
            "product_ids",
            "method",
            "percentage",
            "index_old",
            "index_new",
            "price_ids",
            "price_step",
            "price_ending",
            "effective",
            "date_from",
        }

    def _check_draft(self):
        """Refuse to change what computed prices came from.

        :raise UserError: unless the update is a draft.
        """
        if any(update.state != "draft" for update in self):
            raise UserError(
                self.env._("The prices are computed: go back to the draft to change how.")
            )

    # === GETTERS === #
    def _get_contract_domain(self):
        """Return which contracts get new prices.

        :rtype: Domain
        :raise ValueError: if the filter can't be read.
        """
        self.ensure_one()
        return Domain(literal_eval(self.contract_domain or "[]")) & Domain(
            "company_id", "=", self.company_id.id
        )

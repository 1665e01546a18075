from odoo import api, fields, models
from odoo.exceptions import UserError

# Lines the job has to work on.
OPEN_STATES = ("waiting", "undoing")


class SaleSubscriptionPriceUpdateLine(models.Model):
    """What a price update does to one line of one contract, and how far it got."""

    _name = "sale.subscription.price.update.line"
    _description = "Price Update Line"
    _order = "update_id desc, id"
    _rec_name = "subscription_id"

    # === FIELDS === #
    update_id = fields.Many2one(
        "sale.subscription.price.update",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="update_id.company_id", store=True, index=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    subscription_id = fields.Many2one(
        "sale.subscription",
        string="Contract",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="subscription_id.partner_id", string="Customer")
    line_id = fields.Many2one(
        "sale.subscription.line",
        string="Version",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The version of the contract's line whose price is replaced.",
    )
    product_id = fields.Many2one("product.product", readonly=True)
    plan_id = fields.Many2one("sale.subscription.plan", readonly=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    quantity = fields.Float(readonly=True, digits="Product Unit", aggregator=None)
    old_price = fields.Float(readonly=True, min_display_digits="Product Price", aggregator=None)
    new_price = fields.Float(readonly=True, min_display_digits="Product Price", aggregator=None)
    old_discount = fields.Float(string="Old Disc.%", readonly=True, digits="Discount")
    new_discount = fields.Float(string="New Disc.%", readonly=True, digits="Discount")
    old_price_label = fields.Char(compute="_compute_price_labels")
    new_price_label = fields.Char(compute="_compute_price_labels")
    date_effective = fields.Date(
        string="From", readonly=True, help="First day of the period that gets the new price."
    )
    mrr_change = fields.Monetary(
        string="MRR Change (Contract)", readonly=True, help="In the contract's currency."
    )
    mrr_before_company = fields.Monetary(
        string="MRR Before", readonly=True, currency_field="company_currency_id"
    )
    mrr_change_company = fields.Monetary(
        string="MRR Change", readonly=True, currency_field="company_currency_id"
    )
    state = fields.Selection(
        [
            ("planned", "Computed"),
            ("waiting", "Waiting"),
            ("done", "Changed"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
            ("undoing", "Waiting to be taken back"),
            ("undone", "Taken back"),
        ],
        required=True,
        readonly=True,
        default="planned",
    )
    reason = fields.Char(readonly=True, help="Why nothing was changed, or not taken back.")
    change_id = fields.Many2one(
        "sale.subscription.change",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The change on the contract that this line made.",
    )

    # The job looks up a handful of lines among all that were ever worked on.
    _open_idx = models.Index("(subscription_id) WHERE state IN ('waiting', 'undoing')")
    # One line of a contract at most gets one price from one update.
    _version_uniq = models.UniqueIndex("(update_id, line_id) WHERE line_id IS NOT NULL")

    # === COMPUTE METHODS === #
    @api.depends("old_price", "new_price", "old_discount", "new_discount", "plan_id")
    @api.depends_context("lang")
    def _compute_price_labels(self):
        """Write the prices as customers read them: with discount, currency and period."""
        for line in self:
            line.old_price_label = line._format_price(line.old_price, line.old_discount)
            line.new_price_label = line._format_price(line.new_price, line.new_discount)

    def _format_price(self, price, discount):
        """Return a price with its discount and period, in the language of the environment.

        :rtype: str
        """
        return self.env._(
            "%(price)s per %(period)s",
            price=self.subscription_id._format_price(price, discount),
            period=self.plan_id.period_label,
        )

    # === CRUD METHODS === #
    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_applied(self):
        self.update_id._unlink_if_not_applied()

    # === ACTION METHODS === #
    def action_leave_out(self):
        """Let computed lines keep their price.

        :return: True
        :raise UserError: if a line was applied already.
        """
        text = self.env._("Left out by %(user)s.", user=self.env.user.name)
        self._move_by_hand(("planned", "skipped"), {"state": "skipped", "reason": text})
        return True

    def action_take_in(self):
        """Take lines in again that were left out by hand.

        :return: True
        :raise UserError: if a line has no new price, or was applied already.
        """
        if not all(line.line_id for line in self):
            raise UserError(
                self.env._("Some of these lines have no new price: their reason says why.")
            )
        self._move_by_hand(("planned", "skipped"), {"state": "planned", "reason": False})
        return True

    def _move_by_hand(self, states, values):
        """Change the lines of a computed update by hand.

        :param tuple states: states in which a line can be moved.
        :param dict values: what is written.
        :raise UserError: if the update was applied already.
        """
        self.update_id.check_access("write")
        for update in self.update_id:
            update._begin(("previewed",))
        if any(line.state not in states for line in self):
            raise UserError(self.env._("These lines were applied already."))
        # sudo: lines are written by the update's own methods only.
        self.sudo().write(values)

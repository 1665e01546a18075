from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

from ...const import ORDER_OPERATIONS


class SaleOrder(models.Model):
    """Quotations that change a running contract instead of starting one."""

    _inherit = "sale.order"

    subscription_origin_id = fields.Many2one(
        comodel_name="sale.subscription",
        string="Changes Contract",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The running contract that confirming this quotation changes.",
    )
    subscription_operation = fields.Selection(
        selection=ORDER_OPERATIONS,
        string="Operation",
        readonly=True,
        help="Upsell: the lines join the contract on the day of the confirmation.\n"
        "Renewal: the contract goes on after its end with these lines.",
    )
    subscription_renewed_line_ids = fields.Many2many(
        comodel_name="sale.subscription.line",
        relation="sale_order_renewed_line_rel",
        string="Renewed Lines",
        readonly=True,
        help="What the contract consisted of when the renewal was drawn up.",
    )
    subscription_renewal_date = fields.Date(
        string="Renewed From", readonly=True, copy=False, help="First day of the renewed time."
    )
    subscription_renewed_until = fields.Date(
        readonly=True, copy=False, help="Last day of the renewed time; empty without an end."
    )
    subscription_end_before = fields.Date(
        string="End Before the Renewal", readonly=True, copy=False
    )
    subscription_change_text = fields.Char(
        string="Effect on the Contract",
        compute="_compute_subscription_change",
        compute_sudo=True,
        help="What confirming does, or did, to the contract.",
    )
    subscription_change_problem = fields.Char(
        compute="_compute_subscription_change",
        compute_sudo=True,
        help="Why the quotation can't be confirmed.",
    )

    # === COMPUTE METHODS === #
    @api.depends_context("lang")
    @api.depends(
        "state",
        "subscription_origin_id",
        "subscription_operation",
        "order_line.subscription_plan_id",
        "order_line.product_uom_qty",
    )
    def _compute_subscription_change(self):
        for order in self:
            order.subscription_change_text = order._get_change_text()
            order.subscription_change_problem = order._get_change_problem()

    def _compute_subscription_template_id(self):
        """Keep the contract's template."""
        changing = self.filtered("subscription_origin_id")
        for order in changing:
            order.subscription_template_id = order.subscription_template_id
        super(SaleOrder, self - changing)._compute_subscription_template_id()

    def _compute_subscription_plan_id(self):
        """Keep the contract's plan."""
        changing = self.filtered("subscription_origin_id")
        for order in changing:
            order.subscription_plan_id = order.subscription_plan_id
        super(SaleOrder, self - changing)._compute_subscription_plan_id()

    # === CONSTRAINT METHODS === #
    @api.constrains(
        "subscription_origin_id",
        "subscription_operation",
        "partner_id",
        "company_id",
        "currency_id",
    )
    def _check_subscription_origin(self):
        """Refuse a quotation that would change somebody else's contract, or in other money."""
        for order in self.filtered("subscription_origin_id"):
            contract = order._get_changed_contract()
            customer = order.partner_id.commercial_partner_id
            if (
                not order.subscription_operation
                or contract.commercial_partner_id != customer
                or contract.company_id != order.company_id
            ):
                raise ValidationError(
                    self.env._(
                        "%(order)s changes the contract %(contract)s of %(customer)s: customer and "
                        "company have to stay the same.",
                        order=order.name,
                        contract=contract.name,
                        customer=contract.commercial_partner_id.display_name,
                    )
                )
            if contract.currency_id != order.currency_id:
                raise ValidationError(
                    self.env._(
                        "The contract %(contract)s is invoiced in %(currency)s: choose a price "
                        "list in that currency.",
                        contract=contract.name,
                        currency=contract.currency_id.name,
                    )
                )

    # === CRUD METHODS === #
    @api.model_create_multi
    def create(self, vals_list):
        """Let only those make changing quotations who may change the contract."""
        orders = super().create(vals_list)
        changing = orders.filtered("subscription_origin_id")
        if changing and not self.env.su:
            changing.subscription_origin_id.check_access("write")
            if changing.filtered("subscription_renewal_date"):
                changing._refuse_change_fields()
        return orders

    def write(self, vals):
        if not self.env.su and self._get_change_fields() & vals.keys():
            self._refuse_change_fields()
        return super().write(vals)

    @api.model
    def _get_change_fields(self):
        """Return the fields that only the contract's buttons and confirming may write.

        :rtype: set
        """
        return {
            "subscription_origin_id",
            "subscription_operation",
            "subscription_renewed_line_ids",
            "subscription_renewal_date",
            "subscription_renewed_until",
            "subscription_end_before",
        }

    def _refuse_change_fields(self):
        raise UserError(
            self.env._(
                "Which contract a quotation changes can't be written: use the buttons of the "
                "contract."
            )
        )

    # === ACTION METHODS === #
    def action_view_changed_contract(self):
        """Open the contract this quotation changes.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.subscription",
            "res_id": self.subscription_origin_id.id,
            "views": [(False, "form")],
            "view_mode": "form",
        }

    def _confirmation_error_message(self):
        """Refuse to confirm what can't change its contract."""
        if error := super()._confirmation_error_message():
            return error
        if not self.subscription_origin_id:
            return False
        if not (self._get_recurring_lines() or self._get_one_time_lines()):
            return self.env._("Enter what the contract is to consist of, with its quantity.")
        return self._get_change_problem()

    # === BUSINESS METHODS === #
    def _sync_subscriptions(self):
        """Let quotations opened from a contract change that one."""
        changing = self.filtered("subscription_origin_id")
        contracts = super(SaleOrder, self - changing)._sync_subscriptions()
        for order in changing:
            contracts |= order._change_contract()
        return contracts

    def _change_contract(self):
        """Change the contract as the confirmed order says.

        :return: the contract.
        :rtype: sale.subscription
        :raise UserError: naming order and contract; nothing is changed then.
        """
        self.ensure_one()
        order = self.sudo().with_company(self.company_id)
        contract = order.subscription_origin_id
        try:
            contract._apply_order(order)
        except UserError as error:
            raise UserError(
                self.env._(
                    "%(order)s can't change the contract %(contract)s, so nothing was changed. "
                    "%(error)s",
                    order=self.name,
                    contract=contract.name,
                    error=str(error),
                )
            ) from error
        return contract.with_env(self.env)

    def _get_lines_to_add(self):
        """Return the recurring lines of an order with which its contract gets more.

        :rtype: sale.order.line
        """
        self.ensure_one()
        lines = self.env["sale.order.line"].union(*self._get_lines_without_contract().values())
        return lines.filtered(lambda line: not line._get_carrying_contract())

    def _match_renewed_lines(self):
        """Return which lines sell again what the contract delivers, and which are new.

        :return: contract line → order line, and the new order lines.
        :rtype: tuple
        """
        self.ensure_one()
        renewed, added = {}, self.env["sale.order.line"]
        for line in self._get_recurring_lines():
            old = line.subscription_renewed_line_id
            is_known = old and old in self.subscription_renewed_line_ids and old not in renewed
            if is_known and old.product_id == line.product_id:
                renewed[old] = line
            else:
                added |= line
        return renewed, added

    # === GETTERS === #
    def _get_changed_contract(self):
        """Return the contract this order changes.

        :rtype: sale.subscription
        """
        self.ensure_one()
        # sudo: an order changes its contract even when a colleague looks after it.
        return self.sudo().subscription_origin_id

    def _get_change_problem(self):
        """Return why an open quotation can't change its contract.

        :return: a sentence, or False.
        :rtype: str | bool
        """
        self.ensure_one()
        contract = self._get_changed_contract()
        if not contract or self.state not in ("draft", "sent"):
            return False
        return contract._get_order_problem(self.sudo())  # sudo: see `_get_changed_contract`

    def _get_change_text(self):
        """Return what confirming the order does to its contract, or did.

        :return: a sentence, or False for orders that change none.
        :rtype: str | bool
        """
        self.ensure_one()
        contract = self._get_changed_contract()
        if not contract:
            return False
        if self.subscription_operation == "renewal":
            return self._get_renewal_text(contract)
        if self.state == "sale":
            return self.env._("Upsell: added to the contract %s.", contract.name)
        return self.env._(
            "Upsell: confirming adds these lines to the contract %s, on the day of the "
            "confirmation.",
            contract.name,
        )

    def _get_renewal_text(self, contract):
        """Return what confirming a renewal does, or did.

        :param contract: the `sale.subscription` (sudo).
        :rtype: str
        """
        is_done = bool(self.subscription_renewal_date)
        day = self.subscription_renewal_date or contract._get_renewal_day()
        end = self.subscription_renewed_until if is_done else contract._get_renewed_end()
        values = {
            "contract": contract.name,
            "day": format_date(self.env, day),
            "end": end and format_date(self.env, end),
        }
        if is_done and end:
            return self.env._(
                "Renewal: the contract %(contract)s was renewed from %(day)s until %(end)s.",
                **values,
            )
        if is_done:
            return self.env._(
                "Renewal: the contract %(contract)s has these lines from %(day)s on.", **values
            )
        if end:
            return self.env._(
                "Renewal: confirming renews the contract %(contract)s from %(day)s until %(end)s, "
                "with these lines.",
                **values,
            )
        return self.env._(
            "Renewal: from %(day)s on the contract %(contract)s goes on with these lines.",
            **values,
        )

    def _get_own_action(self):
        """Return the action that opens the order.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Quotation"),
            "res_model": "sale.order",
            "res_id": self.id,
            "views": [(False, "form")],
            "view_mode": "form",
        }

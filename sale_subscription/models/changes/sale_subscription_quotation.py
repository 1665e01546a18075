from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...const import ALLOWED_OPERATIONS
from ...todo import CANCELLED_ORDER, leave_todo


class SaleSubscription(models.Model):
    """Quotations that change a running contract, and what becomes of them.

    What an upsell does is in `sale_subscription_upsell`, what a renewal in
    `sale_subscription_renewal`.
    """

    _inherit = "sale.subscription"

    # For employees: quotations that are still drafts are none of the customer's business.
    quotation_ids = fields.One2many(
        "sale.order",
        "subscription_origin_id",
        string="Upsells and Renewals",
        groups="base.group_user",
    )
    order_chain_ids = fields.Many2many(
        "sale.order",
        string="All Orders",
        compute="_compute_order_chain_ids",
        groups="base.group_user",
        help="The orders behind the contract and the quotations that would change it.",
    )
    order_count = fields.Integer(compute="_compute_order_count", groups="base.group_user")

    # === COMPUTE METHODS === #
    @api.depends("order_ids", "quotation_ids")
    def _compute_order_chain_ids(self):
        for contract in self:
            contract.order_chain_ids = (contract.order_ids | contract.quotation_ids).sorted("id")

    @api.depends("order_chain_ids")
    def _compute_order_count(self):
        for contract in self:
            contract.order_count = len(contract.order_chain_ids)

    # === BUSINESS METHODS - QUOTATIONS === #
    def _create_change_order(self, operation, lines=()):
        """Make a quotation that changes this contract when it is confirmed.

        :param str operation: a key of `const.ORDER_OPERATIONS`.
        :param lines: values of `sale.order.line`.
        :rtype: sale.order
        """
        self.ensure_one()
        values = self._prepare_change_order(operation)
        values["order_line"] = [Command.create(line) for line in lines]
        return self.env["sale.order"].with_company(self.company_id).create(values)

    def _prepare_change_order(self, operation):
        """Return the values of a quotation that changes this contract, without lines.

        For a module to hand over more, it must override this method.

        :param str operation: see `_create_change_order`.
        :return: values of a `sale.order`.
        :rtype: dict
        """
        self.ensure_one()
        values = {
            "subscription_origin_id": self.id,
            "subscription_operation": operation,
            "origin": self.name,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "partner_invoice_id": self.partner_invoice_id.id,
            "partner_shipping_id": self.partner_shipping_id.id,
            "fiscal_position_id": self.fiscal_position_id.id,
            "payment_term_id": self.payment_term_id.id,
            "pricelist_id": self.pricelist_id.id,
            "currency_id": self.currency_id.id,
            "subscription_template_id": self.template_id.id,
            "subscription_plan_id": self.plan_id.id,
            # A quotation template would bring lines and conditions of its own.
            "sale_order_template_id": False,
            # A customer who renews on the portal sells nothing.
            "user_id": self.user_id.id or (not self.env.user.share and self.env.uid),
            "team_id": self.team_id.id,
        }
        if self.journal_id:
            values["journal_id"] = self.journal_id.id
        return values

    def _apply_order(self, order):
        """Change the contract as a quotation that was just confirmed says, all of it or nothing.

        :param order: the `sale.order`; also one confirmed earlier that got another line.
        :return: None
        :raise UserError: if the contract can't be changed like that.
        """
        self.ensure_one()
        self._lock_against_billing()
        self.order_ids = [Command.link(order.id)]
        if order.subscription_operation == "renewal" and not order.subscription_renewal_date:
            self._apply_renewal(order)
        else:
            self._apply_upsell(order)

    def _prepare_order_version(self, order_line, day, change, prorate):
        """Return the values of the line made from an order line that joins the running contract.

        :param order_line: the `sale.order.line`.
        :param date day: first day of service.
        :param change: the `sale.subscription.change`.
        :param bool prorate: whether the days until the next period are charged.
        :rtype: dict
        """
        values = {
            **order_line._prepare_subscription_line(),
            "date_start": day,
            "change_id": change.id,
        }
        if not prorate:
            values["charge_start_date"] = self._get_boundary_from(day)
        return values

    # === BUSINESS METHODS - CANCELLING === #
    def _cancel_from_order(self, order):
        """Take the change back that an upsell or renewal made; the contract itself goes on."""
        changed = self & order.subscription_origin_id
        super(SaleSubscription, self - changed)._cancel_from_order(order)
        for contract in changed:
            contract._take_order_back(order)

    def _take_order_back(self, order):
        """Undo what a cancelled order changed, or leave a to-do where it was invoiced.

        :param order: the cancelled `sale.order`.
        :return: None
        """
        self.ensure_one()
        charges = self._get_charges_of_order(order)
        is_billed = bool(charges.invoice_line_id)
        if self.state not in ALLOWED_OPERATIONS["change"]:
            charges.filtered(lambda c: c.order_line_id and not c.invoice_line_id).unlink()
        elif is_billed or not self._can_take_order_back(order):
            charges.filtered(lambda c: c.order_line_id and not c.invoice_line_id).unlink()
            self._leave_cancelled_order_activity(order)
        else:
            charges.unlink()
            self._withdraw_order(order)
        self._update_next_invoice_date()

    def _can_take_order_back(self, order):
        """Tell whether nothing was built on what an order changed.

        :rtype: bool
        """
        self.ensure_one()
        if self._get_changes_of_order(order).new_line_ids.successor_ids:
            return False
        return not order.subscription_renewal_date or self._can_unrenew(order)

    def _withdraw_order(self, order):
        """Take back what an order changed.

        :param order: the cancelled `sale.order`.
        """
        self.ensure_one()
        for change in self._get_changes_of_order(order):
            change._withdraw()
        if order.subscription_renewal_date:
            self._unrenew(order)
        self.order_ids = [Command.unlink(order.id)]
        self.message_post(
            body=self.env._(
                "The order %(order)s was cancelled: what it changed is taken back.",
                order=order.name,
            )
        )

    def _leave_cancelled_order_activity(self, order):
        """Ask the salesperson what is to become of what a cancelled order changed and billed."""
        self.ensure_one()
        self.message_post(
            body=self.env._(
                "The order %(order)s was cancelled, but what it changed was invoiced or changed "
                "again: change the contract back if the customer doesn't want it.",
                order=order.name,
            )
        )
        summary = self.env._("Order cancelled: change the contract back?")
        user = self.user_id or self.env.user
        leave_todo(self, CANCELLED_ORDER, summary, "", user, "cancelled_order", order)

    # === BUSINESS METHODS - INVOICES === #
    def _bill_order(self, order, until):
        """Invoice what became due by an order that was just paid.

        What else waits on a contract that ran before isn't part of what was paid.

        :param order: the confirmed `sale.order`.
        :param date until: last day taken into account.
        :return: the invoices made.
        :rtype: account.move
        """
        self.ensure_one()
        if order.subscription_operation != "upsell" or order.subscription_origin_id != self:
            return self._bill(until)
        changes = self._get_changes_of_order(order)
        lines = changes.new_line_ids | changes.old_line_ids
        charges = self._create_charges(until, lines._get_coverage(), lines)
        if charges:
            charges |= self._get_charges_of_order(order).filtered(
                lambda charge: not charge.invoice_line_id and not charge.is_waived
            )
        moves = self._create_invoices(charges, until)
        self._update_next_invoice_date()
        return moves

    def _get_open_invoices_of_order(self, order):
        """Return the posted invoices of what an order put on the contract that aren't paid.

        :param order: the `sale.order`.
        :rtype: account.move
        """
        self.ensure_one()
        moves = self._get_charges_of_order(order).invoice_line_id.move_id
        return moves.filtered(
            lambda move: move.state == "posted" and move.payment_state in ("not_paid", "partial")
        )

    # === GETTERS === #
    def _get_changes_of_order(self, order):
        """Return the changes an order made that weren't taken back.

        :rtype: sale.subscription.change
        """
        # sudo: whoever may cancel the order takes back what it changed.
        return (
            self.env["sale.subscription.change"]
            .sudo()
            .search(
                [
                    ("subscription_id", "in", self.ids),
                    ("order_id", "=", order.id),
                    ("is_withdrawn", "=", False),
                ]
            )
        )

    def _get_charges_of_order(self, order):
        """Return what was charged because of an order, and credited for what it replaced.

        :rtype: sale.subscription.charge
        """
        # sudo: the ledger decides, whether or not somebody may read it.
        charges = self.sudo().charge_ids
        if order.subscription_origin_id not in self:
            return charges
        changes = self._get_changes_of_order(order)
        return charges.filtered(
            lambda charge: (
                charge.order_line_id.order_id == order
                or charge.line_id.change_id in changes
                or (
                    charge.kind == "credit"
                    and charge.line_id.ended_by_id in changes
                    and charge.date_from >= charge.line_id.ended_by_id.date_effective
                )
            )
        )

    def _get_boundary_from(self, day):
        """Return the first day of a period of the contract's rhythm, on or after a day.

        :param date day: the day asked for.
        :rtype: date
        """
        self.ensure_one()
        return self._get_recurrence().next_after(fields.Date.subtract(day, days=1))

    def _get_lines_on(self, day):
        """Return the line versions that deliver on a day, whether or not the contract ends before.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        return self.line_ids.filtered(lambda line: line._is_in_force(day))

    def _get_order_problem(self, order):
        """Return why an open quotation can't change this contract any more.

        :param order: the `sale.order`.
        :return: a sentence, or False.
        :rtype: str | bool
        """
        self.ensure_one()
        operation = "renew" if order.subscription_operation == "renewal" else "upsell"
        if self.state not in ALLOWED_OPERATIONS[operation]:
            labels = dict(self._fields["state"]._description_selection(self.env))
            return self.env._(
                "The contract %(contract)s is “%(state)s”: this quotation can't change it.",
                contract=self.name,
                state=labels[self.state],
            )
        try:
            plans = self._get_plans_of_order(order)
            if operation == "renew":
                self._check_renewal(order)
            else:
                self._check_upsell(order)
        except UserError as error:
            return str(error)
        wrong = order._get_recurring_lines().filtered(
            lambda line: line.subscription_plan_id not in plans
        )
        if wrong:
            return self.env._(
                "%(product)s has the plan %(plan)s, but the contract %(contract)s runs %(other)s.",
                product=wrong[0].product_id.display_name,
                plan=wrong[0].subscription_plan_id.name,
                contract=self.name,
                other=", ".join(plans.mapped("name")),
            )
        return False

    def _get_plans_of_order(self, order):
        """Return the plans the lines of a quotation may have.

        :rtype: sale.subscription.plan
        """
        if order.subscription_operation == "renewal":
            return self._get_lines_on(self._get_renewal_day()).plan_id or self.plan_id
        return self.plan_id

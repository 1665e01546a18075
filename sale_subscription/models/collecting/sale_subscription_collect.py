from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import CHARGE_MODES


class SaleSubscription(models.Model):
    """Collecting: what contracts say about being charged, and the doors to it."""

    _inherit = "sale.subscription"

    charge_limit = fields.Monetary(
        string="Charge at Most",
        groups="base.group_user",
        help="Invoices above this amount are not charged automatically but left to the "
        "salesperson: protection against a wrong price or usage. 0: what the template says.",
    )
    attempt_ids = fields.Many2many(
        "sale.subscription.attempt",
        relation="sale_subscription_attempt_rel",
        column1="subscription_id",
        column2="attempt_id",
        string="Payment Attempts",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    attempt_count = fields.Integer(
        compute="_compute_attempt_count", compute_sudo=True, groups="base.group_user"
    )
    amount_open = fields.Monetary(
        string="Open Amount",
        compute="_compute_open_invoices",
        compute_sudo=True,
        groups="base.group_user",
        help="What is still to be paid of the contract's invoices, taxes included.",
    )
    next_payment_date = fields.Date(
        string="Next Payment Step",
        compute="_compute_open_invoices",
        compute_sudo=True,
        groups="base.group_user",
        help="When an open invoice is charged or reminded next, or the contract is given up.",
    )
    has_declined_payment = fields.Boolean(
        compute="_compute_open_invoices",
        compute_sudo=True,
        groups="base.group_user",
        help="The last charge of an open invoice was declined.",
    )
    hold_reason = fields.Char(
        string="Not Charged Because",
        compute="_compute_open_invoices",
        compute_sudo=True,
        groups="base.group_user",
    )

    _charge_limit_positive = models.Constraint(
        "CHECK (charge_limit IS NULL OR charge_limit >= 0)",
        "The limit of what may be charged can't be negative.",
    )

    # === COMPUTE METHODS === #
    @api.depends("attempt_ids")
    def _compute_attempt_count(self):
        for contract in self:
            contract.attempt_count = len(contract.attempt_ids)

    def _compute_open_invoices(self):
        """Sum what is open; both compute and their caller may see every invoice."""
        by_contract = self._get_open_invoices()
        for contract in self:
            moves = by_contract.get(contract, self.env["account.move"])
            contract.amount_open = sum(moves.mapped("amount_residual"))
            days = [move.subscription_step_date for move in moves if move.subscription_step_date]
            contract.next_payment_date = min(days, default=False)
            reasons = moves.filtered("subscription_hold_reason")
            contract.hold_reason = reasons[:1].subscription_hold_reason
            contract.has_declined_payment = any(move._get_last_decline() for move in moves)

    # === ACTION METHODS === #
    def action_collect(self):
        """Charge the saved payment method with the invoices that are due and open, now.

        Each charge is committed before and after the provider is called: if a later contract or
        invoice can't be charged, what was charged before it stays charged, and is found in
        `attempt_ids`. Nothing is charged that is being paid already, or that is above the
        contract's limit.

        :return: ids of the `payment.transaction` made, of any outcome.
        :rtype: list
        :raise AccessError: unless the user may write the contract, or does invoicing and may read
            it.
        :raise UserError: if a contract's payment method can't be charged, an invoice is being paid
            at this moment, its amount is above the limit, or an earlier payment is in doubt.
        """
        does_invoicing = self.env.user.has_group("account.group_account_invoice")
        self.check_access("read" if does_invoicing else "write")
        self._check_operation("collect")
        attempts = self.env["sale.subscription.attempt"]
        for contract in self:
            attempts |= contract._collect_now()
        return attempts.transaction_id.ids

    def action_collect_now(self):
        """Charge what is due and tell how it went (button).

        :rtype: dict
        """
        self._check_one()
        transaction_ids = self.action_collect()
        # sudo: a salesperson reads the outcome, no more.
        attempts = (
            self.env["sale.subscription.attempt"]
            .sudo()
            .search([("transaction_id", "in", transaction_ids)])
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if set(attempts.mapped("state")) == {"done"} else "warning",
                "message": self._get_collect_message(attempts),
                "sticky": bool(attempts),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_collect_message(self, attempts):
        """Return one sentence per attempt.

        :rtype: str
        """
        if not attempts:
            return self.env._("No open invoice is due.")
        return "\n".join(attempt._get_sentence() for attempt in attempts.sorted("id"))

    # === CRON METHODS === #
    @api.model
    def _cron_collect(self):
        """Charge, remind and give up what is due; run by as many workers at once as you like."""
        # sudo: a job serves everybody, whoever it runs as.
        self.env["sale.subscription.attempt"].sudo()._resolve_interrupted()
        self.env["payment.transaction"].sudo()._resolve_unclear()
        self.env["account.move"].sudo()._find_reopened()
        self.env["account.move"].sudo()._run_ladder()

    @api.model
    def _trigger_collecting(self):
        """Let the collecting job run as soon as this transaction is committed."""
        # sudo: waking a job up needs no rights of the user.
        self.env.ref("sale_subscription.ir_cron_collect").sudo()._trigger()

    # === BUSINESS METHODS === #
    def _collect_now(self):
        """Charge the open invoices of one contract that are due.

        :return: the attempts made.
        :rtype: sale.subscription.attempt
        """
        self.ensure_one()
        attempts = self.env["sale.subscription.attempt"]
        # sudo: who may write the contract may have it charged, without a right on payments.
        moves = self.sudo()._get_open_invoices().get(self, self.env["account.move"])
        today = self._get_today()
        due = moves.filtered(lambda move: move._is_due(today))
        for move in due.sorted(lambda move: (move._get_due_date(), move.id)):
            attempt = move._prepare_requested_attempt()
            self.env["ir.cron"]._commit_progress()
            attempt.run()
            attempts |= attempt
        return attempts

    def _restart_collecting(self):
        """Try the new payment method on open invoices that are due, without waiting for a step."""
        for contract in self.filtered(lambda c: c.invoicing_mode in CHARGE_MODES):
            # sudo: who may change the payment method needn't see invoices.
            moves = contract.sudo()._get_open_invoices().get(contract, self.env["account.move"])
            today = contract._get_today()
            due = moves.browse([move.id for move in moves if move._is_due(today)])
            due._write_step(
                {
                    "subscription_step_date": today,
                    "subscription_charge_now": True,
                    "subscription_hold_reason": False,
                }
            )
            if due:
                contract._trigger_collecting()

    # === GETTERS === #
    def _get_open_invoices(self):
        """Return the posted invoices of these contracts on which something is to be paid.

        :return: contract → `account.move`
        :rtype: dict
        """
        lines = self.env["account.move.line"].search(
            Domain("subscription_id", "in", self.ids)
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("move_id.state", "=", "posted")
            & Domain("move_id.payment_state", "in", ("not_paid", "partial"))
        )
        return {
            contract: some.move_id for contract, some in lines.grouped("subscription_id").items()
        }

    def _get_charge_limit(self):
        """Return the most that may be charged for this contract without asking.

        :return: an amount in the contract's currency, taxes included; None for no limit.
        :rtype: float | None
        """
        self.ensure_one()
        if self.charge_limit:
            return self.charge_limit
        percent = self.template_id.charge_limit_percent
        if not percent:
            return None
        return self.currency_id.round(self._get_usual_amount() * percent / 100)

    def _get_usual_amount(self):
        """Return what a period cost when the customer last paid for one.

        Not what it costs now, nor what parts of periods were charged at: a wrong price would be its
        own yardstick.

        :return: an amount in the contract's currency, taxes included; before the first payment what
            a period costs now, and where nothing recurs what was paid last.
        :rtype: float
        """
        self.ensure_one()
        paid = self.env["account.move.line"].search(
            Domain("subscription_id", "=", self.id)
            & Domain("subscription_date_from", "!=", False)
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("move_id.payment_state", "in", ("in_payment", "paid")),
            order="subscription_date_from desc, id desc",
        )
        if not paid:
            return self.recurring_total_included
        # sudo: the ledger knows what was paid, whoever asks.
        charges = paid.sudo().subscription_charge_ids.filtered("line_id")
        usual = charges.filtered(lambda charge: charge.kind != "credit")._get_usual_amount()
        return usual or paid[0].move_id._get_amount_of(self)

    def _check_can_collect(self):
        """Refuse to charge where an earlier payment is in doubt.

        :raise UserError: naming the contract.
        """
        for contract in self:
            if contract.payment_exception:
                raise UserError(
                    self.env._(
                        "Decide first whether the earlier payment of %(contract)s was made: its "
                        "outcome is unknown.",
                        contract=contract.name,
                    )
                )

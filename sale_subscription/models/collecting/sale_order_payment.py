from odoo import SUPERUSER_ID, models
from odoo.fields import Command

from ...const import CHARGE_MODES

# Context key: the day contracts of an order start, when it isn't today.
START_DATE = "subscription_start_date"


class SaleOrder(models.Model):
    """How an order with recurring lines is paid online: what, with which card, and what follows.

    The whole first amount (`_get_due_first`) is due: a down payment makes no sense on what comes
    again every period, so core's prepayment percentage doesn't apply to these orders.
    """

    _inherit = "sale.order"

    # === COMPUTE METHODS === #
    def _compute_amount_paid(self):
        """Leave out what a provider takes and gives back to validate a card."""
        super()._compute_amount_paid()
        for order in self:
            order.amount_paid -= sum(
                tx.amount
                for tx in order.transaction_ids
                if tx.operation == "validation" and tx.state in ("authorized", "done")
            )

    # === GETTERS - PAYING === #
    def _is_charged_later(self):
        """Tell whether a contract of this order will charge the saved card by itself.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: visitors can't read templates; only yes or no is told.
        templates = self.sudo()._get_recurring_lines().subscription_template_id
        return any(template.invoicing_mode in CHARGE_MODES for template in templates)

    def _is_card_required(self):
        """Tell whether a contract of the order wants its customer to save a card.

        :rtype: bool
        """
        self.ensure_one()
        return any(self._get_recurring_lines().subscription_template_id.mapped("card_required"))

    def _get_subscription_start_day(self):
        """Return the day contracts start when the order is confirmed now.

        :rtype: date
        """
        company = self.company_id or self.env.company
        return self.env.context.get(START_DATE) or company._get_subscription_today()

    def _get_first_amount_to_pay(self):
        """Return what is still to be paid now to start the contracts.

        :return: amount in the order's currency; 0 when nothing is due first.
        :rtype: float
        """
        self.ensure_one()
        due = self._get_due_first()["total"]
        return max(self.currency_id.round(due - self.amount_paid), 0.0)

    def _get_prepayment_required_amount(self):
        """Override of `sale`: what is due first confirms an order with recurring lines."""
        self.ensure_one()
        if self.require_payment and self._get_recurring_lines():
            return self._get_due_first()["total"]
        return super()._get_prepayment_required_amount()

    def _is_confirmation_amount_reached(self):
        """Override of `sale`: paid in full is also what was due on the day the payment began.

        A bank transfer takes days, and the price of a first period that ends on a fixed day of the
        month changes with each of them.
        """
        if super()._is_confirmation_amount_reached():
            return True
        if not self._get_recurring_lines():
            return False
        # sudo: who sells may not read payments, but sends the quotation that asks for one; only who
        # invoices could write this link.
        paid = self.sudo().transaction_ids.filtered(
            lambda tx: tx.state in ("authorized", "done") and tx.subscription_day
        )
        # A recordset of its own per day; amounts are computed, not stored.
        return any(
            super(
                SaleOrder, self.with_context(**{START_DATE: day})
            )._is_confirmation_amount_reached()
            for day in set(paid.mapped("subscription_day"))
        )

    def _has_to_be_signed(self):
        """Override of `sale`: who has nothing to pay first, nor a card to save, accepts by signing.

        Otherwise a trial that is to be paid online would leave its customer nothing to click.
        """
        return super()._has_to_be_signed() or (
            self._is_free_to_start()
            and not self.signature
            and self.state in ("draft", "sent")
            and not self.is_expired
        )

    def _is_free_to_start(self):
        """Tell whether the order is to be paid online, but asks for nothing to start with.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.require_payment
            and bool(self._get_recurring_lines())
            and not self._is_card_required()
            and self.currency_id.is_zero(self._get_due_first()["total"])
        )

    def _has_to_be_paid(self):
        """Override of `sale`: saving a card goes through the same door as paying."""
        return super()._has_to_be_paid() or self._has_to_save_card()

    def _has_to_save_card(self):
        """Tell whether the customer confirms the order by saving a card, without paying anything.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.state in ("draft", "sent")
            and not self.is_expired
            and self._is_card_required()
            # What was paid already confirms the order by itself, even if that takes a moment.
            and self.currency_id.is_zero(self.amount_paid)
            and not (self.require_payment and self._get_due_first()["total"])
        )

    def _get_default_payment_link_values(self):
        """Override of `sale`: a payment link asks for what is due first, no more and no less.

        Once the order is confirmed its contracts are invoiced, and invoices have links of their
        own.
        """
        values = super()._get_default_payment_link_values()
        if self._get_recurring_lines():
            is_open = self.state in ("draft", "sent")
            amount = self._get_first_amount_to_pay() if is_open else 0.0
            values.update(amount=amount, amount_max=amount, prepayment_amount=amount)
        return values

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Override of `sale`: say on the button that a card is wanted, not a payment."""
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        if not self or len(self) > 1 or not self._has_to_save_card():
            return groups
        title = (
            self.env._("Sign & Save Card")
            if self._has_to_be_signed()
            else self.env._("Accept & Save Card")
        )
        for name, _condition, options in groups:
            if name == "portal_customer":
                options.setdefault("button_access", {})["title"] = title
        return groups

    def _send_payment_succeeded_for_order_mail(self):
        """Override of `sale`: its mail takes the order's total for what is to be paid."""
        recurring = self.filtered(lambda order: order._get_recurring_lines())
        super(SaleOrder, self - recurring)._send_payment_succeeded_for_order_mail()
        template = self.env.ref(
            "sale_subscription.mail_template_order_payment", raise_if_not_found=False
        )
        for order in recurring:
            order._send_order_notification_mail(template)

    # === ACTION METHODS === #
    def action_confirm(self):
        """Override of `sale`: what the customer has paid already isn't asked for again."""
        result = super().action_confirm()
        for order in self:
            # sudo: a colleague's contract isn't seen, but changed by the order.
            if order.sudo().subscription_ids:
                order._use_payment_before_confirmation()
        return result

    # === BUSINESS METHODS === #
    def _use_payment_before_confirmation(self):
        """Let what was paid for the order, all or a part, before a person confirmed it, be used.

        A payment could not confirm it: something was in the way, or it asked for more. Payments
        that confirm an order do all this by themselves, see `_pay_first_invoices`.

        :return: None
        """
        self.ensure_one()
        # sudo: see `_start_paid_subscriptions`.
        paid = self.sudo().transaction_ids.filtered(
            lambda tx: tx.state in ("authorized", "done") and tx.operation != "validation"
        )
        unused = paid.filtered(
            lambda tx: not tx.invoice_ids and (tx.state == "authorized" or tx._is_payment_usable())
        )
        if unused and all(tx.is_post_processed for tx in paid):
            last = unused.sorted("id")[-1]
            invoices = self._start_paid_subscriptions(last)
            last.invoice_ids = [Command.link(invoice.id) for invoice in invoices]

    def _prepare_subscription(self, template, plan, lines):
        """Let a contract start on the day its order was paid."""
        values = super()._prepare_subscription(template, plan, lines)
        if self.env.context.get(START_DATE):
            values["date_start"] = self._get_subscription_start_day()
        return values

    def _confirm_with_card(self, token):
        """Confirm a quotation because the customer saved the card it asked for.

        Nothing is paid nor invoiced: what is due is billed as the template says.

        :param token: the saved `payment.token`.
        :return: whether the order was confirmed.
        :rtype: bool
        """
        self.ensure_one()
        if not self._has_to_save_card() or self._has_to_be_signed():
            return False
        if self._get_unclear_payments():
            return False
        # sudo: whose card it is and what it can pay is none of the visitor's rights.
        if token.sudo()._get_charge_problem(
            self.company_id, self.currency_id, self.partner_id | self.partner_invoice_id
        ):
            return False
        self._validate_order()
        # The company notes it on the contract, not the visitor.
        self.with_user(SUPERUSER_ID).subscription_ids._take_card(token)
        return True

    def _start_paid_subscriptions(self, transaction):
        """Create the first invoices of a confirmed order that was paid, or find those made already.

        They are made and posted in the database transaction that confirms the order, so that
        either all of it happened or nothing; `account_payment` then registers the payment and
        reconciles it with them. Whatever the template says about invoices, these are confirmed:
        they are paid.

        :param transaction: the `payment.transaction` that paid (sudo).
        :return: the invoices made.
        :rtype: account.move
        """
        self.ensure_one()
        # The visitor has no rights on invoices, and mail about them comes from the company.
        order = self.with_user(SUPERUSER_ID).with_company(self.company_id)
        contracts = order.subscription_ids
        if transaction.token_id:
            contracts._take_card(transaction.token_id)
        invoices = order.env["account.move"]
        for contract in contracts.filtered(lambda contract: contract.state == "active"):
            # One by one: every contract has an invoice of its own, as the quotation said.
            if order.subscription_origin_id or not contract._is_billed():
                contract._lock_against_billing()
                day = order._get_subscription_start_day()
                made = contract._bill_order(order, day)
                # Somebody may have confirmed the order, and billed it, before the payment came in.
                invoices |= made or contract._get_open_invoices_of_order(order)
            else:
                # Somebody confirmed the order before the payment came in.
                invoices |= contract._get_open_invoices().get(contract, invoices.browse())
        invoices |= order._invoice_what_contracts_leave()
        drafts = invoices.filtered(lambda move: move.state == "draft")
        if drafts:
            drafts._post_subscription_invoices()
        order._use_earlier_payments(invoices)
        for invoice in invoices:
            # Now, so that showing the order doesn't have to write.
            invoice._portal_ensure_token()
        return invoices

    def _use_earlier_payments(self, invoices):
        """Let what the customer paid for the order before it was confirmed pay its invoices.

        :param invoices: the posted first invoices (`account.move`).
        :return: None
        """
        # sudo: see `_start_paid_subscriptions`.
        usable = self.sudo().transaction_ids.filtered(lambda tx: tx._is_payment_usable())
        earlier = usable.payment_id.move_id.line_ids
        lines = (earlier | invoices.line_ids).filtered(
            lambda line: (
                line.account_id.account_type == "asset_receivable"
                and line.parent_state == "posted"
                and not line.reconciled
            )
        )
        for same_account in lines.grouped("account_id").values():
            if same_account & earlier:
                same_account.reconcile()

    def _invoice_what_contracts_leave(self):
        """Invoice what the order itself invoices and the customer has paid with it: combos.

        :rtype: account.move
        """
        if not self._get_invoiceable_lines():
            return self.env["account.move"]
        # What is free at first waits, and what is sold once with it.
        if not self._get_due_first_invoiced():
            return self.env["account.move"]
        return self.with_context(raise_if_nothing_to_invoice=False)._create_invoices(final=True)

    def _get_due_first_invoiced(self):
        """Tell whether a contract of the order was invoiced on its first day."""
        return any(
            contract._get_charges_of_order(self).invoice_line_id
            for contract in self.subscription_ids
        )

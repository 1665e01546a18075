from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...patience import let_others_begin_anew
from ...todo import find_todos, leave_todo
from .sale_subscription_doubt import DOUBT, check_may_decide

PAID_ORDER = "sale_subscription.mail_activity_type_paid_order"


class SaleOrder(models.Model):
    """Orders with recurring lines of whose payment by a saved card nobody knows the outcome."""

    _inherit = "sale.order"

    subscription_payment_doubt = fields.Text(
        compute="_compute_subscription_payment_doubt",
        search="_search_subscription_payment_doubt",
        compute_sudo=True,
        groups="base.group_user",
    )

    # === COMPUTE METHODS === #
    @api.depends(
        "transaction_ids.subscription_unclear",
        "transaction_ids.subscription_unclear_reason",
        "transaction_ids.state",
    )
    def _compute_subscription_payment_doubt(self):
        """Say which payments nobody knows the outcome of."""
        for order in self:
            texts = [order._describe_doubt(tx) for tx in order._get_unclear_payments()]
            order.subscription_payment_doubt = "\n".join(texts)

    @api.model
    def _search_subscription_payment_doubt(self, operator, value):
        if operator not in ("in", "not in") or set(value) != {False}:
            return NotImplemented
        unclear = Domain("subscription_unclear", "=", True) & Domain(
            "state", "in", ("draft", "pending", "error")
        )
        # sudo: salespeople can't read transactions, and only learn of which orders.
        in_doubt = Domain("id", "in", self.sudo()._search([("transaction_ids", "any", unclear)]))
        return ~in_doubt if operator == "in" else in_doubt

    def _describe_doubt(self, transaction):
        """Return what is known about a payment in doubt.

        :rtype: str
        """
        return self.env._(
            "%(payment)s: nobody knows whether %(amount)s was charged to %(card)s (%(reason)s). "
            "Look it up at the payment provider, then decide here.",
            payment=transaction.reference,
            amount=transaction.currency_id.format(transaction.amount),
            card=transaction.token_id.display_name,
            reason=transaction.subscription_unclear_reason or self.env._("no reason given"),
        )

    # === GETTERS === #
    def _get_unclear_payments(self):
        """Return payments by saved cards that are being made or in doubt.

        :rtype: payment.transaction
        """
        # sudo: customers can't read transactions, but are kept from paying twice.
        return self.sudo().transaction_ids.filtered(lambda tx: tx._is_unclear())

    def _get_doubt_activities(self):
        """Return the to-dos that ask whether this order was paid.

        :rtype: mail.activity
        """
        kind = self.env.ref(DOUBT)
        return self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def _is_being_paid_by_card(self):
        """Tell whether a saved card is being charged for the order, or nobody knows how that ended.

        :rtype: bool
        """
        # sudo: see `_get_unclear_payments`.
        payments = self.sudo().transaction_ids
        if not self._get_recurring_lines():
            return any(tx._is_unclear() for tx in payments)
        return any(tx._is_order_being_paid() for tx in payments)

    # === KEEPING THE ORDER AS IT IS === #
    def _confirmation_error_message(self):
        """Override of `sale`: what may have been paid isn't confirmed as if it weren't.

        The contract would be invoiced, and its card charged a second time.
        """
        if error := super()._confirmation_error_message():
            return error
        order = self.sudo()  # see `_get_unclear_payments`
        is_paid = order.amount_paid > 0 and order._is_confirmation_amount_reached()
        if self._get_unclear_payments() and not is_paid:
            return self.env._(
                "Nobody knows whether %(order)s was paid: decide about the payment first.",
                order=self.name,
            )
        return False

    def _can_be_edited_on_portal(self):
        """Override of `sale`: what is being paid stays as it is."""
        return super()._can_be_edited_on_portal() and not self._is_being_paid_by_card()

    @api.ondelete(at_uninstall=False)
    def _unlink_if_payment_is_clear(self):
        for order in self:
            if order._get_unclear_payments():
                raise UserError(
                    self.env._(
                        "Nobody knows whether %(order)s was paid: decide about the payment before "
                        "it is deleted.",
                        order=order.name,
                    )
                )

    # === ACTION METHODS === #
    def action_payment_was_made(self):
        """Decide that the payments in doubt were made: the order goes on as paid.

        :return: True
        :raise AccessError: unless the user does invoicing or manages sales.
        :raise UserError: if no payment of the order is in doubt, or one is being made right now.
        """
        for order in self:
            order._take_doubtful_payments()._confirm_unclear()
            order._end_payment_doubt(self.env._("The payment in doubt was made."))
        return True

    def action_payment_was_not_made(self):
        """Decide that the payments in doubt were not made: the customer can pay again.

        :return: True
        :raise AccessError: unless the user does invoicing or manages sales.
        :raise UserError: if no payment of the order is in doubt, or one is being made right now.
        """
        for order in self:
            order._take_doubtful_payments()._deny_unclear()
            order._end_payment_doubt(self.env._("The payment in doubt was not made."))
        return True

    def _take_doubtful_payments(self):
        """Return the payments in doubt, for somebody who may decide about them.

        :rtype: payment.transaction
        """
        self.ensure_one()
        self.check_access("read")
        check_may_decide(self.env)
        payments = self._get_unclear_payments()
        if not payments:
            raise UserError(self.env._("No payment is in doubt: somebody else has decided."))
        payments._check_not_called_now()
        return payments

    def _end_payment_doubt(self, decision):
        """Note what a person decided.

        :param str decision: a sentence.
        """
        self.message_post(body=decision)
        self._clear_payment_doubt()

    # === BUSINESS METHODS === #
    def _begin_customer_payment(self):
        """Refuse a payment while nobody knows whether the one before it was made.

        Of two who begin at once one looks again, and sees the other.

        :raise UserError: naming the order.
        """
        for order in self.filtered(lambda order: order._get_recurring_lines()):
            if order._is_being_paid_by_card():
                raise UserError(
                    self.env._(
                        "Your payment of %(order)s is being made, or nobody knows yet whether it "
                        "went through. Please don't pay again: we are looking it up.",
                        order=order.name,
                    )
                )
            # At once, before the provider is called: who was too late must fail now.
            let_others_begin_anew(order)

    def _schedule_payment_doubt(self, transaction):
        """Ask the salesperson, on the order, whether it was paid.

        :param transaction: the `payment.transaction` in doubt.
        """
        for order in self:
            user = order._get_payment_user()
            order = order._for_employees(user)
            order.message_post(body=order._describe_doubt(transaction.with_env(order.env)))
            leave_todo(
                order,
                DOUBT,
                order.env._("Was %(order)s paid?", order=order.name),
                order.env._(
                    "Nobody knows whether the payment was made. Look it up at the payment "
                    "provider, then decide on the order."
                ),
                user,
                "doubt",
            )

    def _for_employees(self, user):
        """Return the order as the company sees it, whoever made the provider answer.

        :param user: the `res.users` in whose language notes are written.
        :rtype: sale.order
        """
        self.ensure_one()
        lang = user.lang or self.company_id.partner_id.lang
        return self.with_user(SUPERUSER_ID).with_context(lang=lang)

    def _get_payment_user(self):
        """Return who is asked about payments of the order.

        :rtype: res.users
        """
        self.ensure_one()
        return self.user_id or self.team_id.user_id or self.env.ref("base.user_root")

    def _ask_about_payment(self, transaction, reason):
        """Ask the salesperson what is to become of paid orders that can't be confirmed.

        :param transaction: the `payment.transaction` that came in.
        :param str reason: what stands in the way.
        """
        for order in self:
            user = order._get_payment_user()
            order = order._for_employees(user)
            if find_todos(order, "paid_order"):
                continue  # with the first reason
            summary = order.env._("Paid, but not confirmed")
            text = order.env._(
                "The payment %(payment)s came in, but the quotation could not be confirmed. "
                "%(error)s",
                payment=transaction.reference,
                error=reason,
            )
            order.message_post(body=text)
            leave_todo(order, PAID_ORDER, summary, text, user, "paid_order")

    def _clear_payment_doubt(self):
        """Take the question back that has an answer."""
        for order in self:
            if not order._get_unclear_payments():
                order._get_doubt_activities().unlink()

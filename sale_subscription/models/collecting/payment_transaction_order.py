from contextlib import contextmanager
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .sale_order_payment import START_DATE


class PaymentTransaction(models.Model):
    """Payments that start contracts, and cards saved by them."""

    _inherit = "payment.transaction"

    subscription_day = fields.Date(
        readonly=True,
        copy=False,
        help="The day, in the company's time zone, for which the amount to pay was computed.",
    )

    # === CRUD METHODS === #
    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Override of `payment` to remember the day for which an order's amount holds."""
        result = super()._get_specific_create_values(provider_code, values)
        if values.get("sale_order_ids"):
            provider = self.env["payment.provider"].browse(values["provider_id"])
            # sudo: the provider's company is none of the visitor's business.
            result["subscription_day"] = provider.sudo().company_id._get_subscription_today()
        return result

    # === BUSINESS METHODS - PROCESSING === #
    def _tokenize(self, payment_data):
        """Override of `payment` to keep how long the card is valid."""
        super()._tokenize(payment_data)
        if self.token_id and not self.token_id.expiry_date:
            expiry = self.token_id._get_expiry_from_payment_data(self.provider_code, payment_data)
            if expiry:
                self.token_id.expiry_date = expiry

    # === BUSINESS METHODS - POST-PROCESSING === #
    def _post_process(self):
        """Override of `sale` and `account_payment` to put saved cards on contracts."""
        super()._post_process()
        for tx in self.filtered(lambda tx: tx.token_id and tx.state in ("authorized", "done")):
            if tx.operation == "validation":
                tx._confirm_order_with_card()
            elif tx.operation in ("online_redirect", "online_direct", "online_token"):
                # A contract of the invoice whose card is missing or no good gets this one.
                # Noted on it by the company, not by the visitor.
                contracts = tx.with_user(SUPERUSER_ID).invoice_ids.subscription_ids
                contracts._take_card(tx.token_id)

    def _confirm_order_with_card(self):
        """Confirm the quotation that only waited for a card.

        :return: None
        """
        self.ensure_one()
        if len(self.sale_order_ids) == 1:
            self.sale_order_ids._confirm_with_card(self.token_id)

    def _check_amount_and_confirm_order(self):
        """Override of `sale` to create the first invoices of the contracts that start.

        The amount was computed when the payment began. When it comes in on that day or on the next
        (a payment around midnight), contracts start on the day it began and their first invoices
        say what was paid. When it takes longer (a bank transfer), contracts start today: service
        isn't charged for the days before. If that makes another price, the payment is registered
        for its own amount: what is missing stays open on the invoice, what is too much stays open
        as the customer's credit.
        """
        confirmed = self.env["sale.order"]
        # Core asks for authorized validations too; they pay nothing, see `_post_process`.
        for tx in self.filtered(lambda tx: tx.operation != "validation"):
            start = tx._get_subscription_start()
            if start:
                tx = tx.with_context(**{START_DATE: start})
            with tx._keeping_payment():
                orders = super(PaymentTransaction, tx)._check_amount_and_confirm_order()
                tx._pay_first_invoices()
                confirmed |= orders.with_env(self.env)
        return confirmed

    @contextmanager
    def _keeping_payment(self):
        """Keep a payment whose order can't be confirmed: its salesperson is asked what now.

        Where a person has confirmed the order already, nothing is in the way for long: what is
        raised is left to core's job, which tries again.
        """
        self.ensure_one()
        is_open = any(
            order.state in ("draft", "sent") and order._get_recurring_lines()
            for order in self.sale_order_ids
        )
        if not is_open:
            yield
            return
        try:
            with self.env.cr.savepoint():
                yield
        except UserError as error:
            self.sale_order_ids._ask_about_payment(self, str(error))

    def _pay_first_invoices(self):
        """Let the payment of an order pay the first invoices of its contracts.

        Also when a salesperson confirmed the order while the payment was on its way.

        :return: None
        """
        self.ensure_one()
        order = self.sale_order_ids
        is_used = self.invoice_ids or self.payment_id
        if not is_used and len(order) == 1 and order.state == "sale" and order.subscription_ids:
            invoices = order._start_paid_subscriptions(self)
            self.invoice_ids = [Command.link(invoice.id) for invoice in invoices]

    def _is_payment_usable(self):
        """Tell whether the payment was registered, and neither cancelled nor given back.

        :rtype: bool
        """
        self.ensure_one()
        return (
            self.state == "done"
            and self.payment_id.state in ("in_process", "paid")
            and not self._is_refunded()
        )

    def _get_subscription_start(self):
        """Return the day contracts start that this payment confirms, if it isn't today.

        :rtype: date | None
        """
        self.ensure_one()
        yesterday = self.company_id._get_subscription_today() - timedelta(days=1)
        return yesterday if self.subscription_day == yesterday else None

    def _invoice_sale_orders(self):
        """Override of `sale`: what contracts carry is invoiced already, once."""
        return super(
            PaymentTransaction, self._filter_without_subscriptions()
        )._invoice_sale_orders()

    def _send_invoice(self):
        """Override of `sale`: whether a contract's invoice is sent is said by its template."""
        return super(PaymentTransaction, self._filter_without_subscriptions())._send_invoice()

    def _filter_without_subscriptions(self):
        """Return the transactions that don't pay an order with recurring lines."""
        return self.filtered(
            lambda tx: not any(order._get_recurring_lines() for order in tx.sale_order_ids)
        )

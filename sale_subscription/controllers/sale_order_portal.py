from odoo import http
from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.sale.controllers.portal import CustomerPortal, PaymentPortal


class SubscriptionOrderPortal(CustomerPortal):
    """The page of a quotation with recurring lines: what is due first, or a card."""

    @http.route()
    def portal_order_page(
        self, order_id, access_token=None, payment_amount=None, amount_selection=None, **kw
    ):
        """Override of `sale`: a payment link asks for what is due when it is opened."""
        order_sudo = self._get_recurring_order(order_id, access_token)
        if order_sudo:
            amount_selection = None
            if payment_amount:
                is_open = order_sudo.state in ("draft", "sent")
                payment_amount = is_open and order_sudo._get_first_amount_to_pay() or None
        return super().portal_order_page(
            order_id,
            access_token=access_token,
            payment_amount=payment_amount,
            amount_selection=amount_selection,
            **kw,
        )

    def _get_recurring_order(self, order_id, access_token):
        """Return an order with recurring lines that the visitor may see.

        :return: the order (sudo), empty when it has no such lines or stays closed to the visitor.
        :rtype: sale.order
        """
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError):
            return request.env["sale.order"]
        return order_sudo if order_sudo._get_recurring_lines() else order_sudo.browse()

    def _determine_is_down_payment(self, order_sudo, amount_selection, payment_amount):
        """Override of `sale`: what is due first is paid whole."""
        if order_sudo._get_recurring_lines():
            return False
        return super()._determine_is_down_payment(order_sudo, amount_selection, payment_amount)

    def _get_payment_values(self, order_sudo, is_down_payment=False, payment_amount=None, **kwargs):
        """Override of `sale`: the form takes what is due first, or only a card."""
        if not order_sudo._get_recurring_lines():
            return super()._get_payment_values(
                order_sudo,
                is_down_payment=is_down_payment,
                payment_amount=payment_amount,
                **kwargs,
            )
        if order_sudo._is_card_required():
            kwargs["force_tokenization"] = True  # only methods that can be saved
        if order_sudo._has_to_save_card() and not payment_amount:
            return self._get_card_form_values(order_sudo, **kwargs)
        due = order_sudo._get_first_amount_to_pay()
        # For core any amount below the order's total is a down payment.
        is_part = order_sudo.currency_id.compare_amounts(due, order_sudo.amount_total) < 0
        values = super()._get_payment_values(
            order_sudo, is_down_payment=is_part, payment_amount=due if is_part else None, **kwargs
        )
        if request.env.user._is_public():
            # Whoever only has the link doesn't get to see or choose the customer's cards.
            values["tokens_sudo"] = values["tokens_sudo"].browse()
        return {**values, "payment_amount": payment_amount}

    def _get_card_form_values(self, order_sudo, **kwargs):
        """Return the values of a payment form that only saves a card.

        :param order_sudo: the order, as a sudoed `sale.order`.
        :param dict kwargs: what `_get_payment_values` got.
        :rtype: dict
        """
        values = super()._get_payment_values(order_sudo, is_validation=True, **kwargs)  # pylint: disable=super-method-mismatch
        tokens_sudo = values["tokens_sudo"].browse()
        if not request.env.user._is_public():  # see `_get_payment_values`
            tokens_sudo = values["tokens_sudo"].filtered(
                lambda token: not self._get_order_card_problem(order_sudo, token)
            )
        return {
            **values,
            "amount": None,  # the provider decides what it takes to validate a card
            "mode": "validation",
            "tokens_sudo": tokens_sudo,
            "transaction_route": order_sudo.get_portal_url(suffix="/card"),
            "assign_token_route": order_sudo.get_portal_url(suffix="/card/assign"),
        }

    @staticmethod
    def _get_order_card_problem(order_sudo, token_sudo):
        """Return why a card can't pay the contracts of an order, False when it can.

        :rtype: str | bool
        """
        return token_sudo._get_charge_problem(
            order_sudo.company_id,
            order_sudo.currency_id,
            order_sudo.partner_id | order_sudo.partner_invoice_id,
        )


class SubscriptionPaymentPortal(PaymentPortal):
    """The routes behind the payment form of a quotation with recurring lines."""

    @http.route()
    def portal_order_transaction(self, order_id, access_token=None, **kwargs):
        """Override of `sale`: refuse any other amount than what is due first."""
        order_sudo = self._get_order_to_pay(order_id, access_token)
        if order_sudo._get_recurring_lines():
            self._check_first_payment(order_sudo, **kwargs)
        return super().portal_order_transaction(order_id, access_token, **kwargs)

    def _check_first_payment(self, order_sudo, amount=None, **kwargs):
        """Refuse a payment that doesn't pay exactly what is due first.

        :param order_sudo: the order, as a sudoed `sale.order`.
        :param float amount: what the form wants to pay.
        :raise ValidationError: when it is another amount, nothing is due, or the card that the
            contract needs couldn't be saved.
        """
        due = order_sudo._get_first_amount_to_pay()
        is_open = order_sudo.state in ("draft", "sent") and not order_sudo.is_expired
        if not is_open or not due or kwargs.get("is_validation"):
            raise ValidationError(
                request.env._("There is nothing to pay here. Please reload the page.")
            )
        try:
            is_right = order_sudo.currency_id.compare_amounts(float(amount), due) == 0
        except (TypeError, ValueError, OverflowError):
            is_right = False
        if not is_right:
            raise ValidationError(
                request.env._(
                    "The amount to pay is %(amount)s now. Please reload the page.",
                    amount=order_sudo.currency_id.format(due),
                )
            )
        if order_sudo._is_card_required():
            self._check_can_be_saved(**kwargs)

    @staticmethod
    def _check_can_be_saved(flow=None, provider_id=None, payment_method_id=None, **kwargs):
        """Refuse a payment method that can't be saved where a card has to be.

        :raise ValidationError: when the provider or the method doesn't save cards.
        """
        if flow == "token":
            return
        # sudo: visitors may not read providers; only whether they save cards matters.
        Contract = request.env["sale.subscription"].sudo()
        provider_sudo = Contract._read_record("payment.provider", provider_id)
        method_sudo = Contract._read_record("payment.method", payment_method_id)
        if not (provider_sudo.allow_tokenization and method_sudo.support_tokenization):
            raise ValidationError(
                request.env._("Please choose a payment method that can be saved.")
            )

    @http.route("/my/orders/<int:order_id>/card", type="jsonrpc", auth="public")
    def portal_order_card(self, order_id, access_token=None, **kwargs):
        """Create the transaction that saves a card and thereby confirms the order.

        :param int order_id: id of the `sale.order`.
        :param str access_token: the access token of the order.
        :param dict kwargs: what the payment form sends.
        :return: the values to process the transaction with.
        :rtype: dict
        :raise ValidationError: when the access token is wrong or the order doesn't ask for a card.
        """
        order_sudo = self._get_order_to_pay(order_id, access_token)
        self._check_wants_card(order_sudo)
        self._validate_transaction_kwargs(kwargs)
        if kwargs.get("flow") == "token":
            raise ValidationError(request.env._("This card is saved already."))
        self._check_can_be_saved(**kwargs)
        # As for payments: a card belongs to who is logged in, else to the customer.
        partner_sudo = (
            order_sudo.partner_invoice_id
            if request.env.user._is_public()
            else request.env.user.partner_id
        )
        customers = order_sudo.partner_id | order_sudo.partner_invoice_id
        if partner_sudo.commercial_partner_id not in customers.commercial_partner_id:
            raise ValidationError(
                request.env._(
                    "You are signed in as somebody else than the customer of this quotation: their "
                    "card is needed. Sign out to save it by this link."
                )
            )
        kwargs.update(
            partner_id=partner_sudo.id,
            currency_id=None,  # the provider decides
            amount=None,
            is_validation=True,
            sale_order_id=order_id,
        )
        tx_sudo = self._create_transaction(
            custom_create_values={"sale_order_ids": [Command.set([order_id])]}, **kwargs
        )
        return tx_sudo._get_processing_values()

    @http.route("/my/orders/<int:order_id>/card/assign", type="jsonrpc", auth="user")
    def portal_order_card_assign(self, order_id, token_id=None, access_token=None):
        """Confirm the order with a card that the customer saved before.

        :param int order_id: id of the `sale.order`.
        :param int token_id: id of a `payment.token` of the customer.
        :param str access_token: the access token of the order.
        :raise ValidationError: when the order doesn't ask for a card or this one doesn't fit.
        """
        order_sudo = self._get_order_to_pay(order_id, access_token)
        self._check_wants_card(order_sudo)
        # sudo: cards of colleagues are offered too; the company they belong to is checked here.
        Contract = request.env["sale.subscription"].sudo()
        token_sudo = Contract._read_record("payment.token", token_id)
        partner = request.env.user.partner_id
        if not token_sudo or token_sudo.partner_id not in partner | partner.commercial_partner_id:
            raise ValidationError(request.env._("You do not have access to this payment token."))
        problem = SubscriptionOrderPortal._get_order_card_problem(order_sudo, token_sudo)
        if problem:
            raise ValidationError(problem)
        order_sudo._confirm_with_card(token_sudo)

    def _get_order_to_pay(self, order_id, access_token):
        """Return the order if the visitor may pay it.

        :return: the order (sudo).
        :rtype: sale.order
        :raise ValidationError: when the access token is wrong.
        """
        try:
            return self._document_check_access("sale.order", order_id, access_token)
        except AccessError as error:
            raise ValidationError(request.env._("The access token is invalid.")) from error

    @staticmethod
    def _check_wants_card(order_sudo):
        """Refuse a card for an order that isn't waiting for one.

        :raise ValidationError: when it has to be signed or paid first, or is no quotation.
        """
        if not order_sudo._has_to_save_card() or order_sudo._has_to_be_signed():
            raise ValidationError(
                request.env._("This order doesn't ask for a card. Please reload the page.")
            )

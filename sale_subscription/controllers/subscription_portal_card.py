from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from odoo.addons.payment.utils import singularize_reference_prefix

from .subscription_payment_form import SubscriptionPaymentForm

# Session key: the contract for which this visitor chose a saved card last.
CHOSEN_FOR = "subscription_card_chosen_for"


class SubscriptionPortalCard(SubscriptionPaymentForm):
    """The card of a contract: registered, chosen, taken off."""

    @http.route(
        "/my/subscriptions/<int:subscription_id>/payment-method",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_subscription_payment_method(self, subscription_id, access_token=None, **kw):
        """Show the card of a contract, and the form to register or choose another one.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        if not contract_sudo:
            return request.redirect("/my")
        if not {"card", "new_card"} & operations:
            return self._go_to_contract(contract_sudo, "unavailable")
        values = self._prepare_card_form_values(contract_sudo, operations)
        values.update(
            self._get_step_page_values(contract_sudo),
            card_problem=contract_sudo._get_portal_card_problem(),
            can_remove_card="card" in operations,
            is_customer=self._is_customer(contract_sudo),
        )
        return request.render("sale_subscription.portal_subscription_payment_method", values)

    @http.route(
        "/my/subscriptions/<int:subscription_id>/payment-method/transaction",
        type="jsonrpc",
        auth="public",
    )
    def portal_subscription_card_transaction(self, subscription_id, access_token=None, **kwargs):
        """Create the transaction that registers a card for a contract; nothing is billed.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param dict kwargs: what the payment form sends.
        :return: the values to process the transaction with.
        :rtype: dict
        :raise UserError: when the visitor may not register a card.
        """
        contract_sudo, operations = self._get_contract_for_card(subscription_id, access_token)
        self._validate_transaction_kwargs(kwargs)
        if kwargs.get("flow") == "token":
            raise ValidationError(request.env._("This card is saved already."))
        form_values = self._prepare_card_form_values(contract_sudo, operations)
        option = self._read_payment_option(form_values, **kwargs)
        tx_sudo = self._create_transaction(
            **{**option, "tokenization_requested": True},
            amount=None,  # the provider decides what it takes to validate a card
            currency_id=None,
            partner_id=form_values["partner_id"],
            landing_route=form_values["landing_route"],
            reference_prefix=form_values["reference_prefix"],
            is_validation=True,
            custom_create_values={"subscription_id": contract_sudo.id},
        )
        request.session.pop(CHOSEN_FOR, None)
        return tx_sudo._get_processing_values()

    @http.route(
        "/my/subscriptions/<int:subscription_id>/payment-method/assign",
        type="jsonrpc",
        auth="user",
    )
    def portal_subscription_card_assign(self, subscription_id, token_id=None, access_token=None):
        """Pay a contract with a card that the signed-in customer saved before.

        :param int subscription_id: id of the `sale.subscription`.
        :param int token_id: id of a `payment.token` of the customer.
        :param str access_token: the token of its secure link.
        :raise UserError: when the visitor may not change the card, or not to this one.
        """
        contract_sudo, operations = self._get_contract_for_card(subscription_id, access_token)
        tokens_sudo = self._prepare_card_form_values(contract_sudo, operations)["tokens_sudo"]
        token_sudo = tokens_sudo.filtered(lambda token: token.id == token_id)
        if not token_sudo:
            raise ValidationError(request.env._("You do not have access to this payment token."))
        if contract_sudo._take_new_card(token_sudo):
            request.session[CHOSEN_FOR] = contract_sudo.id

    @http.route(
        "/my/subscriptions/<int:subscription_id>/payment-method/remove",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_subscription_card_remove(
        self, subscription_id, access_token=None, token_id=None, **post
    ):
        """Take the card off a contract: its invoices are paid by hand from then on.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param str token_id: the card that the visitor saw on the contract.
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        if not contract_sudo:
            return request.redirect("/my")
        is_removed = "card" in operations and (
            not contract_sudo.payment_token_id  # a second click
            or contract_sudo._drop_card(self._cast_as_int(token_id))
        )
        return self._go_to_contract(contract_sudo, "removed" if is_removed else "unavailable")

    def _get_contract_for_card(self, subscription_id, access_token):
        """Return a contract for which the visitor may register a card.

        :return: the contract (sudo), and what may be done with it.
        :rtype: tuple[sale.subscription, set[str]]
        :raise UserError: when the visitor may not, or is signed in as somebody else.
        """
        contract_sudo, operations = self._get_contract(subscription_id, access_token)
        if not {"card", "new_card"} & operations:
            raise UserError(
                request.env._(
                    "The card can't be changed by this link. Please reload the page, or sign in."
                )
            )
        if not self._is_customer(contract_sudo):
            raise ValidationError(
                request.env._(
                    "You are signed in as somebody else than the customer of this contract: their "
                    "card is needed. Sign out to save it by this link."
                )
            )
        return contract_sudo, operations

    def _prepare_card_form_values(self, contract_sudo, operations):
        """Return what core's payment form needs to register or choose a card.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param set operations: what the visitor may do with it.
        :rtype: dict
        """
        payer_sudo = self._get_payer(contract_sudo.partner_invoice_id)
        values = self._prepare_form_values(
            contract_sudo,
            payer_sudo,
            contract_sudo.company_id,
            contract_sudo.currency_id,
            0.0,
            force_tokenization=True,
            is_validation=True,
        )
        tokens_sudo = values["tokens_sudo"]
        if "card" in operations and self._is_customer(contract_sudo, signed_in=True):
            # sudo: the cards of the signed-in user and of the own company, as in core.
            tokens_sudo = tokens_sudo._get_available_tokens(
                None, payer_sudo.id, is_validation=True
            ).filtered(lambda token: not contract_sudo._get_token_problem(token))
            tokens_sudo -= contract_sudo.payment_token_id | contract_sudo.refused_token_id
        return {
            **values,
            "mode": "validation",
            "amount": None,
            "tokens_sudo": tokens_sudo,
            "reference_prefix": singularize_reference_prefix(prefix="V"),
            "transaction_route": f"{contract_sudo.access_url}/payment-method/transaction",
            "assign_token_route": f"{contract_sudo.access_url}/payment-method/assign",
            "landing_route": contract_sudo._get_portal_payment_url("", payment_outcome="card"),
        }

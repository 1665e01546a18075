from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import request

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from .subscription_payment_form import SubscriptionPaymentForm
from .subscription_portal import SubscriptionPortal
from .subscription_portal_card import CHOSEN_FOR

# What the page of a contract may be asked to say after something was done.
OUTCOMES = ("payment", "card", "removed", "details", "nothing_to_pay", "unavailable")


class SubscriptionPortalPayment(SubscriptionPortal, SubscriptionPaymentForm):
    """Paying open invoices of a contract, and what its page says about paying."""

    # === THE PAGE OF THE CONTRACT === #
    def _get_subscription_page_values(
        self, contract_sudo, operations, access_token, payment_outcome=None, **kw
    ):
        """Extend: what is open, how it can be paid, and what became of a payment just made."""
        values = super()._get_subscription_page_values(
            contract_sudo, operations, access_token, **kw
        )
        return {
            **values,
            "open_invoices": contract_sudo._get_portal_open_invoices(),
            "payable_invoices": contract_sudo._get_portal_payable_invoices(),
            "card_problem": contract_sudo._get_portal_card_problem(),
            "can_change_card": bool({"card", "new_card"} & operations),
            "payment_outcome": payment_outcome in OUTCOMES and payment_outcome,
            "payment_result": self._get_payment_result(contract_sudo, payment_outcome),
        }

    @staticmethod
    def _get_payment_result(contract_sudo, payment_outcome):
        """Return what became of the payment that this visitor began last.

        :rtype: dict
        """
        if payment_outcome not in ("payment", "card"):
            return {}
        if payment_outcome == "card" and request.session.get(CHOSEN_FOR) == contract_sudo.id:
            follows = contract_sudo._get_portal_card_follow_up()
            return {"state": "done", "is_card": True, "is_failed": False, "follows": follows}
        tx_id = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        # sudo: visitors don't read transactions; this one was begun in their session.
        tx_sudo = request.env["payment.transaction"].sudo().browse(tx_id).exists()
        return tx_sudo._get_portal_outcome(contract_sudo) if tx_sudo else {}

    # === PAYING === #
    @http.route(
        "/my/subscriptions/<int:subscription_id>/pay",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_subscription_pay(self, subscription_id, access_token=None, **kw):
        """Show the form that pays all open invoices of a contract at once.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        if not contract_sudo:
            return request.redirect("/my")
        invoices_sudo = contract_sudo._get_portal_payable_invoices()
        if "pay" not in operations or not invoices_sudo:
            return self._go_to_contract(contract_sudo, "nothing_to_pay")
        values = self._prepare_pay_form_values(contract_sudo, invoices_sudo)
        values.update(self._get_step_page_values(contract_sudo), invoices=invoices_sudo)
        return request.render("sale_subscription.portal_subscription_pay", values)

    @http.route(
        "/my/subscriptions/<int:subscription_id>/pay/transaction", type="jsonrpc", auth="public"
    )
    def portal_subscription_pay_transaction(self, subscription_id, access_token=None, **kwargs):
        """Create the transaction that pays all open invoices of a contract.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param dict kwargs: what the payment form sends.
        :return: the values to process the transaction with.
        :rtype: dict
        :raise UserError: when nothing is to be paid, or another amount than the visitor saw.
        """
        contract_sudo, _operations = self._get_contract(subscription_id, access_token, "pay")
        self._validate_transaction_kwargs(kwargs)
        invoices_sudo = contract_sudo._get_portal_payable_invoices()
        if not invoices_sudo:
            raise UserError(request.env._("There is nothing to pay any more."))
        amount = contract_sudo._get_portal_amount_to_pay(invoices_sudo)
        if not contract_sudo._is_portal_amount(kwargs.get("amount"), invoices_sudo):
            raise UserError(
                request.env._(
                    "The amount to pay is %(amount)s now. Please reload the page.",
                    amount=invoices_sudo.currency_id.format(amount),
                )
            )
        form_values = self._prepare_pay_form_values(contract_sudo, invoices_sudo)
        reference = None  # the invoice's number
        if len(invoices_sudo) > 1:
            reference = invoices_sudo.company_id.get_next_batch_payment_communication()
        tx_sudo = self._create_transaction(
            **self._read_payment_option(form_values, **kwargs),
            amount=amount,
            currency_id=invoices_sudo.currency_id.id,
            partner_id=form_values["partner_id"],
            landing_route=form_values["landing_route"],
            reference_prefix=reference,
            custom_create_values={"invoice_ids": [Command.set(invoices_sudo.ids)]},
        )
        return tx_sudo._get_processing_values()

    def _prepare_pay_form_values(self, contract_sudo, invoices_sudo):
        """Return what core's payment form needs to pay invoices of a contract.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param invoices_sudo: the invoices, as sudoed `account.move`.
        :rtype: dict
        """
        payer_sudo = self._get_payer(invoices_sudo[:1].partner_id)
        amount = contract_sudo._get_portal_amount_to_pay(invoices_sudo)
        values = self._prepare_form_values(
            contract_sudo, payer_sudo, invoices_sudo.company_id, invoices_sudo.currency_id, amount
        )
        tokens_sudo = values["tokens_sudo"]
        if not request.env.user._is_public():
            # sudo: as in core, the cards of the signed-in user.
            tokens_sudo = tokens_sudo._get_available_tokens(
                values["providers_sudo"].ids, payer_sudo.id
            )
        return {
            **values,
            "mode": "payment",
            "amount": amount,
            "tokens_sudo": tokens_sudo,
            "show_tokenize_input_mapping": self._compute_show_tokenize_input_mapping(
                values["providers_sudo"]
            ),
            "transaction_route": f"{contract_sudo.access_url}/pay/transaction",
            "landing_route": contract_sudo._get_portal_payment_url("", payment_outcome="payment"),
        }

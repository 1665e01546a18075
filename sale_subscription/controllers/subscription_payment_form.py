from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.payment.controllers.portal import PaymentPortal

from .subscription_access import SubscriptionAccess


class SubscriptionPaymentForm(SubscriptionAccess, PaymentPortal):
    """What the pages with core's payment form have in common.

    Whoever came by the secure link may pay and register a card, but never sees, chooses or charges
    one that was saved before.
    """

    @staticmethod
    def _get_payer(partner_sudo):
        """Return in whose name a payment is made: who is signed in, else the invoices' customer.

        :param partner_sudo: the customer (sudo).
        :rtype: res.partner
        """
        user = request.env.user
        return partner_sudo if user._is_public() else user.partner_id

    @staticmethod
    def _is_customer(contract_sudo, signed_in=False):
        """Tell whether a card registered now would be the customer's.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param bool signed_in: whether to be the customer takes an account.
        :rtype: bool
        """
        user = request.env.user
        if user._is_public():
            return not signed_in
        customers = contract_sudo.partner_id | contract_sudo.partner_invoice_id
        return user.partner_id.commercial_partner_id in customers.commercial_partner_id

    def _prepare_form_values(self, contract_sudo, payer_sudo, company, currency, amount, **options):
        """Return what core's payment form needs, without saved cards.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param payer_sudo: see `_get_payer`.
        :param dict options: `force_tokenization` and `is_validation`, see `payment`.
        :rtype: dict
        """
        report = {}
        # sudo: visitors don't read providers, methods and cards; the form shows what they need.
        providers_sudo = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                company.id,
                payer_sudo.id,
                amount,
                currency_id=currency.id,
                report=report,
                **options,
            )
        )
        methods_sudo = (
            request.env["payment.method"]
            .sudo()
            ._get_compatible_payment_methods(
                providers_sudo.ids,
                payer_sudo.id,
                currency_id=currency.id,
                report=report,
                **options,
            )
        )
        return {
            "currency": currency,
            "partner_id": payer_sudo.id,
            "company_mismatch": not self._can_partner_pay_in_company(payer_sudo, company),
            "expected_company": company,
            "providers_sudo": providers_sudo,
            "payment_methods_sudo": methods_sudo,
            "tokens_sudo": request.env["payment.token"].sudo(),
            "availability_report": report,
            "access_token": contract_sudo._portal_ensure_token(),
        }

    @staticmethod
    def _read_payment_option(
        form_values, flow=None, provider_id=None, payment_method_id=None, token_id=None, **kwargs
    ):
        """Return how the visitor wants to pay, if that was among what the form offered.

        :param dict form_values: see `_prepare_form_values`.
        :return: the arguments of `_create_transaction` that say how.
        :rtype: dict
        :raise ValidationError: when it wasn't offered.
        """
        token_sudo = form_values["tokens_sudo"].filtered(lambda token: token.id == token_id)
        provider_sudo = form_values["providers_sudo"].filtered(lambda p: p.id == provider_id)
        method_sudo = form_values["payment_methods_sudo"].filtered(
            lambda method: method.id == payment_method_id
        )
        if flow == "token":
            provider_sudo, method_sudo = token_sudo.provider_id, token_sudo.payment_method_id
        elif flow not in ("direct", "redirect") or provider_sudo not in method_sudo.provider_ids:
            method_sudo = method_sudo.browse()
        if not provider_sudo or not method_sudo or form_values["company_mismatch"]:
            raise ValidationError(
                request.env._("This payment method isn't offered here. Please reload the page.")
            )
        return {
            "flow": flow,
            "provider_id": provider_sudo.id,
            "payment_method_id": method_sudo.id,
            "token_id": token_sudo.id if flow == "token" else None,
            "tokenization_requested": bool(kwargs.get("tokenization_requested")),
        }

    @staticmethod
    def _get_step_page_values(contract_sudo):
        """Return what every page that leads back to the contract needs.

        :rtype: dict
        """
        return {
            "page_name": "subscription",
            "subscription": contract_sudo,
            "object": contract_sudo,
            "back_url": contract_sudo._get_portal_payment_url(""),
        }

    @staticmethod
    def _go_to_contract(contract_sudo, outcome):
        """Lead to the page of the contract and say there what became of it.

        :param str outcome: one of `OUTCOMES`.
        """
        url = contract_sudo._get_portal_payment_url("", payment_outcome=outcome)
        return request.redirect(url, code=303)

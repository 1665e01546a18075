from urllib.parse import urlencode

from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .subscription_access import SubscriptionAccess

# What a customer may correct on the billing address of a contract, and how long it may be.
ADDRESS_FIELDS = (
    "name",
    "email",
    "phone",
    "company_name",
    "vat",
    "street",
    "street2",
    "zip",
    "city",
    "country_id",
    "state_id",
)
MAX_LENGTH = 200


class SubscriptionPortalDetails(SubscriptionAccess):
    """Contact and billing data of a contract, by core's address form and its rules.

    Core's own page is for who is signed in, and for own addresses. This one is for who may manage a
    contract, by its link too, and edits the billing address of that contract only.
    """

    @http.route(
        "/my/subscriptions/<int:subscription_id>/details",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def portal_subscription_details(self, subscription_id, access_token=None, **kw):
        """Show the billing address of a contract to be corrected.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        if not contract_sudo:
            return request.redirect("/my")
        if "details" not in operations:
            url = contract_sudo._get_portal_payment_url("", payment_outcome="unavailable")
            return request.redirect(url, code=303)
        values = self._get_details_page_values(contract_sudo)
        return request.render("sale_subscription.portal_subscription_details", values)

    def _get_details_page_values(self, contract_sudo):
        """Return what the page with the billing address shows.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :rtype: dict
        """
        partner_sudo = contract_sudo.partner_invoice_id
        back_url = contract_sudo._get_portal_payment_url("", payment_outcome="details")
        values = self._prepare_address_form_values(
            partner_sudo,
            address_type="billing",
            callback=back_url,
            subscription_customer=partner_sudo.commercial_partner_id,
        )
        return {
            **values,
            "page_name": "subscription",
            "subscription": contract_sudo,
            "object": contract_sudo,
            "contact_problem": contract_sudo._get_portal_contact_problem(partner_sudo),
            "email_problem": contract_sudo._get_portal_email_problem(partner_sudo),
            "submit_url": contract_sudo._get_portal_payment_url("details/submit"),
            "commercial_address_update_url": False,
            # A company's name is its name; core's field of that name is for people.
            "is_main_address": values["is_main_address"] and not partner_sudo.is_company,
            "discard_url": contract_sudo._get_portal_payment_url(""),
            "delivery_url": self._get_delivery_url(contract_sudo, back_url),
        }

    @staticmethod
    def _get_delivery_url(contract_sudo, callback):
        """Return core's page for the delivery address, where the visitor may edit it.

        :rtype: str | bool
        """
        partner_sudo = contract_sudo.partner_shipping_id
        if request.env.user._is_public() or partner_sudo == contract_sudo.partner_invoice_id:
            return False
        if not partner_sudo._can_be_edited_by_current_customer():
            return False
        query = {"partner_id": partner_sudo.id, "address_type": "delivery", "callback": callback}
        return f"/my/address?{urlencode(query)}"

    @http.route(
        "/my/subscriptions/<int:subscription_id>/details/submit",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def portal_subscription_details_submit(self, subscription_id, access_token=None, **form):
        """Correct the billing address of a contract.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param dict form: what the address form sends.
        :return: JSON for core's address form: where to go, or what is wrong with which fields. A
            page for browsers that sent the form by themselves, before the form's script has loaded.
        """
        try:
            contract_sudo, _operations = self._get_contract(
                subscription_id, access_token, "details"
            )
        except MissingError as error:
            raise NotFound from error
        except (AccessError, UserError) as error:
            raise Forbidden from error
        try:
            with request.env.cr.savepoint():
                feedback = self._update_details(contract_sudo, form)
        except UserError as error:
            feedback = self._refuse(str(error))
        if "text/html" not in request.httprequest.headers.get("Accept", ""):
            return request.make_json_response(feedback)
        if "redirectUrl" in feedback:
            return request.redirect(feedback["redirectUrl"], code=303)
        values = self._get_details_page_values(contract_sudo)
        values["messages"] = feedback["messages"]
        return request.render("sale_subscription.portal_subscription_details", values)

    def _update_details(self, contract_sudo, form):
        """Write what the visitor typed, as far as core allows it.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param dict form: what was sent.
        :return: what core's address form understands.
        :rtype: dict
        """
        partner_sudo = contract_sudo.partner_invoice_id
        if problem := contract_sudo._get_portal_contact_problem(partner_sudo):
            return self._refuse(problem)
        values = self._read_billing_address(form)
        if partner_sudo.is_company:
            values.pop("company_name", None)
        email = values.get("email", "")
        is_other_email = email.lower() != (partner_sudo.email or "").strip().lower()
        problem = contract_sudo._get_portal_email_problem(partner_sudo)
        if is_other_email and problem:
            return self._refuse(problem, "email")
        names = [name for name in ADDRESS_FIELDS if name in partner_sudo._fields]
        before = {name: partner_sudo[name] for name in names}
        _partner, feedback = self._create_or_update_address(
            partner_sudo,
            address_type="billing",
            callback=contract_sudo._get_portal_payment_url("", payment_outcome="details"),
            required_fields="name,email",
            subscription_customer=partner_sudo.commercial_partner_id,
            **values,
        )
        contract_sudo._note_portal_details(partner_sudo, before, names)
        return feedback

    @staticmethod
    def _read_billing_address(form):
        """Return the fields of an address among what was sent, as texts that can be stored.

        A country or state that doesn't exist counts as none.

        :param dict form: what was sent.
        :rtype: dict
        """
        values = {
            name: form[name].replace("\x00", "").strip()[:MAX_LENGTH]
            for name in ADDRESS_FIELDS
            if isinstance(form.get(name), str)
        }
        # sudo: as in core's form, lists of countries are for everybody.
        countries = request.env["res.country"].sudo().search([])
        country = countries.filtered(lambda c: str(c.id) == values.get("country_id"))
        states = country.state_ids
        state = states.filtered(lambda s: str(s.id) == values.get("state_id"))
        if "country_id" in values:
            values["country_id"] = str(country.id or "")
        if "country_id" in values or "state_id" in values:
            values["state_id"] = str(state.id or "")
        return values

    @staticmethod
    def _refuse(message, *fields):
        """Return why nothing was changed, as core's address form shows it.

        :rtype: dict
        """
        return {"invalid_fields": list(fields), "messages": [message]}

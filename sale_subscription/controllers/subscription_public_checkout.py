import secrets
from urllib.parse import urlencode

from odoo import http
from odoo.exceptions import UserError, ValidationError
from odoo.http import request
from odoo.tools import is_html_empty

from .subscription_public import OPTION_PREFIX, SubscriptionPublic

# Session key: template id → what this visit made of it, see `_get_visit`.
VISITS = "self_subscriptions"
MAX_VISITS = 20
MAX_LENGTH = 200
# Name of a field people don't see. Programs that fill in everything give themselves away.
TRAP = "website_address"


class SubscriptionCheckout(SubscriptionPublic):
    """From a choice to a quotation: who is it for? Paying and signing is the quotation's page."""

    @http.route(
        "/subscriptions/<string:identifier>/checkout",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def subscription_checkout(self, identifier, **params):
        """Ask who wants to subscribe.

        :param str identifier: the template's slug or id.
        :param params: the choice, see `_read_choice`.
        """
        template_sudo = self._get_template(identifier)
        try:
            choice = self._read_choice(template_sudo, params)
        except UserError as error:
            choice = self._read_valid_choice(template_sudo, params)
            return self._render_offer(template_sudo, choice, str(error))
        visit = self._get_visit(template_sudo)
        order_sudo = self._get_visit_order(visit)
        if order_sudo and not order_sudo._can_visitor_change():
            if order_sudo.state in ("draft", "sent") and not order_sudo.is_expired:
                return request.redirect(order_sudo.get_portal_url())  # a payment is on its way
            visit = self._start_visit(template_sudo)
        form = {}
        if visit.get("partner_id") and order_sudo.partner_id.id == visit["partner_id"]:
            form = self._get_form_of(order_sudo.partner_id)
        return self._render_checkout(template_sudo, choice, visit, form)

    @http.route(
        "/subscriptions/<string:identifier>/checkout",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
        sitemap=False,
        captcha="subscribe",
    )
    def subscription_checkout_submit(self, identifier, **form):
        """Make the quotation, or put the new choice into the one made before, and open it.

        :param str identifier: the template's slug or id.
        :param form: the choice, see `_read_choice`, and the details; nothing else is read.
        """
        template_sudo = self._get_template(identifier)
        try:
            choice = self._read_choice(template_sudo, form)
        except UserError as error:
            # What they typed stays, and what they chose as far as it is still offered.
            choice = self._read_valid_choice(template_sudo, form)
            visit = self._get_visit(template_sudo)
            return self._render_checkout(template_sudo, choice, visit, form, [str(error)])
        visit = self._get_visit(template_sudo)
        if form.get("key") != visit["key"] or form.get(TRAP):
            # An old page, or a program: nothing is done, people try again with this one.
            return self._render_checkout(
                template_sudo,
                choice,
                visit,
                form,
                [request.env._("This page was open for too long. Please check it once more.")],
            )
        order_sudo = self._get_visit_order(visit)
        if order_sudo and not order_sudo._can_visitor_change():
            return request.redirect(order_sudo.get_portal_url())  # sent twice
        invalid, messages = self._check_details(template_sudo, form)
        if not messages:
            try:
                with request.env.cr.savepoint():
                    order_sudo = self._make_order(template_sudo, choice, visit, order_sudo, form)
            except (UserError, ValidationError) as error:
                messages = [str(error)]
        if messages:
            return self._render_checkout(template_sudo, choice, visit, form, messages, invalid)
        return request.redirect(self._get_order_url(order_sudo))

    # === WHAT THE PAGE SHOWS === #
    def _render_checkout(self, template_sudo, choice, visit, form, messages=(), invalid=()):
        """Return the page that asks for details.

        :param template_sudo: the template (sudo).
        :param tuple choice: plan and quantities.
        :param dict visit: see `_get_visit`.
        :param dict form: what was filled in already.
        :param list messages: what is wrong with it.
        :param set invalid: the names of the fields that are wrong.
        """
        partner_sudo = self._get_customer()
        if request.env.user._is_public():
            details = self._get_guest_values(form)
            address_sudo = details["partner_sudo"]
        else:
            address_sudo = self._get_own_address(partner_sudo, form.get("address_id"))
            details = self._get_signed_in_values(partner_sudo, address_sudo)
        total = self._get_total_values(template_sudo, choice, address_sudo)
        query = self._get_choice_query(choice)
        url = f"{template_sudo._get_public_path()}/checkout?{urlencode(query)}"
        values = {
            "page_name": "subscription_checkout",
            "no_breadcrumbs": True,
            "additional_title": template_sudo.name,
            "key": visit["key"],
            "choice": query,
            "query": urlencode(query),
            "login_url": "/web/login?" + urlencode({"redirect": url}),
            "get_address_url": lambda partner: self._get_address_url(partner, url),
            "messages": messages,
            "invalid": sorted(invalid),
            "trap": TRAP,
            "terms_accepted": form.get("terms") == "1",
            **details,
            **total,
        }
        return request.render("sale_subscription.public_checkout", values)

    def _get_guest_values(self, form):
        """Return what core's address form shows to a visitor.

        :param dict form: what was filled in already.
        :rtype: dict
        """
        Partner = request.env["res.partner"].sudo()  # sudo: in memory only
        values = self._read_public_address(form)
        if not values.get("country_id"):
            values["country_id"] = self._guess_country().id
        partner_sudo = Partner.new(values)
        return {
            **self._prepare_address_form_values(Partner),
            "partner_sudo": partner_sudo,
            "partner_id": False,
            "current_partner": partner_sudo,
            "country": partner_sudo.country_id,
            "state_id": partner_sudo.state_id.id,
            "country_states": partner_sudo.country_id.state_ids,
            "is_guest": True,
        }

    def _get_signed_in_values(self, partner_sudo, address_sudo):
        """Return what a customer who is signed in chooses from.

        :param partner_sudo: the customer (sudo).
        :param address_sudo: the address that is chosen.
        :rtype: dict
        """
        addresses = self._prepare_address_data(partner_sudo)["billing_addresses"]
        return {
            "is_guest": False,
            "customer": partner_sudo,
            "addresses": (partner_sudo | addresses).with_context(show_address=False),
            "address": address_sudo,
        }

    def _guess_country(self):
        """Return the country a visitor is in, or else the company's.

        :rtype: res.country
        """
        Country = request.env["res.country"].sudo()  # sudo: public knowledge
        code = request.geoip.country_code
        guess = code and Country.search([("code", "=", code)], limit=1)
        return guess or request.env.company.sudo().country_id

    def _get_form_of(self, partner_sudo):
        """Return the details a visitor gave before, as the form sends them.

        :rtype: dict
        """
        names = request.env["res.partner"]._get_frontend_writable_fields()
        form = {}
        for name in names & set(partner_sudo._fields):
            value = partner_sudo[name]
            form[name] = str(getattr(value, "id", value) or "")
        return form

    @staticmethod
    def _get_address_url(partner_sudo, callback):
        """Return the page of core on which an address is changed, or made.

        :param partner_sudo: the address, nothing for another one.
        :param str callback: where to come back to.
        :rtype: str
        """
        which = {"partner_id": partner_sudo.id} if partner_sudo else {}
        query = {**which, "address_type": "billing", "callback": callback}
        return f"/my/address?{urlencode(query)}"

    @staticmethod
    def _get_choice_query(choice):
        """Return the choice as parameters of a page.

        :rtype: dict
        """
        plan, quantities = choice
        options = {
            f"{OPTION_PREFIX}{option.id}": f"{qty:.15g}" for option, qty in quantities.items()
        }
        return {"plan_id": str(plan.id), **options}

    # === ONE VISIT, ONE ORDER === #
    def _get_visit(self, template_sudo):
        """Return what this session did with a template.

        :return: `key` of its order, and `partner_id`, the contact made for it, if any.
        :rtype: dict
        """
        visits = request.session.get(VISITS) or {}
        return visits.get(str(template_sudo.id)) or self._start_visit(template_sudo)

    def _start_visit(self, template_sudo):
        """Forget the order made before: the next one is another.

        :rtype: dict
        """
        visit = {"key": secrets.token_urlsafe(16), "partner_id": False}
        self._keep_visit(template_sudo, visit)
        return visit

    def _keep_visit(self, template_sudo, visit):
        """Write what was done with a template into the session.

        :param dict visit: see `_get_visit`.
        """
        visits = dict(request.session.get(VISITS) or {})
        visits.pop(str(template_sudo.id), None)
        visits[str(template_sudo.id)] = visit
        request.session[VISITS] = dict(list(visits.items())[-MAX_VISITS:])

    def _get_visit_order(self, visit):
        """Return the order of a visit, if it is still the visitor's.

        :param dict visit: see `_get_visit`.
        :return: the order (sudo), may be empty.
        :rtype: sale.order
        """
        return request.env["sale.order"]._find_self_subscription(visit["key"])

    # === MAKING THE ORDER === #
    def _check_details(self, template_sudo, form):
        """Return what is wrong with the details.

        :param template_sudo: the template (sudo).
        :param dict form: what was sent.
        :return: names of fields, and messages.
        :rtype: tuple[set, list]
        """
        invalid, messages = set(), []
        if request.env.user._is_public():
            values = self._read_public_address(form)
            too_long = {n for n, v in values.items() if isinstance(v, str) and len(v) > MAX_LENGTH}
            if too_long:
                messages.append(
                    request.env._("At most %(maximum)s characters, please.", maximum=MAX_LENGTH)
                )
            wrong, missing, more = self._validate_address_values(
                values, request.env["res.partner"].sudo(), "billing", False, ""
            )
            invalid = too_long | wrong | missing
            messages += more
        else:
            address_sudo = self._get_own_address(self._get_customer(), form.get("address_id"))
            if not self._check_billing_address(address_sudo):
                messages.append(request.env._("Please complete your address first."))
        if not is_html_empty(template_sudo.note) and form.get("terms") != "1":
            invalid.add("terms")
            messages.append(request.env._("Please accept the terms and conditions."))
        return invalid, messages

    def _make_order(self, template_sudo, choice, visit, order_sudo, form):
        """Make the quotation of a visit, or change the one it made before.

        :return: the order (sudo).
        :rtype: sale.order
        :raise UserError: when something can't be ordered.
        """
        if request.env.user._is_public():
            partner_sudo = self._get_guest(visit, order_sudo, form)
            address_sudo = partner_sudo
            visit = {**visit, "partner_id": partner_sudo.id}
        else:
            partner_sudo = self._get_customer()
            address_sudo = self._get_own_address(partner_sudo, form.get("address_id"))
        if order_sudo:
            order_sudo._update_public_order(partner_sudo, *choice, address_sudo)
        else:
            order_sudo = template_sudo._create_public_order(
                partner_sudo, *choice, visit["key"], address_sudo
            )
        self._keep_visit(template_sudo, visit)
        return order_sudo

    def _get_guest(self, visit, order_sudo, form):
        """Return the contact of a visitor: a new one, or the one this visit made before.

        Never one that is known by the same e-mail: nobody gets at somebody's data or cards by
        knowing their address.

        :param dict visit: see `_get_visit`.
        :param order_sudo: the order of the visit, may be empty.
        :param dict form: what was sent.
        :rtype: res.partner
        """
        values = self._read_public_address(form)
        # sudo: visitors may not write contacts; only this one, with the fields core lets them.
        Partner = (
            request.env["res.partner"]
            .sudo()
            .with_context(tracking_disable=True, no_vat_validation=True)
        )
        partner_sudo = order_sudo.partner_id
        if self._is_made_by_visit(visit, order_sudo) and self._is_guest(partner_sudo):
            partner_sudo.with_context(**Partner.env.context).write(values)
            return partner_sudo
        return Partner.create({**values, "lang": request.lang.code, "type": "contact"})

    @staticmethod
    def _is_made_by_visit(visit, order_sudo):
        """Tell whether the contact of an order was made by the visit that made the order.

        A form that was sent twice comes the second time with the session of before the first,
        which knows of no contact: then it is the one written in the same transaction as the order.

        :param dict visit: see `_get_visit`.
        :param order_sudo: the order of the visit, may be empty.
        :rtype: bool
        """
        partner_sudo = order_sudo.partner_id
        if not partner_sudo or visit["partner_id"]:
            return bool(partner_sudo) and partner_sudo.id == visit["partner_id"]
        return partner_sudo.create_date == order_sudo.create_date

    @staticmethod
    def _is_guest(partner_sudo):
        """Tell whether a contact is still what a visit made of it: nobody's account, no customer.

        :rtype: bool
        """
        orders = partner_sudo.env["sale.order"].search_count(
            [("partner_id", "=", partner_sudo.id)], limit=2
        )
        return not partner_sudo.user_ids and not partner_sudo.parent_id and orders == 1

    @staticmethod
    def _get_order_url(order_sudo):
        """Return the page on which the order is signed and paid; the dialog to pay opens at once.

        :rtype: str
        """
        pays = order_sudo._has_to_be_paid() and not order_sudo._has_to_be_signed()
        return order_sudo.get_portal_url(query_string="&allow_payment=yes" if pays else None)

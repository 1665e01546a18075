from werkzeug.exceptions import NotFound

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

OPTION_PREFIX = "option_"
# What of a visitor's details decides on taxes and prices.
ADDRESS_TYPES = ("char", "many2one")
PLACE_FIELDS = ("country_id", "state_id", "zip", "city", "vat")


class SubscriptionPublic(CustomerPortal):
    """Pages on which visitors choose a subscription, with or without an account."""

    # === PAGES === #
    @http.route(
        "/subscriptions",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=True,
    )
    def subscription_offers(self, **kw):
        """Show everything that is published."""
        # sudo: visitors may not read templates; they get what is published.
        templates_sudo = request.env["sale.subscription.template"].sudo()._find_public()
        partner_sudo = self._get_customer()
        values = {
            "page_name": "subscription_offers",
            "no_breadcrumbs": True,
            "cards": [
                {"template": template, "offer": template._get_public_lead(partner_sudo)}
                for template in templates_sudo
            ],
        }
        return request.render("sale_subscription.public_offers", values)

    @http.route(
        "/subscriptions/<string:identifier>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
        sitemap=False,
    )
    def subscription_offer(self, identifier, **params):
        """Show one template: what is included, what it costs, and what can be chosen.

        :param str identifier: the template's slug or id.
        :param params: a choice made before, see `_read_choice`.
        """
        template_sudo = self._get_template(identifier)
        try:
            choice, error = self._read_choice(template_sudo, params), None
        except UserError as exception:
            choice = self._read_valid_choice(template_sudo, params)
            error = str(exception)
        return self._render_offer(template_sudo, choice, error)

    @http.route(
        "/subscriptions/<string:identifier>/image",
        type="http",
        auth="public",
        methods=["GET"],
        readonly=True,
    )
    def subscription_offer_image(self, identifier):
        """Return the image of a published template."""
        template_sudo = self._get_template(identifier)
        if not template_sudo.image_512:
            raise NotFound
        stream = request.env["ir.binary"]._get_image_stream_from(template_sudo, "image_512")
        return stream.get_response()

    @http.route(
        "/subscriptions/<string:identifier>/total", type="jsonrpc", auth="public", website=True
    )
    def subscription_total(
        self, identifier, plan_id=None, options=None, details=None, address_id=None
    ):
        """Return what a choice costs. Nothing is written.

        :param str identifier: the template's slug or id.
        :param int plan_id: id of one of its plans.
        :param dict options: option id → quantity.
        :param dict details: what a visitor wrote about themselves, see `PLACE_FIELDS`.
        :param int address_id: which of their addresses a customer who is signed in chose.
        :return: `html` of the total, and as long as nothing but the choice is asked for `prices` of
            the options (id → text); or `error` in words.
        :rtype: dict
        """
        template_sudo = self._get_template(identifier)
        try:
            plan, quantities = template_sudo._read_public_choice(plan_id, options)
        except UserError as error:
            return {"error": str(error)}
        partner_sudo = self._get_customer()
        address_sudo = self._get_total_address(partner_sudo, details, address_id)
        values = self._get_total_values(template_sudo, (plan, quantities), address_sudo)
        answer = {"html": request.env["ir.qweb"]._render("sale_subscription.public_total", values)}
        if details is None and address_id is None:
            offer = template_sudo._get_public_plan_offer(plan, partner_sudo)
            answer["prices"] = offer["options"]
        return answer

    # === WHAT PAGES SHOW === #
    def _render_offer(self, template_sudo, choice, error=None):
        """Return the page of a template.

        :param template_sudo: the template (sudo).
        :param tuple choice: plan and quantities, see `_read_public_choice`.
        :param str error: what was wrong with what the visitor sent.
        """
        plan, quantities = choice
        offers = template_sudo._get_public_offer(self._get_customer())
        values = {
            "page_name": "subscription_offer",
            "no_breadcrumbs": True,
            "additional_title": template_sudo.name,
            "template": template_sudo,
            "offers": offers,
            "option_prices": next(o["options"] for o in offers if o["plan"] == plan),
            "error": error,
            **self._get_total_values(template_sudo, choice),
        }
        return request.render("sale_subscription.public_offer", values)

    def _get_total_values(self, template_sudo, choice, address_sudo=None):
        """Return what the panel with the total shows.

        :param template_sudo: the template (sudo).
        :param tuple choice: plan and quantities, see `_read_public_choice`.
        :param address_sudo: see `_prepare_public_order`.
        :rtype: dict
        """
        plan, quantities = choice
        total = template_sudo._get_public_total(
            self._get_customer(), plan, quantities, address_sudo
        )
        return {
            "template": template_sudo,
            "plan": plan,
            "quantities": {option.id: quantity for option, quantity in quantities.items()},
            "total": total,
            "order": total["order"],
        }

    # === WHAT VISITORS SEND === #
    def _get_template(self, identifier):
        """Return the published template a page is about.

        :param str identifier: its slug or id.
        :return: the template (sudo).
        :rtype: sale.subscription.template
        :raise NotFound: when there is none, or it isn't published here.
        """
        # sudo: see `subscription_offers`.
        template_sudo = request.env["sale.subscription.template"].sudo()._find_public(identifier)
        if not template_sudo:
            raise NotFound
        return template_sudo

    def _get_customer(self):
        """Return who is looking: the user's contact, for visitors the one of all visitors.

        :rtype: res.partner
        """
        # sudo: visitors may not even read that contact.
        return request.env.user.sudo().partner_id

    def _read_choice(self, template_sudo, params):
        """Return plan and options from the parameters of a page.

        :param template_sudo: the template (sudo).
        :param dict params: `plan_id`, and `option_<id>` for each option.
        :rtype: tuple
        :raise UserError: see `_read_public_choice`.
        """
        quantities = self._pick_quantities(params)
        return template_sudo._read_public_choice(params.get("plan_id"), quantities)

    def _read_valid_choice(self, template_sudo, params):
        """As `_read_choice`, without what can't be chosen any more.

        :rtype: tuple
        """
        quantities = self._pick_quantities(params)
        return template_sudo._read_valid_public_choice(params.get("plan_id"), quantities)

    @staticmethod
    def _pick_quantities(params):
        """Return the quantities among the parameters of a page: option id → what was sent.

        :rtype: dict
        """
        return {
            key.removeprefix(OPTION_PREFIX): value
            for key, value in params.items()
            if key.startswith(OPTION_PREFIX)
        }

    def _get_total_address(self, partner_sudo, details, address_id):
        """Return where the customer is, as far as it is known.

        :param partner_sudo: who is looking (sudo).
        :param dict details: what a visitor wrote.
        :param int address_id: which address a customer chose.
        :return: a partner, in memory for visitors; empty as long as nothing is known.
        :rtype: res.partner
        """
        Partner = request.env["res.partner"].sudo()  # sudo: in memory, or the customer's own
        if not request.env.user._is_public():
            return self._get_own_address(partner_sudo, address_id)
        if not isinstance(details, dict):
            return Partner
        values = self._read_public_address(details)
        values = {name: values[name] for name in PLACE_FIELDS if values.get(name)}
        return Partner.new(values) if values.get("country_id") else Partner

    def _get_own_address(self, partner_sudo, address_id=None):
        """Return one of the billing addresses of a customer who is signed in.

        :param partner_sudo: the customer (sudo).
        :param address_id: the id a browser sent; without one of theirs the first that is complete.
        :rtype: res.partner
        """
        addresses = self._prepare_address_data(partner_sudo)["billing_addresses"]
        wanted = addresses.filtered(lambda partner: str(partner.id) == str(address_id))
        complete = (partner_sudo | addresses).filtered(self._check_billing_address)
        # Their own context: the list's is made for showing addresses.
        return (wanted or complete[:1] or partner_sudo).with_context(show_address=False)

    def _read_public_address(self, form):
        """Return the fields of an address from what a visitor sent, and nothing else of it.

        Unknown countries and states are left out, as if nothing was chosen.

        :param dict form: field name → text.
        :return: values of a `res.partner`.
        :rtype: dict
        """
        allowed = request.env["res.partner"]._get_frontend_writable_fields()
        texts = {
            name: value
            for name, value in form.items()
            if name in allowed and isinstance(value, (str, int)) and not isinstance(value, bool)
        }
        # Fields of other types are no part of the form, and whatever was sent may not fit them.
        fields = request.env["res.partner"]._fields
        texts = {
            name: text
            for name, text in texts.items()
            if name in fields and fields[name].type in ADDRESS_TYPES
        }
        for name, model in (("country_id", "res.country"), ("state_id", "res.country.state")):
            if name in texts:
                record = request.env["sale.subscription.template"]._read_public_record(
                    model, texts[name]
                )
                texts[name] = str(record.id or "")
        # PostgreSQL keeps every character but one.
        clean = {name: str(text).replace("\0", "") for name, text in texts.items()}
        values, _extra = self._parse_form_data(clean)
        country = request.env["res.country"].browse(values.get("country_id"))
        if values.get("state_id") and values["state_id"] not in country.state_ids.ids:
            values["state_id"] = False
        return values

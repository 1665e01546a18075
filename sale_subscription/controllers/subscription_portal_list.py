from odoo import http
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import groupby as group_records

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

URL = "/my/subscriptions"
OFFERS_URL = "/subscriptions"
MAX_SEARCH = 100  # characters

# What the alerts on /my count. Quotations to answer are counted by `sale` already.
ALERT_KINDS = ("payment", "card")


class SubscriptionPortalList(CustomerPortal):
    """The customer's contracts: the tile on /my, and the list."""

    # === HOME === #
    def _prepare_home_portal_values(self, counters):
        """Override of `portal` to count contracts, and those that wait for the customer."""
        values = super()._prepare_home_portal_values(counters)
        Contract = request.env["sale.subscription"]
        wanted = {"subscription_count": []} | {
            f"subscription_{kind}_count": [kind] for kind in ALERT_KINDS
        }
        for counter, kinds in wanted.items():
            if counter in counters:
                domain = self._get_subscription_domain()
                if kinds:
                    # sudo: see `_search_needs_customer`; whose contracts is in the domain.
                    domain &= Contract.sudo()._get_attention_domain(kinds)
                values[counter] = Contract.sudo().search_count(domain)
        return values

    @staticmethod
    def _get_subscription_domain():
        """Return the visitor's contracts, to be searched by sudo.

        The visitor's own rules are asked first; what they filter and sort by may lie beyond them.

        :rtype: Domain
        """
        Contract = request.env["sale.subscription"]
        if not Contract.has_access("read"):
            return Domain.FALSE
        partner = request.env.user.partner_id.commercial_partner_id
        mine = Contract._search(
            Domain("partner_id", "child_of", partner.ids) & Domain("state", "!=", "draft")
        )
        return Domain("id", "in", mine)

    # === LIST === #
    @http.route([URL, f"{URL}/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_subscriptions(
        self, page=1, sortby=None, filterby=None, search=None, search_in=None, groupby=None, **kw
    ):
        """Show the customer's contracts.

        :param int page: which page of the list.
        :param str sortby: a key of `_get_subscription_sortings`.
        :param str filterby: a key of `_get_subscription_filters`.
        :param str search: what to look for.
        :param str search_in: a key of `_get_subscription_inputs`.
        :param str groupby: a key of `_get_subscription_groupings`.
        """
        values = self._prepare_portal_layout_values()
        values.update(
            self._get_subscription_list_values(
                page=page,
                sortby=sortby,
                filterby=filterby,
                search=search,
                search_in=search_in,
                groupby=groupby,
            )
        )
        if not values["subscriptions"] and not values["is_filtered"]:
            values["offers_url"] = self._get_offers_url()
        request.session["my_subscriptions_history"] = values["subscriptions"].ids[:100]
        return request.render("sale_subscription.portal_my_subscriptions", values)

    @staticmethod
    def _get_offers_url():
        """Return the page with everything that can be subscribed to.

        :rtype: str | bool
        """
        # sudo: customers may not read templates; whether one is published is no secret.
        return bool(request.env["sale.subscription.template"].sudo()._find_public()) and OFFERS_URL

    def _get_subscription_list_values(self, page, search, **choices):
        """Return what the list shows; unknown choices fall back to the first one.

        :rtype: dict
        """
        offers = {
            "sortby": self._get_subscription_sortings(),
            "filterby": self._get_subscription_filters(),
            "search_in": self._get_subscription_inputs(),
            "groupby": self._get_subscription_groupings(),
        }
        choices = {
            name: choices[name] if choices[name] in offer else next(iter(offer))
            for name, offer in offers.items()
        }
        chosen = {name: offers[name][choice] for name, choice in choices.items()}
        # A NUL would be an error of the database.
        search = (search or "").replace("\x00", "").strip()[:MAX_SEARCH]
        return {
            **choices,
            **self._find_subscriptions(chosen, page, {**choices, "search": search}),
            "page_name": "subscription",
            "is_filtered": bool(search) or choices["filterby"] != "all",
            "default_url": URL,
            "search": search,
            "searchbar_sortings": offers["sortby"],
            "searchbar_filters": offers["filterby"],
            "searchbar_inputs": offers["search_in"],
            "searchbar_groupby": offers["groupby"],
        }

    def _find_subscriptions(self, chosen, page, url_args):
        """Return one page of the visitor's contracts.

        :param dict chosen: what was chosen of each offer.
        :param int page: which page.
        :param dict url_args: what links to other pages carry; `search` is what to look for.
        :return: dict with `subscriptions` (sudo), `grouped_subscriptions` and `pager`.
        :rtype: dict
        """
        domain = self._get_subscription_domain() & chosen["filterby"]["domain"]
        if url_args["search"]:
            domain &= Domain(chosen["search_in"]["domain"](url_args["search"]))
        # sudo: the domain holds whose contracts; plans and templates are not readable otherwise.
        Contract = request.env["sale.subscription"].sudo()
        page_values = pager(
            url=URL,
            total=Contract.search_count(domain),
            page=page,
            step=self._items_per_page,
            url_args=url_args,
        )
        order = (chosen["groupby"]["field"], chosen["sortby"]["order"], "id desc")
        contracts = Contract.search(
            domain,
            order=", ".join(filter(None, order)),
            limit=self._items_per_page,
            offset=page_values["offset"],
        )
        return {
            "subscriptions": contracts,
            "grouped_subscriptions": self._group_subscriptions(contracts, chosen["groupby"]),
            "pager": page_values,
        }

    @staticmethod
    def _group_subscriptions(contracts, grouping):
        """Return pairs of a group's name and its contracts, in the list's order.

        :rtype: list
        """
        if not grouping["field"]:
            return [("", contracts)] if contracts else []
        return [
            (name, contracts.browse([contract.id for contract in some]))
            for name, some in group_records(contracts, grouping["name"])
        ]

    # === WHAT CAN BE CHOSEN === #
    def _get_subscription_sortings(self):
        env = request.env
        return {
            "next": {"label": env._("Next Invoice"), "order": "next_invoice_date"},
            "name": {"label": env._("Number"), "order": "name"},
            "start": {"label": env._("Newest"), "order": "date_start desc"},
            "amount": {"label": env._("Amount"), "order": "recurring_total_included desc"},
        }

    def _get_subscription_filters(self):
        env = request.env
        return {
            "all": {"label": env._("All"), "domain": Domain.TRUE},
            "active": {"label": env._("Active"), "domain": Domain("state", "=", "active")},
            "paused": {"label": env._("Paused"), "domain": Domain("state", "=", "paused")},
            "closed": {
                "label": env._("Closed"),
                "domain": Domain("state", "in", ("closed", "cancelled")),
            },
            "attention": {
                "label": env._("Needs attention"),
                "domain": Domain("needs_customer", "=", True),
            },
        }

    def _get_subscription_inputs(self):
        env = request.env
        domains = {
            "number": lambda text: (
                Domain("name", "ilike", text) | Domain("client_ref", "ilike", text)
            ),
            "product": lambda text: Domain("line_ids.product_id", "ilike", text),
            "template": lambda text: Domain("template_id.name", "ilike", text),
        }
        inputs = {
            "all": (
                env._("Search in All"),
                lambda text: Domain.OR(d(text) for d in domains.values()),
            ),
            "number": (env._("Search in Number"), domains["number"]),
            "product": (env._("Search in Product"), domains["product"]),
            "template": (env._("Search in Kind of Contract"), domains["template"]),
        }
        return {
            key: {"input": key, "label": label, "domain": domain}
            for key, (label, domain) in inputs.items()
        }

    def _get_subscription_groupings(self):
        env = request.env
        states = dict(env["sale.subscription"]._fields["state"]._description_selection(env))
        return {
            "none": {"label": env._("None"), "field": None, "name": None},
            "state": {
                "label": env._("State"),
                "field": "state",
                "name": lambda contract: states[contract.state],
            },
            "plan": {
                "label": env._("Plan"),
                "field": "plan_id",
                "name": lambda contract: contract.plan_id.name,
            },
        }

import re

from odoo import http
from odoo.http import request

from .subscription_step import SubscriptionStep

INPUT = re.compile(r"(line|option)_\d{1,10}|plan_id")


class SubscriptionPortalChange(SubscriptionStep):
    """Customers change quantities, options and plan, seeing before what it costs."""

    @http.route(
        "/my/subscriptions/<int:subscription_id>/change",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_subscription_change(self, subscription_id, access_token=None, **kw):
        """Show the form.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        contract_sudo, operations, response = self._enter_step(
            subscription_id, access_token, "change", "plan"
        )
        return response or self._render_change(contract_sudo, operations, access_token, {})

    @http.route(
        "/my/subscriptions/<int:subscription_id>/change",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_change_confirm(
        self, subscription_id, access_token=None, fingerprint=None, **post
    ):
        """Change the contract as chosen, if that still means what the visitor saw.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param str fingerprint: of the panel the visitor confirms.
        """
        contract_sudo, operations, response = self._enter_step(
            subscription_id, access_token, "change", "plan"
        )
        if response:
            return response
        wish = self._pick_wish(post)
        result, problem = self._take_step(contract_sudo._confirm_portal_change, wish, fingerprint)
        if problem:
            return self._render_change(contract_sudo, operations, access_token, wish, problem)
        return self._finish_step(contract_sudo, access_token, *result)

    @http.route(
        "/my/subscriptions/<int:subscription_id>/withdraw_change",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_withdraw_change(
        self, subscription_id, access_token=None, change_id=None, **kw
    ):
        """Take back a scheduled change of the customer's.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param str change_id: id of the `sale.subscription.change`.
        """
        change_id = request.env["sale.subscription"]._read_portal_id(change_id)
        return self._do_at_once(
            subscription_id,
            access_token,
            "withdraw_change",
            "_withdraw_portal_change",
            change_id,
            done=request.env._("The change was taken back."),
        )

    def _pick_wish(self, values):
        """Return the inputs of the form; whatever else came in is left out.

        :param dict values: what came in.
        :rtype: dict
        """
        return {name: value for name, value in values.items() if INPUT.fullmatch(name)}

    def _render_change(self, contract_sudo, operations, access_token, wish, problem=None):
        """Return the page with the form.

        :param dict wish: what was chosen so far.
        :param str problem: why it wasn't done.
        """
        values = self._get_step_values(
            contract_sudo,
            operations,
            access_token,
            rows=contract_sudo._get_portal_rows(),
            plan_rows=contract_sudo._get_portal_plan_rows(),
            wish=wish,
            problem=problem,
            panel=contract_sudo._preview_portal_change(wish) if wish else {"changes": []},
        )
        return request.render("sale_subscription.portal_subscription_change_page", values)

from odoo import http
from odoo.http import request

from .subscription_portal_change import SubscriptionPortalChange

# What the form of each step may say.
STEP_INPUTS = {
    "pause": ("when", "until", "reason"),
    "resume": (),
    "close": ("reason_id", "date", "message"),
}


class SubscriptionPortalLife(SubscriptionPortalChange):
    """Customers pause, resume, renew and close their contract, and take that back."""

    @http.route(
        f"/my/subscriptions/<int:subscription_id>/<any({','.join(STEP_INPUTS)}):step>",
        type="http",
        auth="public",
        website=True,
        methods=["GET"],
    )
    def portal_subscription_step(self, subscription_id, step, access_token=None, anyway=None, **kw):
        """Show what pausing, resuming or closing means.

        :param int subscription_id: id of the `sale.subscription`.
        :param str step: 'pause', 'resume' or 'close'.
        :param str access_token: the token of its secure link.
        :param str anyway: set: close, whatever else was offered.
        """
        contract_sudo, operations, response = self._enter_step(subscription_id, access_token, step)
        if response:
            return response
        if step == "close" and not anyway:
            offers = contract_sudo._get_portal_close_offers(operations)
            if offers:
                values = self._get_step_values(
                    contract_sudo, operations, access_token, offers=offers
                )
                return request.render("sale_subscription.portal_subscription_offers_page", values)
        return self._render_life_step(contract_sudo, operations, access_token, step, {})

    @http.route(
        f"/my/subscriptions/<int:subscription_id>/<any({','.join(STEP_INPUTS)}):step>",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_step_confirm(
        self, subscription_id, step, access_token=None, fingerprint=None, **post
    ):
        """Pause, resume or close, if that still means what the visitor saw.

        :param int subscription_id: id of the `sale.subscription`.
        :param str step: 'pause', 'resume' or 'close'.
        :param str access_token: the token of its secure link.
        :param str fingerprint: of the panel the visitor confirms.
        """
        contract_sudo, operations, response = self._enter_step(subscription_id, access_token, step)
        if response:
            return response
        raw = self._pick_step(step, post)
        result, problem = self._take_step(
            contract_sudo._confirm_portal_step, step, raw, fingerprint
        )
        if problem:
            return self._render_life_step(
                contract_sudo, operations, access_token, step, raw, problem
            )
        return self._finish_step(contract_sudo, access_token, *result)

    @http.route(
        "/my/subscriptions/<int:subscription_id>/preview",
        type="jsonrpc",
        auth="public",
        website=True,
    )
    def portal_subscription_preview(
        self, subscription_id, step="change", access_token=None, values=None, **kw
    ):
        """Return what a step would mean, as chosen so far; changes nothing.

        :param int subscription_id: id of the `sale.subscription`.
        :param str step: 'change', 'pause', 'resume' or 'close'.
        :param str access_token: the token of its secure link.
        :param dict values: the inputs of the form.
        :return: `html` of the panel, and the `fingerprint` to confirm it with (False: it can't be
            confirmed).
        :rtype: dict
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        step = str(step)
        wanted = {"change", "plan"} if step == "change" else {step} & STEP_INPUTS.keys()
        template = "portal_subscription_step_panel"
        if not operations & wanted:
            panel = {"problem": request.env._("This isn't possible now. Please reload the page.")}
        elif step == "change":
            template = "portal_subscription_change_panel"
            values = values if isinstance(values, dict) else {}
            panel = contract_sudo._preview_portal_change(self._pick_wish(values))
        else:
            values = values if isinstance(values, dict) else {}
            panel = contract_sudo._preview_portal_step(step, self._pick_step(step, values))
        html = self._render_panel(
            f"sale_subscription.{template}", panel=panel, subscription=contract_sudo
        )
        return {"html": html, "fingerprint": panel.get("fingerprint", False)}

    @http.route(
        "/my/subscriptions/<int:subscription_id>/withdraw_pause",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_withdraw_pause(self, subscription_id, access_token=None, **kw):
        """Take back a pause that hasn't begun.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        return self._do_at_once(
            subscription_id,
            access_token,
            "withdraw_pause",
            "_withdraw_portal_pause",
            done=request.env._("The pause was taken back."),
        )

    @http.route(
        "/my/subscriptions/<int:subscription_id>/withdraw_close",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_withdraw_close(self, subscription_id, access_token=None, **kw):
        """Take a scheduled closing back.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        return self._do_at_once(
            subscription_id,
            access_token,
            "withdraw_close",
            "_withdraw_portal_close",
            done=request.env._("The closing was taken back: your subscription goes on."),
        )

    @http.route(
        "/my/subscriptions/<int:subscription_id>/renew",
        type="http",
        auth="public",
        website=True,
        methods=["POST"],
    )
    def portal_subscription_renew(self, subscription_id, access_token=None, **kw):
        """Open the quotation that renews the contract, to be signed or paid on its own page.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        """
        contract_sudo, _operations, response = self._enter_step(
            subscription_id, access_token, "renew"
        )
        if response:
            return response
        order_sudo, problem = self._take_step(contract_sudo._renew_for_portal)
        if problem:
            return self._redirect_to_contract(contract_sudo, access_token, ("danger", problem))
        return request.redirect(order_sudo.get_portal_url(), code=303)

    def _pick_step(self, step, values):
        """Return the inputs of a step's form; whatever else came in is left out.

        :param str step: see `portal_subscription_step`.
        :param dict values: what came in.
        :rtype: dict
        """
        return {name: values[name] for name in STEP_INPUTS[step] if name in values}

    def _render_life_step(self, contract_sudo, operations, access_token, step, raw, problem=None):
        """Return the page of a step.

        :param str step: see `portal_subscription_step`.
        :param dict raw: what was chosen so far.
        :param str problem: why it wasn't done.
        """
        wish = {**contract_sudo._get_portal_step_defaults(step), **raw}
        values = self._get_step_values(
            contract_sudo,
            operations,
            access_token,
            step=step,
            wish=wish,
            problem=problem,
            panel=contract_sudo._preview_portal_step(step, wish),
            today=contract_sudo._get_today(),
            reasons=contract_sudo._get_portal_close_reasons(),
        )
        return request.render("sale_subscription.portal_subscription_step_page", values)

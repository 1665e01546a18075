from odoo import http
from odoo.http import request

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.addons.sale.controllers.portal import CustomerPortal

from .subscription_public_checkout import VISITS

PAID = ("authorized", "done")


class SubscriptionThanks(CustomerPortal):
    """The page of a confirmed order leads to the contracts it started."""

    @http.route()
    def portal_order_page(self, order_id, access_token=None, **kw):
        """Override of `sale` to add the links of the contracts."""
        response = super().portal_order_page(order_id, access_token=access_token, **kw)
        order_sudo = getattr(response, "qcontext", {}).get("sale_order")
        if order_sudo and order_sudo.state == "sale" and order_sudo.subscription_ids:
            contracts = order_sudo.subscription_ids.filtered(
                lambda contract: contract.state in ("active", "paused")
            )
            response.qcontext["started_contracts"] = [
                {"contract": contract, "url": self._get_contract_url(order_sudo, contract)}
                for contract in contracts
            ]
        return response

    def _get_contract_url(self, order_sudo, contract_sudo):
        """Return the address of a contract for who looks at its order.

        The link without login is shown only to who ordered or paid in this browser. Others who
        got hold of the order's link don't get the contract's as well: it may allow changes.

        :param order_sudo: the confirmed order (sudo).
        :param contract_sudo: one of its contracts (sudo).
        :return: False when the visitor has no way in.
        :rtype: str | bool
        """
        contract = contract_sudo.with_env(request.env)
        if not request.env.user._is_public() and contract.has_access("read"):
            return contract_sudo.access_url
        visits = (request.session.get(VISITS) or {}).values()
        # sudo: the key is compared, not shown.
        key = order_sudo.sudo().self_subscription_key
        is_visitor = key and key in [visit["key"] for visit in visits]
        tx_id = request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)
        # Whoever has the link may begin a payment, or promise a transfer; only paying counts.
        paid_sudo = order_sudo.transaction_ids.filtered(lambda tx: tx.state in PAID)
        if is_visitor or tx_id in paid_sudo.ids:
            return contract_sudo.get_portal_url()
        return False

from urllib.parse import urlencode

from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from .subscription_access import SubscriptionAccess

# What the address of the page may say besides who opens it; nothing else reaches the page.
PAGE_OPTIONS = ("pid", "hash", "payment_outcome")
REPORT = "sale_subscription.action_report_subscription"


class SubscriptionPortal(SubscriptionAccess):
    """The page of one contract, its printed form and its documents."""

    @http.route("/my/subscriptions/<int:subscription_id>", type="http", auth="public", website=True)
    def portal_subscription_page(
        self, subscription_id, access_token=None, report_type=None, download=None, **kw
    ):
        """Show one contract, or print it.

        :param int subscription_id: id of the `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param str report_type: 'pdf' or 'html': the printed contract.
        :param str download: anything: save the file instead of showing it.
        """
        contract_sudo, operations = self._find_contract(subscription_id, access_token)
        if not contract_sudo:
            return request.redirect("/my")
        if report_type in ("pdf", "html"):
            return self._show_report(
                model=contract_sudo,
                report_type=report_type,
                report_ref=REPORT,
                download=bool(download),
            )
        options = {name: value for name, value in kw.items() if name in PAGE_OPTIONS}
        values = self._get_subscription_page_values(
            contract_sudo, operations, access_token, **options
        )
        return request.render("sale_subscription.portal_subscription_page", values)

    @http.route(
        "/my/subscriptions/<int:subscription_id>/invoices/<int:move_id>",
        type="http",
        auth="public",
        website=True,
    )
    def portal_subscription_invoice(
        self, subscription_id, move_id, access_token=None, report_type=None, pay=None, **kw
    ):
        """Open an invoice of the contract, also for who came by the contract's link.

        The invoice's own link is made when somebody asks for it: it stands in no page's source.

        :param int move_id: id of an `account.move` of the contract.
        :param str report_type: 'pdf': its file.
        :param str pay: '1': with the dialog to pay it open.
        """
        contract_sudo, _operations = self._find_contract(subscription_id, access_token)
        return self._redirect_to_document(
            contract_sudo and contract_sudo._get_portal_invoices(),
            move_id,
            report_type,
            **({"query_string": "&payment=True", "anchor": "portal_pay"} if pay == "1" else {}),
        )

    @http.route(
        "/my/subscriptions/<int:subscription_id>/orders/<int:order_id>",
        type="http",
        auth="public",
        website=True,
    )
    def portal_subscription_order(
        self, subscription_id, order_id, access_token=None, report_type=None, **kw
    ):
        """Open an order or a quotation of the contract: see `portal_subscription_invoice`.

        :param int order_id: id of a `sale.order` of the contract.
        :param str report_type: 'pdf': its file.
        """
        contract_sudo, _operations = self._find_contract(subscription_id, access_token)
        return self._redirect_to_document(
            contract_sudo and contract_sudo._get_portal_orders(), order_id, report_type
        )

    @staticmethod
    def _redirect_to_document(documents_sudo, document_id, report_type, **options):
        """Send the visitor to a document by its own secure link.

        :param documents_sudo: what the visitor may open.
        :param int document_id: which of them.
        :param str report_type: 'pdf': its file instead of its page.
        :param dict options: more for `get_portal_url`.
        :raise NotFound: when it isn't one of them.
        """
        if not documents_sudo or document_id not in documents_sudo.ids:
            raise NotFound()
        document_sudo = documents_sudo.browse(document_id)
        if report_type == "pdf":
            return request.redirect(document_sudo.get_portal_url(report_type="pdf", download=True))
        return request.redirect(document_sudo.get_portal_url(**options))

    def _get_subscription_page_values(self, contract_sudo, operations, access_token, **kw):
        """Return what the page of a contract shows.

        :param contract_sudo: the contract, as a sudoed `sale.subscription`.
        :param set operations: what the visitor may do with it.
        :param str access_token: the token the visitor came with.
        :rtype: dict
        """
        self._clean_history()
        values = {
            "page_name": "subscription",
            "subscription": contract_sudo,
            "operations": operations,
            "page": contract_sudo._get_portal_page(),
            "notice": self._pop_notice(contract_sudo),
            "res_company": contract_sudo.company_id,  # whose logo is shown
            "access_query": urlencode({"access_token": access_token}) if access_token else "",
            "backend_url": self._get_backend_url(contract_sudo),
        }
        return self._get_page_view_values(
            contract_sudo, access_token, values, "my_subscriptions_history", False, **kw
        )

    @staticmethod
    def _get_backend_url(contract_sudo):
        """Return where employees go back to, False for customers.

        :rtype: str | bool
        """
        if request.env.user.share:
            return False
        return f"/odoo/subscriptions/{contract_sudo.id}"

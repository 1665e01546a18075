from urllib.parse import urlencode

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from .document_access import PortalDocumentAccess


class SubscriptionAccess(PortalDocumentAccess):
    """Who may open a contract on the portal, and what for: the one door of all its routes."""

    def _get_contract(self, contract_id, access_token=None, operation=None):
        """Return a contract that the visitor may open, and what they may do with it.

        The contract acts with the rights of the system, but in the visitor's name: what they do is
        told in the chatter as theirs.

        :param int contract_id: id of a `sale.subscription`.
        :param str access_token: the token of the contract's secure link.
        :param str operation: what the visitor is about to do; None: only to look.
        :return: the contract (sudo), and the names of what may be done with it.
        :rtype: tuple[sale.subscription, set[str]]
        :raise MissingError: when there is no such contract.
        :raise AccessError: when the visitor may neither read it nor has its token.
        :raise UserError: when the operation isn't possible, or not allowed to this visitor.
        """
        contract_sudo = self._document_check_access("sale.subscription", contract_id, access_token)
        # sudo: who may open it was checked; what they may do is checked by the operations below.
        contract_sudo = contract_sudo.with_user(request.env.user).sudo()
        contract_sudo = contract_sudo.with_context(**request.env.context).with_company(
            contract_sudo.company_id
        )
        operations = contract_sudo._get_portal_operations(
            contract_sudo._get_portal_level(request.env.user)
        )
        if operation and operation not in operations:
            raise UserError(
                request.env._(
                    "This isn't possible for this contract, or not with the link you used. Please "
                    "reload the page, sign in, or ask us."
                )
            )
        return contract_sudo, operations

    def _find_contract(self, contract_id, access_token=None):
        """As `_get_contract`, for pages: nothing where the visitor has no business.

        :return: the contract (sudo, empty when it stays closed), and what may be done with it.
        :rtype: tuple[sale.subscription, set[str]]
        """
        try:
            return self._get_contract(contract_id, access_token)
        except (AccessError, MissingError):
            return request.env["sale.subscription"], set()

    def _redirect_to_contract(self, contract_sudo, access_token=None, notice=None, anchor=None):
        """Send the visitor back to the contract's page, which says once what came of their click.

        The text waits in the visitor's session, so that no link can put words into the page.

        :param contract_sudo: the `sale.subscription`.
        :param str access_token: the token the visitor came with; a signed-in customer has none.
        :param tuple notice: type ('success', 'warning' or 'danger') and text, in words for the
            visitor.
        :param str anchor: the section of the page to jump to.
        :return: the response (303: a reload doesn't repeat what was posted).
        """
        if notice:
            kind, text = notice
            request.session["subscription_notice"] = {
                "id": contract_sudo.id,
                "type": kind,
                "text": str(text),
            }
        query = f"?{urlencode({'access_token': access_token})}" if access_token else ""
        fragment = f"#{anchor}" if anchor else ""
        return request.redirect(f"{contract_sudo.access_url}{query}{fragment}", code=303)

    def _pop_notice(self, contract_sudo):
        """Return what is to be said about the visitor's last click, once.

        :return: dict with `type` and `text`; None without any.
        :rtype: dict | None
        """
        notice = request.session.get("subscription_notice")
        if not notice or notice.get("id") != contract_sudo.id:
            return None
        return request.session.pop("subscription_notice")

    @staticmethod
    def _clean_history():
        """Forget contracts of the last list that are gone, or not the visitor's any more.

        Links to the previous and the next contract carry their tokens.
        """
        known = request.session.get("my_subscriptions_history")
        Contract = request.env["sale.subscription"]
        if known and Contract.has_access("read"):
            mine = set(Contract.search([("id", "in", known)]).ids)
            known = [contract_id for contract_id in known if contract_id in mine]
        else:
            known = []
        if known != request.session.get("my_subscriptions_history", []):
            request.session["my_subscriptions_history"] = known

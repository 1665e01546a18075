from odoo.exceptions import UserError
from odoo.http import request

from .subscription_access import SubscriptionAccess


class SubscriptionStep(SubscriptionAccess):
    """What the pages have in common on which customers do something with their contract.

    A page shows what a step would mean, its form carries a fingerprint of that, and confirming
    does exactly that or nothing.
    """

    def _enter_step(self, contract_id, access_token, *wanted):
        """Open a contract for whoever may do one of some operations with it.

        :param int contract_id: id of a `sale.subscription`.
        :param str access_token: the token of its secure link.
        :param wanted: names of operations.
        :return: the contract (sudo), what may be done with it, and the response that sends away
            who may not.
        :rtype: tuple
        """
        contract_sudo, operations = self._find_contract(contract_id, access_token)
        response = None
        if not contract_sudo:
            response = request.redirect("/my", code=303)
        elif not operations.intersection(wanted):
            text = request.env._(
                "This isn't possible for this subscription now, or not with the link you used. "
                "Sign in, or ask us."
            )
            response = self._redirect_to_contract(contract_sudo, access_token, ("danger", text))
        return contract_sudo, operations, response

    def _take_step(self, method, *arguments):
        """Do something with a contract, all of it or nothing.

        :param callable method: a method of the contract.
        :return: what the method returned, and why it refused to (None if it didn't).
        :rtype: tuple
        """
        try:
            with request.env.cr.savepoint():
                return method(*arguments), None
        except UserError as error:
            return None, str(error)

    def _finish_step(self, contract_sudo, access_token, text, moves):
        """Collect what was invoiced, go back to the contract's page and tell how it went.

        :param contract_sudo: the `sale.subscription`.
        :param str access_token: the token the visitor came with.
        :param str text: what was done.
        :param moves: the `account.move` made.
        :return: the response.
        """
        contract_sudo._collect_for_portal(moves)
        sentences, links, is_well = contract_sudo._describe_portal_invoices(moves)
        kind = "success" if is_well else "warning"
        notice = (kind, " ".join([text, *sentences]))
        response = self._redirect_to_contract(contract_sudo, access_token, notice)
        # The page shows them below the text, see `portal_subscription_notice_links`.
        request.session["subscription_notice"] = {
            **request.session["subscription_notice"],
            "links": links,
        }
        return response

    def _do_at_once(self, contract_id, access_token, operation, method_name, *arguments, done):
        """Take something back at once, and go back to the contract's page.

        Who clicks twice hears the second time, too, that it was taken back.

        :param str operation: what the visitor must be allowed to.
        :param str method_name: the method of the contract that does it.
        :param str done: the sentence that tells it.
        :return: the response.
        """
        contract_sudo, _operations, response = self._enter_step(
            contract_id, access_token, operation
        )
        if contract_sudo and self._is_done(contract_sudo, operation, *arguments):
            return self._redirect_to_contract(contract_sudo, access_token, ("success", done))
        if response:
            return response
        _result, problem = self._take_step(getattr(contract_sudo, method_name), *arguments)
        notice = ("danger", problem) if problem else ("success", done)
        return self._redirect_to_contract(contract_sudo, access_token, notice)

    @staticmethod
    def _is_done(contract_sudo, operation, *arguments):
        """Tell whether what a visitor takes back was taken back before, by who may.

        :rtype: bool
        """
        level = contract_sudo._get_portal_level(request.env.user)
        return level == "manage" and getattr(contract_sudo, f"_is_portal_{operation}_done")(
            *arguments
        )

    def _get_step_values(self, contract_sudo, operations, access_token, **values):
        """Return what every page of a step shows.

        :rtype: dict
        """
        self._clean_history()
        page = {
            "page_name": "subscription",
            "subscription": contract_sudo,
            "operations": operations,
            "back_url": contract_sudo.access_url
            + (f"?access_token={contract_sudo.access_token}" if access_token else ""),
            **values,
        }
        return self._get_page_view_values(
            contract_sudo, access_token, page, "my_subscriptions_history", False
        )

    def _render_panel(self, template, **values):
        """Return a panel as HTML, for the page that is open already.

        :param str template: xmlid of the template.
        :rtype: str
        """
        # sudo: the template is what may be shown, whoever looks at it.
        return request.env["ir.ui.view"].sudo()._render_template(template, values)

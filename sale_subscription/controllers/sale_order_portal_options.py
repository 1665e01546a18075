from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.sale_management.controllers.portal import CustomerPortal


class SubscriptionOrderOptionsPortal(CustomerPortal):
    """Optional products that customers add to a quotation by themselves."""

    @http.route()
    def portal_quote_option_update(
        self,
        order_id,
        line_id=None,
        access_token=None,
        remove=False,
        input_quantity=False,
        **kwargs,
    ):
        """Override of `sale_management`: recurring products are sold within their quota."""
        order_sudo = self._document_check_access("sale.order", order_id, access_token)
        line_sudo = order_sudo.order_line.filtered(lambda line: str(line.id) == str(line_id))
        if not line_sudo or not line_sudo._can_be_edited_on_portal():
            raise UserError(
                request.env._("This product can't be changed any more. Please reload the page.")
            )
        if input_quantity is False:
            input_quantity = line_sudo._get_portal_step(is_less=bool(remove))
        return super().portal_quote_option_update(
            order_id,
            line_sudo.id,
            access_token=access_token,
            input_quantity=line_sudo._check_portal_quantity(input_quantity),
        )

from odoo.exceptions import MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.catalog.sale_subscription_input_mixin import MAX_INTEGER


class PortalDocumentAccess(CustomerPortal):
    """The door of every document on the portal: orders, invoices and contracts."""

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Override of `portal`: ids and tokens that can't be ours are refused as wrong ones are.

        Core hands them to the database and to a comparison that know neither numbers beyond 32
        bits nor other letters than ASCII's: errors of the server instead of an answer.
        """
        if not 0 < document_id <= MAX_INTEGER:
            raise MissingError(request.env._("This document does not exist."))
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None
        return super()._document_check_access(model_name, document_id, access_token)

"""Create and post many customer invoices at once, as cheaply as core allows."""

from odoo import api, models


class AccountMove(models.Model):
    _inherit = "account.move"

    # === BUSINESS METHODS === #

    @api.model
    def _create_subscription_invoices(self, vals_list):
        """Create many draft customer invoices or credit notes of one company.

        :param list vals_list: ordinary ``account.move`` create values, one dict per document
        :return: the draft documents, in the order of ``vals_list``
        :rtype: account.move
        """
        moves = self._with_batch_context().create(vals_list).with_env(self.env)
        moves._log_batch_creation()
        return moves

    def _post_subscription_invoices(self):
        """Post these drafts at once, with every check and side effect of core's posting.

        :return: the posted documents
        :rtype: account.move
        """
        return self._with_batch_context()._post(soft=False).with_env(self.env)

    # === HELPERS === #

    def _with_batch_context(self):
        """Return these records without field tracking: it costs queries for every document."""
        return self.with_context(tracking_disable=True)

    def _log_batch_creation(self):
        """Write core's "Invoice Created" note on all documents with one insert."""
        self._message_log_batch(bodies={move.id: move._creation_message() for move in self})

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from .sale_subscription_price_update_line import OPEN_STATES

_logger = logging.getLogger(__name__)


class SaleSubscription(models.Model):
    """How new prices come into contracts: in batches, each line of an update once."""

    _inherit = "sale.subscription"

    price_update_line_ids = fields.One2many(
        "sale.subscription.price.update.line",
        "subscription_id",
        string="Price Updates",
        groups="sales_team.group_sale_manager",
    )

    # === CRON METHODS === #
    @api.model
    def _cron_apply_price_updates(self, batch_size=50):
        """Apply and take back new prices, a commit per batch.

        Run by as many workers at once as you like: what one has locked the others skip.

        :param int batch_size: contracts per transaction.
        """
        # Contracts that share an invoice needn't share a batch.
        alone = self.with_context(subscription_batch_alone=True)
        alone._run_job(
            self._get_price_update_domain,
            "_apply_price_updates",
            "_handle_price_update_failure",
            batch_size,
        )
        updates = self.env["sale.subscription.price.update"].search(
            [("state", "in", ("running", "undoing"))]
        )
        updates._finish_if_done()
        if self.search_count(self._get_price_update_domain(), limit=1):
            # Somebody else works on these contracts at this moment.
            updates._trigger_job(delay=timedelta(minutes=1))

    @api.model
    def _get_price_update_domain(self):
        """Return the contracts on which a price update has something to do.

        :rtype: Domain
        """
        return fields.Domain("price_update_line_ids", "any", [("state", "in", OPEN_STATES)])

    def _extend_batch(self, domain):
        """Keep batches small where contracts don't depend on each other."""
        if self.env.context.get("subscription_batch_alone"):
            return self
        return super()._extend_batch(domain)

    # === BUSINESS METHODS === #
    def _apply_price_updates(self):
        """Do what price updates have to do on these locked contracts."""
        lines = self._get_open_price_update_lines()
        for update, some in lines.grouped("update_id").items():
            # The chatter speaks the language of who applied the update.
            some = some.with_context(lang=update.user_id.lang).with_company(update.company_id)
            some.filtered(lambda line: line.state == "waiting")._apply()
            some.filtered(lambda line: line.state == "undoing")._undo()
        lines.update_id._finish_if_done()

    def _apply_price_updates_at_once(self):
        """Do the same while the user waits; one bad contract doesn't stop the others."""
        for contract in self.try_lock_for_update(allow_referencing=True):
            try:
                with self.env.cr.savepoint():
                    contract._apply_price_updates()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                raise
            except Exception as error:
                _logger.info("New price of contract %s failed: %s", contract.id, error)
                contract._handle_price_update_failure(error)

    def _handle_price_update_failure(self, error):
        """Say on the lines of an update why they couldn't be worked on.

        :param Exception error: what went wrong.
        """
        self.ensure_one()
        is_told = isinstance(error, UserError) and error.args
        reason = str(error.args[0]) if is_told else self._get_error_detail(error)
        lines = self._get_open_price_update_lines()
        lines.reason = reason[:500]
        # What can't be taken back holds.
        lines.filtered(lambda line: line.state == "undoing").state = "done"
        lines.filtered(lambda line: line.state == "waiting").state = "failed"
        lines.update_id._finish_if_done()

    def _get_open_price_update_lines(self):
        """Return what updates have still to do on these contracts.

        :rtype: sale.subscription.price.update.line
        """
        # sudo: lines are written by their update only, whoever applies it.
        Line = self.env["sale.subscription.price.update.line"].sudo()
        return Line.search(
            [("subscription_id", "in", self.ids), ("state", "in", OPEN_STATES)],
            order="update_id, subscription_id, id",
        )

    def _get_price_notice_lines(self):
        """Return what the notice of new prices tells the customer of this contract.

        :return: lines of the update that is being applied; without one, for a preview of the mail,
            those applied last.
        :rtype: sale.subscription.price.update.line
        """
        self.ensure_one()
        # sudo: who previews a mail may see what is in it.
        lines = self.sudo().price_update_line_ids.filtered(lambda line: line.state == "done")
        update = lines.update_id.browse(self.env.context.get("price_update_id"))
        update = update or lines.update_id.sorted("id")[-1:]
        return lines.filtered(lambda line: line.update_id == update)

import logging

from psycopg2.errors import UniqueViolation

from odoo import api, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

BATCH_SIZE = 50
MAX_CONFLICTS = 20


class SaleSubscription(models.Model):
    """How scheduled work runs over many contracts: in batches, isolated, by many workers.

    A batch is locked by skipping what others have locked, worked on and committed. If it fails,
    halves of it are tried until the culprits stand alone; they are marked and left for the next
    run, so that the scheduler isn't triggered again and again for what can't succeed.
    """

    _inherit = "sale.subscription"

    @api.model
    def _run_job(self, get_domain, process, on_failure, batch_size=BATCH_SIZE):
        """Process all contracts of a domain, a commit per batch.

        :param callable get_domain: returns the domain of contracts that need work; what was
            processed must leave it.
        :param str process: name of the method called on each locked batch.
        :param str on_failure: name of the method called on a contract that failed, with the error.
        :param int batch_size: contracts per transaction.
        :return: None
        """
        IrCron = self.env["ir.cron"]
        IrCron._commit_progress(remaining=self.search_count(Domain(get_domain())))
        done_ids, conflicts = [], 0
        while conflicts < MAX_CONFLICTS:
            domain = Domain(get_domain()) & Domain("id", "not in", done_ids)
            try:
                batch = self._lock_batch(domain, batch_size)
                if not batch:
                    break
                left_ids = self._process_isolated(batch.ids, domain, process, on_failure)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another worker was faster; what it left is found by the next search.
                self.env.cr.rollback()
                conflicts += 1
                continue
            # Whatever is still due after its turn waits for the next run.
            done_ids += left_ids
            conflicts = 0
            if not IrCron._commit_progress(len(batch)):
                return
        # What is left can't be done in this run: no reason to be triggered again at once.
        IrCron._commit_progress(remaining=0)

    @api.model
    def _lock_batch(self, domain, limit):
        """Lock the next contracts of a domain that no other worker has locked.

        :param Domain domain: which contracts.
        :param int limit: how many at most.
        :return: the locked contracts.
        :rtype: sale.subscription
        """
        # Those that failed last time come last, so that they hold nobody up.
        order = "billing_error_date NULLS FIRST, next_invoice_date, id"
        query = self._search(domain, order=order, limit=limit)
        rows = self.env.execute_query(
            SQL(
                "%s FOR NO KEY UPDATE OF %s SKIP LOCKED",
                query.select(),
                SQL.identifier(self._table),
            )
        )
        return self.browse(row[0] for row in rows)._extend_batch(domain)

    def _extend_batch(self, domain):
        """Hook: add contracts that have to be worked on together with the batch.

        :param Domain domain: which contracts need work.
        :return: the batch, extended by locked contracts.
        :rtype: sale.subscription
        """
        return self

    @api.model
    def _process_isolated(self, ids, domain, process, on_failure):
        """Process contracts in one transaction; on failure halve them down to the culprits.

        :return: ids of the contracts that are still due: they failed, or nothing changed.
        :rtype: list
        """
        try:
            return self._process_locked(self.browse(ids), domain, process)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self.env.cr.rollback()
            if len(ids) == 1:
                return self._record_failure(ids, domain, error, on_failure)
        middle = len(ids) // 2
        left_ids = []
        for half in (ids[:middle], ids[middle:]):
            contracts = self.browse(half).try_lock_for_update(allow_referencing=True)
            contracts = contracts.filtered_domain(domain)
            if contracts:
                left_ids += self._process_isolated(contracts.ids, domain, process, on_failure)
        return left_ids

    @api.model
    def _process_locked(self, contracts, domain, process):
        """Do the work of one batch and commit it.

        :return: ids of contracts that are due as before.
        :rtype: list
        """
        getattr(contracts, process)()
        self.env.flush_all()
        left_ids = contracts.filtered_domain(domain).ids
        self.env["ir.cron"]._commit_progress()
        return left_ids

    @api.model
    def _record_failure(self, ids, domain, error, on_failure):
        """Mark the contract that failed, in a transaction of its own.

        :return: ids of contracts that wait for the next run.
        :rtype: list
        """
        contract = self.browse(ids)
        if isinstance(error, UniqueViolation) and not contract.filtered_domain(domain):
            return []  # another process was faster: no failure
        _logger.info("Contract %s could not be processed: %s", ids, error)
        try:
            getattr(contract, on_failure)(error)
            self.env.flush_all()
            self.env["ir.cron"]._commit_progress()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:  # a contract that can't even be marked is still only one
            self.env.cr.rollback()
            _logger.exception("The failure of contract %s could not be recorded", ids)
        return ids

    @api.model
    def _get_domain_by_company(self, date_field):
        """Return contracts whose date has come in their own company's time zone.

        :param str date_field: name of a date field.
        :rtype: Domain
        """
        companies = self.env["res.company"].sudo().search([])  # sudo: jobs serve every company
        by_day = companies.grouped(lambda company: company._get_subscription_today())
        if len(by_day) == 1:
            return Domain(date_field, "<=", next(iter(by_day)))
        return Domain.OR(
            Domain(date_field, "<=", day) & Domain("company_id", "in", some.ids)
            for day, some in by_day.items()
        )

from datetime import timedelta

from psycopg2 import IntegrityError
from psycopg2.errors import CheckViolation

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...todo import FAILURE, find_todos, leave_todo

# A contract that failed may have been mended at once, so the next calls of the job try it again.
# Odoo calls a job over and over while there is much to do: from the fourth failure on a contract
# waits for longer than that, but less than the job's interval.
EAGER_ATTEMPTS = 3
RETRY_AFTER = timedelta(minutes=30)


class SaleSubscription(models.Model):
    """What a contract shows, and who is told, when it can't be billed."""

    _inherit = "sale.subscription"

    billing_error = fields.Text(readonly=True, copy=False, groups="base.group_user")
    billing_error_date = fields.Datetime(readonly=True, copy=False, groups="base.group_user")
    billing_failure_count = fields.Integer(readonly=True, copy=False, groups="base.group_user")
    billing_retry_date = fields.Datetime(
        string="Next Attempt",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When invoicing is tried again.",
    )
    payment_exception = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="The outcome of a payment is unknown: left alone by every job until decided.",
    )

    has_problem = fields.Boolean(
        compute="_compute_has_problem",
        compute_sudo=True,
        help="Invoicing failed, or a payment needs a decision.",
    )

    # === COMPUTE METHODS === #
    @api.depends("billing_error", "payment_exception")
    def _compute_has_problem(self):
        for contract in self:
            contract.has_problem = bool(contract.billing_error or contract.payment_exception)

    # === BUSINESS METHODS === #
    def _handle_billing_failure(self, error):
        """Say on the contract, and once to its salesperson, why it couldn't be invoiced.

        The next run tries again. However often the scheduler calls the job while there is work
        left, a contract fails a few times at most.

        :param Exception error: what went wrong.
        """
        self.ensure_one()
        reason = self._get_failure_text(error)
        now = fields.Datetime.now()
        count = self.billing_failure_count + 1
        self.sudo().write(  # sudo: see `_check_funnel`
            {
                "billing_error": reason,
                "billing_error_date": now,
                "billing_failure_count": count,
                "billing_retry_date": now if count <= EAGER_ATTEMPTS else now + RETRY_AFTER,
            }
        )
        summary = self.env._("This contract could not be invoiced")
        self._schedule_failure_activity("billing_failure", summary, reason)

    def _bill_by_hand(self, until):
        """Bill these contracts together; when that fails, say which of them is to blame.

        :param date until: last day taken into account.
        :return: the invoices and credit notes made.
        :rtype: account.move
        :raise UserError: naming the first contract that can't be invoiced.
        """
        if len(self) == 1:
            return self._bill(until)
        try:
            with self.env.cr.savepoint():  # writes what is still waiting, too
                return self._bill(until)
        except (UserError, IntegrityError) as error:
            for contract in self:
                contract._check_can_be_invoiced(until)
            raise error from None

    def _check_can_be_invoiced(self, until):
        """Try whether this contract alone can be invoiced; nothing of that stays.

        :param date until: last day taken into account.
        :raise UserError: naming the contract.
        """
        self.ensure_one()
        with self.env.cr.savepoint() as savepoint:
            try:
                self._bill(until)
                self.env.flush_all()
                savepoint.rollback()
            except (UserError, IntegrityError) as error:
                savepoint.rollback()
                raise UserError(
                    self.env._(
                        "%(contract)s can't be invoiced: %(reason)s",
                        contract=self.name,
                        reason=self._get_failure_text(error),
                    )
                ) from error

    def _get_failure_text(self, error):
        """Put an error into words a bookkeeper understands.

        :rtype: str
        """
        if isinstance(error, UserError):
            return str(error.args[0] if error.args else error)
        products = self._get_products_without_account()
        if isinstance(error, CheckViolation) and products:
            return self.env._(
                "There is no income account for %(products)s: set one on the product or on its "
                "category.",
                products=", ".join(products.mapped("display_name")),
            )
        return self.env._(
            "The invoice could not be created. Check the products, taxes, accounts and the journal "
            "of this contract. Detail: %(detail)s",
            detail=self._get_error_detail(error),
        )

    def _get_error_detail(self, error):
        """Return the first line of an error; for a constraint of core, its text for people.

        :rtype: str
        """
        if isinstance(error, IntegrityError):
            models_by_table = {model._table: model for model in self.env.values()}
            model = models_by_table.get(error.diag.table_name, self)
            return model._sql_error_to_message(error)
        return str(error).strip().split("\n")[0][:500]

    def _get_products_without_account(self):
        """Return what is sold here without core knowing an income account for it.

        :rtype: product.product
        """
        self.ensure_one()
        # sudo: a salesperson may not read accounts, and only learns of which product.
        company = self.sudo().company_id
        products = (self.line_ids.product_id | self.sudo().charge_ids.product_id).with_company(
            company
        )
        position = self.sudo().fiscal_position_id
        return products.filtered(
            lambda p: not p.sudo().product_tmpl_id.get_product_accounts(position)["income"]
        )

    def _schedule_failure_activity(self, key, summary, reason):
        """Leave one to-do with the salesperson, however often a job fails.

        :param str key: what failed: each has a to-do of its own.
        :param str summary: what could not be done.
        :param str reason: why.
        """
        self.ensure_one()
        user = self._get_responsible_user() or self.env.user
        leave_todo(self, FAILURE, summary, reason, user, key)

    def _clear_billing_failure(self):
        """Forget the failure once billing succeeded."""
        failed = self.filtered("billing_error")
        if not failed:
            return
        failed.sudo().write(  # sudo: see `_check_funnel`
            {
                "billing_error": False,
                "billing_error_date": False,
                "billing_failure_count": 0,
                "billing_retry_date": False,
            }
        )
        find_todos(failed, "billing_failure").unlink()

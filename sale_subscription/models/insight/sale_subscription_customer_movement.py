from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...const import EVENT_KINDS


class SaleSubscriptionCustomerMovement(models.Model):
    """How the MRR of a customer moved on a day: all contracts together, in company currency.

    A customer's figures can't be summed up from those of contracts: a second contract is an
    expansion, one of two that ends a contraction. The rows follow from the events alone; rebuilding
    them from nothing gives the same ones.
    """

    _name = "sale.subscription.customer.movement"
    _description = "MRR Movement of a Customer"
    _order = "date desc, id desc"
    _rec_name = "kind"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    customer_key = fields.Integer(
        required=True, readonly=True, help="The id the customer had when it happened."
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True, index=True)
    date = fields.Date(required=True, readonly=True)
    kind = fields.Selection(EVENT_KINDS, readonly=True, help="Empty: the day changed nothing.")
    mrr_before = fields.Monetary(string="MRR Before", readonly=True, aggregator=None)
    amount = fields.Monetary(
        string="MRR Change", readonly=True, help="What the day changed, without what moved."
    )
    amount_moved = fields.Monetary(
        string="Moved", readonly=True, help="MRR that came from other customers or went to them."
    )
    customer_delta = fields.Integer(
        string="Running Customers", readonly=True, help="Change of the number of running customers."
    )
    paying_delta = fields.Integer(
        string="Paying Customers", readonly=True, help="Change of the number of paying customers."
    )
    cohort_date = fields.Date(
        string="Customer Since", readonly=True, help="Day of the customer's first MRR."
    )
    month_no = fields.Integer(string="Month Number", readonly=True, aggregator=None)
    cohort_month_no = fields.Integer(string="Cohort Month Number", readonly=True, aggregator=None)

    _customer_day_uniq = models.UniqueIndex("(company_id, customer_key, date)")
    _month_idx = models.Index(
        "(company_id, month_no) INCLUDE (kind, amount, amount_moved, customer_delta, paying_delta)"
    )
    _cohort_idx = models.Index(
        "(company_id, cohort_month_no, month_no) INCLUDE (amount, amount_moved, customer_delta)"
    )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: the rows follow from the log."""
        self.check_access("create")
        raise UserError(self.env._("Movements of customers follow from the MRR log."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: the rows follow from the log."""
        self.check_access("write")
        raise UserError(self.env._("Movements of customers follow from the MRR log."))

    @api.model
    def _update_customers(self, customers):
        """Bring the rows of customers up to date with their events.

        :param list customers: pairs of ids, company and customer.
        """
        if not customers:
            return
        self.env["sale.subscription.customer"]._touch(customers)
        keys = SQL(", ").join(SQL("(%s, %s)", *pair) for pair in customers)
        self._write_rows(SQL("(company_id, customer_key) IN (%s)", keys))

    @api.model
    def _rebuild(self):
        """Write all rows anew from the events, those of customers that have none go."""
        self.env.cr.execute("LOCK TABLE sale_subscription_customer_movement IN EXCLUSIVE MODE")
        self.env.cr.execute("DELETE FROM sale_subscription_customer_movement")
        self._write_rows(SQL("TRUE"))

    @api.model
    def _write_rows(self, condition):
        """Write the rows of the customers that meet a condition, where they differ.

        :param SQL condition: on the columns `company_id` and `customer_key` of an event.
        """
        self.env["sale.subscription.event"].flush_model()
        names = [name for name in self._fields if self._fields[name].store and name != "id"]
        keys = ("company_id", "customer_key", "date")
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        changed = [name for name in names if name not in keys]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO sale_subscription_customer_movement AS known (%(columns)s)
                SELECT %(columns)s FROM (%(rows)s) AS movement
                ON CONFLICT (company_id, customer_key, date) DO UPDATE SET %(assigned)s
                WHERE (%(old)s) IS DISTINCT FROM (%(new)s)
                """,
                columns=columns,
                rows=self._get_rows_query(SQL("sale_subscription_event"), condition),
                assigned=SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), SQL.identifier("excluded", name))
                    for name in changed
                ),
                old=SQL(", ").join(SQL.identifier("known", name) for name in changed),
                new=SQL(", ").join(SQL.identifier("excluded", name) for name in changed),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_rows_query(self, events, condition):
        """Return the query that makes movements of customers from events.

        :param SQL events: table, or query in brackets, with the columns of the log.
        :param SQL condition: which of its rows count.
        :return: a SELECT with the stored columns of this model.
        :rtype: SQL
        """
        return SQL(
            ROWS_QUERY,
            events=events,
            condition=condition,
            month_no=SQL("(EXTRACT(YEAR FROM date) * 12 + EXTRACT(MONTH FROM date))::int"),
            cohort_month_no=SQL(
                "(EXTRACT(YEAR FROM cohort_date) * 12 + EXTRACT(MONTH FROM cohort_date))::int"
            ),
        )


#: One row per customer and day: sums of the day, what was there before, what it is called.
ROWS_QUERY = """
    WITH days AS (
        SELECT company_id, customer_key, date,
               MAX(partner_id) AS partner_id,
               SUM(amount_company) AS total,
               COALESCE(SUM(amount_company) FILTER (WHERE kind = 'transfer'), 0) AS amount_moved,
               SUM(running_delta) AS running,
               BOOL_OR(kind = 'pause') AS has_pause,
               BOOL_OR(kind = 'resume') AS has_resume,
               BOOL_AND(kind = 'transfer') AS is_moved
          FROM %(events)s AS event
         WHERE %(condition)s
      GROUP BY company_id, customer_key, date
    ), balances AS (
        SELECT *,
               SUM(total) OVER past AS after,
               SUM(total) OVER past - total AS mrr_before,
               SUM(running) OVER past AS running_after,
               SUM(running) OVER past - running AS running_before
          FROM days
        WINDOW past AS (PARTITION BY company_id, customer_key ORDER BY date)
    ), named AS (
        SELECT *,
               total - amount_moved AS amount,
               MIN(date) FILTER (WHERE after > 0) OVER (PARTITION BY company_id, customer_key)
                   AS cohort_date,
               (running_after > 0)::int - (running_before > 0)::int AS customer_delta,
               (after > 0)::int - (mrr_before > 0)::int AS paying_delta
          FROM balances
    )
    SELECT company_id, customer_key, partner_id, date, mrr_before, amount, amount_moved,
           customer_delta, paying_delta, cohort_date,
           %(month_no)s AS month_no, %(cohort_month_no)s AS cohort_month_no,
           CASE WHEN is_moved THEN CASE WHEN amount_moved != 0 OR customer_delta != 0
                                        THEN 'transfer' END
                WHEN paying_delta > 0 AND date = cohort_date THEN 'new'
                WHEN customer_delta > 0 THEN 'reactivation'
                WHEN paying_delta > 0 AND has_resume THEN 'resume'
                WHEN customer_delta < 0 THEN 'churn'
                WHEN paying_delta < 0 AND has_pause THEN 'pause'
                WHEN amount > 0 THEN 'expansion'
                WHEN amount < 0 THEN 'contraction' END AS kind
      FROM named
"""

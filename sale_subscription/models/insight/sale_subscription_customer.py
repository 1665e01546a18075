from odoo import api, fields, models
from odoo.tools import SQL


class SaleSubscriptionCustomer(models.Model):
    """A customer as the log knows it: one row per company and customer.

    Whoever writes events of a customer touches this row first. Two who do so at once can't see each
    other's events; the database then lets one of them begin anew, and its movements come out right.
    """

    _name = "sale.subscription.customer"
    _description = "Customer of the MRR Log"
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    customer_key = fields.Integer(required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True)

    _customer_uniq = models.UniqueIndex("(company_id, customer_key)")

    @api.model
    def _touch(self, customers):
        """Keep others from writing movements of these customers until this transaction ends.

        :param list customers: pairs of ids, company and customer.
        """
        rows = SQL(", ").join(SQL("(%s, %s, 1)", *pair) for pair in sorted(customers))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO sale_subscription_customer AS known (company_id, customer_key, revision)
                VALUES %s
                ON CONFLICT (company_id, customer_key) DO UPDATE SET revision = known.revision + 1
                """,
                rows,
            )
        )
        self.invalidate_model()

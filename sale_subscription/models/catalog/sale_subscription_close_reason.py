from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleSubscriptionCloseReason(models.Model):
    _name = "sale.subscription.close.reason"
    _description = "Subscription Close Reason"
    _order = "sequence, id"

    name = fields.Char(string="Reason", required=True, translate=True)
    category = fields.Selection(
        selection=[
            ("price", "Price"),
            ("product", "Product"),
            ("service", "Service"),
            ("customer_gone", "Customer gone"),
            ("non_payment", "Non-payment"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        help="Groups the reasons in the churn reports.",
    )
    voluntary = fields.Boolean(
        default=True,
        help="The customer decided to leave; unset it when the contract ended without their"
        " decision, e.g. because they did not pay.",
    )
    is_for_customers = fields.Boolean(
        string="For Customers",
        compute="_compute_is_for_customers",
        store=True,
        readonly=False,
        precompute=True,
        help="Customers who close their contract on the portal can choose it.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    # === COMPUTE METHODS === #

    @api.depends("voluntary")
    def _compute_is_for_customers(self):
        for reason in self:
            reason.is_for_customers = reason.voluntary

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_automatic(self):
        automatic = self & self._get_automatic_reasons()
        if automatic:
            raise UserError(
                self.env._(
                    "Contracts are closed automatically for the reason %(reason)s: it cannot be"
                    " deleted. You can archive or rename it.",
                    reason=", ".join(automatic.mapped("name")),
                )
            )

    # === GETTERS === #

    @api.model
    def _get_automatic_reasons(self):
        """Return the reasons that the machine itself gives when it closes a contract.

        For a module to close contracts for a reason of its own, it must override this method
        and add that reason.

        :return: The protected reasons.
        :rtype: sale.subscription.close.reason
        """
        reasons = self.browse()
        for xmlid in ("close_reason_end_date", "close_reason_non_payment"):
            reason = self.env.ref(f"sale_subscription.{xmlid}", raise_if_not_found=False)
            reasons |= reason or self.browse()
        return reasons

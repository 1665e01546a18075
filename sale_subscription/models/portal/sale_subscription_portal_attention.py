import uuid

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ...const import CHARGE_MODES, RUNNING_STATES

ATTENTION_KINDS = ("payment", "card", "quotation")


class SaleSubscription(models.Model):
    """Contracts on which their customer has something to do, and the link to their page."""

    _inherit = "sale.subscription"

    _mail_post_access = "read"  # customers write to their salesperson on the contract's page

    needs_customer = fields.Boolean(
        string="Waits for the Customer",
        compute="_compute_needs_customer",
        search="_search_needs_customer",
        help="An invoice is overdue or its payment failed, a payment method is missing or about to "
        "expire, or an offer is to be answered.",
    )
    portal_link = fields.Char(
        string="Secure Link",
        compute="_compute_portal_link",
        groups="sales_team.group_sale_salesman",
        help="Opens the contract's page without signing in. Whoever has it may do what the "
        "template allows.",
    )

    # === COMPUTE METHODS === #
    def _compute_needs_customer(self):
        """Ask the database once, as the search does: what is filtered is what is marked."""
        waiting = self._get_waiting_for_customer(ATTENTION_KINDS)
        for contract in self:
            contract.needs_customer = contract in waiting

    def _search_needs_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: what is to be done follows from invoices and cards that customers may not read.
        waiting = Domain(
            "id", "in", self.sudo()._search(self._get_attention_domain(ATTENTION_KINDS))
        )
        return Domain.OR([waiting if wanted else ~waiting for wanted in value])

    @api.depends("access_token", "access_url")
    def _compute_portal_link(self):
        for contract in self:
            token = contract.access_token
            contract.portal_link = token and f"{contract.get_base_url()}{contract.get_portal_url()}"

    @api.model
    def _get_machine_fields(self):
        return (*super()._get_machine_fields(), "access_token")

    # === WHAT WAITS === #
    def _get_waiting_for_customer(self, kinds):
        """Return those of these contracts on which the customer has something to do.

        :param kinds: which of `ATTENTION_KINDS` count.
        :rtype: sale.subscription
        """
        # sudo: see `_search_needs_customer`.
        return self.browse(
            self.sudo()._search(Domain("id", "in", self.ids) & self._get_attention_domain(kinds))
        )

    @api.model
    def _get_attention_domain(self, kinds):
        """Return the contracts on which their customer has something to do; to be searched by sudo.

        For a module to know more kinds, it must add a method `_get_attention_domain_<kind>` and
        extend `ATTENTION_KINDS`.

        :param kinds: which of `ATTENTION_KINDS` count.
        :rtype: Domain
        """
        return Domain.OR(getattr(self, f"_get_attention_domain_{kind}")() for kind in kinds)

    @api.model
    def _get_attention_domain_payment(self):
        """An invoice is overdue, or the saved payment method was declined for it."""
        today = self.env.company._get_subscription_today()
        lines = (
            self.env["account.move.line"]
            .sudo()
            ._search(  # sudo: see `_search_needs_customer`
                Domain("subscription_id", "!=", False)
                & Domain("parent_state", "=", "posted")
                & Domain("move_id.move_type", "=", "out_invoice")
                & Domain("move_id.payment_state", "in", ("not_paid", "partial"))
                & (
                    Domain("move_id.invoice_date_due", "<", today)
                    | Domain("move_id.subscription_attempt_ids.state", "=", "declined")
                )
            )
        )
        return Domain("payment_exception", "=", False) & Domain(
            "id", "in", lines.subselect(SQL.identifier(lines.table, "subscription_id"))
        )

    @api.model
    def _get_attention_domain_card(self):
        """The payment method that is to be charged is missing, refused or about to expire."""
        refused = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = %s",
                model._field_to_sql(alias, "payment_token_id", query),
                model._field_to_sql(alias, "refused_token_id", query),
            ),
            predicate=lambda contract: (
                contract.payment_token_id and contract.payment_token_id == contract.refused_token_id
            ),
        )
        return (
            Domain("state", "in", RUNNING_STATES)
            & Domain("template_id.invoicing_mode", "in", CHARGE_MODES)
            & (
                Domain("payment_token_id", "=", False)
                | refused
                | Domain("is_card_expiring", "=", True)
            )
        )

    @api.model
    def _get_attention_domain_quotation(self):
        """A quotation about the contract was sent and isn't answered."""
        today = fields.Date.context_today(self)
        orders = (
            self.env["sale.order"]
            .sudo()
            ._search(  # sudo: see `_search_needs_customer`
                Domain("subscription_origin_id", "!=", False)
                & Domain("state", "=", "sent")
                & (Domain("validity_date", "=", False) | Domain("validity_date", ">=", today))
            )
        )
        return Domain("state", "in", RUNNING_STATES) & Domain(
            "id", "in", orders.subselect(SQL.identifier(orders.table, "subscription_origin_id"))
        )

    # === THE LINK === #
    def action_create_portal_link(self):
        """Make the contract's secure link, to be copied and sent by hand.

        :return: True
        :raise AccessError: unless the user may change the contract.
        """
        self.check_access("write")
        for contract in self:
            contract._portal_ensure_token()
        return True

    def action_renew_portal_link(self):
        """Replace the contract's secure link: who has the old one is locked out.

        :return: True
        :raise AccessError: unless the user manages sales.
        """
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Only sales managers replace a contract's secure link."))
        for contract in self:
            # sudo: the token follows from this method only, see `_get_machine_fields`.
            contract.sudo().access_token = str(uuid.uuid4())
            contract.message_post(
                body=self.env._("The secure link was replaced: the old one is closed.")
            )
        return True

    def action_open_portal_page(self):
        """Open the contract's page as customers see it.

        :rtype: dict
        """
        self._check_one()
        return {"type": "ir.actions.act_url", "target": "self", "url": self.get_portal_url()}

from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError


class SaleSubscriptionTemplate(models.Model):
    """How a contract is made from a template."""

    _inherit = "sale.subscription.template"

    def subscribe(self, partner_id, plan_id=None, options=None, start=None, client_ref=None):
        """Make an active contract without an order.

        :param int partner_id: the customer.
        :param int plan_id: one of the template's plans; its first by default.
        :param options: optional products: list of product ids, list of dicts
            `{"product_id": int, "quantity": float}`, or dict of product id → quantity.
        :param start: first day (ISO string or date); today by default.
        :param str client_ref: the caller's key; the same key twice gives the same contract.
        :return: the contract (its id over RPC).
        :rtype: sale.subscription
        :raise UserError: for an unknown customer, plan or option, or a quantity outside its quota.
        """
        self._check_one()
        Contract = self.env["sale.subscription"]
        Contract.check_access("create")
        company = self.company_id or self.env.company
        client_ref = self._read_text(client_ref, self.env._("Customer Reference"))
        existing = self._find_subscribed(company, client_ref)
        if existing:
            return existing
        values = self._prepare_subscription(company, partner_id, plan_id, start, client_ref)
        try:
            contract = Contract.with_company(company).create(values)
        except UniqueViolation as error:
            # Somebody subscribes with the same reference at this moment: Odoo repeats the call,
            # which then finds the contract.
            raise ConcurrencyError(str(error)) from error
        contract._add_options(self._read_options(options))
        contract.action_activate()
        return contract

    def _find_subscribed(self, company, client_ref):
        """Return the contract made with a reference before.

        :raise AccessError: if the user may not see that contract.
        """
        Contract = self.env["sale.subscription"]
        if not client_ref:
            return Contract
        # sudo: a reference is unique among all contracts of the company.
        existing = Contract.sudo().search(
            [("client_ref", "=", client_ref), ("company_id", "=", company.id)], limit=1
        )
        existing = existing.with_env(self.env)
        existing.check_access("read")
        return existing

    def _prepare_subscription(self, company, partner_id, plan_id, start, client_ref):
        """Return the values of a contract subscribed from this template.

        :return: values of a `sale.subscription`.
        :rtype: dict
        """
        self.ensure_one()
        partner = self._read_record("res.partner", partner_id)
        if not partner:
            raise UserError(self.env._("There is no customer with the id %(id)s.", id=partner_id))
        plan = self._read_record("sale.subscription.plan", plan_id)
        if plan_id and (not plan or (self.plan_ids and plan not in self.plan_ids)):
            raise UserError(
                self.env._(
                    "The template %(template)s doesn't offer this plan.", template=self.display_name
                )
            )
        values = {
            "partner_id": partner.id,
            "company_id": company.id,
            "template_id": self.id,
            "client_ref": client_ref or False,
        }
        if plan:
            values["plan_id"] = plan.id
        if start:
            values["date_start"] = self._read_date(start)
        return values

    def _read_options(self, options):
        """Return the chosen options, whichever of the accepted shapes they came in.

        :return: product id → quantity.
        :rtype: dict
        """
        self.ensure_one()
        chosen = {}
        try:
            if isinstance(options, dict):
                options = [{"product_id": key, "quantity": qty} for key, qty in options.items()]
            for option in options or []:
                if not isinstance(option, dict):
                    option = {"product_id": option}
                product_id = int(option["product_id"])
                chosen[product_id] = chosen.get(product_id, 0.0) + float(option.get("quantity", 1))
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                self.env._("Options are product ids, or pairs of product_id and quantity.")
            ) from error
        return chosen

from odoo import fields, models
from odoo.exceptions import UserError


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
        self.ensure_one()
        Contract = self.env["sale.subscription"]
        Contract.check_access("create")
        company = self.company_id or self.env.company
        if client_ref:
            existing = Contract.search(
                [("client_ref", "=", client_ref), ("company_id", "=", company.id)], limit=1
            )
            if existing:
                return existing
        contract = Contract.with_company(company).create(
            self._prepare_subscription(company, partner_id, plan_id, start, client_ref)
        )
        contract._add_options(self._read_options(options))
        contract.action_activate()
        return contract

    def _prepare_subscription(self, company, partner_id, plan_id, start, client_ref):
        """Return the values of a contract subscribed from this template.

        :return: values of a `sale.subscription`.
        :rtype: dict
        """
        self.ensure_one()
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("There is no customer with the id %(id)s.", id=partner_id))
        plan = self.env["sale.subscription.plan"].browse(plan_id or ()).exists()
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
            try:
                values["date_start"] = fields.Date.to_date(start)
            except (ValueError, TypeError) as error:
                raise UserError(
                    self.env._("“%(value)s” isn't a date. Write it as YYYY-MM-DD.", value=start)
                ) from error
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

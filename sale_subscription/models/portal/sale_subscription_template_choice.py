from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Command


class SaleSubscriptionTemplate(models.Model):
    """From what a visitor chooses on the public page to an order."""

    _inherit = "sale.subscription.template"

    # === READING THE CHOICE === #
    def _read_public_choice(self, plan_id=None, quantities=None):
        """Return what a visitor chose, checked.

        Nothing else counts of what the browser sends: prices, products and periods are the
        template's.

        :param plan_id: id of one of the plans; the first by default.
        :param dict quantities: option id → quantity; the minimum of each option by default.
        :return: the plan, and option record → quantity (above 0).
        :rtype: tuple[sale.subscription.plan, dict]
        :raise UserError: for another plan, a foreign option, or a quantity outside its quota.
        """
        self.ensure_one()
        plan = self._get_default_plan()
        if plan_id is not None and plan_id != "":
            plan = self.plan_ids.filtered(lambda p: p.id == self._read_public_id(plan_id))
        if not plan:
            raise UserError(
                self.env._(
                    "Please choose one of the plans of %(template)s.", template=self.display_name
                )
            )
        options = self._get_public_options()
        if not isinstance(quantities or {}, dict):
            raise UserError(self.env._("Please choose the options anew."))
        wanted = {self._read_public_id(key): value for key, value in (quantities or {}).items()}
        if set(wanted) - set(options.ids):
            raise UserError(
                self.env._(
                    "One of the options isn't offered with %(template)s any more. Please choose"
                    " anew.",
                    template=self.display_name,
                )
            )
        chosen = {option: option._read_public_quantity(wanted.get(option.id)) for option in options}
        return plan, {option: quantity for option, quantity in chosen.items() if quantity}

    def _read_valid_public_choice(self, plan_id=None, quantities=None):
        """As `_read_public_choice`, without what can't be chosen any more.

        :return: the plan, and option record → quantity (above 0).
        :rtype: tuple[sale.subscription.plan, dict]
        """
        self.ensure_one()
        wanted_id = self._read_public_id(plan_id)
        plan = self.plan_ids.filtered(lambda p: p.id == wanted_id) or self._get_default_plan()
        values = quantities if isinstance(quantities, dict) else {}
        wanted = {self._read_public_id(key): value for key, value in values.items()}
        chosen = {}
        for option in self._get_public_options():
            try:
                chosen[option] = option._read_public_quantity(wanted.get(option.id))
            except UserError:
                chosen[option] = option.min_quantity
        return plan, {option: quantity for option, quantity in chosen.items() if quantity}

    def _read_public_id(self, value):
        """Return the id a browser sent, 0 for anything else.

        :rtype: int
        """
        text = str(value)
        is_id = text.isascii() and text.isdigit() and len(text) <= 10
        return (is_id and self._to_id(int(text))) or 0

    def _read_public_record(self, model, value):
        """Return the record whose id a browser sent; empty when there is none.

        :param str model: name of the model.
        :param value: whatever was sent.
        """
        # sudo: only for models whose records are public knowledge, as countries.
        return self.env[model].sudo().browse(self._read_public_id(value) or ()).exists()

    # === MAKING THE ORDER === #
    def _prepare_public_order(self, partner, plan, quantities, address=None):
        """Return the values of the order of what somebody chose.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :param plan: the plan (`sale.subscription.plan`).
        :param dict quantities: option record → quantity.
        :param address: where the customer is: a partner whose country and VAT number decide on
            taxes. One in memory stands for a visitor who is filling in the form.
        :return: values of a `sale.order`.
        :rtype: dict
        """
        self.ensure_one()
        values = {
            "company_id": self._get_public_company().id,
            "partner_id": partner.id,
            "pricelist_id": self._get_public_pricelist(partner, address).id,
            "is_self_subscription": True,
            "subscription_template_id": self.id,
            "subscription_plan_id": plan.id,
            "order_line": [
                Command.create(line_values)
                for line_values in self._prepare_public_order_lines(quantities)
            ],
        }
        if address:
            values["fiscal_position_id"] = self._get_public_fiscal_position(partner, address).id
            if address.ids:
                values.update(partner_invoice_id=address.id, partner_shipping_id=address.id)
        template = self.with_company(self._get_public_company())
        salesperson = template.public_user_id or template.public_team_id.user_id
        if salesperson:
            values["user_id"] = salesperson.id
        if template.public_team_id:
            values["team_id"] = template.public_team_id.id
        return values

    def _get_public_pricelist(self, partner, address=None):
        """Return the price list of what a partner subscribes to on the public page.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :param address: see `_prepare_public_order`.
        :return: may be empty.
        :rtype: product.pricelist
        """
        self.ensure_one()
        if address and not address.ids:
            partner = address
        company = self._get_public_company()
        return (
            self.with_company(company).public_pricelist_id
            or partner.with_company(company).property_product_pricelist
        )

    def _get_public_fiscal_position(self, partner, address):
        """Return which taxes apply to somebody at an address.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :param address: a `res.partner`, written or in memory.
        :return: may be empty.
        :rtype: account.fiscal.position
        """
        self.ensure_one()
        company = self._get_public_company()
        FiscalPosition = self.env["account.fiscal.position"].with_company(company)
        address = address.with_company(company)
        if not address.ids or not (partner.country_id or partner.vat):
            # All that is known of where a visitor is stands in the address.
            return FiscalPosition._get_fiscal_position(address)
        # As for orders of the backend: an address abroad saves nobody the taxes of the country
        # whose VAT number they have.
        return FiscalPosition._get_fiscal_position(partner.with_company(company), address)

    def _prepare_public_order_lines(self, quantities):
        """Return the lines of the order: what is included, and the chosen options.

        :param dict quantities: option record → quantity.
        :return: values of `sale.order.line` records.
        :rtype: list[dict]
        """
        self.ensure_one()
        included = [line._prepare_public_order_line() for line in self.line_ids if line.quantity]
        chosen = [
            {
                "sequence": 100 + option.sequence,
                "product_id": option.product_id.id,
                "product_uom_id": option.uom_id.id,
                "product_uom_qty": quantity,
            }
            for option, quantity in quantities.items()
        ]
        return included + chosen

    def _new_public_order(self, partner, plan, quantities, address=None):
        """Return the order of what somebody chose, without writing it.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :param plan: the plan (`sale.subscription.plan`).
        :param dict quantities: option record → quantity.
        :param address: see `_prepare_public_order`.
        :return: an order in memory.
        :rtype: sale.order
        """
        template = self.with_company(self._get_public_company())
        values = template._prepare_public_order(partner, plan, quantities, address)
        return template.env["sale.order"].new(values)

    def _create_public_order(self, partner, plan, quantities, key, address=None):
        """Make the quotation of what somebody chose.

        :param partner: the customer (`res.partner`).
        :param plan: the plan (`sale.subscription.plan`).
        :param dict quantities: option record → quantity.
        :param str key: what tells this order from others: the same key never makes a second one.
        :param address: see `_prepare_public_order`.
        :return: a sent quotation.
        :rtype: sale.order
        :raise ConcurrencyError: when an order with this key is made at the same moment; Odoo then
            repeats the request, which finds it.
        """
        self.ensure_one()
        Order = self.env["sale.order"].with_company(self._get_public_company())
        values = self._prepare_public_order(partner, plan, quantities, address or partner)
        try:
            order = Order.with_context(mail_create_nosubscribe=True).create(
                {**values, "self_subscription_key": key}
            )
            order.flush_recordset()
        except UniqueViolation as error:
            raise ConcurrencyError(str(error)) from error
        order = order.with_context(mail_create_nosubscribe=False)
        order._set_public_confirmation()
        order.action_quotation_sent()
        return order

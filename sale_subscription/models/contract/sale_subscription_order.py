from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from ...const import ALLOWED_OPERATIONS
from ...todo import CANCELLED_ORDER, leave_todo


class SaleSubscription(models.Model):
    """What sales orders put into contracts."""

    _inherit = "sale.subscription"

    # === ACTION METHODS === #
    def action_view_orders(self):
        """Open the orders behind the contract.

        :rtype: dict
        """
        action = self.env["ir.actions.actions"]._for_xml_id("sale.action_orders")
        action["context"] = {"create": False}
        orders = self.order_chain_ids
        action["domain"] = [("id", "in", orders.ids)]
        if len(orders) == 1:
            action["views"] = [(False, "form")]
            action["res_id"] = orders.id
        return action

    # === PUBLIC METHODS === #
    def add_one_time_charge(self, product_id, quantity=1.0, price_unit=None, name=None):
        """Charge something once, with the contract's next invoice.

        :param int product_id: what is charged.
        :param float quantity: how much; negative gives money back.
        :param float price_unit: contract currency; the price list's price by default.
        :param str name: text on the invoice; the product's by default.
        :return: id of the charge.
        :rtype: int
        :raise UserError: if the contract isn't running or the product doesn't exist.
        """
        self._check_one()
        self.check_access("write")
        self._check_source_state(ALLOWED_OPERATIONS["charge_once"], "active")
        product = self._read_record("product.product", product_id)
        if not product:
            raise UserError(self.env._("There is no product with the id %(id)s.", id=product_id))
        name = self._read_text(name, self.env._("Description"))
        quantity = self._read_number(quantity)
        if not quantity:
            raise UserError(self.env._("Tell how much is charged: the quantity is 0."))
        if price_unit is None:
            price_unit = self.pricelist_id._get_product_price(
                product, quantity, currency=self.currency_id
            )
        price_unit = self._read_number(price_unit)
        values = self._prepare_one_off_charge(product, quantity, price_unit, name)
        charge = self.env["sale.subscription.charge"].sudo().create(values)  # sudo: see `_bill`
        self._update_next_invoice_date()
        return charge.id

    # === BUSINESS METHODS === #
    def _prepare_one_off_charge(self, product, quantity, price_unit, name=None):
        """Return a charge that isn't tied to a period.

        :return: values of a `sale.subscription.charge`.
        :rtype: dict
        """
        self.ensure_one()
        text = (
            name
            or product.with_context(
                lang=self.partner_id.lang
            ).get_product_multiline_description_sale()
        )
        return {
            "subscription_id": self.id,
            "kind": "one_time",
            "name": text,
            "product_id": product.id,
            "uom_id": product.uom_id.id,
            "quantity": quantity,
            "price_unit": price_unit,
            "amount": self.currency_id.round(quantity * price_unit),
            "currency_id": self.currency_id.id,
            "company_id": self.company_id.id,
        }

    def _add_order_charges(self, order_lines):
        """Let one-time lines of an order ride on this contract's first invoice.

        :param order_lines: `sale.order.line` records that are sold once.
        :return: None
        """
        self.ensure_one()
        values = [
            {
                **self._prepare_one_off_charge(
                    line.product_id, line.product_uom_qty, line.price_unit, line.name
                ),
                "order_line_id": line.id,
                "uom_id": line.product_uom_id.id,
                "discount": line.discount,
                "amount": line.currency_id.round(
                    line.product_uom_qty * line.price_unit * (100 - line.discount) / 100
                ),
            }
            for line in order_lines
            if line.product_id and not line.display_type
        ]
        self.env["sale.subscription.charge"].sudo().create(values)  # sudo: see `_bill`

    def _add_order_lines(self, order_lines):
        """Add recurring lines of a confirmed order to the running contract, from today on.

        :param order_lines: `sale.order.line` records of this contract's plan.
        :return: the new lines.
        :rtype: sale.subscription.line
        """
        self.ensure_one()
        start = max(self._get_today(), self.date_start)
        values = [
            {**line._prepare_subscription_line(), "subscription_id": self.id, "date_start": start}
            for line in order_lines
        ]
        return self.env["sale.subscription.line"].create(values)

    def _cancel_from_order(self, order):
        """Stop contracts whose order was cancelled; what was invoiced needs a decision.

        :param order: the cancelled `sale.order`.
        :return: None
        """
        for contract in self:
            # sudo: see `action_cancel`.
            posted = contract.sudo().charge_ids.move_id.filtered(lambda m: m.state == "posted")
            # sudo: what the order still wanted to charge goes with it.
            charges = contract.sudo().charge_ids
            charges.filtered(
                lambda charge: charge.order_line_id.order_id == order and not charge.invoice_line_id
            ).unlink()
            contract._update_next_invoice_date()
            if contract.state in ("closed", "cancelled"):
                continue
            if posted:
                contract.message_post(
                    body=self.env._(
                        "The order %(order)s was cancelled, but invoices were posted: close the "
                        "contract if service ends.",
                        order=order.name,
                    )
                )
                summary = self.env._("Order cancelled: close the contract?")
                user = contract.user_id or self.env.user
                leave_todo(contract, CANCELLED_ORDER, summary, "", user, "cancelled_order", order)
            else:
                contract.action_cancel()

    def _add_options(self, quantities):
        """Add chosen options as lines.

        :param dict quantities: product id → quantity.
        :return: None
        :raise UserError: if a product isn't an option of the contract.
        :raise ValidationError: if a quantity is outside its quota.
        """
        self.ensure_one()
        options = {option.product_id.id: option for option in self.option_ids}
        for product_id, quantity in quantities.items():
            option = options.get(product_id)
            if not option:
                raise UserError(
                    self.env._(
                        "The product with the id %(id)s isn't an option of %(template)s.",
                        id=product_id,
                        template=self.template_id.display_name,
                    )
                )
            quantity = self._read_number(quantity)
            option._check_quantity(quantity)
            if float_compare(quantity, 0.0, precision_digits=6) > 0:
                self.line_ids = [fields.Command.create(option._prepare_subscription_line(quantity))]

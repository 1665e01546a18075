from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools import float_compare

from ...engine.owed import Version, owed
from ...engine.proration import exact


class SaleOrderLine(models.Model):
    """What a recurring line hands over to its contract, for good."""

    _inherit = "sale.order.line"

    subscription_line_ids = fields.One2many(
        comodel_name="sale.subscription.line",
        inverse_name="order_line_id",
        string="Contract Lines",
        readonly=True,
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Let recurring lines added to a confirmed order join its contracts."""
        for vals in vals_list:
            self._check_finite_numbers(vals)
        lines = super().create(vals_list)
        lines.order_id.filtered(lambda order: order.state == "sale")._sync_subscriptions()
        return lines

    def write(self, vals):
        self._check_finite_numbers(vals)
        self._check_contract_unchanged(vals)
        return super().write(vals)

    @api.model
    def _check_finite_numbers(self, vals):
        """Say clearly what core's tax computation would only stumble over.

        :param dict vals: The values about to be written.
        :raise ValidationError: When a quantity, price or discount isn't a number.
        """
        for name in {"product_uom_qty", "price_unit", "discount"} & vals.keys():
            if isinstance(vals[name], float) and not isfinite(vals[name]):
                raise ValidationError(
                    self.env._("The quantity, price and discount of a line must be numbers.")
                )

    def _check_contract_unchanged(self, vals):
        """Refuse to rewrite what a contract was made of.

        The contract decides what is owed. A confirmed line that says something else would only
        look as if it did.

        :param dict vals: The values about to be written.
        :raise UserError: When a confirmed line would be sold differently.
        """
        changed = self._get_contract_fields() & vals.keys()
        if not changed:
            return
        for line in self.filtered(lambda line: line.state == "sale"):
            names = [name for name in changed if line._is_changed_by(name, vals[name])]
            # sudo: the contract may be one the writer has no right to see.
            contract = line.sudo()._get_carrying_contract()
            if contract and names:
                raise UserError(
                    self.env._(
                        "%(product)s runs in the contract %(contract)s: make the change there.",
                        product=line.product_id.display_name,
                        contract=contract.name,
                    )
                )
            if "subscription_plan_id" in names:
                raise UserError(
                    self.env._(
                        "The order is confirmed: the plan of %(product)s can't change any more."
                        " Add another line instead.",
                        product=line.product_id.display_name,
                    )
                )

    def _get_carrying_contract(self):
        """Return the contract that carries the line, empty when none does yet.

        :rtype: sale.subscription
        """
        self.ensure_one()
        return self.subscription_line_ids.subscription_id[:1]

    @api.model
    def _get_contract_fields(self):
        """Return the fields a confirmed line hands over to its contract for good.

        :return: Names of fields.
        :rtype: set
        """
        return {
            "discount",
            "price_unit",
            "product_id",
            "product_uom_id",
            "product_uom_qty",
            "subscription_plan_id",
            "subscription_template_id",
        }

    def _is_changed_by(self, name, value):
        """Tell whether writing a value would change a field.

        :param str name: The name of the field.
        :param value: The value about to be written.
        :rtype: bool
        """
        self.ensure_one()
        if self._fields[name].type == "float":
            return float_compare(self[name], value or 0.0, precision_digits=9) != 0
        return (self[name].id or False) != (value or False)

    # === BUSINESS METHODS === #

    def _prepare_subscription_line(self):
        """Return the values of the contract line made from this line.

        :return: Values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        return {
            "order_line_id": self.id,
            "sequence": self.sequence,
            "product_id": self.product_id.id,
            "name": self.name,
            "quantity": self.product_uom_qty,
            "uom_id": self.product_uom_id.id,
            "price_unit": self.price_unit,
            "technical_price_unit": self.technical_price_unit,
            "discount": self.discount,
            "tax_ids": [Command.set(self.tax_ids.ids)],
            "analytic_distribution": self.analytic_distribution,
            "plan_id": self.subscription_plan_id.id,
        }

    def _get_first_base_lines(self, schedule):
        """Return what the first invoice says for this line, for core's tax engine.

        :param dict schedule: See `sale.order._get_first_schedule`.
        :return: Base lines; none when nothing is due on the day of the confirmation.
        :rtype: list
        """
        self.ensure_one()
        price = exact(self.product_uom_qty) * exact(self.price_unit) * (100 - exact(self.discount))
        version = Version(
            schedule["recurrence"],
            schedule["start"],
            schedule["end"],
            price / 100,
            schedule["timing"],
        )
        base_lines = []
        pauses = schedule.get("pauses", ())
        for piece in owed(version, [], schedule["today"], schedule["quantum"], pauses):
            values = {}
            if piece.fraction != 1:
                # The quantity stays, as on the invoice: a tax may be charged per unit.
                factor = self.product_uom_qty * (100 - self.discount) / 100
                values = {"price_unit": float(piece.amount) / factor if factor else 0.0}
            base_lines.append(self._prepare_base_line_for_taxes_computation(**values))
        return base_lines

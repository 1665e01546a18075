from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ...const import CHARGE_KINDS


class SaleSubscriptionCharge(models.Model):
    """The billing ledger: one row per line and period, or per one-off amount.

    Only a charge becomes an invoice line. The unique index makes it impossible to charge a line
    twice for the same stretch, whatever runs in parallel: a second row for the same start and kind
    is only possible as a later revision (charge, credit, charge again).
    """

    _name = "sale.subscription.charge"
    _description = "Subscription Charge"
    _order = "date_due, id"
    _check_company_auto = True

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, readonly=True, index=True, ondelete="restrict"
    )
    line_id = fields.Many2one(
        "sale.subscription.line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The line version charged; empty for one-off charges.",
    )
    order_line_id = fields.Many2one(
        "sale.order.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The one-time order line that rides on a contract invoice.",
    )
    kind = fields.Selection(CHARGE_KINDS, required=True, readonly=True)
    date_from = fields.Date(readonly=True, help="First day covered.")
    date_to = fields.Date(readonly=True, help="Last day covered.")
    date_due = fields.Date(
        string="Owed On",
        readonly=True,
        index=True,
        help="The day it is owed; empty: with the contract's next invoice.",
    )
    revision = fields.Integer(
        readonly=True, help="Counts the charges of one kind for the same stretch."
    )
    name = fields.Text(string="Description", readonly=True)
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    price_unit = fields.Float(min_display_digits="Product Price", readonly=True)
    discount = fields.Float(string="Disc.%", digits="Discount", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="Quantity × price less discount, in the price's terms; credits < 0."
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    invoice_line_id = fields.Many2one(
        "account.move.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The invoice line that bills this charge; empty: still to be invoiced.",
    )
    move_id = fields.Many2one(related="invoice_line_id.move_id", string="Invoice")
    freed_invoice_line_ids = fields.Many2many(
        "account.move.line",
        relation="sale_subscription_charge_freed_line_rel",
        column1="charge_id",
        column2="line_id",
        readonly=True,
        copy=False,
        help="Lines of cancelled invoices that billed this charge before.",
    )

    is_waived = fields.Boolean(
        readonly=True, help="There is nothing to pay: no invoice is made for it."
    )
    is_held_back = fields.Boolean(
        readonly=True,
        copy=False,
        help="A credit that an accountant gave already by reversing the invoice.",
    )

    # Exactly once: the database itself refuses a second charge of the same stretch.
    _stretch_uniq = models.UniqueIndex(
        "(line_id, date_from, kind, revision) WHERE line_id IS NOT NULL",
        "This period of the line is charged already.",
    )
    _order_line_uniq = models.UniqueIndex(
        "(order_line_id) WHERE order_line_id IS NOT NULL",
        "This order line is charged already.",
    )
    # Charges still to be invoiced are few among many.
    _waiting_idx = models.Index(
        "(subscription_id) WHERE invoice_line_id IS NULL AND is_waived IS NOT TRUE"
    )
    _dates_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A charge can't end before it begins."
    )

    @api.depends("product_id", "date_from", "date_to")
    def _compute_display_name(self):
        for charge in self:
            charge.display_name = charge.product_id.display_name

    @api.ondelete(at_uninstall=False)
    def _unlink_if_not_invoiced(self):
        if self.invoice_line_id:
            raise UserError(self.env._("An invoiced charge can't be deleted."))

    def _get_period_text(self):
        """Return the period a charge covers, in the language of the environment.

        :return: for instance "03/01/2026 to 03/31/2026"; empty for one-off charges.
        :rtype: str
        """
        self.ensure_one()
        if not self.date_from:
            return ""
        return self._format_period(self.date_from, self.date_to)

    @api.model
    def _format_period(self, date_from, date_to):
        """Format inclusive dates the way the customer writes them."""
        return self.env._(
            "%(date_from)s to %(date_to)s",
            date_from=format_date(self.env, date_from),
            date_to=format_date(self.env, date_to),
        )

    def _get_invoice_line_name(self):
        """Return the text of the invoice line: what, and for which period.

        :rtype: str
        """
        self.ensure_one()
        period = self._get_period_text()
        if not period:
            return self.name
        if self.kind == "credit":
            period = self.env._("Credit for unused time: %(period)s", period=period)
        return f"{self.name}\n{period}"

    def _prepare_invoice_line(self, sign=1):
        """Return the values of the invoice line that bills this charge.

        Accounts are left to core, which knows product, category, fiscal position and company.

        :param int sign: -1 on a credit note, whose lines are positive when they give money back.
        :return: values of an `account.move.line`.
        :rtype: dict
        :raise UserError: if a tax of the line was archived.
        """
        self.ensure_one()
        line = self.line_id
        taxes = self._get_taxes()
        self._check_taxes_active(taxes)
        values = {
            "display_type": "product",
            "sequence": (line or self.order_line_id).sequence,
            "product_id": self.product_id.id,
            "name": self._get_invoice_line_name(),
            "quantity": self.quantity * sign,
            "product_uom_id": self.uom_id.id,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "tax_ids": [fields.Command.set(taxes.ids)],
            "subscription_id": self.subscription_id.id,
            "subscription_date_from": self.date_from,
            "subscription_date_to": self.date_to,
        }
        distribution = (line or self.order_line_id).analytic_distribution
        if distribution:
            values["analytic_distribution"] = distribution
        if self.order_line_id:
            values["sale_line_ids"] = [fields.Command.link(self.order_line_id.id)]
        return values

    def _get_taxes(self):
        """Return the taxes the charge is billed with: those that hold today, not when it arose."""
        self.ensure_one()
        if self.line_id:
            return self.line_id.tax_ids
        if self.order_line_id:
            return self.order_line_id.tax_ids
        return self.subscription_id._get_product_taxes(self.product_id)

    def _check_taxes_active(self, taxes):
        """Refuse taxes that aren't used any more; core would go on with them, or leave them out.

        :param taxes: `account.tax` the charge would be billed with.
        :raise UserError: naming the tax and the contract line.
        """
        archived = taxes.filtered(lambda tax: not tax.active)
        if archived:
            raise UserError(
                self.env._(
                    "The tax %(tax)s of “%(line)s” is archived: choose another one on the line.",
                    tax=archived[0].name,
                    line=self.product_id.display_name,
                )
            )

    def _prepare_base_line_for_taxes_computation(self):
        """Return the charge as core's tax engine wants it (for previews).

        :rtype: dict
        """
        self.ensure_one()
        contract = self.subscription_id
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self,
            tax_ids=self._get_taxes(),
            quantity=self.quantity,
            price_unit=self.price_unit,
            discount=self.discount,
            partner_id=contract.partner_id,
            currency_id=contract.currency_id,
        )

    def _prepare_preview_line(self):
        """Return the charge as `sale.subscription.preview_billing` shows it.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "line_id": self.line_id.id,
            "product_id": self.product_id.id,
            "name": self.name,
            "kind": self.kind,
            "date_from": self.date_from.isoformat() if self.date_from else None,
            "date_to": self.date_to.isoformat() if self.date_to else None,
            "quantity": self.quantity,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "amount": self.amount,
        }

    def _take_order_quantity(self):
        """Charge what the order line still has to invoice, and tell whether that is anything.

        The order may have invoiced the line itself meanwhile, wholly or in part; a line billed on
        delivery waits.

        :rtype: bool
        """
        self.ensure_one()
        line = self.order_line_id
        if line.qty_invoiced >= line.product_uom_qty > 0:
            self.unlink()
            return False
        quantity = line.qty_to_invoice
        if not quantity:
            return False
        amount = quantity * line.price_unit * (100 - line.discount) / 100
        self.write(
            {
                "name": line.name,
                "quantity": quantity,
                "price_unit": line.price_unit,
                "discount": line.discount,
                "amount": self.currency_id.round(amount),
            }
        )
        return True

    def _is_given_back(self):
        """Tell whether these charges together, taxes included, give money back.

        :rtype: bool
        """
        if all(charge.amount >= 0 for charge in self):
            return False
        contract = self[0].subscription_id
        lines = [charge._prepare_base_line_for_taxes_computation() for charge in self]
        totals = contract._get_tax_totals_of(lines)
        return contract.currency_id.compare_amounts(totals["total_amount_currency"], 0.0) < 0

    def _can_wait(self):
        """Tell whether these charges may wait for an invoice of their contracts to come.

        Only what credits for changes make negative waits, and only where an invoice follows.

        :rtype: bool
        """
        credits = self.filtered(lambda charge: charge.kind == "credit")
        if not credits or sum((self - credits).mapped("amount")) < 0:
            return False
        coverage = self.subscription_id.line_ids._get_coverage()
        return all(
            contract.state == "active"
            and contract.template_id.credit_when == "next_invoice"
            and any(line._get_next_due(coverage) for line in contract.line_ids)
            for contract in self.subscription_id
        )

    def _waive_free(self):
        """Settle charges that would make an invoice over nothing, and tell whether they do.

        What is charged and credited at once for the same product and with the same taxes is
        nothing, too.

        :rtype: bool
        """
        sums = {}
        for charge in self:
            line = charge.line_id or charge.order_line_id
            key = (charge.product_id, charge._get_taxes(), str(line.analytic_distribution or ""))
            sums[key] = sums.get(key, 0.0) + charge.amount
        currency = self.currency_id[:1]
        if any(not currency.is_zero(amount) for amount in sums.values()):
            return False
        self.is_waived = True
        return True

    @api.model
    def _get_waiting_domain(self):
        """Return the charges that still want an invoice.

        :rtype: Domain
        """
        return Domain("invoice_line_id", "=", False) & Domain("is_waived", "=", False)

    def _free(self):
        """Give invoiced charges back to be billed again; their invoice was cancelled or deleted."""
        for charge in self:
            charge.freed_invoice_line_ids |= charge.invoice_line_id
        self.invoice_line_id = False
        self.subscription_id._update_next_invoice_date()

from datetime import datetime, time

from odoo import fields, models


class SaleOrderLine(models.Model):
    """Lines of quotations that change a running contract."""

    _inherit = "sale.order.line"

    subscription_renewed_line_id = fields.Many2one(
        comodel_name="sale.subscription.line",
        string="Renews",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract that this line sells for another duration.",
    )

    # === COMPUTE METHODS === #
    def _compute_allowed_plan_ids(self):
        """Offer the contract's plan alone."""
        changing = self.filtered("order_id.subscription_origin_id")
        for line in changing:
            is_recurring = line.product_id.recurring_invoice
            line.allowed_plan_ids = is_recurring and line.order_id.subscription_plan_id
        super(SaleOrderLine, self - changing)._compute_allowed_plan_ids()

    # === BUSINESS METHODS === #
    def _get_proposed_plan(self):
        """Propose the contract's plan, also when its template doesn't offer it any more."""
        if self.order_id.subscription_origin_id and self._can_recur():
            return self.order_id.subscription_plan_id
        return super()._get_proposed_plan()

    def _get_order_date(self):
        """Take the price list's prices of the day from which a renewal holds."""
        order = self.order_id
        if order.subscription_operation == "renewal" and order.state in ("draft", "sent"):
            day = order._get_changed_contract()._get_renewal_day()
            return datetime.combine(day, time(12))
        return super()._get_order_date()

    def _get_carrying_contract(self):
        """A line that renewed one of the contract without a change is carried by it, too."""
        contract = super()._get_carrying_contract()
        order = self.order_id
        if contract or not (order.subscription_renewal_date and self.subscription_renewed_line_id):
            return contract
        return order.subscription_origin_id

    def _get_first_base_lines(self, schedule):
        """Charge the difference where a running line gets more of the same."""
        raised = schedule.get("raised", {}).get(self)
        if not raised:
            return super()._get_first_base_lines(schedule)
        credits, charges = raised._get_raised_pieces(self, schedule)
        share = (100 - raised.discount) / 100
        base_lines = []
        for piece in credits:
            base_lines.append(self._prepare_raised_base_line(-raised.quantity, piece, share))
        for piece in charges:
            quantity = raised.quantity + self.product_uom_qty
            base_lines.append(self._prepare_raised_base_line(quantity, piece, share))
        return base_lines

    def _prepare_raised_base_line(self, quantity, piece, share):
        """Return one of the two lines by which the invoice charges a higher quantity.

        :param float quantity: below 0 for what is given back.
        :param piece: an `engine.owed.Charge`.
        :param float share: what the discount leaves of the price.
        :rtype: dict
        """
        price = self.price_unit
        if abs(piece.fraction) != 1:
            factor = quantity * share
            price = float(piece.amount) / factor if factor else 0.0
        return self._prepare_base_line_for_taxes_computation(quantity=quantity, price_unit=price)

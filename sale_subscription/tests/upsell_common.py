from odoo.fields import Command
from odoo.tools import html2plaintext

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon


class UpsellCommon(SaleSubscriptionSaleCommon):
    """A contract over two seats at 31.00 a month from 1 March 2026: a day costs 1.00 per seat."""

    def _start(self, start="2026-03-01", bill_until="2026-03-01", **values):
        line = {"price_unit": 31.0, "quantity": 2, **values.pop("line", {})}
        values.setdefault("user_id", self.salesman.id)
        with self._today(start):
            contract = self._activate(start, lines=[line], pricelist_id=self.pricelist.id, **values)
            if bill_until:
                self._bill(contract, bill_until)
        return contract.with_user(self.salesman)

    def _upsell(self, contract, *lines):
        """Open an upsell as the salesman does and put lines on it."""
        order = self.env["sale.order"].browse(contract.action_upsell()["res_id"])
        order = order.with_user(self.salesman)
        order.order_line = [Command.create(line) for line in lines]
        return order

    def _seats(self, quantity, **values):
        return {
            "product_id": self.seat.id,
            "product_uom_qty": quantity,
            "price_unit": 31.0,
            **values,
        }

    def _get_due(self, order):
        due = order._get_due_first()
        return due["untaxed"], due["tax"], due["total"]

    def _versions(self, contract):
        return [
            (
                line.product_id.name,
                line.quantity,
                line.price_unit,
                str(line.date_start),
                str(line.date_end or ""),
            )
            for line in contract.sudo().line_ids.sorted(lambda line: (line.date_start, line.id))
        ]

    def _get_last_note(self, contract):
        return html2plaintext(contract.message_ids[0].body)

    def _bill_now(self, contract, day):
        return self._bill(contract.sudo(), day)

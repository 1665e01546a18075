from odoo.fields import Command

from odoo.addons.sale_subscription.tests.common import SubscriptionCommon


class SaleSubscriptionSaleCommon(SubscriptionCommon):
    """What a salesman sells: seats by the month, support by the year, a setup once.

    Everything carries a sales tax of 10 %. Orders are written by a salesman with the lowest sales
    rights, over RPC: by plain values, without a form.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.tax_15
        cls.tax.write({"name": "Sales Tax 10%", "amount": 10.0})
        cls.monthly.name = "By the month"
        cls.quarterly.name = "By the quarter"
        cls.yearly.name = "By the year"
        cls.template.plan_ids = cls.monthly | cls.quarterly | cls.yearly
        (cls.seat | cls.support).subscription_template_id = cls.template
        cls.customer = cls.partner
        cls.customer.name = "Blue Kite"
        cls.pricelist = cls.env["product.pricelist"].create(
            {"name": "Subscription prices", "currency_id": cls.company.currency_id.id}
        )

    @classmethod
    def _create_other_template(cls, name, plans, **values):
        return cls._create_template(name=name, plan_ids=[Command.set(plans.ids)], **values)

    @classmethod
    def _create_rule(cls, **values):
        return cls.env["product.pricelist.item"].create(
            {"pricelist_id": cls.pricelist.id, **values}
        )

    @classmethod
    def _create_product_rule(cls, product, price, **values):
        return cls._create_rule(
            applied_on="1_product",
            product_tmpl_id=product.product_tmpl_id.id,
            compute_price="fixed",
            fixed_price=price,
            **values,
        )

    def _create_order(self, *lines, **values):
        """Make a quotation as a salesman does over RPC: plain values, no form."""
        return (
            self.env["sale.order"]
            .with_user(self.salesman)
            .create(
                {
                    "partner_id": self.customer.id,
                    "pricelist_id": self.pricelist.id,
                    "order_line": [Command.create(line) for line in lines],
                    **values,
                }
            )
        )

    def _create_mixed_order(self, **values):
        """Three seats by the month at 10 % off, support by the year, and a setup fee."""
        return self._create_order(
            {"product_id": self.seat.id, "product_uom_qty": 3, "discount": 10},
            {"product_id": self.support.id},
            {"product_id": self.setup_fee.id},
            **values,
        )

    def _get_line(self, order, product):
        return order.order_line.filtered(lambda line: line.product_id == product)

    def _get_contract(self, order, plan):
        return order.subscription_ids.filtered(lambda contract: contract.plan_id == plan)

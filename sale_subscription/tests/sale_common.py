from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class SaleSubscriptionSaleCommon(AccountTestInvoicingCommon):
    """A small catalog to sell: seats by the month, support by the year, a setup fee once.

    Prices are in the company's currency (USD), everything carries a sales tax of 10 %, and orders
    are written by a salesman with the lowest sales rights.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("sales_team.group_sale_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.company.subscription_tz = "UTC"
        cls._create_catalog()
        cls.salesman = new_test_user(
            cls.env,
            login="subscription_salesman",
            groups="sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Blue Kite", "email": "blue.kite@example.com"}
        )

    @classmethod
    def _create_catalog(cls):
        Plan = cls.env["sale.subscription.plan"]
        cls.monthly, cls.quarterly, cls.yearly = Plan.create(
            [
                {"name": "By the month", "interval_unit": "month", "interval_count": 1},
                {"name": "By the quarter", "interval_unit": "month", "interval_count": 3},
                {"name": "By the year", "interval_unit": "year", "interval_count": 1},
            ]
        )
        cls.template = cls._create_template("Software", cls.monthly | cls.quarterly | cls.yearly)
        cls.tax = cls.env["account.tax"].create(
            {"name": "Sales Tax 10%", "amount": 10.0, "type_tax_use": "sale"}
        )
        cls.seat = cls._create_recurring_product("Seat", 10.0, cls.monthly)
        cls.support = cls._create_recurring_product("Support", 120.0, cls.yearly)
        cls.setup_fee = cls._create_sale_product("Setup", 50.0)
        cls.pricelist = cls.env["product.pricelist"].create(
            {"name": "Subscription prices", "currency_id": cls.company.currency_id.id}
        )

    @classmethod
    def _create_template(cls, name, plans, **values):
        return cls.env["sale.subscription.template"].create(
            {"name": name, "plan_ids": [Command.set(plans.ids)], "invoicing_mode": "post", **values}
        )

    @classmethod
    def _create_sale_product(cls, name, price, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "invoice_policy": "order",
                "taxes_id": [Command.set(cls.tax.ids)],
                **values,
            }
        )

    @classmethod
    def _create_recurring_product(cls, name, price, plan, **values):
        return cls._create_sale_product(
            name,
            price,
            recurring_invoice=True,
            subscription_plan_id=plan.id,
            **{"subscription_template_id": cls.template.id, **values},
        )

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

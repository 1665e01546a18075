from odoo.exceptions import UserError
from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.portal_options_common import PortalOptionsCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalOptions(PortalOptionsCommon, HttpCase):
    """The quotation's page: optional products, questions, and the way to the contract."""

    def _update(self, order, line, **values):
        params = {
            "line_id": str(line.id),
            "access_token": order._portal_ensure_token(),
            **values,
        }
        self.make_jsonrpc_request(f"/my/orders/{order.id}/update_line_dict", params)
        self.env.invalidate_all()

    def test_customer_adds_an_option_within_its_quota(self):
        order = self._create_optional_order()
        line = self._get_line(order, self.storage)
        self.assertIn("From 2 to 10.", self.url_open(order.get_portal_url()).text)
        for values, quantity in (
            ({"input_quantity": 4}, 4.0),
            ({}, 5.0),
            ({"remove": True}, 4.0),
            ({"input_quantity": 10}, 10.0),
            ({"input_quantity": 0}, 0.0),
            ({}, 2.0),  # from none straight to the least that is sold
            ({"remove": True}, 0.0),
            ({"remove": True}, 0.0),
            ({"input_quantity": 3}, 3.0),
        ):
            with self.subTest(**values):
                self._update(order, line, **values)
                self.assertEqual(line.product_uom_qty, quantity)
        self.assertEqual((line.price_unit, line.subscription_plan_id), (5.0, self.monthly))
        # 10.00 for the seat and 15.00 for storage, plus 10 %.
        self.assertEqual([t["total"] for t in order._get_recurring_totals()], [27.5])
        order.action_confirm()
        lines = order.subscription_ids.line_ids.sorted("price_unit")
        self.assertEqual(
            [(each.product_id, each.quantity) for each in lines],
            [(self.storage, 3.0), (self.seat, 1.0)],
        )

    def test_other_quantities_are_refused(self):
        order = self._create_optional_order()
        line = self._get_line(order, self.storage)
        self._update(order, line, input_quantity=10)
        other = self._create_optional_order()
        for values in (
            {"input_quantity": 11},
            {"input_quantity": 1},
            {"input_quantity": -1},
            {"input_quantity": -5.5},
            {"input_quantity": "abc"},
            {"input_quantity": "NaN"},
            {"input_quantity": "inf"},
            {"input_quantity": True},
            {"input_quantity": None},
            {"input_quantity": [3]},
            {},
            {"line_id": self._get_line(order, self.seat).id, "input_quantity": 3},
            {"line_id": self._get_line(other, self.storage).id, "input_quantity": 3},
            {"line_id": "x", "input_quantity": 3},
            {"access_token": "wrong", "input_quantity": 3},
        ):
            with (
                self.subTest(**values),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException) as error,
            ):
                self._update(order, line, **values)
            self.assertIn(
                str(error.exception),
                ("odoo.exceptions.AccessError", "odoo.exceptions.UserError"),
            )
            self.env.invalidate_all()
            self.assertEqual(order.order_line.mapped("product_uom_qty"), [1.0, 0.0, 10.0, 0.0])
            self.assertEqual(other.order_line.mapped("product_uom_qty"), [1.0, 0.0, 0.0, 0.0])

    def test_refusals_do_not_name_internal_references(self):
        self.storage.default_code = "ST-1"
        line = self._get_line(self._create_optional_order(), self.storage)
        with self.assertRaisesRegex(UserError, "^Storage: the quantity you ask for"):
            line._check_portal_quantity(11)

    def test_what_is_sold_once_has_no_quota(self):
        order = self._create_optional_order()
        fee = self._get_line(order, self.setup_fee)
        self._update(order, fee, input_quantity=30)
        self.assertEqual(fee.product_uom_qty, 30.0)

    def test_an_upsell_counts_what_the_contract_has(self):
        contract = self._create_portal_contract(
            lines=[{}, {"product_id": self.storage.id, "quantity": 8.0}],
            user_id=self.salesman.id,
            pricelist_id=self.pricelist.id,
        )
        contract.action_bill(until="2026-03-01")
        seller = contract.with_user(self.salesman)
        order = self.env["sale.order"].browse(seller.action_upsell()["res_id"])
        order.write(
            {
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "display_type": "line_section",
                            "name": "More",
                            "is_optional": True,
                            "sequence": 90,
                        },
                    ),
                    (
                        0,
                        0,
                        {"product_id": self.storage.id, "product_uom_qty": 0, "sequence": 91},
                    ),
                ]
            }
        )
        order.action_quotation_sent()
        line = self._get_line(order, self.storage)[-1:]
        self._update(order, line, input_quantity=2)
        self.assertEqual(line.product_uom_qty, 2.0)
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
            self._update(order, line, input_quantity=3)

    def test_visitor_asks_the_salesperson(self):
        order = self._create_optional_order()
        order.message_subscribe(self.salesman.partner_id.ids)
        result = self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "sale.order",
                "thread_id": order.id,
                "post_data": {
                    "body": "Is storage encrypted?",
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                },
                "token": order._portal_ensure_token(),
            },
        )
        self.assertTrue(result)
        self.env.invalidate_all()
        message = order.message_ids[0]
        self.assertEqual(message.preview, "Is storage encrypted?")
        self.assertEqual(message.author_id, self.partner)
        self.assertIn(self.salesman.partner_id, message.notified_partner_ids)

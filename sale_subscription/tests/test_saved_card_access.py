from types import SimpleNamespace
from urllib.parse import urlencode

from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.payment.utils import generate_access_token
from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)

# What a link can lead to; the one-time order and the bare link belong to a customer with contracts.
DOORS = ("order", "one-time order", "invoice", "link")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestSavedCardAccess(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """A forwarded link gives nobody a saved card: neither to see, nor to pay with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls._create_token()
        cls.owner, cls.colleague, cls.stranger = (
            cls._create_user(login, "base.group_portal", internal=False).partner_id
            for login in ("owner", "colleague", "stranger")
        )
        (cls.owner | cls.colleague).parent_id = cls.customer
        cls.own_card = cls._create_token(partner=cls.owner)
        cls.colleagues_card = cls._create_token(partner=cls.colleague)
        cls.contract = cls._activate(start="2026-03-10", lines=[{"product_id": cls.seat.id}])
        cls.invoice = cls.env["account.move"].browse(cls.contract.action_bill()).sudo()

    def setUp(self):
        super().setUp()
        self.order = self._create_paid_order()
        self.one_time = self._create_order(
            {"product_id": self.setup_fee.id}, require_signature=False, require_payment=True
        ).sudo()
        self._send(self.one_time)

    # === THE DOORS === #

    def _get_page(self, door):
        """Return the address of the page behind a door, as it is mailed."""
        if door == "link":
            return f"/payment/pay?{urlencode(self._get_link_values())}"
        record = {"order": self.order, "one-time order": self.one_time, "invoice": self.invoice}
        return record[door].get_portal_url()

    def _get_link_values(self):
        currency = self.company.currency_id
        values = (self.customer.id, 11.0, currency.id)
        return {
            "partner_id": self.customer.id,
            "amount": 11.0,
            "currency_id": currency.id,
            "company_id": self.company.id,
            "access_token": generate_access_token(*values, env=self.env),
        }

    def _pay_with(self, door, card):
        """Send what the payment form sends when a saved card is chosen; return transactions."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": None,
            "token_id": card.id,
            "flow": "token",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
        }
        if door == "link":
            route = "/payment/transaction"
            link = self._get_link_values()
            del link["company_id"]
            params |= {"reference_prefix": self.invoice.name, **link}
        elif door == "invoice":
            route = f"/invoice/transaction/{self.invoice.id}"
            params |= {"access_token": self.invoice._portal_ensure_token(), "amount": 11.0}
        else:
            order = self.order if door == "order" else self.one_time
            route = f"/my/orders/{order.id}/transaction"
            amount = 216.7 if door == "order" else 55.0
            params |= {"access_token": order._portal_ensure_token(), "amount": amount}
        self.make_jsonrpc_request(route, params)
        return self._find_payments(card)

    def _find_payments(self, card):
        self.env.invalidate_all()
        return self.env["payment.transaction"].sudo().search([("token_id", "=", card.id)])

    def _shows(self, door, card):
        response = self.url_open(self._get_page(door))
        self.assertEqual(response.status_code, 200, door)
        self.assertIn('name="o_payment_radio"', response.text, f"{door} offers no payment at all")
        return f'id="o_payment_token_{card.id}"' in response.text

    def _assert_refused(self, who, card, error):
        for door in DOORS:
            with self.subTest(who=who, door=door, card=card.partner_id.name):
                with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, error):
                    self._pay_with(door, card)
                self.assertFalse(self._find_payments(card))

    # === WHO MAY NOT === #

    def test_a_visitor_sees_no_card_of_a_subscriber(self):
        for door in DOORS:
            with self.subTest(door=door):
                self.assertFalse(self._shows(door, self.card))

    def test_a_visitor_pays_with_no_card_of_a_subscriber(self):
        self._assert_refused("visitor", self.card, "AccessError")

    def test_a_stranger_with_an_account_sees_and_uses_no_card_of_others(self):
        self.authenticate("stranger", "stranger")
        for door in DOORS:
            with self.subTest(door=door):
                self.assertFalse(self._shows(door, self.card))
        self._assert_refused("stranger", self.card, "AccessError")

    def test_the_card_of_a_colleague_is_theirs(self):
        self.authenticate("owner", "owner")
        self._assert_refused("colleague", self.colleagues_card, "AccessError")

    def test_a_card_that_is_none_is_refused(self):
        self.authenticate("owner", "owner")
        for token_id in (0, "x", [self.card.id], None):
            with (
                self.subTest(token_id=token_id),
                mute_logger("odoo.http"),
                self.assertRaises(JsonRpcException),
            ):
                self._pay_with("invoice", SimpleNamespace(id=token_id))
        self.assertFalse(self._find_payments(self.card))

    # === WHO MAY === #

    def test_its_owner_signed_in_sees_and_uses_it(self):
        self.authenticate("owner", "owner")
        for door in DOORS:
            with self.subTest(door=door):
                self.assertTrue(self._shows(door, self.own_card))
        for number, door in enumerate(("invoice", "order", "one-time order", "link"), 1):
            with self.subTest(door=door):
                states = self._pay_with(door, self.own_card).mapped("state")
                self.assertEqual(states, ["done"] * number)

    def test_the_card_of_ones_company_can_be_used(self):
        self.authenticate("owner", "owner")
        self.assertEqual(self._pay_with("invoice", self.card).state, "done")

    def test_for_customers_without_contracts_nothing_changes(self):
        """Neither for the one-time order nor for the bare link: that is core's own rule."""
        other = self.env["res.partner"].create({"name": "Red Kite"})
        card = self._create_token(partner=other)
        self.one_time.partner_id = self.customer = other
        for door in ("one-time order", "link"):
            with self.subTest(door=door):
                self.assertTrue(self._shows(door, card))
        self.assertEqual(self._pay_with("one-time order", card).state, "done")

    def test_the_first_quotation_of_a_customer_shows_no_card_either(self):
        """Who becomes a subscriber only by paying is protected before."""
        other = self.env["res.partner"].create({"name": "Red Kite"})
        card = self._create_token(partner=other)
        self.order.partner_id = other
        self.assertFalse(self._shows("order", card))
        with mute_logger("odoo.http"), self.assertRaisesRegex(JsonRpcException, "AccessError"):
            self._pay_with("order", card)
        self.assertFalse(self._find_payments(card))

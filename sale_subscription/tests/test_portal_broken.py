from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_security_common import (
    PortalSecurityCommon,
    PortalVisitor,
)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalBroken(PortalVisitor, PortalSecurityCommon, HttpCase):
    """Requests that no page sends are answered in words, and change nothing."""

    def setUp(self):
        super().setUp()
        self.token = self.contract.access_token
        self.url = f"/my/subscriptions/{self.contract.id}"
        self.order = self._get_orders(self.contract)[:1]

    def test_without_parameters(self):
        before = self._get_state()
        for user in (None, self.owner):
            self._sign_in(user)
            for path in (
                f"{self.url}/pay/transaction",
                f"{self.url}/payment-method/transaction",
                f"{self.url}/payment-method/assign",
                f"/my/orders/{self.order.id}/transaction",
                f"/my/orders/{self.order.id}/card",
                f"/my/orders/{self.order.id}/card/assign",
                f"/my/orders/{self.order.id}/update_line_dict",
            ):
                with self.subTest(user=user and user.login, path=path):
                    self.assertTrue(self._get_error(self._rpc(path)))
        self.assertEqual(self._get_difference(before), set())

    def test_payments(self):
        """Core would hand these to the database, and to the provider."""
        invoice = self.contract._get_portal_invoices()[:1]
        right = {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method.id,
            "token_id": None,
            "flow": "direct",
            "amount": 22.0,
            "tokenization_requested": False,
            "landing_route": "/my",
            "access_token": invoice.access_token,
        }
        before = self._get_state()
        for wrong in (
            {"provider_id": "x"},
            {"provider_id": None},
            {"provider_id": 2**63},
            {"provider_id": [1]},
            {"payment_method_id": 999999},
            {"payment_method_id": True},
            {"amount": "x"},
            {"amount": float("nan")},
            {"amount": float("inf")},
            {"amount": 1e300},
            {"flow": "gift"},
            {"flow": None},
            {"landing_route": {}},
        ):
            with self.subTest(**wrong):
                answer = self._rpc(f"/invoice/transaction/{invoice.id}", **{**right, **wrong})
                self.assertEqual(self._get_error(answer), "odoo.exceptions.ValidationError")
        self.assertEqual(self._get_difference(before), set())
        self.assertIn("result", self._rpc(f"/invoice/transaction/{invoice.id}", **right))

    def test_ids_and_tokens(self):
        """Ids and tokens that core's door stumbles over close it."""
        for path in ("my/subscriptions", "my/orders", "my/invoices"):
            for number in (0, 2**31, 2**63, 10**30):
                with self.subTest(path=path, number=number):
                    response = self._get(f"/{path}/{number}", access_token=self.token)
                    self.assertIn(self._sort_response(response), "m4")
            for token in ("é", "\x00", "٣" * 36):
                with self.subTest(path=path, token=token):
                    documents = {
                        "my/subscriptions": self.contract,
                        "my/orders": self.order,
                        "my/invoices": self.contract._get_portal_invoices()[:1],
                    }
                    response = self._get(f"/{path}/{documents[path].id}", access_token=token)
                    self.assertEqual(self._sort_response(response), "m")

    def test_characters_that_can_t_be_stored(self):
        """NUL and halves of characters are left out of what customers write."""
        self._confirm("pause", {"when": "now", "until": "2026-05-01", "reason": "a\x00b"})
        self.assertEqual(self.contract.pause_ids.reason, "ab")
        self._confirm("resume", {})
        reason = str(self.reason.id)
        self._confirm("close", {"date": "2026-05-01", "reason_id": reason, "message": "c\x00d"})
        self.assertEqual(self.contract.close_message, "cd")
        self.assertEqual(self.contract._read_text("e\ud800f\x00", "Text"), "ef")

    def _confirm(self, step, values):
        answer = self._rpc(f"{self.url}/preview", access_token=self.token, step=step, values=values)
        values = {**values, "fingerprint": answer["result"]["fingerprint"]}
        response = self._post(f"{self.url}/{step}", access_token=self.token, **values)
        self.assertEqual(self._sort_response(response), "c")
        self.env.invalidate_all()

    def test_public_choice(self):
        """Options and plans of other templates, and quantities beyond the quota."""
        other = self.env["sale.subscription.plan"].create(
            {"name": "Elsewhere", "interval_unit": "month"}
        )
        option = self.option.id
        path = f"/subscriptions/{self.portal_template.id}/total"
        before = self._get_state()
        for params in (
            {"plan_id": other.id},
            {"plan_id": [1]},
            {"options": {str(option): 11}},
            {"options": {str(option): -1}},
            {"options": {str(option): float("nan")}},
            {"options": {str(option): float("inf")}},
            {"options": {str(option): 1e300}},
            {"options": {str(option): [1]}},
            {"options": {"999999": 1}},
            {"options": {str(self.contract.option_ids.id + 5000): 1}},
            {"options": "x"},
        ):
            with self.subTest(**params):
                answer = self._rpc(path, **params)
                self.assertFalse(self._get_error(answer))
                self.assertIn("error", answer["result"])
        self.assertEqual(self._get_difference(before), set())

from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.portal_security_common import (
    PortalSecurityCommon,
    PortalVisitor,
)

SCRIPT = "<script>alert(1)</script>"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"
EVIL = "//evil.example/x"


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalAttacks(PortalVisitor, PortalSecurityCommon, HttpCase):
    """What people try who know how the pages work. They come by the link that allows changes."""

    def setUp(self):
        super().setUp()
        self.token = self.contract.access_token
        self.url = f"/my/subscriptions/{self.contract.id}"
        self.line_key = f"line_{self.contract.line_ids[:1].id}"
        self.option_key = f"option_{self.contract.option_ids.id}"

    def _submit(self, verb, **values):
        response = self._post(f"{self.url}/{verb}", access_token=self.token, **values)
        self.assertLess(response.status_code, 500)
        return response

    def _preview(self, step="change", **values):
        answer = self._rpc(f"{self.url}/preview", access_token=self.token, step=step, values=values)
        self.assertFalse(self._get_error(answer))
        return answer["result"]

    def _assert_unchanged(self, before):
        self.assertEqual(self._get_difference(before), set())

    # === TAMPERING === #
    def test_quantities(self):
        """Negative, broken, endless, above the quota, or no number at all: nothing happens."""
        before = self._get_state()
        for key, values in (
            (
                self.line_key,
                ("-1", "0", "NaN", "Infinity", "-inf", "1e300", "abc", "1.5", "100001"),
            ),
            (self.option_key, ("-1", "NaN", "inf", "1e300", "11", "x", "2.5")),
        ):
            for value in values:
                with self.subTest(key=key, value=value):
                    self.assertFalse(self._preview(**{key: value})["fingerprint"])
                    response = self._submit("change", **{key: value, "fingerprint": ""})
                    self.assertEqual(self._sort_response(response), "p")
        for value in ([], [3], {"a": 3}, None, -1, float("nan"), float("inf"), 1e300, "\ud800"):
            with self.subTest(json=value):
                self.assertFalse(self._preview(**{self.option_key: value})["fingerprint"])
        self._assert_unchanged(before)

    def test_ids_of_another(self):
        """Lines, options, plans and changes of another customer do nothing on the own contract."""
        foreign = self.foreign_contract
        for values in (
            {f"line_{foreign.line_ids[:1].id}": "5"},
            {f"option_{foreign.option_ids.id}": "5"},
            {"option_999999": "1"},
            {"plan_id": "999999"},
            {"plan_id": str(self._create_plan().id)},
        ):
            with self.subTest(**values):
                before = self._get_state()
                self.assertFalse(self._preview(**values)["fingerprint"])
                response = self._submit("change", **values, fingerprint="")
                self.assertEqual(self._sort_response(response), "p")
                self._assert_unchanged(before)

    def _create_plan(self):
        return self.env["sale.subscription.plan"].create(
            {"name": "Elsewhere", "interval_unit": "month"}
        )

    def test_mass_assignment(self):
        """Parameters that no form has change nothing, also along with some that do."""
        extra = {
            "price_unit": "0.01",
            "discount": "100",
            "partner_id": str(self.foreign_partner.id),
            "company_id": "1",
            "state": "cancelled",
            "user_id": "1",
            "template_id": str(self.hidden_template.id),
            "date": "2020-01-01",
            "when": "2020-01-01",
            "effective_date": "2020-01-01",
            "recurring_total": "0",
        }
        names = ("partner_id", "company_id", "user_id", "template_id", "state", "date_start")
        before = {name: self.contract[name] for name in names}
        fingerprint = self._preview(**{self.line_key: "3"}, **extra)["fingerprint"]
        self.assertEqual(fingerprint, self._preview(**{self.line_key: "3"})["fingerprint"])
        response = self._submit("change", **{self.line_key: "3"}, fingerprint=fingerprint, **extra)
        self.assertEqual(self._sort_response(response), "c")
        self.env.invalidate_all()
        self.assertEqual({name: self.contract[name] for name in names}, before)
        line = self.contract._get_priced_lines()
        self.assertEqual((line.quantity, line.price_unit, line.discount), (3.0, 10.0, 0.0))
        change = self.contract.sudo().change_ids[-1:]
        self.assertEqual(str(change.date_effective), "2026-04-10")

    def test_mass_assignment_of_the_billing_address(self):
        billing = self.contract.partner_invoice_id
        before = billing.read(["parent_id", "user_id", "company_id", "credit_limit", "comment"])
        response = self._submit(
            "details/submit",
            name="Blue Kite",
            email="ada@example.com",
            phone="+32 2 555 55 55",
            street="Quay 2",
            city="Brussels",
            zip="1000",
            country_id=str(self.env.ref("base.be").id),
            partner_id=str(self.foreign_partner.id),
            parent_id=str(self.foreign_partner.id),
            user_id="1",
            company_id="1",
            credit_limit="1e9",
            comment=SCRIPT,
            callback=EVIL,
        )
        self.env.invalidate_all()
        self.assertNotIn("evil", response.text)
        self.assertEqual(billing.street, "Quay 2")
        self.assertFalse(self.foreign_partner.street)
        self.assertEqual(
            billing.read(["parent_id", "user_id", "company_id", "credit_limit", "comment"]), before
        )

    def test_amounts(self):
        """What is paid is what is open, whatever the browser says."""
        before = self._get_state()
        values = {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method.id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": EVIL,
            "access_token": self.token,
        }
        for amount in (0, -44.0, 0.01, 43.99, 1e300, float("nan"), float("inf"), "x", [44], {}):
            with self.subTest(amount=amount):
                answer = self._rpc(f"{self.url}/pay/transaction", **values, amount=amount)
                self.assertTrue(self._get_error(answer))
        for extra in ({"partner_id": 1}, {"currency_id": 1}, {"invoice_ids": [1]}):
            with self.subTest(**extra):
                answer = self._rpc(f"{self.url}/pay/transaction", **values, amount=44.0, **extra)
                self.assertTrue(self._get_error(answer))
        self._assert_unchanged(before)

    def test_cards_of_another(self):
        """Nobody pays with a card by a link, and nobody signed in with one of somebody else."""
        before = self._get_state()
        for user, card in (
            (None, self.card),
            (None, self.foreign_card),
            (self.owner, self.foreign_card),
        ):
            self._sign_in(user)
            for path, amount, document in (
                (f"{self.url}/pay/transaction", 44.0, self.contract),
                (
                    f"/my/orders/{self._get_orders(self.contract)[:1].id}/transaction",
                    11.0,
                    self._get_orders(self.contract)[:1],
                ),
                (
                    f"/invoice/transaction/{self.contract._get_portal_invoices()[:1].id}",
                    22.0,
                    self.contract._get_portal_invoices()[:1],
                ),
            ):
                with self.subTest(user=user and user.login, path=path, card=card.id):
                    answer = self._rpc(
                        path,
                        provider_id=self.provider.id,
                        payment_method_id=self.payment_method.id,
                        token_id=card.id,
                        flow="token",
                        amount=amount,
                        tokenization_requested=False,
                        landing_route="/my",
                        access_token=document.access_token,
                    )
                    self.assertTrue(self._get_error(answer))
        self._assert_unchanged(before)

    # === OTHER SITES === #
    def test_csrf(self):
        """Forms of other sites do nothing, nor do links to what forms are sent to."""
        fingerprint = self._preview(**{self.line_key: "3"})["fingerprint"]
        before = self._get_state()
        posts = {
            "change": {self.line_key: "3", "fingerprint": fingerprint},
            "pause": {"when": "now", "until": "2026-05-01"},
            "close": {"date": "2026-05-01"},
            "withdraw_change": {"change_id": "1"},
            "withdraw_pause": {},
            "withdraw_close": {},
            "renew": {},
            "payment-method/remove": {"token_id": str(self.card.id)},
            "details/submit": {"name": "Eve", "email": "eve@example.com"},
        }
        only_post = posts.keys() - {"change", "pause", "close"}
        for verb, values in posts.items():
            for csrf in ({}, {"csrf_token": ""}, {"csrf_token": "0" * 40 + "o9999999999"}):
                with self.subTest(verb=verb, **csrf), mute_logger("odoo.http"):
                    response = self._post(
                        f"{self.url}/{verb}", csrf=False, access_token=self.token, **values, **csrf
                    )
                    self.assertEqual(response.status_code, 400)
            with self.subTest(verb=verb, method="GET"), mute_logger("odoo.http"):
                response = self._get(f"{self.url}/{verb}", access_token=self.token, **values)
                expected = (404, 405) if verb in only_post else (200,)
                self.assertIn(response.status_code, expected)
        with mute_logger("odoo.http"):
            response = self._post(
                f"/subscriptions/{self.portal_template.id}/checkout", csrf=False, name="Eve"
            )
        self.assertEqual(response.status_code, 400)
        self._assert_unchanged(before)

    def test_redirects_stay_here(self):
        for path in ("", "/change", "/close", "/pay", "/details", "/payment-method", "/missing"):
            with self.subTest(path=path):
                names = ("callback", "redirect", "landing_route", "back_url", "next", "url")
                response = self._get(
                    self.url + path, access_token=self.token, **dict.fromkeys(names, EVIL)
                )
                self.assertNotIn("evil.example", response.text)
                self.assertNotIn("evil.example", response.headers.get("Location", ""))

    # === AGAIN === #
    def test_replay(self):
        """The same request twice: the second does nothing."""
        values = {self.line_key: "3"}
        change = {**values, "fingerprint": self._preview(**values)["fingerprint"]}
        self.assertEqual(self._sort_response(self._submit("change", **change)), "c")
        before = self._get_state()
        self.assertEqual(self._sort_response(self._submit("change", **change)), "p")
        self._assert_unchanged(before)
        pause = {"when": "now", "until": "2026-05-01"}
        pause["fingerprint"] = self._preview("pause", **pause)["fingerprint"]
        self.assertEqual(self._sort_response(self._submit("pause", **pause)), "c")
        before = self._get_state()
        self._submit("pause", **pause)
        self._assert_unchanged(before)

    # === SCRIPTS === #
    def test_scripts(self):
        """What people and products are called is shown, and never run."""
        (self.seat | self.storage).name = SCRIPT
        self.partner.write({"name": SCRIPT, "street": SCRIPT, "city": SCRIPT})
        self.contract.write({"client_ref": SCRIPT})
        self.contract.line_ids.name = SCRIPT
        self.portal_template.write({"name": SCRIPT, "public_summary": SCRIPT})
        self.reason.name = SCRIPT
        self.contract.message_post(body=SCRIPT, message_type="comment")
        self.env.flush_all()
        public = self.portal_template._get_public_path()
        shown = 0
        for path in (
            self.url,
            *(f"{self.url}/{verb}" for verb in ("change", "pause", "close", "pay", "details")),
            f"{self.url}/payment-method",
            "/subscriptions",
            public,
            f"{public}/checkout",
        ):
            with self.subTest(path=path):
                response = self._get(path, access_token=self.token)
                self.assertEqual(response.status_code, 200)
                self.assertNotIn(SCRIPT, response.text)
                shown += response.text.count(ESCAPED)
        self.assertGreater(shown, 10)
        html = self._preview(**{self.line_key: "3"})["html"]
        self.assertNotIn(SCRIPT, html)
        self.assertIn(ESCAPED, html)
        page = self._get(self.url, access_token=self.token, report_type="html")
        self.assertNotIn(SCRIPT, page.text)

    def test_scripts_typed_by_visitors(self):
        """Words of customers reach messages, to-dos and mails as words."""
        close = {
            "date": "2026-05-01",
            "reason_id": str(self.reason.id),
            "message": f"{SCRIPT}<a href='javascript:alert(1)'>x</a>",
        }
        close["fingerprint"] = self._preview("close", **close)["fingerprint"]
        self.assertEqual(self._sort_response(self._submit("close", **close)), "c")
        self.env.invalidate_all()
        contract = self.contract.sudo()
        bodies = [*contract.message_ids.mapped("body"), *contract.activity_ids.mapped("note")]
        bodies += self.env["mail.mail"].sudo().search([]).mapped("body_html")
        self.assertTrue(any(ESCAPED in str(body) for body in bodies))
        for body in bodies:
            self.assertNotIn("<script", str(body))
            self.assertNotIn("<a href='javascript", str(body))
            self.assertNotIn('<a href="javascript', str(body))
        for values in ({self.option_key: f'"><{SCRIPT}'}, {"plan_id": f'"><{SCRIPT}'}):
            response = self._submit("change", **values)
            self.assertNotIn(SCRIPT, response.text)

    # === MESSAGES AND FILES === #
    def test_messages_by_the_token_of_another(self):
        attachment = self.env["ir.attachment"].create(
            {
                "name": "secret.txt",
                "raw": b"secret",
                "res_model": "sale.subscription",
                "res_id": self.foreign_contract.id,
            }
        )
        self.foreign_contract.message_post(body="secret", attachment_ids=attachment.ids)
        invoice = self.contract._get_portal_invoices()[:1]
        before = self._get_state()
        thread = {"thread_model": "sale.subscription", "thread_id": self.foreign_contract.id}
        for user in (None, self.owner):
            self._sign_in(user)
            for token in (self.token, invoice.access_token, "0" * 36):
                with self.subTest(user=user and user.login):
                    answer = self._rpc(
                        "/mail/message/post", **thread, post_data={"body": "x"}, token=token
                    )
                    self.assertTrue(self._get_error(answer))
                    answer = self._rpc("/mail/chatter_fetch", **thread, token=token)
                    self.assertNotIn("secret", str(answer))
                    answer = self._rpc("/portal/chatter_init", **thread, token=token)
                    self.assertNotIn("secret", str(answer))
                    response = self._get(f"/web/content/{attachment.id}", access_token=token)
                    self.assertNotIn("secret", response.text)
        self._assert_unchanged(before)

    def test_tokens_open_one_document(self):
        """The link of a contract opens no order or invoice by itself, nor the other way round."""
        order = self._get_orders(self.contract)[:1]
        invoice = self.contract._get_portal_invoices()[:1]
        for path, token in (
            (f"/my/orders/{order.id}", self.token),
            (f"/my/invoices/{invoice.id}", self.token),
            (self.url, order.access_token),
            (self.url, invoice.access_token),
        ):
            with self.subTest(path=path):
                response = self._get(path, access_token=token)
                self.assertEqual(self._sort_response(response), "m")

    def test_confirmed_order_keeps_its_contract_s_link(self):
        """Who got hold of an order's link gets no link that may change the contract."""
        order = self._get_orders(self.contract)[:1].sudo()
        # Beginning a payment that the customer makes in the end doesn't help.
        answer = self._rpc(
            f"/my/orders/{order.id}/transaction",
            provider_id=self.provider.id,
            payment_method_id=self.payment_method.id,
            token_id=None,
            flow="direct",
            amount=11.0,
            tokenization_requested=False,
            landing_route="/my",
            access_token=order.access_token,
        )
        self.assertFalse(self._get_error(answer))
        self.env.invalidate_all()
        self.assertEqual(order.transaction_ids.state, "draft")
        order.write({"subscription_template_id": self.portal_template.id})
        order.action_confirm()
        started = order.subscription_ids
        self.assertEqual(started.state, "active")
        token = started._portal_ensure_token()
        self.env.flush_all()
        response = self._get(f"/my/orders/{order.id}", access_token=order.access_token)
        self.assertEqual(response.status_code, 200)
        self.assertNotIn(token, response.text)

    def test_visitors_can_t_read_dates_of_long_ago(self):
        """Nobody closes or pauses back in time."""
        for step, values in (
            ("close", {"date": "2026-04-09", "reason_id": str(self.reason.id)}),
            ("close", {"date": "1999-01-01", "reason_id": str(self.reason.id)}),
            ("pause", {"when": "2020-01-01", "until": "2026-05-01"}),
            ("pause", {"when": "now", "until": "2026-04-01"}),
            ("pause", {"when": "now", "until": "2099-01-01"}),
        ):
            with self.subTest(step=step, **values):
                self.assertFalse(self._preview(step, **values)["fingerprint"])

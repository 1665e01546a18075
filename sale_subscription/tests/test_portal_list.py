import re

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon

ROW = re.compile(r'<a class="fw-bold" href="/my/subscriptions/(\d+)">')


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalList(SubscriptionPortalCommon, HttpCase):
    """The customer's contracts: the tile on their home page, and the list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.active = cls._create_portal_contract(
            start="2026-03-05", user_id=cls.salesman.id, client_ref="KITE-1"
        )
        cls.paused = cls._create_portal_contract(start="2026-01-15", plan=cls.yearly)
        cls.paused.action_pause()
        cls.closed = cls._create_portal_contract(
            start="2026-02-01", lines=[{"product_id": cls.storage.id, "price_unit": 5.0}]
        )
        cls.closed.action_close(cls.reason.id, when="now")
        cls.draft = cls._create_contract(template_id=cls.portal_template.id)
        cls.foreign = cls._create_portal_contract(partner_id=cls.stranger.partner_id.id)
        cls.mine = cls.active | cls.paused | cls.closed

    def _list(self, query="", page=""):
        """Return the contracts on the list, in its order."""
        response = self.url_open(f"/my/subscriptions{page}?{query}")
        self.assertEqual(response.status_code, 200)
        return self.env["sale.subscription"].browse(int(i) for i in ROW.findall(response.text))

    def _count(self, *counters):
        return self.make_jsonrpc_request("/my/counters", {"counters": list(counters)})

    def _make_overdue(self, contract):
        contract.payment_term_id = self.env.ref("account.account_payment_term_immediate")
        moves = self._bill(contract, "2026-03-10")
        moves.filtered(lambda move: move.state == "draft").action_post()
        moves.invoice_date_due = "2026-03-09"
        self.assertEqual(set(moves.mapped("payment_state")), {"not_paid"})

    # === WHOSE === #
    def test_colleagues_see_the_same_and_strangers_their_own(self):
        for login, expected in (
            ("kite_owner", self.mine),
            ("kite_colleague", self.mine),
            ("stranger", self.foreign),
        ):
            with self.subTest(login):
                self.authenticate(login, login)
                self.assertEqual(set(self._list()), set(expected))
                self.assertEqual(
                    self._count("subscription_count"), {"subscription_count": len(expected)}
                )

    def test_nobody_without_a_login(self):
        self.assertIn("/web/login", self.url_open("/my/subscriptions").url)

    def test_who_may_not_read_contracts_sees_none(self):
        self._create_user("clerk", "base.group_user")
        self.authenticate("clerk", "clerk")
        self.assertFalse(self._list())
        self.assertEqual(self._count("subscription_count"), {"subscription_count": 0})

    # === CHOOSING === #
    def test_filters(self):
        self.authenticate("kite_owner", "kite_owner")
        self._make_overdue(self.active)
        for name, expected in (
            ("all", self.mine),
            ("active", self.active),
            ("paused", self.paused),
            ("closed", self.closed),
            ("attention", self.active),
            ("nonsense", self.mine),
        ):
            with self.subTest(name):
                self.assertEqual(set(self._list(f"filterby={name}")), set(expected))

    def test_sortings(self):
        self.authenticate("kite_owner", "kite_owner")
        active, paused, closed = self.active, self.paused, self.closed
        for name, expected in (
            ("name", active | paused | closed),
            ("start", active | closed | paused),
            ("amount", paused | active | closed),
            ("nonsense; DROP TABLE res_users", self._list("sortby=next")),
        ):
            with self.subTest(name):
                self.assertEqual(self._list(f"sortby={name}").ids, expected.ids)

    def test_search(self):
        self.authenticate("kite_owner", "kite_owner")
        for query, expected in (
            (f"search={self.closed.name}", self.closed),
            ("search=kite-1", self.active),
            ("search=storage", self.closed),
            ("search=storage&search_in=product", self.closed),
            ("search=storage&search_in=number", self.env["sale.subscription"]),
            ("search=self-ser&search_in=template", self.mine),
            ("search=self-ser&search_in=nonsense", self.mine),
            ("search=%00%F0%9F%98%80%27%22%25", self.env["sale.subscription"]),
            ("search=" + "x" * 5000, self.env["sale.subscription"]),
        ):
            with self.subTest(query[:60]):
                self.assertEqual(set(self._list(query)), set(expected))

    def test_groups(self):
        self.authenticate("kite_owner", "kite_owner")
        for name, titles in (
            ("state", ["Active", "Closed", "Paused"]),
            ("plan", ["By the month", "By the year"]),
            ("nonsense", []),
        ):
            with self.subTest(name):
                html = self.url_open(f"/my/subscriptions?groupby={name}").text
                self.assertEqual(re.findall(r'<h2 class="h5 mt-3">([^<]+)</h2>', html), titles)
                self.assertEqual({int(i) for i in ROW.findall(html)}, set(self.mine.ids))

    def test_empty_list_helps(self):
        self._create_portal_user("nobody", None)
        self.authenticate("nobody", "nobody")
        text = self.url_open("/my/subscriptions").text
        self.assertIn("You have no subscription yet.", text)
        self.assertNotIn('href="/subscriptions"', text)
        self.portal_template.write(
            {"line_ids": [Command.create({"product_id": self.seat.id})], "is_published": True}
        )
        self.env.flush_all()
        self.assertIn('href="/subscriptions"', self.url_open("/my/subscriptions").text)
        self.assertNotIn('href="/subscriptions"', self.url_open("/my/subscriptions?search=z").text)
        self.authenticate("kite_owner", "kite_owner")
        self.assertNotIn('href="/subscriptions"', self.url_open("/my/subscriptions").text)
        text = self.url_open("/my/subscriptions?search=zzz").text
        self.assertIn("No subscription was found.", text)
        self.assertNotIn("You have no subscription yet.", text)

    def test_row(self):
        self.authenticate("kite_owner", "kite_owner")
        text = self._get_words(self.url_open("/my/subscriptions?filterby=active").text)
        self.assertIn(f"{self.active.name} Seat $ 22.00 per month Next invoice: 03/05/2026", text)
        self.assertNotIn("Needs attention Needs attention", text)

    def test_row_of_what_is_going_to_close(self):
        """It says its last day; what is closed, or goes on, says none."""
        self.authenticate("kite_owner", "kite_owner")
        self.assertNotIn("Ends on", self._get_words(self.url_open("/my/subscriptions").text))
        self.active.action_close(self.reason.id, when="date", date="2026-04-01")
        self.paused.action_close(self.reason.id, when="date", date="2026-05-01")
        self.env.flush_all()
        text = self._get_words(self.url_open("/my/subscriptions").text)
        self.assertIn("Active Ends on 03/31/2026", text)
        self.assertIn("Paused Ends on 04/30/2026", text)
        self.assertEqual(text.count("Ends on"), 2)

    # === WHAT WAITS FOR THE CUSTOMER === #
    def _get_waiting(self):
        """Return the contracts that wait for their customer, by filter and by mark."""
        contracts = self.mine | self.foreign
        self.env.invalidate_all()
        marked = contracts.filtered("needs_customer")
        for value in (True, False):
            found = contracts.search(
                [("id", "in", contracts.ids), ("needs_customer", "=", value)], order="id"
            )
            self.assertEqual(found, marked if value else contracts - marked)
        return marked

    def test_overdue_invoice(self):
        self.assertFalse(self._get_waiting())
        self._make_overdue(self.active)
        self._make_overdue(self.foreign)
        self.assertEqual(self._get_waiting(), self.active | self.foreign)
        self.authenticate("kite_owner", "kite_owner")
        self.assertEqual(
            self._count("subscription_payment_count", "subscription_card_count"),
            {"subscription_payment_count": 1, "subscription_card_count": 0},
        )
        self.assertIn("Needs attention</span>", self.url_open("/my/subscriptions").text)

    def test_card(self):
        self.portal_template.invoicing_mode = "charge"
        waiting = self.active | self.paused
        self.foreign.payment_token_id = self._create_token(partner=self.stranger.partner_id)
        self.assertEqual(self._get_waiting(), waiting)
        token = self._create_token(partner=self.partner)
        waiting.payment_token_id = token
        self.assertFalse(self._get_waiting())
        self.active.refused_token_id = token
        self.assertEqual(self._get_waiting(), self.active)
        self.active.refused_token_id = False
        self.assertFalse(self._get_waiting())
        token.expiry_date = "2026-03-04"
        self.authenticate("kite_owner", "kite_owner")
        self.assertEqual(self._get_waiting(), self.active)
        self.assertEqual(self._count("subscription_card_count"), {"subscription_card_count": 1})

    def test_quotation(self):
        order = self.env["sale.order"].browse(self.active.action_upsell()["res_id"])
        self.assertFalse(self._get_waiting())
        order.write({"order_line": [Command.create({"product_id": self.seat.id})]})
        order.action_quotation_sent()
        self.assertEqual(self._get_waiting(), self.active)
        self.authenticate("kite_owner", "kite_owner")
        self.assertEqual(self._count("quotation_count"), {"quotation_count": 1})
        order.validity_date = "2026-03-09"
        self.assertFalse(self._get_waiting())

    # === MANY === #
    def test_500_contracts(self):
        self.authenticate("kite_owner", "kite_owner")
        self._list()  # fills caches
        few = self._count_queries("/my/subscriptions")
        values = self.active.copy_data()[0]
        contracts = self.env["sale.subscription"].create([dict(values) for _i in range(497)])
        contracts.action_activate()
        self.assertEqual(len(self._list("sortby=name")), 80)
        self.assertEqual(len(self._list("sortby=name", "/page/7")), 20)
        self.assertEqual(len(self._list("sortby=name", "/page/99999999999999999999")), 20)
        many = self._count_queries("/my/subscriptions")
        self.assertLessEqual(many, few + 2)
        self.assertLessEqual(many, 60)
        self.assertGreater(few, 10)  # it counts at all

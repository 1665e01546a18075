from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon
from odoo.addons.sale_subscription.tests.portal_step_common import PortalStepMixin

STEPS = ("", "change", "pause", "close", "close?anyway=1", "pay", "payment-method", "details")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-11 12:00:00", tick=True)
class TestPortalPages(PortalStepMixin, SubscriptionPortalCommon, HttpCase):
    """What all pages of customers and visitors have in common."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        public = cls.env.ref("base.public_user").sudo()
        public.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.portal_template.write(
            {
                "close_offer": "both",
                "line_ids": [Command.create({"product_id": cls.seat.id})],
                "is_published": True,
            }
        )
        cls.contract = cls._create_billed_contract()
        cls.contract.invoice_ids.filtered(lambda move: move.state == "draft").action_post()
        cls.contract.payment_token_id = cls._create_token()
        cls.paused = cls._create_billed_contract()
        cls.paused.action_pause()

    def _get_paths(self):
        """Return the address of every page."""
        offer = f"/subscriptions/{self.portal_template.id}"
        return [
            *(self._url(step) for step in STEPS),
            self._url("resume", self.paused),
            offer,
            f"{offer}/checkout",
            "/subscriptions",
        ]

    def _read(self, path, **params):
        """Open a page and return its tree."""
        response = self.url_open(path, params=params, allow_redirects=False)
        self.assertEqual(response.status_code, 200, path)
        return html.fromstring(response.text)

    def _walk(self, **params):
        for path in self._get_paths():
            with self.subTest(path=path):
                page = self._read(path, **params)
                self.assertEqual(len(page.xpath("//h1")), 1)
                self.assertEqual(self._get_unlabelled(page), [])
                # No level is left out: whoever jumps from heading to heading misses nothing.
                main = page.xpath("//main//*[self::h1 or self::h2 or self::h3 or self::h4]")
                levels = [int(heading.tag[1]) for heading in main]
                jumps = [a for a, b in zip(levels, levels[1:], strict=False) if b > a + 1]
                self.assertEqual(jumps, [], levels)

    def _get_unlabelled(self, page):
        """Return the names of the inputs in our part of a page that nothing says the meaning of."""
        unlabelled = []
        for field in page.xpath("//main//input | //main//select | //main//textarea"):
            if field.get("type") in ("hidden", "submit"):
                continue
            labels = field.xpath("ancestor::label") or page.xpath(
                "//label[@for=$id]", id=field.get("id") or "none"
            )
            named = field.get("aria-label") or field.get("aria-labelledby")
            if not labels and not named:
                unlabelled.append(field.get("name") or field.get("id"))
        return unlabelled

    def test_headings_and_labels_signed_in(self):
        self.authenticate(self.owner.login, self.owner.login)
        self._walk()
        self.assertEqual(len(self._read("/my/subscriptions").xpath("//h1")), 1)

    def test_headings_and_labels_by_the_link(self):
        for contract in self.contract | self.paused:
            contract.access_token = "0" * 36
        self.contract.flush_recordset()
        self._walk(access_token="0" * 36)

    def test_what_became_of_a_click_can_take_the_focus(self):
        """It stands in the page from the beginning: screen readers announce what gets the focus."""
        self.contract.with_user(self.owner).sudo().action_pause(when="period_end")
        self.contract.flush_recordset()
        done = self._post("withdraw_pause")
        refused = self._post("change", {self.seat_key: "0", "fingerprint": "old"})
        token = self.contract._portal_ensure_token()
        saved = self.url_open(self._url(), params={"access_token": token, "payment_outcome": "x"})
        offer = f"/subscriptions/{self.portal_template.id}"
        wrong = self.url_open(offer, params={"plan_id": "x"})
        for response in (done, refused, wrong):
            with self.subTest(url=response.url):
                page = html.fromstring(response.text)
                found = page.xpath("//*[contains(@class, 'o_subscription_announce')]/@tabindex")
                self.assertEqual(found, ["-1"])
        self.assertNotIn("o_subscription_announce", saved.text)

    def test_the_card_is_taken_off_without_scripts(self):
        self.authenticate(self.owner.login, self.owner.login)
        page = self._read(self._url("payment-method"))
        forms = page.xpath("//details[summary]//form[contains(@action, 'payment-method/remove')]")
        self.assertEqual(len(forms), 1)
        self.assertFalse(page.xpath("//*[contains(@class, 'collapse')]//form[@class]//button"))

    def test_no_page_leads_to_what_is_not_the_customers_any_more(self):
        """Of the list the browser remembers: its links would carry the token of the contract."""
        self.authenticate(self.owner.login, self.owner.login)
        self.paused._portal_ensure_token()
        for step in ("change", "pause", "close", "close?anyway=1", ""):
            with self.subTest(step=step):
                self._give_paused_to(self.partner)
                self._read("/my/subscriptions")
                self.assertIn(f"{self.paused.access_url}?", self.url_open(self._url(step)).text)
                self._give_paused_to(self.stranger.partner_id)
                page = self.url_open(self._url(step)).text
                self.assertNotIn(f"{self.paused.access_url}?", page)
                self.assertNotIn(self.paused.access_token, page)

    def _give_paused_to(self, partner):
        self.paused.partner_id = partner
        self.paused.flush_recordset()

from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon
from odoo.addons.sale_subscription.tests.portal_step_common import PortalStepMixin


@tagged("post_install", "-at_install")
@freeze_time("2026-03-11 12:00:00", tick=True)
class TestPortalWithdraw(PortalStepMixin, SubscriptionPortalCommon, HttpCase):
    """Who clicks twice hears twice that it was done; who may not hears nothing of the kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_billed_contract()

    def _post_twice(self, verb, sentence, **values):
        for click in ("first", "second"):
            with self.subTest(click=click):
                self.assertIn(sentence, self._get_notice(self._post(verb, values)))

    def test_change(self):
        self._confirm({self.seat_key: "1"})
        change = self.contract.scheduled_change_ids
        self._post_twice("withdraw_change", "The change was taken back.", change_id=str(change.id))
        self.assertTrue(change.is_withdrawn)

    def test_change_beside_another_one(self):
        """Something else can still be taken back: the first one is done all the same."""
        self._confirm({self.storage_key: "3"})
        self._confirm({self.seat_key: "1"})
        change = self.contract.scheduled_change_ids
        storage = self.contract.line_ids.filtered(lambda line: line.product_id == self.storage)
        own = self.contract.with_user(self.owner).sudo()
        own.change_quantity(storage.id, 1, when="2026-04-01")
        self._post_twice("withdraw_change", "The change was taken back.", change_id=str(change.id))
        self.assertTrue(self.contract.scheduled_change_ids)

    def test_change_of_a_salesperson(self):
        line = self.contract.line_ids
        change_id = self.contract.change_quantity(line.id, 5, when="2026-05-01")
        self.contract.scheduled_change_ids.action_withdraw()
        response = self._post("withdraw_change", {"change_id": str(change_id)})
        self.assertIn("isn't possible", self._get_notice(response))

    def test_pause(self):
        self._confirm({"when": "period_end", "until": "2026-04-20"}, "pause")
        self._post_twice("withdraw_pause", "The pause was taken back")
        self.assertFalse(self.contract.pause_ids)

    def test_closing(self):
        self.portal_template.closable = "period_end"
        self._confirm({"reason_id": str(self.reason.id)}, "close")
        self._post_twice("withdraw_close", "The closing was taken back")
        self.assertFalse(self.contract.close_date)
        messages = self.contract.message_ids.filtered(lambda m: "withdrawn on the" in m.body)
        self.assertEqual(len(messages), 1)

    def test_card(self):
        card = self._create_token()
        self.contract.payment_token_id = card
        for _click in range(2):
            response = self._post("payment-method/remove", {"token_id": str(card.id)})
            self.assertIn("The card was taken off", response.text)
        self.assertFalse(self.contract.payment_token_id)

    def test_who_may_only_look(self):
        self.portal_template.token_access = "view"
        for verb in ("withdraw_close", "withdraw_pause"):
            with self.subTest(verb=verb):
                self.assertIn("isn't possible", self._get_notice(self._post(verb)))

    def test_what_the_template_does_not_allow(self):
        self.portal_template.write({"closable": "no", "portal_pause": False})
        for verb in ("withdraw_close", "withdraw_pause"):
            with self.subTest(verb=verb):
                self.assertIn("isn't possible", self._get_notice(self._post(verb)))

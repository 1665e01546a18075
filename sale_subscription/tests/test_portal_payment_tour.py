from odoo.tests import tagged

from odoo.addons.sale_subscription.tests.test_portal_payment import PortalPaymentCase


@tagged("post_install", "-at_install")
class TestPortalPaymentTour(PortalPaymentCase):
    """Visitors without account pay, change their card and their data, in the browser."""

    # The clock of the browser is the real one; nothing below depends on the day.

    def _prepare(self):
        self.partner.write(
            {
                "phone": "+32 2 290 34 90",
                "street": "Quay 1",
                "city": "Brussels",
                "zip": "1000",
                "country_id": self.env.ref("base.be").id,
            }
        )

    def _run(self, name):
        self.start_tour(self.contract.get_portal_url(), name, timeout=120)
        self.env.invalidate_all()

    def test_visitor_pays_all(self):
        self._run("sale_subscription_portal_pay_all_tour")
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})

    def test_visitor_saves_another_card_after_a_decline(self):
        card = self._create_token(payment_details="1881")
        self.contract.payment_token_id = card
        self._decline(self.invoices[0], token=card)
        self._run("sale_subscription_portal_other_card_tour")
        self.assertNotEqual(self.contract.payment_token_id, card)
        self.assertEqual(self.contract.payment_token_id.payment_details, "4242")

    def test_customer_chooses_a_saved_card_and_takes_it_off(self):
        card = self._create_token()
        self.invoices.filtered(lambda move: move.state == "draft").action_post()
        self.start_tour(
            self.contract.access_url,
            "sale_subscription_portal_saved_card_tour",
            login=self.owner.login,
            timeout=120,
        )
        self.env.invalidate_all()
        self.assertFalse(self.contract.payment_token_id)
        self.assertTrue(card.active, "it stays saved for what else is paid with it")

    def test_visitor_pays_one_invoice(self):
        self._run("sale_subscription_portal_pay_one_tour")
        self.assertEqual(sorted(self.invoices.mapped("payment_state")), ["not_paid", "paid"])

    def test_visitor_pays_and_the_money_takes_its_time(self):
        self._run("sale_subscription_portal_pay_later_tour")
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"not_paid"})
        self.assertEqual(self.invoices.transaction_ids.state, "pending")

    def test_visitor_corrects_the_address(self):
        self._prepare()
        self._run("sale_subscription_portal_details_tour")
        self.assertRecordValues(
            self.partner, [{"street": "Harbour 7", "email": "bills@example.com"}]
        )


@tagged("post_install", "-at_install")
class TestPortalPaymentPhoneTour(TestPortalPaymentTour):
    """The same on a phone."""

    allow_inherited_tests_method = True  # else Odoo runs none of them
    browser_size = "390x844"
    touch_enabled = False

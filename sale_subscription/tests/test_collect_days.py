from odoo.fields import Command
from odoo.tests import tagged

from .collect_common import CollectCommon


@tagged("post_install", "-at_install")
class TestCollectDays(CollectCommon):
    """Who is left alone by collecting on a day, and until when.

    Invoices of 11.50 are due on 1 March 2026; asked again 1, 3, 5 and 7 days later, and given up
    after 15 days: on 16 March.
    """

    def _announce_transfer(self, move, day):
        """Let the customer say that the money is on its way by bank transfer."""
        bank = self._create_provider(self.company, code="none")
        with self._today(day):
            transaction = (
                self.env["payment.transaction"]
                .sudo()
                .create(
                    {
                        "provider_id": bank.id,
                        "payment_method_id": self.card_method.id,
                        "operation": "online_direct",
                        "amount": 11.5,
                        "currency_id": move.currency_id.id,
                        "partner_id": self.partner.id,
                        "invoice_ids": [Command.set(move.ids)],
                    }
                )
            )
            transaction._set_pending()
        return transaction

    # === ANNOUNCED TRANSFERS === #
    def test_a_transfer_announced_late_outlives_the_last_day(self):
        """Announced on 12 March it has until the 26th, ten days more than the ladder."""
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect_daily(1, 11)
        self._announce_transfer(move, "2026-03-12")
        self._collect_daily(12, 25)
        self.assertEqual(contract.state, "active")
        self._collect("2026-03-26")
        self.assertEqual((contract.state, str(contract.close_date)), ("closed", "2026-03-26"))

    def test_a_transfer_announced_early_does_not_bring_the_end_forward(self):
        contract, move = self._subscribe()
        self._announce_transfer(move, "2026-03-01")
        self._collect_daily(1, 15)
        self.assertEqual(contract.state, "active")
        self.assertFalse(contract.attempt_ids)
        self._collect("2026-03-16")
        self.assertEqual(contract.state, "closed")

    # === WHAT IS BEING CHARGED === #
    def test_invoices_with_a_live_attempt_are_not_even_looked_at(self):
        self.card.demo_simulated_state = "cancel"
        contract, move = self._subscribe()
        self._collect("2026-03-01")
        attempt = contract.attempt_ids.sudo()
        self.assertEqual(str(move.subscription_step_date), "2026-03-02")
        for state, is_found in (
            ("calling", False),
            ("pending", False),
            ("unknown", False),
            ("declined", True),
            ("done", True),
        ):
            attempt.state = state
            with self.subTest(state=state), self._today("2026-03-02"):
                found = move.search(move._get_ladder_domain())
                self.assertEqual(move in found, is_found)

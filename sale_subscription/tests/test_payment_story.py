from unittest.mock import patch

from odoo.tests import HttpCase, freeze_time, tagged

from .payment_common import OrderPaymentMixin, SubscriptionPaymentCommon
from .smtp_server import SmtpServer


@tagged("post_install", "-at_install")
class TestPaymentStory(OrderPaymentMixin, SubscriptionPaymentCommon, HttpCase):
    """From the quotation's link to the end of a contract, with nothing but visitors and jobs.

    A seat costs 10.00 a month and 10 % tax. Visitors pay by the link of the quotation; the
    scheduled jobs do the rest, once a day, and what they mail arrives over SMTP.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = "billing@company.example"
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {"name": "company.example"}
        )
        cls.template.write(
            {
                "invoicing_mode": "charge",
                "card_required": True,
                "retry_days": "1,3,5,7",
                "auto_close_days": 15,
            }
        )

    def setUp(self):
        super().setUp()
        self.smtp = SmtpServer()
        self.addCleanup(self.smtp.stop)
        self.env["ir.mail_server"].search([]).active = False
        self.env["ir.mail_server"].create(
            {
                "name": "Test",
                "smtp_host": "127.0.0.1",
                "smtp_port": self.smtp.port,
                "smtp_encryption": "none",
            }
        )
        # Odoo sends nothing while tests run; these want to see what arrives.
        self.startPatcher(
            patch.object(type(self.env["ir.mail_server"]), "_disable_send", lambda _model: False)
        )

    # === WHAT PEOPLE AND TIME DO === #
    def _buy(self, day):
        """Let a visitor pay a quotation; return the contract."""
        with freeze_time(f"{day} 09:00:00", tick=True):
            order = self._create_order(
                {"product_id": self.seat.id}, require_signature=False, require_payment=True
            ).sudo()
            self._send(order)
            self.assertEqual(self._pay(order, 11.0).state, "done")
        return order.subscription_ids

    def _pass_day(self, day):
        """Run the scheduled jobs of a day; return the subjects of the mails that left."""
        self.smtp.received.clear()
        for hour, job in enumerate(
            (
                "sale_subscription.ir_cron_lifecycle",
                "sale_subscription.ir_cron_bill",
                "sale_subscription.ir_cron_collect",
                "account.ir_cron_account_move_send",
                "mail.ir_cron_mail_scheduler_action",
            )
        ):
            self.env.flush_all()
            with freeze_time(f"{day} {hour + 3:02}:00:00"):
                self.env.ref(job).sudo().method_direct_trigger()
            self.env.invalidate_all()
        return [
            message["Subject"].replace("\N{NO-BREAK SPACE}", " ")
            for _sender, recipients, message in self.smtp.received
            if recipients == [self.customer.email]
        ]

    def _get_states(self, contract):
        return [
            (str(attempt.date.date()), attempt.state)
            for attempt in contract.attempt_ids.sorted("id")
        ]

    def _renew_three_times(self):
        """Buy on 31 January and let three renewals pay themselves; return the contract."""
        contract = self._buy("2026-01-31")
        first = contract.invoice_ids
        self.assertEqual(contract.state, "active")
        self.assertTrue(contract.payment_token_id)
        self.assertEqual((first.amount_total, first.payment_state), (11.0, "paid"))
        self._pass_day("2026-01-31")
        self.assertFalse(contract.attempt_ids, "the first invoice was paid with the order")
        for day in ("2026-02-28", "2026-03-31", "2026-04-30"):
            subjects = self._pass_day(day)
            invoice = contract.invoice_ids.sorted("invoice_date")[-1]
            self.assertEqual(str(invoice.invoice_date), day)
            self.assertEqual((invoice.amount_total, invoice.payment_state), (11.0, "paid"))
            self.assertEqual(len(invoice.transaction_ids), 1)
            self.assertEqual(len(subjects), 2, "the invoice, and the receipt")
            self.assertTrue(all(invoice.name in subject for subject in subjects), subjects)
        self.assertEqual(
            self._get_states(contract),
            [("2026-02-28", "done"), ("2026-03-31", "done"), ("2026-04-30", "done")],
        )
        self.assertEqual(len(contract.invoice_ids), 4)
        return contract

    # === STORIES === #
    def test_declined_until_closed(self):
        contract = self._renew_three_times()
        contract.payment_token_id.demo_simulated_state = "cancel"
        mails = {"2026-05-31": self._pass_day("2026-05-31")}
        invoice = contract.invoice_ids.sorted("invoice_date")[-1]
        page = self.url_open(invoice.get_portal_url())
        self.assertIn("It is charged again on 06/01/2026", page.text)
        for day in range(1, 18):
            mails[f"2026-06-{day:02}"] = self._pass_day(f"2026-06-{day:02}")
        self.assertEqual(
            self._get_states(contract)[3:],
            [
                ("2026-05-31", "declined"),
                ("2026-06-01", "declined"),
                ("2026-06-03", "declined"),
                ("2026-06-05", "declined"),
                ("2026-06-07", "declined"),
            ],
        )
        self.assertEqual(
            {day: len(subjects) for day, subjects in mails.items() if subjects},
            {
                "2026-05-31": 2,  # the invoice, and that the card was declined
                "2026-06-01": 1,
                "2026-06-03": 1,
                "2026-06-05": 1,
                "2026-06-07": 1,
                "2026-06-15": 1,
                "2026-06-16": 1,  # a credit note for the days after the end
            },
        )
        self.assertIn("declined", mails["2026-06-07"][0])
        self.assertIn("closed", mails["2026-06-15"][0])
        self.assertIn("RINV/2026/00001", mails["2026-06-16"][0])
        self.assertEqual((contract.state, str(contract.close_date)), ("closed", "2026-06-15"))
        self.assertEqual(contract.close_reason_id.category, "non_payment")

    def test_in_doubt_until_decided(self):
        contract = self._renew_three_times()
        contract.payment_token_id.demo_simulated_state = "error"
        self.assertEqual(len(self._pass_day("2026-05-31")), 1, "the invoice alone")
        self.assertTrue(contract.payment_exception)
        for day in ("2026-06-01", "2026-06-03", "2026-06-15", "2026-06-30"):
            self.assertEqual(self._pass_day(day), [])
        self.assertEqual(self._get_states(contract)[3:], [("2026-05-31", "unknown")])
        self.assertEqual(len(contract.invoice_ids), 5, "nothing is billed meanwhile")
        contract.payment_token_id.demo_simulated_state = "done"
        with freeze_time("2026-07-01 09:00:00"):
            contract.with_user(self.accountant).action_payment_was_not_made()
        self._pass_day("2026-07-01")
        self.assertEqual(
            self._get_states(contract)[3:],
            [("2026-05-31", "declined"), ("2026-07-01", "done"), ("2026-07-01", "done")],
        )
        self.assertEqual(len(contract.invoice_ids), 6)
        self.assertEqual(set(contract.invoice_ids.mapped("payment_state")), {"paid"})
        self.assertEqual(contract.state, "active")

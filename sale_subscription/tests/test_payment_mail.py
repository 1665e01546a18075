import io
import re
from contextlib import contextmanager
from unittest.mock import patch

from lxml import html

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileWriter

from .common import SubscriptionCommon
from .smtp_server import SmtpServer

# What the shipped mails say → what these tests make them say in French.
FRENCH = {
    "Dear": "Bonjour",
    "A friendly reminder: invoice": "Petit rappel : la facture",
    "has not been paid yet.": "n'est pas encore payée.",
    ", due on": ", échue le",
    "but the payment was declined.": "mais le paiement a été refusé.",
    "We will try again on": "Nouvel essai le",
    "If the invoice is still unpaid on": "Sans paiement le",
    "will be closed.": "sera fermé.",
    "Thank you for your payment.": "Merci de votre paiement.",
    "We have closed": "Nous avons fermé",
    "Pay now": "Payer maintenant",
    "payment reminder": "rappel de paiement",
    "payment declined for invoice": "paiement refusé pour la facture",
    "receipt for invoice": "reçu de la facture",
    "closed, invoice": "fermé, facture",
    "unpaid": "impayée",
}


@tagged("post_install", "-at_install")
class TestPaymentMail(SubscriptionCommon, HttpCase):
    """Mails about payments as they leave over SMTP, and the links in them as customers open them.

    The invoice is of 10.00 and 15 % tax, due on 1 March; the contract ends 14 days after it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.partner_id.email = "billing@company.example"
        cls.template.write({"auto_close_days": 14, "unpaid_action": "close"})
        cls.provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.company.id)], limit=1
        ) or cls.env.ref("payment.payment_provider_demo").copy({"company_id": cls.company.id})
        cls.provider.write({"state": "test", "is_published": True})
        cls.card_method = cls.provider.payment_method_ids.filtered("active")[:1]

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

    # === BUILDERS === #
    def _create_invoice(self, **values):
        """Return an invoice of 1 March that is asked for again on 10 March."""
        with self._today("2026-03-01"):
            move = self._bill(self._activate("2026-03-01", **values), "2026-03-01")
        move.subscription_step_date = "2026-03-10"
        return move

    def _create_attempt(self, move, **values):
        """Write down a charge of the customer's card on 8 March."""
        token = self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "payment_details": "4242",
                "partner_id": self.partner.id,
                "provider_ref": "ref",
            }
        )
        Transaction = self.env["payment.transaction"].with_context(subscription_attempt=True)
        transaction = Transaction.create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.card_method.id,
                "token_id": token.id,
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "operation": "offline",
                "invoice_ids": [Command.set(move.ids)],
            }
        )
        # sudo: nobody may write attempts.
        return (
            self.env["sale.subscription.attempt"]
            .sudo()
            .create(
                {
                    "move_id": move.id,
                    "subscription_ids": [Command.set(move.subscription_ids.ids)],
                    "transaction_id": transaction.id,
                    "token_id": token.id,
                    "date": "2026-03-08 12:00:00",
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "company_id": move.company_id.id,
                    "state": "declined",
                    "message": "Insufficient funds",
                    **values,
                }
            )
        )

    @contextmanager
    def _print_blank(self):
        """Make PDF documents of blank pages; Odoo puts HTML in their place while tests run."""
        Report = type(self.env["ir.actions.report"])
        pre_render = Report._pre_render_qweb_pdf
        stream = io.BytesIO()
        writer = PdfFileWriter()
        writer.addBlankPage(width=100, height=100)
        writer.write(stream)

        def pre_render_pdf(report, *args, **kwargs):
            return pre_render(report.with_context(force_report_rendering=True), *args, **kwargs)

        with (
            patch.object(Report, "_pre_render_qweb_pdf", pre_render_pdf),
            patch.object(Report, "_run_wkhtmltopdf", return_value=stream.getvalue()),
            patch.object(Report, "get_wkhtmltopdf_state", return_value="ok"),
        ):
            yield

    def _speak_french(self):
        """Make the customer French and translate the mails."""
        self.partner.lang = "fr_FR"
        for kind in ("declined", "reminder", "receipt", "closed"):
            template = self.env.ref(f"sale_subscription.mail_template_subscription_{kind}")
            subject, body = template.subject, template.body_html
            for english, french in FRENCH.items():
                subject = subject.replace(english, french)
                body = body.replace(english, french)
            template.with_context(lang="fr_FR").write({"subject": subject, "body_html": body})

    # === WHAT ARRIVES === #
    def _send(self, move, kind, attempt=None, day="2026-03-08"):
        """Send a mail on a day; return the one mail that arrived."""
        with self._today(day):
            move._send_subscription_mail(kind, attempt)
        return self._get_mail()

    def _get_mail(self):
        """Let the queue send what waits; return the one mail that arrived."""
        self.env["mail.mail"].sudo().process_email_queue()
        self.assertEqual(len(self.smtp.received), 1)
        return self.smtp.received.pop()

    def _get_html(self, mail):
        return mail[2].get_body(("html",)).get_content()

    def _get_text(self, mail):
        """Return the words of a mail, or of a page, as one line."""
        source = mail if isinstance(mail, str) else self._get_html(mail)
        tree = html.fromstring(source)
        for hidden in tree.xpath("//style | //script | //div[contains(@style, 'display: none')]"):
            hidden.drop_tree()
        return re.sub(r"[\s\u200b\u202f\xa0]+", " ", tree.text_content()).strip()

    def _get_link(self, mail, label):
        [link] = [
            link
            for link in html.fromstring(self._get_html(mail)).iter("a")
            if label in link.text_content()
        ]
        return link.get("href")

    def _assert_clean(self, mail):
        """Everything in the mail is rendered, and nothing of the back end is in it."""
        source = f"{mail[2]['Subject']} {self._get_html(mail)}"
        leftovers = ("{{", "}}", "t-out", "t-if", "t-att", "<t ", "<t>", "ctx", "/odoo/", "False")
        for leftover in (*leftovers, "Internal communication"):
            self.assertNotIn(leftover, source)

    def _open(self, link):
        """Open a link as somebody who never signed in."""
        self.authenticate(None, None)
        return self.url_open(link)

    # === INVOICE === #
    def test_invoice_arrives_with_its_document_and_a_link(self):
        self.template.invoicing_mode = "send"
        self.partner.lang = "fr_FR"
        move = self._create_invoice(user_id=self.salesman.id)
        with self._print_blank():
            self.env.ref("account.ir_cron_account_move_send").sudo().method_direct_trigger()
        mail = self._get_mail()
        self.assertEqual(mail[1], ["ada@example.com"])
        self.assertIn("sub_salesman@example.com", mail[2]["From"])
        self.assertIn(move.name, mail[2]["Subject"])
        self.assertIn("11,50", self._get_text(mail))
        [document] = mail[2].iter_attachments()
        self.assertEqual(document.get_content_type(), "application/pdf")
        self.assertTrue(document.get_content().startswith(b"%PDF"))
        self.assertIn(move.name.replace("/", "_"), document.get_filename())
        [link] = [
            link.get("href")
            for link in html.fromstring(self._get_html(mail)).iter("a")
            if "access_token" in (link.get("href") or "")
        ]
        page = self._open(link)
        self.assertEqual(page.status_code, 200)
        self.assertIn(move.name, page.text)
        self.assertIn("o_payment_form", page.text)

    # === PAYMENT MAILS === #
    def test_declined(self):
        move = self._create_invoice()
        mail = self._send(move, "declined", self._create_attempt(move))
        contract = move.subscription_ids
        text = self._get_text(mail)
        self._assert_clean(mail)
        self.assertEqual(
            mail[2]["Subject"], f"{self.company.name}: payment declined for invoice {move.name}"
        )
        self.assertIn(
            f"We tried to charge $ 11.50 to {self.card_method.name} 4242 for invoice {move.name}"
            f" ({contract.name}), but the payment was declined.",
            text,
        )
        self.assertIn("The bank gave this reason: “Insufficient funds”", text)
        self.assertIn("We will try again on March 10, 2026.", text)
        self.assertIn(
            f"If the invoice is still unpaid on March 15, 2026, {contract.name} will be closed.",
            text,
        )
        self.assertIn("access_token", self._get_link(mail, "Pay now or use another card"))

    def test_declined_for_the_last_time_before_suspending(self):
        self.template.unpaid_action = "suspend"
        move = self._create_invoice()
        move.subscription_step_date = "2026-03-15"
        text = self._get_text(self._send(move, "declined", self._create_attempt(move)))
        self.assertNotIn("try again", text)
        self.assertIn("Please pay the invoice now, with this card or another one.", text)
        self.assertIn("March 15, 2026, " + move.subscription_ids.name + " will be suspended.", text)

    def test_card_needed(self):
        move = self._create_invoice()
        mail = self._send(move, "card_needed", self._create_attempt(move, message="Card stolen"))
        self._assert_clean(mail)
        text = self._get_text(mail)
        self.assertIn(f"{self.card_method.name} 4242 can't be charged any more.", text)
        self.assertIn("Card stolen", text)
        self.assertIn("access_token", self._get_link(mail, "Pay with another card"))
        self.template.invoicing_mode = "charge"
        mail = self._send(move, "card_needed", self._create_attempt(move, message="Card stolen"))
        self._assert_clean(mail)
        contract = move.subscription_ids
        self.assertIn(
            f"/my/subscriptions/{contract.id}/payment-method?access_token={contract.access_token}",
            self._get_link(mail, "Save another card"),
        )
        self.assertIn(f"/my/invoices/{move.id}", self._get_link(mail, "pay this invoice only"))
        text = self._get_text(self._send(move, "card_needed"))
        self.assertIn("We have no card that we could charge", text)
        self.assertNotIn("Card stolen", text)

    def test_reminder_then_final_notice(self):
        move = self._create_invoice()
        mail = self._send(move, "reminder")
        self._assert_clean(mail)
        self.assertIn("payment reminder for invoice", mail[2]["Subject"])
        self.assertIn("due on March 1, 2026, has not been paid yet.", self._get_text(mail))
        move.subscription_step_date = "2026-03-15"
        mail = self._send(move, "reminder", day="2026-03-12")
        self.assertIn("final notice for invoice", mail[2]["Subject"])
        text = self._get_text(mail)
        self.assertIn("Final notice Despite our reminders,", text)
        self.assertIn("If we have not received the payment by March 15, 2026,", text)
        self.assertNotIn("friendly", text)

    def test_only_the_last_reminder_of_the_ladder_is_final(self):
        self.template.write({"invoicing_mode": "send", "retry_days": "1,3"})
        with self._today("2026-03-01"):
            move = self._bill(self._activate("2026-03-01"), "2026-03-01")
            move._take_step()
        for day, subject in (("2026-03-02", "payment reminder"), ("2026-03-04", "final notice")):
            with self._today(day):
                move._take_step()
            self.assertIn(subject, self._get_mail()[2]["Subject"])

    def test_reminder_of_a_contract_that_never_ends(self):
        self.template.auto_close_days = 0
        mail = self._send(self._create_invoice(), "reminder")
        self.assertIn("payment reminder", mail[2]["Subject"])
        self.assertNotIn("will be closed", self._get_text(mail))

    def test_invoice_that_nobody_collects_any_more_announces_no_end(self):
        move = self._create_invoice()
        move.subscription_step_date = False
        mail = self._send(move, "reminder")
        self.assertIn("payment reminder", mail[2]["Subject"])
        self.assertNotIn("will be closed", self._get_text(mail))

    def test_receipt(self):
        move = self._create_invoice()
        attempt = self._create_attempt(move, state="done", message=False)
        mail = self._send(move, "receipt", attempt)
        self._assert_clean(mail)
        self.assertFalse(list(mail[2].iter_attachments()))
        self.assertIn(
            f"Amount $ 11.50 Date March 8, 2026 Card {self.card_method.name} 4242 "
            f"Invoice {move.name} Subscription {move.subscription_ids.name}",
            self._get_text(mail),
        )
        page = self._open(self._get_link(mail, "View the invoice"))
        self.assertIn(move.name, page.text)

    def test_receipt_only_where_wanted(self):
        move = self._create_invoice()
        attempt = self._create_attempt(move, state="done", message=False)
        self.template.send_receipt = False
        self.assertFalse(move._send_subscription_mail("receipt", attempt))
        self.template.write({"send_receipt": True, "invoicing_mode": "charge_then_send"})
        self.assertFalse(move._send_subscription_mail("receipt", attempt))

    def test_receipt_says_the_day_it_is_where_the_company_is(self):
        self.company.subscription_tz = "Pacific/Auckland"
        move = self._create_invoice()
        attempt = self._create_attempt(move, date="2026-03-08 20:00:00")
        self.assertIn("March 9, 2026", self._get_text(self._send(move, "receipt", attempt)))

    def test_closed_and_suspended(self):
        move = self._create_invoice()
        name = move.subscription_ids.name
        mail = self._send(move, "closed", day="2026-03-15")
        self._assert_clean(mail)
        self.assertIn(f"{name} closed, invoice {move.name} unpaid", mail[2]["Subject"])
        self.assertIn(f"We have closed {name} because invoice", self._get_text(mail))
        self.assertIn("The invoice is still to be paid.", self._get_text(mail))
        self.template.reopen_when_paid = True
        text = self._get_text(self._send(move, "closed", day="2026-03-15"))
        self.assertIn(f"Once everything that is due is paid, we will reopen {name}.", text)
        mail = self._send(move, "suspended", day="2026-03-15")
        self._assert_clean(mail)
        text = self._get_text(mail)
        self.assertIn(f"We have suspended {name} because invoice", text)
        self.assertIn(f"Once everything that is due is paid, {name} will go on.", text)

    # === LANGUAGE === #
    def test_french_customer(self):
        self._speak_french()
        move = self._create_invoice()
        attempt = self._create_attempt(move)
        self.card_method.with_context(lang="fr_FR").name = "Carte"
        company, name = self.company.name, move.subscription_ids.name
        expected = {
            "declined": (
                f"{company}: paiement refusé pour la facture {move.name}",
                "We tried to charge $ 11,50 to Carte 4242",
                "Nouvel essai le 10 mars 2026.",
                f"Sans paiement le 15 mars 2026, {name} sera fermé.",
            ),
            "reminder": (
                f"{company}: rappel de paiement for invoice {move.name}",
                f"Petit rappel : la facture {move.name} of $ 11,50",
                "échue le 1 mars 2026, n'est pas encore payée.",
            ),
            "receipt": (
                f"{company}: reçu de la facture {move.name}",
                "Merci de votre paiement.",
                "$ 11,50 Date 8 mars 2026",
            ),
            "closed": (
                f"{company}: {name} fermé, facture {move.name} impayée",
                f"Nous avons fermé {name}",
                "$ 11,50",
                "échue le 1 mars 2026",
            ),
        }
        for kind, (subject, *parts) in expected.items():
            with self.subTest(kind):
                mail = self._send(move, kind, attempt)
                self._assert_clean(mail)
                self.assertEqual(mail[2]["Subject"], subject)
                self.assertEqual(mail[1], ["ada@example.com"])
                text = self._get_text(mail)
                self.assertIn("Bonjour Ada,", text)
                for part in parts:
                    self.assertIn(part, text)

    # === LINKS === #
    def test_link_opens_the_payment_without_an_account(self):
        move = self._create_invoice()
        mail = self._send(move, "reminder")
        link = self._get_link(mail, "Pay now")
        self.assertTrue(link.startswith(f"{self.base_url()}/my/invoices/{move.id}?access_token="))
        page = self._open(link)
        self.assertEqual(page.status_code, 200)
        self.assertIn(move.name, page.text)
        self.assertIn('data-payment="True"', page.text)
        self.assertIn("o_payment_form", page.text)

    def test_link_with_another_token_opens_nothing(self):
        move = self._create_invoice()
        link = self._get_link(self._send(move, "reminder"), "Pay now")
        token = move.access_token
        for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), ""):
            page = self._open(link.replace(token, wrong))
            self.assertNotIn(move.name, page.text)
            self.assertNotIn("o_payment_form", page.text)

    def test_nothing_to_pay_no_button(self):
        move = self._create_invoice()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        ).create({})._create_payments()
        self.assertNotIn("Pay now", self._get_text(self._send(move, "closed")))

    # === WHO, FROM WHOM === #
    def test_sender_is_the_salesperson_then_the_company_of_the_invoice(self):
        move = self._create_invoice(user_id=self.salesman.id)
        mail = self._send(move, "reminder")
        self.assertIn("sub_salesman@example.com", mail[2]["From"])
        other = self.setup_other_company(name="Branch")["company"]
        other.partner_id.email = "billing@branch.example"
        other.subscription_tz = "UTC"
        self.env.user.company_ids |= other
        contract = self.env["sale.subscription"].create(
            {
                "partner_id": self.partner.id,
                "company_id": other.id,
                "template_id": self.template.id,
                "plan_id": self.monthly.id,
                "date_start": "2026-03-01",
                "user_id": False,
                "line_ids": [Command.create({"product_id": self.seat.id, "price_unit": 10.0})],
            }
        )
        contract.action_activate()
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.company_id, other)
        move.invoice_user_id = False
        mail = self._send(move, "reminder")
        self.assertIn("billing@branch.example", mail[2]["From"])
        self.assertIn("Branch", self._get_text(mail))
        self.assertNotIn(self.company.name, self._get_html(mail))

    def test_customer_alone_gets_it_and_it_is_logged(self):
        move = self._create_invoice()
        move.message_subscribe(partner_ids=self.accountant.partner_id.ids)
        move.message_follower_ids.subtype_ids |= self.env.ref("mail.mt_note")
        mail = self._send(move, "reminder")
        self.assertEqual(mail[1], ["ada@example.com"])
        self.assertIn("friendly reminder", str(move.message_ids.mapped("body")))
        self.assertIn(
            f"Payment reminder for {move.name} sent to Ada.",
            str(move.subscription_ids.message_ids[:1].body),
        )
        self.assertTrue(
            self.env["ir.cron.trigger"].search_count(
                [("cron_id", "=", self.env.ref("mail.ir_cron_mail_scheduler_action").id)]
            )
        )

    def test_consolidated_invoice_gets_one_mail(self):
        self.company.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
        move = self._bill(contracts, "2026-03-01")
        self.assertEqual(len(move), 1)
        mail = self._send(move, "reminder")
        self.assertIn(", ".join(contracts.mapped("name")), self._get_text(mail))
        for contract in contracts:
            self.assertIn("sent to Ada", str(contract.message_ids[:1].body))

    def test_a_salesperson_may_trigger_it_for_a_colleague(self):
        move = self._create_invoice(user_id=self.manager.id)
        attempt = self._create_attempt(move)
        with self._today("2026-03-08"):
            move.with_user(self.salesman)._send_subscription_mail("declined", attempt)
        self.assertIn("4242", self._get_text(self._get_mail()))

    # === WHAT KEEPS IT FROM BEING SENT === #
    def test_customer_without_address(self):
        self.partner.email = False
        move = self._create_invoice()
        self.assertFalse(move._send_subscription_mail("reminder"))
        note = "The email “Subscription: Payment Reminder” was not sent: Ada has no email address."
        self.assertIn(note, str(move.message_ids[:1].body))
        self.assertIn(note, str(move.subscription_ids.message_ids[:1].body))
        self.assertFalse(self.env["mail.mail"].sudo().search([("res_id", "=", move.id)]))

    def test_mail_of_the_template_and_a_broken_one(self):
        own = self.env.ref("sale_subscription.mail_template_subscription_reminder").copy(
            {"subject": "Please pay {{ object.name }}"}
        )
        self.template.reminder_mail_template_id = own
        move = self._create_invoice()
        self.assertEqual(self._send(move, "reminder")[2]["Subject"], f"Please pay {move.name}")
        failure = UserError("Failed to render")
        with patch.object(type(own), "_generate_template", side_effect=failure):
            self.assertFalse(move._send_subscription_mail("reminder"))
        self.assertIn("could not be sent", str(move.message_ids[:1].body))
        own.unlink()
        self.assertIn("payment reminder", self._send(move, "reminder")[2]["Subject"])
        self.env.ref("sale_subscription.mail_template_subscription_reminder").unlink()
        self.assertFalse(move._send_subscription_mail("reminder"))
        self.assertIn("the template for it was deleted", str(move.message_ids[:1].body))

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, freeze_time, tagged

from odoo.addons.mail.tests.common import MailCommon
from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon

REPORT = "sale_subscription.action_report_subscription"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalPrint(SubscriptionPortalCommon, MailCommon, HttpCase):
    """The printed contract, the mail with it, and the secure link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.vat = "US12345673"
        cls.contract = cls._create_portal_contract(
            user_id=cls.salesman.id, note="<p>No pets on the premises.</p>"
        )
        cls.url = f"/my/subscriptions/{cls.contract.id}"

    def _print(self, contract=None):
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            REPORT, (contract or self.contract).ids
        )
        return self._get_words(html.decode())

    # === PRINT === #
    def test_printed_contract(self):
        self.contract.write({"client_ref": "KITE-7"})
        text = self._print()
        for words in (
            f"Contract {self.contract.name}",
            "Blue Kite",
            "US12345673",
            "Your Reference KITE-7",
            "Start 03/01/2026",
            "Plan By the month",
            "Seat 2.00 $ 10.00",
            "$ 20.00",
            "Untaxed Amount $ 20.00 Taxes $ 2.00 Total per month $ 22.00",
            "The contract runs from 03/01/2026 without an end.",
            "Each period is paid in advance.",
            "No pets on the premises.",
        ):
            with self.subTest(words):
                self.assertIn(words, text)

    def test_printed_terms(self):
        self.portal_template.write(
            {"auto_renew": True, "duration_count": 12, "duration_unit": "month"}
        )
        self.contract.write(
            {
                "end_date": "2027-02-28",
                "payment_term_id": self.env.ref("account.account_payment_term_30days").id,
            }
        )
        text = self._print()
        self.assertIn("The contract runs from 03/01/2026 to 02/28/2027.", text)
        self.assertIn("After that it renews by itself, each time by 12 months.", text)
        self.assertIn("Payment terms: 30 Days", text)
        self.contract.action_close(self.reason.id, when="date", date="2026-05-01")
        text = self._print()
        self.assertIn("The contract runs from 03/01/2026 to 04/30/2026.", text)
        self.assertNotIn("renews by itself", text)

    def test_printed_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.monthly.with_context(lang="fr_FR").name = "Mensuel"
        self.partner.lang = "fr_FR"
        text = self._print()
        self.assertIn("Mensuel", text)
        self.assertIn("01/03/2026", text)

    def test_pdf_on_the_portal(self):
        link = self.contract.get_portal_url(report_type="pdf", download=True)
        self.env.flush_all()
        response = self.url_open(link)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        self.assertIn(self.contract.name, response.headers["Content-Disposition"])
        self.authenticate("kite_colleague", "kite_colleague")
        response = self.url_open(f"{self.url}?report_type=html")
        self.assertIn("without an end", response.text)
        self.authenticate("stranger", "stranger")
        response = self.url_open(f"{self.url}?report_type=html")
        self.assertNotIn("without an end", response.text)
        # Whatever else is asked for is the page.
        self.assertIn(
            "portal_subscription",
            self.url_open(f"{self.contract.get_portal_url()}&report_type=nonsense").text,
        )

    def test_real_pdf(self):
        Report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        if Report.get_wkhtmltopdf_state() == "install":
            self.skipTest("wkhtmltopdf isn't installed")
        self.env.flush_all()
        content, kind = Report._render_qweb_pdf(REPORT, self.contract.ids)
        self.assertEqual(kind, "pdf")
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertGreater(len(content), 5000)

    # === SEND === #
    def _send(self):
        contract = self.contract.with_user(self.salesman).sudo(False)
        action = contract.action_send_contract()
        composer = Form(
            self.env[action["res_model"]]
            .with_user(self.salesman)
            .with_context(action["context"], force_report_rendering=True)
        ).save()
        with self.mock_mail_gateway():
            composer._action_send_mail()
        return self.contract.message_ids[0]

    def test_send(self):
        message = self._send()
        self.assertEqual(message.notified_partner_ids, self.partner)
        self.assertIn(
            f"{self.contract.access_url}?access_token={self.contract.access_token}", message.body
        )
        self.assertIn("$ 22.00", self._get_words(message.body))
        attachment = message.attachment_ids
        self.assertEqual(attachment.name, f"Contract {self.contract.name}.pdf")
        self.assertEqual(len(self._mails), 1)
        self.assertIn("access_token", self._mails[0]["body"])

    def test_notifications_carry_the_link(self):
        with self.mock_mail_gateway():
            self.contract.with_user(self.salesman).message_post(
                body="Hello",
                partner_ids=(self.partner | self.stranger.partner_id).ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )
        token = self.contract.access_token
        bodies = {mail["email_to"][0]: mail["body"] for mail in self._mails}
        for address, body in bodies.items():
            with self.subTest(address):
                self.assertEqual(token in body, self.partner.email in address)
        self.assertIn("View Subscription", next(b for b in bodies.values() if token in b))

    # === THE LINK === #
    def test_link_made_on_the_form(self):
        contract = self._create_portal_contract(user_id=self.salesman.id)
        self.assertFalse(contract.access_token)
        own = contract.with_user(self.salesman).sudo(False)
        self.assertFalse(own.portal_link)
        own.action_create_portal_link()
        own.invalidate_recordset()
        self.assertIn(
            f"{contract.access_url}?access_token={contract.access_token}", own.portal_link
        )

    def test_new_link(self):
        old = self.contract.get_portal_url()
        old_hash = self.contract._sign_token(self.partner.id)
        with self.assertRaises(AccessError):
            self.contract.with_user(self.salesman).sudo(False).action_renew_portal_link()
        with self.assertRaises(UserError):
            self.contract.with_user(self.salesman).sudo(False).access_token = "guess"
        self.contract.with_user(self.manager).sudo(False).action_renew_portal_link()
        self.env.flush_all()
        self.assertNotIn("portal_subscription", self.url_open(old).text)
        self.assertIn("portal_subscription", self.url_open(self.contract.get_portal_url()).text)
        self.assertNotEqual(old_hash, self.contract._sign_token(self.partner.id))
        self.assertIn("The secure link was replaced", self.contract.message_ids[0].body)

    def test_link_in_the_backend(self):
        contract = self.contract.with_user(self.salesman).sudo(False)
        self.assertFalse(contract.portal_link)
        action = contract.action_open_portal_page()
        self.assertIn(contract.access_token, action["url"])
        self.assertTrue(contract.portal_link.endswith(action["url"]))
        self.assertTrue(contract.portal_link.startswith("http"))
        self.authenticate("sub_salesman", "sub_salesman")
        self.env.flush_all()
        self.assertIn(f"/odoo/subscriptions/{contract.id}", self.url_open(action["url"]).text)
        self.authenticate(None, None)
        self.assertNotIn("/odoo/subscriptions", self.url_open(action["url"]).text)

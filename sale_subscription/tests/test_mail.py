from odoo.tests import tagged

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestMail(SubscriptionCommon):
    """Invoices leave through core's own sending queue, with their document attached."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.invoicing_mode = "send"
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.partner.lang = "fr_FR"

    def _send_queue(self):
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").sudo().method_direct_trigger()

    def test_invoice_is_mailed_with_its_document(self):
        contract = self._activate("2026-03-01", user_id=self.salesman.id)
        move = self._bill(contract, "2026-03-01")
        self.assertTrue(
            self.env["ir.cron.trigger"].search(
                [("cron_id", "=", self.env.ref("account.ir_cron_account_move_send").id)]
            )
        )
        self._send_queue()
        self.assertFalse(move.sending_data)
        self.assertTrue(move.is_move_sent)
        mail = (
            self.env["mail.mail"]
            .sudo()
            .search([("model", "=", "account.move"), ("res_id", "=", move.id)])
        )
        self.assertEqual(mail.recipient_ids, self.partner)
        self.assertEqual(mail.author_id, self.salesman.partner_id)
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertIn(move.name.replace("/", "_"), mail.attachment_ids.name)

    def test_document_names_the_period(self):
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        report = self.env["ir.actions.report"].sudo().with_context(lang="fr_FR")
        html, _kind = report._render_qweb_html("account.account_invoices", move.ids)
        self.assertIn("01/03/2026", html.decode())
        self.assertIn("31/03/2026", html.decode())

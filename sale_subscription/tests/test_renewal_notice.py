from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.sale_subscription.tests.test_renewal import RenewalCommon


@tagged("post_install", "-at_install")
class TestRenewalNotice(RenewalCommon):
    """Customer and salesperson are told of an end once, in time."""

    def _notify(self, day):
        self._run_job("renewal_notice", day)

    def _get_mails(self, contract):
        """Return the mails to the customer; the salesperson is told of the to-do by another."""
        domain = [("model", "=", "sale.subscription"), ("res_id", "=", contract.id)]
        mails = self.env["mail.mail"].sudo().search(domain)
        return mails.filtered(lambda mail: self.customer in mail.recipient_ids)

    def _get_text(self, mail):
        return " ".join(html2plaintext(mail.body_html).split())

    def _get_activities(self, contract):
        activity_type = self.env.ref("sale_subscription.mail_activity_type_renewal")
        return contract.sudo().activity_ids.filtered(lambda a: a.activity_type_id == activity_type)

    def test_ending_contract(self):
        contract = self._start_year()
        self._notify("2027-01-28")
        self.assertFalse(self._get_mails(contract))
        self._notify("2027-01-29")
        self.assertTrue(contract.to_renew)
        self.assertEqual(str(contract.renewal_notified_date), "2027-02-28")
        mail = self._get_mails(contract)
        self.assertEqual(
            mail.subject,
            f"{self.company.name}: your subscription {contract.name} ends on 02/28/2027",
        )
        self.assertIn(
            f"your subscription *{contract.name}* ends on *02/28/2027*. It does not renew by "
            "itself.",
            self._get_text(mail),
        )
        self.assertEqual(mail.recipient_ids, self.customer)
        activity = self._get_activities(contract)
        self.assertRecordValues(
            activity, [{"user_id": self.salesman.id, "summary": "Ends on 02/28/2027: renew it"}]
        )
        self.assertEqual(str(activity.date_deadline), "2027-02-28")

    def test_once_per_end(self):
        contract = self._start_year()
        for day in ("2027-02-01", "2027-02-01", "2027-02-02"):
            self._notify(day)
        self.assertEqual(len(self._get_mails(contract)), 1)
        self.assertEqual(len(self._get_activities(contract)), 1)
        with self._today("2027-02-10"):
            self._renew(contract).action_confirm()
        self.assertFalse(contract.to_renew)
        self.assertFalse(self._get_activities(contract))
        self._notify("2027-02-11")
        self.assertEqual(len(self._get_mails(contract)), 1)
        self._notify("2028-02-15")
        self.assertEqual(len(self._get_mails(contract)), 2)

    def test_automatic_renewal(self):
        self.template.auto_renew = True
        contract = self._start_year()
        with self._today("2026-06-01"):
            contract.change_quantity(contract.line_ids.id, 3, when="2027-03-01")
        self._notify("2027-02-01")
        self.assertFalse(contract.to_renew)
        mail = self._get_mails(contract)
        self.assertEqual(
            mail.subject,
            f"{self.company.name}: your subscription {contract.name} renews on 03/01/2027",
        )
        self.assertIn(
            f"your subscription *{contract.name}* renews automatically on *03/01/2027* for "
            "*$ 102.30* per month.",
            self._get_text(mail),
        )
        self.assertEqual(
            self._get_activities(contract).summary,
            "Renews automatically after 02/28/2027: check the prices",
        )
        self._run_job("lifecycle", "2027-03-01")
        self.assertEqual(str(contract.end_date), "2028-02-29")
        self.assertFalse(self._get_activities(contract))

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        template = self.env.ref("sale_subscription.mail_template_renewal_end")
        template.with_context(lang="es_ES").write(
            {"subject": "{{ object.name }} termina el {{ format_date(object.end_date) }}"}
        )
        self.customer.lang = "es_ES"
        contract = self._start_year()
        self._notify("2027-02-01")
        self.assertEqual(
            self._get_mails(contract).subject, f"{contract.name} termina el 28/02/2027"
        )

    def test_who_gets_none(self):
        closing = self._start_year()
        with self._today("2027-01-10"):
            closing.action_close(self.reason.id, when="date", date="2027-02-20")
        endless = self._start_year(end_date=False)
        draft = self._create_contract("2026-03-01")
        over = self._start_year()
        self.template.copy({"name": "Silent", "renewal_notice_days": 0})
        silent = self._start_year(template_id=self.template.copy({"renewal_notice_days": 0}).id)
        self._notify("2027-02-01")
        for contract in (closing, endless, draft, silent):
            self.assertFalse(self._get_mails(contract))
            self.assertFalse(contract.sudo().to_renew)
        self.assertTrue(self._get_mails(over))
        late = self._start_year()
        self._notify("2027-03-01")
        self.assertFalse(self._get_mails(late))

    def test_customer_without_email(self):
        self.customer.email = False
        contract = self._start_year()
        self._notify("2027-02-01")
        self.assertFalse(self._get_mails(contract))
        self.assertTrue(contract.to_renew)
        self.assertIn(
            "Blue Kite has no email address to be told that the agreed time ends on 02/28/2027.",
            contract.message_ids.mapped(lambda m: html2plaintext(m.body)),
        )

    def test_closing_at_the_end_clears_the_desk(self):
        contract = self._start_year()
        self._notify("2027-02-01")
        self._run_job("lifecycle", "2027-03-01")
        self.assertEqual(contract.state, "closed")
        self.assertFalse(contract.to_renew)
        self.assertFalse(self._get_activities(contract))

    def test_one_that_fails_hurts_nobody_else(self):
        bad, good = self._start_year(), self._start_year()
        Contract = self.env.registry["sale.subscription"]
        send = Contract._send_renewal_mail

        def fail_for_bad(contract):
            if contract.id == bad.id:
                raise UserError("No template")
            return send(contract)

        with patch.object(Contract, "_send_renewal_mail", fail_for_bad):
            self._notify("2027-02-01")
            self._notify("2027-02-02")
        self.assertTrue(self._get_mails(good))
        self.assertFalse(bad.sudo().renewal_notified_date)
        self.assertEqual(
            bad.sudo().activity_ids.mapped("summary"),
            ["The notice about the contract's end could not be made"],
        )
        self._notify("2027-02-03")
        self.assertTrue(self._get_mails(bad))

    def test_nobody_writes_what_was_told(self):
        contract = self._start_year()
        with self.assertRaisesRegex(UserError, "Told of the End"):
            contract.renewal_notified_date = "2027-02-28"

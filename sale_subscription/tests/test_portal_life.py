from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon
from odoo.addons.sale_subscription.tests.portal_step_common import PortalStepMixin


@tagged("post_install", "-at_install")
@freeze_time("2026-03-11 12:00:00", tick=True)
class TestPortalLife(PortalStepMixin, SubscriptionPortalCommon, HttpCase):
    """Customers pause, resume, renew and close; two seats at 31.00, billed for March 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_billed_contract()

    def _open(self, verb, **query):
        params = {"access_token": self.contract._portal_ensure_token(), **query}
        return self.url_open(self._url(verb), params=params)

    # === PAUSING === #
    def test_pause_and_resume(self):
        values = {"when": "now", "until": "2026-03-21", "reason": "Holidays <b>!</b>"}
        answer = self._preview(values, "pause")
        text = self._get_text(answer["html"])
        self.assertIn("rests from 03/11/2026 on and goes on by itself on 03/21/2026.", text)
        # Ten days of two, plus 10 %.
        self.assertIn("$ 22.00, taxes included, is credited with the next invoice", text)
        response = self._confirm(values, "pause")
        self.assertIn("rests from 03/11/2026", self._get_notice(response))
        self.assertEqual(self.contract.state, "paused")
        message = self.contract.message_ids.filtered(lambda m: "Paused on the portal" in m.body)
        self.assertEqual(message.author_id, self.partner)
        self.assertIn("&lt;b&gt;", message.body)
        response = self._post("pause", {**values, "fingerprint": answer["fingerprint"]})
        self.assertIn("isn't possible", self._get_notice(response))
        self.assertIn(
            "The next invoice comes on 04/01/2026", self._get_text(self._open("resume").text)
        )
        response = self._confirm({}, "resume")
        self.assertIn("Your subscription goes on.", self._get_notice(response))
        self.assertEqual(self.contract.state, "active")
        # What was confirmed before the pause can't be confirmed a second time.
        response = self._post("pause", {**values, "fingerprint": answer["fingerprint"]})
        self.assertIn("was changed meanwhile", self._get_problem(response))
        self.assertEqual(self.contract.state, "active")

    def test_pause_problems(self):
        for values, reason in (
            ({}, "Choose when the pause begins"),
            ({"when": "2020-01-01", "until": "2026-04-01"}, "Choose when the pause begins"),
            ({"when": "now"}, "Choose the day on which your subscription goes on"),
            ({"when": "now", "until": "2026-03-11"}, "must end after it begins"),
            ({"when": "now", "until": "2026-03-01"}, "must end after it begins"),
            ({"when": "now", "until": "2026-06-10"}, "until 06/09/2026 at most"),
            ({"when": "now", "until": "soon"}, "isn't a date"),
            ({"when": "now", "until": "9999-01-01"}, "isn't a date"),
            ({"when": "now", "until": "2026-04-01", "reason": "x" * 5000}, "at most 4000"),
        ):
            with self.subTest(**values):
                answer = self._preview(values, "pause")
                self.assertIn(reason, self._get_text(answer["html"]))
                self.assertFalse(answer["fingerprint"])
                response = self._post("pause", {**values, "fingerprint": ""})
                self.assertEqual(response.status_code, 200)
        self.assertFalse(self.contract.pause_ids)

    def test_pause_later_and_take_it_back(self):
        self.portal_template.portal_pause_max_days = 0
        self._confirm({"when": "period_end", "until": ""}, "pause")
        self.assertEqual(str(self.contract.scheduled_pause_date), "2026-04-01")
        self.assertIn("rests from 04/01/2026", self._get_text(self._open("").text))
        response = self._post("withdraw_pause")
        self.assertIn("The pause was taken back", self._get_notice(response))
        self.assertFalse(self.contract.pause_ids)
        self.contract.action_pause(when="period_end")
        response = self._post("withdraw_pause")
        self.assertIn("isn't possible", self._get_notice(response))
        self.assertTrue(self.contract.pause_ids, "agreed by a salesperson")

    # === RENEWING === #
    def test_renewal(self):
        self.contract.write({"end_date": "2026-04-05"})
        response = self._post("renew", follow=False)
        order = self.contract.quotation_ids
        self.assertRecordValues(
            order,
            [{"state": "sent", "subscription_operation": "renewal", "user_id": self.salesman.id}],
        )
        self.assertEqual(response.status_code, 303)
        self.assertIn(f"/my/orders/{order.id}?access_token=", response.headers["Location"])
        response = self._post("renew", follow=False)
        self.assertEqual(self.contract.quotation_ids, order)
        self.assertIn(f"/my/orders/{order.id}?", response.headers["Location"])
        # An offer that has expired isn't revived: what the contract costs is offered anew.
        order.validity_date = "2026-03-01"
        response = self._post("renew", follow=False)
        self.assertEqual(order.state, "cancel")
        order = self.contract.quotation_ids - order
        self.assertIn(f"/my/orders/{order.id}?", response.headers["Location"])
        order.state = "draft"
        response = self._post("renew")
        self.assertIn("We are preparing your renewal already", self._get_notice(response))

    def test_renewal_of_nobody_s_contract(self):
        self.contract.write({"end_date": "2026-04-05", "user_id": False})
        self._post("renew", follow=False)
        self.assertFalse(self.contract.quotation_ids.user_id)

    def test_renewal_window(self):
        self.contract.end_date = "2026-04-11"
        for days, to_renew, auto_renew, possible in (
            (30, False, False, False),
            (31, False, False, True),
            (0, False, False, True),
            (5, True, False, True),
            (0, False, True, False),
        ):
            with self.subTest(days=days, to_renew=to_renew, auto_renew=auto_renew):
                self.portal_template.write(
                    {
                        "renewal_notice_days": days,
                        "auto_renew": auto_renew,
                        "duration_count": 1,
                    }
                )
                self.contract.to_renew = to_renew
                operations = self.contract._get_portal_operations("manage")
                self.assertEqual("renew" in operations, possible)

    # === CLOSING === #
    def _get_reason(self):
        return str(self.reason.id)

    def test_close_on_a_date_and_take_it_back(self):
        values = {
            "reason_id": self._get_reason(),
            "date": "2026-04-16",
            "message": "<script>alert(1)</script>",
        }
        text = self._get_text(self._preview(values, "close")["html"])
        self.assertIn("ends after 04/15/2026, its last day.", text)
        # Half of April for two.
        self.assertIn("Still to be invoiced until then: $ 34.10, taxes included.", text)
        answer = self._preview(values, "close")
        response = self._post("close", {**values, "fingerprint": answer["fingerprint"]})
        self.assertIn("ends after 04/15/2026", self._get_notice(response))
        self.assertEqual(str(self.contract.close_date), "2026-04-16")
        self.assertEqual(self.contract.close_reason_id, self.reason)
        activity = self.contract.activity_ids
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(activity.summary, "Blue Kite closes: Moved away")
        self.assertNotIn("<script>", str(activity.note))
        mail = self.env["mail.mail"].search(
            [("res_id", "=", self.contract.id), ("model", "=", "sale.subscription")]
        )
        mail = mail.filtered(lambda m: "the end of your subscription" in (m.subject or ""))
        self.assertIn("04/15/2026", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.partner)
        message = self.contract.message_ids.filtered(lambda m: "Closed on" in (m.body or ""))
        self.assertEqual(message.author_id, self.partner)
        self.assertNotIn("<script>", message.body)
        response = self._post("withdraw_close")
        self.assertIn("The closing was taken back", self._get_notice(response))
        self.assertFalse(self.contract.close_date)
        self.assertFalse(self.contract.activity_ids)
        response = self._post("close", {**values, "fingerprint": answer["fingerprint"]})
        self.assertIn("was changed meanwhile", self._get_problem(response))
        self.assertFalse(self.contract.close_date)

    def test_close_now_gives_money_back_at_once(self):
        self.portal_template.closable = "now"
        values = {"reason_id": self._get_reason(), "date": "2026-09-01", "when": "date"}
        text = self._get_text(self._preview(values, "close")["html"])
        self.assertIn("ends at once: 03/11/2026 is the first day without it.", text)
        self.assertIn("$ 46.20, taxes included, is credited for 03/11/2026 to 03/31/2026", text)
        response = self._confirm(values, "close")
        self.assertEqual(self.contract.state, "closed")
        note = self.contract.invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        self.assertEqual(note.amount_total, 46.2)
        self.assertIn(f"the credit note {note.name} of $ 46.20", self._get_notice(response))
        page = self._get_text(self._open("").text)
        self.assertIn("This subscription ended on 03/10/2026", page)
        self.assertIn("Contact us", page)
        self.assertNotIn("Subscribe again", page)
        self.portal_template.write(
            {"line_ids": [Command.create({"product_id": self.seat.id})], "is_published": True}
        )
        # The site of visitors is another company's: there is no such page, or not of ours.
        link = f'href="/subscriptions/self-service-{self.portal_template.id}"'
        for company in (self.env["res.company"], self.company):
            self.portal_template.company_id = company
            self.assertNotIn(link, self._open("").text)
        public = self.env.ref("base.public_user").sudo()
        public.write({"company_ids": [Command.link(self.company.id)], "company_id": self.company})
        self.assertIn(link, self._open("").text)

    def test_close_at_period_end(self):
        self.portal_template.closable = "period_end"
        self._confirm({"reason_id": self._get_reason(), "date": "2026-03-12"}, "close")
        self.assertEqual(str(self.contract.close_date), "2026-04-01")

    def test_the_day_is_named_before_closing(self):
        """On the page of offers, in the panel when the form opens, and in the reader's format."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.portal_template.close_offer = "both"
        chosen = "You choose the day on which your subscription ends. What is invoiced lasts until "
        last = "Your subscription ends after {}, its last day."
        first = "Your subscription ends at once: {} is the first day without it."
        for closable, offered, said, day, local_day in (
            ("period_end", last, last, "03/31/2026", "31/03/2026"),
            ("now", first, first, "03/11/2026", "11/03/2026"),
            ("date", chosen + "{}.", last, "03/31/2026", "31/03/2026"),
        ):
            with self.subTest(closable=closable):
                self.portal_template.closable = closable
                self.contract.flush_recordset()
                self.assertIn(offered.format(day), self._get_text(self._open("close").text))
                page = self._get_text(self._open("close", anyway="1").text)
                self.assertIn(said.format(day), page)
                contract = self.contract.with_context(lang="fr_FR")
                self.assertEqual(contract._describe_portal_close_day(), offered.format(local_day))

    def test_some_reason_can_always_be_given(self):
        Reason = self.env["sale.subscription.close.reason"]
        Reason.search([]).is_for_customers = False
        self.assertEqual(self.contract._get_portal_close_reasons(), Reason.search([]))
        self.assertIn(f'<option value="{self.reason.id}"', self._open("close", anyway="1").text)

    def test_close_problems(self):
        forced = self.reason.create({"name": "Forced", "voluntary": False})
        inward = self.reason.copy({"name": "Customer is gone", "is_for_customers": False})
        archived = self.reason.copy({"name": "Old", "active": False})
        day = {"date": "2026-05-01"}
        for values, reason in (
            ({**day}, "Please choose a reason"),
            ({**day, "reason_id": "0"}, "Please choose a reason"),
            ({**day, "reason_id": "x"}, "Please choose a reason"),
            ({**day, "reason_id": str(forced.id)}, "Please choose a reason"),
            ({**day, "reason_id": str(inward.id)}, "Please choose a reason"),
            ({**day, "reason_id": str(archived.id)}, "Please choose a reason"),
            ({"reason_id": self._get_reason()}, "Choose the day"),
            ({"reason_id": self._get_reason(), "date": "2026-03-10"}, "in the past"),
            ({"reason_id": self._get_reason(), "date": "2031-01-01"}, "too far away"),
            ({"reason_id": self._get_reason(), "date": "nope"}, "isn't a date"),
            ({**day, "reason_id": self._get_reason(), "message": "x" * 5000}, "at most 4000"),
        ):
            with self.subTest(**values):
                answer = self._preview(values, "close")
                fingerprint = answer["fingerprint"] or ""
                response = self._post("close", {**values, "fingerprint": fingerprint})
                self.assertIn(reason, self._get_problem(response))
        self.assertFalse(self.contract.close_date)
        page = self._open("close", anyway="1").text
        self.assertIn(f'<option value="{self.reason.id}">', page)
        for reason in (forced, inward, archived):
            self.assertNotIn(f'<option value="{reason.id}"', page)
        self.contract.end_date = "2026-04-20"
        answer = self._preview({"date": "2026-04-21"}, "close")
        self.assertIn("ends on 04/20/2026 by itself", self._get_text(answer["html"]))
        self.portal_template.closable = "no"
        response = self._post("close", {**day, "reason_id": self._get_reason()})
        self.assertIn("isn't possible", self._get_notice(response))

    def test_offers_instead_of_closing(self):
        for offer, portal_pause, access, shown in (
            ("none", True, "upgrade_downgrade", set()),
            ("pause", True, "upgrade_downgrade", {"pause"}),
            ("downgrade", True, "upgrade_downgrade", {"downgrade"}),
            ("both", True, "upgrade_downgrade", {"pause", "downgrade"}),
            ("both", False, "upgrade", set()),
        ):
            with self.subTest(offer=offer, portal_pause=portal_pause, access=access):
                self.portal_template.write(
                    {"close_offer": offer, "portal_pause": portal_pause, "portal_access": access}
                )
                page = self._open("close").text
                found = {n for n in ("pause", "downgrade") if f'name="offer_{n}"' in page}
                self.assertEqual(found, shown)
                self.assertEqual('name="reason_id"' in page, not shown)
                self.assertIn('name="reason_id"', self._open("close", anyway="1").text)

    def test_who_may(self):
        """Every step is refused by level, and a refused step changes nothing."""
        self.portal_template.token_access = "view"
        self.contract.end_date = "2026-04-05"
        token = self.contract._portal_ensure_token()
        values = {"when": "now", "until": "2026-03-21", "reason_id": self._get_reason()}
        for verb in (
            "pause", "resume", "renew", "close",
            "withdraw_close", "withdraw_pause", "withdraw_change",
        ):  # fmt: skip
            for given, location in ((token, self._url()), ("", "/my"), ("x", "/my")):
                with self.subTest(verb=verb, token=given):
                    response = self._post(verb, values, given, follow=False)
                    self.assertEqual(response.status_code, 303)
                    path = response.headers["Location"].partition("?")[0]
                    self.assertURLEqual(path, location)
        for step in ("pause", "close", "resume", "nonsense", ["x"], None):
            with self.subTest(step=step):
                self.assertFalse(self._preview(values, step, token=token)["fingerprint"])
        self.assertEqual(self.contract.state, "active")
        self.assertFalse(self.contract.close_date)
        self.assertFalse(self.contract.quotation_ids)
        self.assertFalse(self.contract.pause_ids)

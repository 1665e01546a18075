from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import SQL

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalPage(SubscriptionPortalCommon, HttpCase):
    """The page of one contract: who opens it, and what it says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_portal_contract(user_id=cls.salesman.id)
        cls.invoice = cls.env["account.move"].browse(cls.contract.action_bill("2026-03-01")).sudo()
        cls.url = f"/my/subscriptions/{cls.contract.id}"
        cls.link = cls.contract.get_portal_url()

    def _read_page(self, url=None):
        self.env.flush_all()
        response = self.url_open(url or self.link)
        self.assertEqual(response.status_code, 200)
        return self._get_words(response.text)

    def _is_open(self, url):
        """Tell whether the contract's page opens, and nothing of it shows where it doesn't."""
        self.env.flush_all()
        response = self.url_open(url)
        shown = 'id="portal_subscription"' in response.text
        if not shown:
            self.assertNotIn(self.contract.name, response.text)
        return shown

    # === WHO === #
    def test_by_login(self):
        for login, is_open in (
            ("kite_owner", True),
            ("kite_colleague", True),
            ("sub_salesman", True),
            ("sub_accountant", True),
            ("stranger", False),
        ):
            with self.subTest(login):
                self.authenticate(login, login)
                self.assertEqual(self._is_open(self.url), is_open)
                self.assertTrue(self._is_open(self.link))

    def test_by_link(self):
        other = self._create_portal_contract()
        self.assertTrue(self._is_open(self.link))
        for query in (
            "",
            "access_token=",
            "access_token=0",
            f"access_token={other._portal_ensure_token()}",
            f"access_token={self.invoice._portal_ensure_token()}",
            "access_token=%00",
        ):
            with self.subTest(query):
                self.assertFalse(self._is_open(f"{self.url}?{query}"))
        for contract_id in (0, 999999, 10**12, 10**30):
            with self.subTest(contract_id):
                token = self.contract.access_token
                url = f"/my/subscriptions/{contract_id}?access_token={token}"
                self.assertFalse(self._is_open(url))

    def test_draft_opens_by_its_link_only(self):
        draft = self._create_contract(template_id=self.portal_template.id).sudo()
        link = draft.get_portal_url()
        self.assertFalse(draft.with_user(self.owner).sudo(False).has_access("read"))
        self.assertFalse(draft.line_ids.with_user(self.owner).sudo(False).has_access("read"))
        self.authenticate("kite_owner", "kite_owner")
        self.assertFalse(self._is_open(f"/my/subscriptions/{draft.id}"))
        text = self._read_page(link)
        self.assertIn("Draft", text)
        self.assertIn("This contract hasn't started yet.", text)
        self.assertIn("Next invoice None", text)

    def test_every_state_opens(self):
        with self._today("2026-03-20"):
            self.contract.action_pause(until="2026-04-10")
        with freeze_time("2026-03-21 12:00:00", tick=True):
            text = self._read_page()
            self.assertIn("Paused", text)
            self.assertIn("It is paused until it goes on again on 04/10/2026.", text)
            self.contract.action_resume()
            self.contract.action_close(self.reason.id, when="now", message="secret words")
            text = self._read_page()
        self.assertIn("It ended; the last day was 03/20/2026.", text)
        self.assertNotIn("Moved away", text)
        self.assertNotIn("secret words", text)
        other = self._create_portal_contract()
        other.action_cancel()
        self.assertIn("It was cancelled before", self._read_page(other.get_portal_url()))

    # === SUMMARY === #
    def test_summary(self):
        text = self._read_page()
        for words in (
            "You pay $ 22.00 per month $ 20.00 without taxes By the month · Paid in advance",
            "Next invoice 04/01/2026 $ 22.00 ( $ 20.00 without taxes) For 04/01/2026 – 04/30/2026",
            "Paid until Nothing yet Invoiced until 03/31/2026",
            "Current period: 03/01/2026 – 03/31/2026",
            "Payment By invoice",
            "Invoice address Blue Kite",
            "Delivery address The same",
        ):
            with self.subTest(words):
                self.assertIn(words, text)
        self._pay_invoice()
        self.assertIn("Paid until 03/31/2026 Current period", self._read_page())

    def test_next_amount_is_what_is_billed(self):
        """Not the usual price: an upgrade by days, a fee and a discount to come are in it."""
        line = self.contract.line_ids
        self.contract.change_quantity(line.id, 3, when="2026-03-12")
        self.contract.add_one_time_charge(self.setup_fee.id)
        with freeze_time("2026-03-31 12:00:00", tick=True):
            text = self._read_page()
            page = self.contract._get_portal_page()["next"]
        with self._today("2026-04-01"):
            moves = self._bill(self.contract, page["date"])
        self.assertEqual(page["total"], moves[0].amount_total)
        self.assertNotEqual(page["total"], 33.0)
        self.assertIn(f"$ {moves[0].amount_total:.2f}", text)
        self.assertIn("What is in it", text)

    def test_card(self):
        self.portal_template.invoicing_mode = "charge"
        self.assertIn("No payment method is saved yet.", self._read_page())
        token = self._create_token(partner=self.partner)
        self.contract.payment_token_id = token
        text = self._read_page()
        self.assertIn("4242", text)
        self.assertIn("Charged automatically", text)
        token.expiry_date = "2026-03-31"
        self.assertIn("Valid until 03/31/2026 only", self._read_page())
        self.contract.refused_token_id = token
        self.assertIn("The bank refused this payment method.", self._read_page())
        self.contract.refused_token_id = False
        self.provider.available_currency_ids = self.env.ref("base.EUR")
        self.assertIn("can't be used any more", self._read_page())

    def test_states_in_words(self):
        self.contract.end_date = "2027-02-28"
        self.assertIn("It is agreed until 02/28/2027.", self._read_page())
        self.portal_template.write({"auto_renew": True, "duration_count": 1})
        self.assertIn("It is agreed until 02/28/2027 and then renews", self._read_page())
        self.contract.action_close(self.reason.id, when="date", date="2026-05-01")
        self.assertIn("It will be closed; the last day is 04/30/2026.", self._read_page())
        self.contract.payment_exception = True
        self.assertIn("A payment is being checked.", self._read_page())
        trial = self._create_portal_contract(start="2026-03-08", trial_end_date="2026-03-21")
        text = self._read_page(trial.get_portal_url())
        self.assertIn("Trial", text)
        self.assertIn("It is free until 03/21/2026.", text)
        self.assertIn("Next invoice 03/22/2026", text)

    def test_suspended(self):
        self.contract.action_pause()
        self.contract.is_suspended = True
        self.assertIn("It is paused because an invoice isn't paid", self._read_page())

    # === ALERTS === #
    def test_overdue(self):
        self.invoice.invoice_date_due = "2026-03-09"
        self.invoice.line_ids.filtered("date_maturity").date_maturity = "2026-03-09"
        self.assertIn("$ 22.00 is overdue. Pay now", self._read_page())
        self._pay_invoice()
        self.assertNotIn("overdue", self._read_page())

    def test_declined(self):
        self.portal_template.invoicing_mode = "charge"
        self.contract.payment_token_id = self._create_token("cancel", partner=self.partner)
        token = self.contract.payment_token_id
        transaction = (
            self.env["payment.transaction"]
            .sudo()
            .with_context(subscription_attempt=True)
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.payment_method.id,
                    "token_id": token.id,
                    "amount": 22.0,
                    "currency_id": self.usd.id,
                    "partner_id": self.partner.id,
                    "operation": "offline",
                    "invoice_ids": [Command.set(self.invoice.ids)],
                }
            )
        )
        self.env["sale.subscription.attempt"].sudo().create(
            {
                "move_id": self.invoice.id,
                "subscription_ids": [Command.set(self.contract.ids)],
                "transaction_id": transaction.id,
                "token_id": token.id,
                "date": "2026-03-08 12:00:00",
                "amount": 22.0,
                "currency_id": self.usd.id,
                "company_id": self.company.id,
                "state": "declined",
            }
        )
        self.assertIn("A payment failed: $ 22.00 is to be paid. Pay now", self._read_page())

    def test_quotation(self):
        order = self.env["sale.order"].browse(self.contract.action_upsell()["res_id"]).sudo()
        order.write({"order_line": [Command.create({"product_id": self.storage.id})]})
        self.assertNotIn(order.name, self._read_page())  # a draft is not for customers
        order.action_quotation_sent()
        self.assertIn(
            f"An offer for this contract waits for your answer: {order.name} Open",
            self._read_page(),
        )
        response = self.url_open(
            f"{self.url}/orders/{order.id}?access_token={self.contract.access_token}"
        )
        self.assertIn(f"/my/orders/{order.id}", response.url)
        self.assertIn("Accept", response.text)
        order.action_confirm()
        self.assertNotIn("waits for your answer", self._read_page())

    # === CONTENT === #
    def test_lines_options_and_changes(self):
        line = self.contract.line_ids
        self.contract.change_quantity(line.id, 5, when="2026-04-01")
        self.contract.with_user(self.owner).sudo().add_product(self.storage.id, 3, when="now")
        text = self._read_page()
        for words in (
            "Seat 2 × $ 10.00 Until 03/31/2026 $ 20.00 per month",
            "Storage 3 × $ 5.00 $ 15.00 per month",
            "$ 35.00 + $ 3.50 taxes $ 38.50 per month",
            "Options Storage You may add and remove it. 3 of at most 10",
            "Scheduled changes From 04/01/2026 Seat: quantity 2.00 → 5.00",
            "Storage: 3.00 added 03/10/2026",
        ):
            with self.subTest(words):
                self.assertIn(words, text)
        self.assertNotIn("MRR", text)

    def test_history(self):
        self.contract.message_post(body="internal note", subtype_xmlid="mail.mt_note")
        with self._today("2026-03-05"):
            self.contract.action_pause(until="2026-03-08")
        self.contract._apply_due_transitions()
        text = self._read_page()
        history = text[text.index("History") : text.index("Messages")]
        self.assertIn("The contract went on. 03/08/2026 The contract was paused.", history)
        self.assertIn(f"Invoice {self.invoice.name} over $ 22.00 03/01/2026", history)
        self.assertLess(history.index("Invoice"), history.index("The contract started."))
        self.assertNotIn("internal note", text)

    def test_history_of_one_day(self):
        """The newest first: as things came about, and what one click made in its order."""
        self.contract.add_product(self.storage.id, 4, when="now")
        first = self.contract.change_ids
        seat = self.contract.line_ids.filtered(lambda line: line.product_id == self.seat)
        self.contract.change_quantity(seat.id, 5, when="now")
        second = self.contract.change_ids - first
        bill = self.env["account.move"].browse(self.contract.action_bill()).sudo()
        backup = self._create_recurring_product("Backup", 3.0, self.monthly)
        self.contract.add_product(backup.id, 1, when="now")
        third = self.contract.change_ids - first - second
        other_bill = self.env["account.move"].browse(self.contract.action_bill()).sudo()
        wanted = [
            f"Invoice {other_bill.name} over $\xa0{other_bill.amount_total:.2f}",
            "Backup: 1.00 added",
            f"Invoice {bill.name} over $\xa0{bill.amount_total:.2f}",
            "Seat: quantity 2.00 → 5.00",
            "Storage: 4.00 added",
        ]
        # A test is one moment, but for what it says otherwise.
        self._set_made(first, "2026-03-10 11:00:00")
        self._set_made(second, "2026-03-10 11:00:00")
        self._set_made(bill, "2026-03-10 11:00:00")
        self._set_made(third, "2026-03-10 11:05:00")
        self._set_made(other_bill, "2026-03-10 11:05:00")
        self.assertEqual(self._get_history("2026-03-10"), wanted)
        # The contract starts before, and ends after, what else happens on its first and last day.
        self.contract.action_close(self.reason.id, when="date", date="2026-03-11")
        with self._today("2026-03-11"):
            self.contract._apply_due_transitions()
            self.assertEqual(self._get_history("2026-03-10"), ["The contract ended.", *wanted])
        self.assertEqual(
            self._get_history("2026-03-01"),
            [f"Invoice {self.invoice.name} over $\xa022.00", "The contract started."],
        )

    def _get_history(self, day):
        return [
            text
            for fact in self.contract._get_portal_history()
            if str(fact["date"]) == day
            for text in fact["texts"]
        ]

    def _set_made(self, records, moment):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET create_date = %s WHERE id IN %s",
                SQL.identifier(records._table),
                moment,
                tuple(records.ids),
            )
        )
        records.invalidate_recordset(["create_date"])

    def test_invoices_in_a_row_are_one_fact(self):
        with freeze_time("2026-06-01 12:00:00", tick=True):
            self.contract.action_bill("2026-05-01")
            self.contract.add_product(self.storage.id, 1, when="now")
            text = self._read_page()
        history = text[text.index("History") : text.index("Messages")]
        self.assertIn(
            "Storage: 1.00 added 06/01/2026 3 invoices, INV/2026/00001 to INV/2026/00003 "
            "05/01/2026 The contract started. 03/01/2026",
            history,
        )

    def test_no_words_from_outside(self):
        script = "<script>alert('x')</script>"
        self.contract.line_ids.name = script
        self.seat.name = script
        self.partner.name = script
        self.contract.change_quantity(self.contract.line_ids.id, 3, when="2026-04-01")
        query = "&error=Call+555&success=Call+555&warning=Call+555&message=Call+555"
        self.env.flush_all()
        text = self.url_open(self.link + query).text
        self.assertNotIn(script, text)
        self.assertNotIn("Call 555", text)
        self.assertIn("alert(", text)

    def test_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.monthly.with_context(lang="fr_FR").name = "Mensuel"
        self.owner.lang = "fr_FR"
        url = self.url
        if "website" in self.env:  # a site has languages of its own, named in the address
            french = self.env["res.lang"].search([("code", "=", "fr_FR")])
            self.env["website"].search([], limit=1).language_ids |= french
            url = f"/fr{url}"
        self.authenticate("kite_owner", "kite_owner")
        text = self._read_page(url)
        self.assertIn("Mensuel", text)
        self.assertIn("01/04/2026 $ 22,00", text)
        change = self.contract.scheduled_change_ids.browse(
            self.contract.change_quantity(self.contract.line_ids.id, 5, when="2026-04-01")
        )
        change.description = "what somebody wrote in another language"
        self.assertEqual(change._get_portal_texts(), ["Seat: quantity 2.00 → 5.00"])

    # === DOCUMENTS === #
    def test_documents_open_without_an_account(self):
        token = self.contract.access_token
        other = self._create_portal_contract()
        foreign = self._bill(other, "2026-03-01").sudo()
        url = f"{self.url}/invoices/{self.invoice.id}?access_token={token}"
        response = self.url_open(url)
        self.assertIn(f"/my/invoices/{self.invoice.id}?access_token=", response.url)
        self.assertEqual(response.status_code, 200)
        self.assertIn(self.invoice.name, response.text)
        self.assertNotIn(self.invoice.access_token, self.url_open(self.link).text)
        for path in (
            f"{self.url}/invoices/{foreign.id}?access_token={token}",
            f"{self.url}/invoices/{self.invoice.id}?access_token=wrong",
            f"{self.url}/invoices/{self.invoice.id}",
            f"{self.url}/invoices/0?access_token={token}",
            f"{self.url}/orders/1?access_token={token}",
            f"/my/subscriptions/{other.id}/invoices/{foreign.id}?access_token={token}",
        ):
            with self.subTest(path):
                self.assertEqual(self.url_open(path).status_code, 404)
        self.invoice.button_draft()
        self.assertEqual(self.url_open(url).status_code, 404)

    def test_order_stands_with_its_pdf(self):
        order = self._create_order({"product_id": self.seat.id})
        order.action_confirm()
        contract = order.sudo().subscription_ids
        text = self.url_open(contract.get_portal_url()).text
        self.assertIn(f"{contract.access_url}/orders/{order.id}?report_type=pdf", text)
        response = self.url_open(
            f"{contract.access_url}/orders/{order.id}?report_type=pdf"
            f"&access_token={contract.access_token}",
            allow_redirects=False,
        )
        self.assertIn("report_type=pdf", response.headers["Location"])

    def test_detail_with_60_invoices(self):
        self._read_page()  # fills caches
        few = self._count_queries(self.link)
        with freeze_time("2031-02-10 12:00:00", tick=True):
            self.contract.action_bill("2031-02-01")
            self.assertEqual(len(self.contract.invoice_ids), 60)
            self._read_page()
            text = self._read_page()
            many = self._count_queries(self.link)
        self.assertIn("Show 48 older invoices", text)
        self.assertLessEqual(many, few + 3)
        self.assertGreater(few, 10)  # it counts at all
        self.assertLessEqual(many, 150)

    # === MESSAGES === #
    def _post(self, **access):
        return self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "sale.subscription",
                "thread_id": self.contract.id,
                "post_data": {"body": "Can we have more?", "message_type": "comment"},
                **access,
            },
        )

    def test_messages_reach_the_salesperson(self):
        self.assertFalse(self.contract.message_partner_ids)  # not even a follower
        before = self.contract.message_ids
        self._post(token=self.contract.access_token)
        message = self.contract.message_ids - before
        self.assertEqual(message.author_id, self.partner)
        self.assertIn(self.salesman.partner_id, message.notified_partner_ids)
        self.authenticate("kite_owner", "kite_owner")
        self._post()
        message = (self.contract.message_ids - before)[0]
        self.assertEqual(message.author_id, self.owner.partner_id)
        self.assertIn(self.salesman.partner_id, message.notified_partner_ids)

    def _pay_invoice(self):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.invoice.ids
        ).create({"payment_date": "2026-03-10"})._create_payments()
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))

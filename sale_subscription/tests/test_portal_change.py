from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon
from odoo.addons.sale_subscription.tests.portal_step_common import PortalStepMixin


@tagged("post_install", "-at_install")
@freeze_time("2026-03-11 12:00:00", tick=True)
class TestPortalChange(PortalStepMixin, SubscriptionPortalCommon, HttpCase):
    """Customers change quantities, options and plan.

    Two seats at 31.00 a month since 1 March 2026, so that a day costs 1.00 each, plus 10 % tax; 21
    days of March are left. Storage (5.00) is an option: at most 10.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_billed_contract()

    def _get_lines(self):
        return {line.product_id.name: line.quantity for line in self.contract._get_priced_lines()}

    # === PREVIEW === #
    def test_preview(self):
        """What the panel says, case by case; looking changes nothing."""
        self.portal_template.credit_when = "next_invoice"
        for values, wanted in (
            (
                {self.seat_key: "3"},
                (
                    "Seat: quantity 2.00 → 3.00, from 03/11/2026",
                    "You pay $ 23.10, including $ 2.10 taxes.",
                    "You get the invoice at once, and can pay it right away.",
                    "3 × Seat, 03/11/2026 to 03/31/2026: $ 63.00",
                    "$ 102.30 per month, taxes included; so far $ 68.20.",
                    "Next invoice $ 102.30 on 04/01/2026",
                ),
            ),
            (
                {self.seat_key: "1"},
                ("from 04/01/2026", "You pay nothing.", "$ 34.10 per month"),
            ),
            (
                {self.storage_key: "4"},
                ("Storage: 4.00 added", "You pay $ 14.91,", "$ 90.20 per month"),
            ),
            (
                {"plan_id": str(self.yearly.id)},
                (
                    "Plan: By the month → By the year, from 03/11/2026",
                    "You pay $ 772.20,",
                    "$ 818.40 per year",
                    "$ 818.40 on 03/11/2027",
                ),
            ),
            ({self.seat_key: "2"}, ("Nothing is changed yet.",)),
        ):
            with self.subTest(**values):
                text = self._get_text(self._preview(values)["html"])
                for words in wanted:
                    self.assertIn(words, text)
        self.assertEqual(len(self.contract.line_ids), 1)
        self.assertFalse(self.contract.change_ids)

    def test_credit_rides_on_the_next_invoice(self):
        self.portal_template.downgrade_when = "now"
        text = self._get_text(self._preview({self.seat_key: "1"})["html"])
        self.assertIn("You pay nothing.", text)
        # 31.00 less 21 days of one, plus 10 %.
        self.assertIn("Next invoice $ 11.00 on 04/01/2026, taxes included. What you paid", text)
        self.assertIn("2 × Seat, 03/11/2026 to 03/31/2026: $ -42.00", text.replace("\ufeff", ""))
        self.portal_template.credit_when = "now"
        text = self._get_text(self._preview({self.seat_key: "1"})["html"])
        self.assertIn("You get $ 23.10 back, taxes included.", text)
        self.assertIn("Next invoice $ 34.10 on 04/01/2026", text)

    def test_customers_do_not_read_internal_references(self):
        """Neither on the form nor in the panel, nor on the page; employees still do."""
        self.seat.default_code = "SE-1"
        self.storage.default_code = "ST-1"
        self.env["res.lang"]._activate_lang("fr_FR")
        self.seat.with_context(lang="fr_FR").name = "Siège"
        self.contract = self._create_billed_contract()
        self.portal_template.write({"downgrade_when": "now", "credit_when": "next_invoice"})
        for values, wanted in (
            ({self.seat_key: "3"}, ("Seat: quantity 2.00 → 3.00", "3 × Seat, 03/11/2026")),
            ({self.seat_key: "1"}, ("Seat: quantity 2.00 → 1.00", "2 × Seat, 03/11/2026")),
            ({self.storage_key: "4"}, ("Storage: 4.00 added", "4 × Storage, 03/11/2026")),
            ({self.seat_key: "0"}, ("Seat: at least 1.00.",)),
        ):
            with self.subTest(**values):
                text = self._get_text(self._preview(values)["html"])
                for words in wanted:
                    self.assertIn(words, text)
                self.assertNotIn("[S", text)
        self._confirm({self.storage_key: "4"})
        seat = self.contract.line_ids.filtered(lambda line: line.product_id == self.seat)
        self.contract.change_price(seat.id, 22.0, when="2026-04-01")
        self.contract.with_user(self.owner).sudo().change_quantity(seat.id, 5, when="2026-05-01")
        for verb in ("", "change"):
            token = self.contract._portal_ensure_token()
            text = self.url_open(f"{self._url(verb)}?access_token={token}").text
            self.assertNotIn("[S", self._get_text(text))
        changes = self.contract.change_ids.sorted("id")
        self.assertEqual(
            changes.mapped("description"),
            [
                "[ST-1] Storage: 4.00 added",
                "[SE-1] Seat: price $\xa031.00 → $\xa022.00",
                "[SE-1] Seat: quantity 2.00 → 5.00",
            ],
        )
        self.assertEqual(
            [change._get_portal_texts() for change in changes],
            [
                ["Storage: 4.00 added"],
                ["Seat: price $\xa031.00 → $\xa022.00"],
                ["Seat: quantity 2.00 → 5.00"],
            ],
        )
        self.assertEqual(
            changes[1].with_context(lang="fr_FR")._get_portal_texts(),
            ["Siège: price $\xa031,00 → $\xa022,00"],
        )

    def test_problems_in_words(self):
        """Refused by value: the panel says why, and posting it all the same changes nothing."""
        other = self._create_billed_contract()
        foreign_line = f"line_{other.line_ids.id}"
        foreign_option = f"option_{other.option_ids.id}"
        gone = "isn't part of your subscription"
        foreign_plan = self.monthly.copy({"name": "Secret"})
        for values, reason in (
            ({self.seat_key: "0"}, "Seat: at least 1.00."),
            ({self.seat_key: "-3"}, "Seat: at least 1.00."),
            ({self.seat_key: "NaN"}, "isn't a number"),
            ({self.seat_key: "1e400"}, "isn't a number"),
            ({self.seat_key: ""}, "isn't a number"),
            ({self.seat_key: "9999999"}, "at most 100,000.00"),
            ({self.seat_key: "2.5"}, "please choose a whole number"),
            ({self.storage_key: "11"}, "Storage: at most 10.00."),
            ({self.storage_key: "-1"}, "Storage: at least 0.00."),
            ({foreign_line: "3"}, gone),
            ({foreign_option: "3"}, gone),
            ({"line_999999999": "3"}, gone),
            ({"plan_id": str(foreign_plan.id)}, "can't switch to this plan"),
            ({"plan_id": "x"}, "can't switch to this plan"),
        ):
            with self.subTest(**values):
                answer = self._preview(values)
                self.assertIn(reason, self._get_text(answer["html"]))
                self.assertFalse(answer["fingerprint"])
                response = self._post("change", {**values, "fingerprint": ""})
                self.assertEqual(response.status_code, 200)
                self.assertIn(reason, self._get_problem(response))
        for values in ({self.seat_key: ["3"]}, {self.seat_key: {"a": 1}}, [], "x", None):
            with self.subTest(values=values):
                self.assertFalse(self._preview(values)["fingerprint"])
        self.assertFalse(self.contract.change_ids)
        self.assertEqual(self._get_lines(), {"Seat": 2.0})

    # === CONFIRMING === #
    def test_more_is_invoiced_at_once(self):
        response = self._confirm(
            {self.seat_key: "3", self.storage_key: "2"},
            price_unit="0.01",
            discount="99",
            state="draft",
            user_id="1",
        )
        invoice = self.contract.invoice_ids.sorted("id")[-1]
        # 21 days: 1.00 a day for a seat, 5.00 a month twice for storage.
        self.assertEqual((invoice.amount_untaxed, invoice.state), (27.77, "posted"))
        text = self._get_notice(response)
        self.assertIn("Your subscription was changed.", text)
        self.assertIn(f"The invoice {invoice.name} of $ 30.55 is open. Pay", text)
        self.assertIn(f"/my/subscriptions/{self.contract.id}/invoices/{invoice.id}?", response.text)
        self.assertNotIn(invoice.access_token or "no token yet", response.text)
        self.assertEqual(self._get_lines(), {"Seat": 3.0, "Storage": 2.0})
        self.assertEqual(self.contract.line_ids.mapped("discount"), [0.0] * 3)
        self.assertEqual(self.contract.user_id, self.salesman)
        self.assertTrue(all(change.user_id.share for change in self.contract.change_ids))
        message = self.contract.message_ids.filtered(lambda m: "Storage" in (m.body or ""))[:1]
        self.assertEqual(message.author_id, self.partner)

    def test_what_was_confirmed_is_done_once(self):
        answer = self._preview({self.seat_key: "3"})
        values = {self.seat_key: "3", "fingerprint": answer["fingerprint"]}
        self._post("change", values)
        self.assertEqual(self._get_lines(), {"Seat": 3.0})
        response = self._post("change", values)
        self.assertIn("isn't part of your subscription", self._get_problem(response))
        self.assertEqual(len(self.contract.change_ids), 1)
        self.assertEqual(len(self.contract.invoice_ids), 2)

    def test_what_means_something_else_by_now_is_refused(self):
        answer = self._preview({self.seat_key: "3"})
        self.contract.option_ids.max_quantity = 12
        self.contract.change_price(self.contract.line_ids.id, 62.0, when="period_end")
        values = {self.seat_key: "3", "fingerprint": answer["fingerprint"]}
        response = self._post("change", values)
        self.assertIn("was changed meanwhile", self._get_problem(response))
        self.assertEqual(self._get_lines(), {"Seat": 2.0})
        # Confirming the new figures does it. The price agreed for later stays.
        self._confirm({self.seat_key: "3"})
        self.assertEqual(self._get_lines(), {"Seat": 3.0})
        version = self.contract.line_ids.filtered(
            lambda li: li.price_unit == 62 and (not li.date_end or li.date_end >= li.date_start)
        )
        self.assertEqual((version.quantity, str(version.date_start)), (3.0, "2026-04-01"))

    def test_without_looking_nothing_is_done(self):
        response = self._post("change", {self.seat_key: "3"})
        self.assertIn("Please look at it again", self._get_problem(response))
        self.assertIn("$ 102.30 per month", self._get_text(response.text))
        self.assertEqual(self._get_lines(), {"Seat": 2.0})

    def test_less_is_scheduled_and_taken_back(self):
        response = self._confirm({self.seat_key: "1"})
        self.assertIn("it holds from 04/01/2026 on", self._get_notice(response))
        change = self.contract.scheduled_change_ids
        self.assertEqual(change.kind, "quantity")
        page = self.url_open(self._url("change") + f"?access_token={self.contract.access_token}")
        self.assertIn("Changes to 1.00 on 04/01/2026", self._get_text(page.text))
        answer = self._preview({self.seat_key: "3"})
        self.assertIn("Seat can't be changed here", self._get_text(answer["html"]))
        by_staff = self._create_billed_contract()
        staff_change = by_staff.change_quantity(by_staff.line_ids.id, 5, when="2026-05-01")
        for change_id in ("0", "x", str(staff_change), "99999999999999"):
            with self.subTest(change_id=change_id):
                response = self._post("withdraw_change", {"change_id": change_id})
                self.assertIn("isn't one of yours", self._get_notice(response))
        response = self._post("withdraw_change", {"change_id": str(change.id)})
        self.assertIn("The change was taken back.", self._get_notice(response))
        self.assertFalse(self.contract.scheduled_change_ids)
        # A second click hears the same.
        response = self._post("withdraw_change", {"change_id": str(change.id)})
        self.assertIn("The change was taken back.", self._get_notice(response))

    def test_options_come_and_go(self):
        self._confirm({self.storage_key: "3"})
        self._confirm({self.storage_key: "10"})
        self.assertEqual(self._get_lines()["Storage"], 10.0)
        self.portal_template.downgrade_when = "now"
        self._confirm({self.storage_key: "0"})
        self.assertEqual(self._get_lines(), {"Seat": 2.0})

    def test_minimum_of_an_option(self):
        self.contract.option_ids.write({"min_quantity": 2, "max_quantity": 0})
        for quantity in ("1", "0"):
            answer = self._preview({self.storage_key: quantity})
            self.assertFalse(answer["fingerprint"])
        self._confirm({self.storage_key: "2"})
        answer = self._preview({self.storage_key: "0"})
        self.assertIn("Storage: at least 2.00.", self._get_text(answer["html"]))

    def test_plan_switch_with_less(self):
        self._confirm({"plan_id": str(self.yearly.id), self.seat_key: "1"})
        self.assertEqual(self.contract.plan_id, self.yearly)
        self.assertEqual(self._get_lines(), {"Seat": 1.0})
        # A year of one, less 21 days of two.
        invoice = self.contract.invoice_ids.sorted("id")[-1]
        self.assertEqual(invoice.amount_untaxed, 372.0 - 42.0)

    # === PERMISSIONS === #
    def test_what_the_settings_allow(self):
        """Template and option say what may be raised, lowered, or touched at all."""
        for access, quantity, reason in (
            ("restricted", "3", "Seat can't be changed here"),
            ("upgrade", "1", "can be raised here, but not lowered"),
            ("upgrade", "3", None),
        ):
            with self.subTest(template=access, quantity=quantity):
                self.portal_template.portal_access = access
                answer = self._preview({self.seat_key: quantity})
                self.assertEqual(bool(answer["fingerprint"]), not reason)
                self.assertIn(reason or "quantity 2.00", self._get_text(answer["html"]))
        option = self.contract.option_ids
        self._confirm({self.storage_key: "3"})
        for access, quantity, reason in (
            ("restricted", "4", "Storage can't be changed here"),
            ("upgrade", "2", "can be raised here, but not lowered"),
            ("upgrade", "4", None),
        ):
            with self.subTest(option=access, quantity=quantity):
                option.portal_access = access
                answer = self._preview({self.storage_key: quantity})
                self.assertEqual(bool(answer["fingerprint"]), not reason)

    def test_what_is_only_raised_begins_at_what_there_is(self):
        """The browser's bounds, the text and the buttons; refused by the server: see above."""
        option = self.contract.option_ids
        self._confirm({self.storage_key: "3"})
        self.portal_template.portal_access = "upgrade"
        for access, lowest, highest, note in (
            ("upgrade", 0, 10, "From 3 to 10."),
            ("upgrade", 1, 10, "From 3 to 10."),
            ("upgrade", 1, 0, "At least 3."),
            ("upgrade", 0, 3, "At most 3."),
            ("upgrade_downgrade", 1, 10, "From 1 to 10."),
            ("upgrade_downgrade", 0, 10, "At most 10."),
            ("upgrade_downgrade", 0, 3, "At most 3."),
        ):
            with self.subTest(access=access, lowest=lowest, highest=highest):
                option.write(
                    {"portal_access": access, "min_quantity": lowest, "max_quantity": highest}
                )
                row = self._read_row(self.storage_key)
                is_raised = access == "upgrade"
                self.assertEqual(row["input"]["min"], "3" if is_raised else str(lowest))
                self.assertEqual(row["is_less_disabled"], is_raised)
                self.assertEqual(row["is_more_disabled"], highest == 3)
                self.assertIn(note, row["text"])
        row = self._read_row(self.seat_key)
        self.assertEqual((row["input"]["min"], row["is_less_disabled"]), ("2", True))

    def _read_row(self, key):
        """Return what the form's page says about one quantity."""
        self.env.flush_all()
        token = self.contract._portal_ensure_token()
        page = html.document_fromstring(
            self.url_open(f"{self._url('change')}?access_token={token}").text
        )
        row = page.xpath(f"//div[@name='{key}']")[0]
        buttons = {
            name: row.xpath(f".//button[contains(@class, 'o_subscription_{name}')]")[0].attrib
            for name in ("less", "more")
        }
        return {
            "input": row.xpath(".//input")[0].attrib,
            "is_less_disabled": "disabled" in buttons["less"],
            "is_more_disabled": "disabled" in buttons["more"],
            "text": " ".join(row.text_content().split()),
        }

    def test_who_may(self):
        self.portal_template.token_access = "view"
        link = self.contract._portal_ensure_token()
        other = self._create_portal_contract(partner_id=self.stranger.partner_id.id)
        for login, token, location in (
            (None, link, self._url()),
            (None, "", "/my"),
            (None, other._portal_ensure_token(), "/my"),
            (None, "ünïcode", "/my"),
            (self.stranger.login, "", "/my"),
            (self.accountant.login, "", self._url()),
        ):
            with self.subTest(login=login, token=token):
                self.authenticate(login, login)
                response = self._post(
                    "change", {self.seat_key: "3", "fingerprint": "x"}, token, follow=False
                )
                self.assertEqual(response.status_code, 303)
                self.assertURLEqual(response.headers["Location"].partition("?")[0], location)
                answer = self._preview({self.seat_key: "3"}, token=token)
                self.assertFalse(answer["fingerprint"])
                page = self.url_open(
                    self._url("change") + f"?access_token={token}", allow_redirects=False
                )
                self.assertEqual(page.status_code, 303)
        self.assertFalse(self.contract.change_ids)
        self.authenticate(self.colleague.login, self.colleague.login)
        answer = self._preview({self.seat_key: "3"}, token="")
        self._post("change", {self.seat_key: "3", "fingerprint": answer["fingerprint"]}, token="")
        self.assertEqual(self._get_lines(), {"Seat": 3.0})
        message = self.contract.message_ids.filtered(lambda m: "quantity" in (m.body or ""))[:1]
        self.assertEqual(message.author_id, self.colleague.partner_id)

    def test_states_and_numbers_out_of_range(self):
        for number in (0, 2**31, 10**30):
            response = self.url_open(f"/my/subscriptions/{number}/change", allow_redirects=False)
            self.assertEqual(response.status_code, 303)
        self.contract.payment_exception = True
        response = self._post("change", {self.seat_key: "3", "fingerprint": "x"})
        self.assertIn("isn't possible", self._get_notice(response))
        self.assertFalse(self.contract.change_ids)

    def test_something_has_to_stay(self):
        contract = self._create_portal_contract(
            lines=[{"product_id": self.storage.id, "price_unit": 5.0, "quantity": 1.0}]
        )
        answer = self._preview(
            {f"option_{contract.option_ids.id}": "0"},
            token=contract._portal_ensure_token(),
            contract=contract,
        )
        self.assertIn("Something has to stay", self._get_text(answer["html"]))

    # === PAYING === #
    def test_paid_with_the_card_at_once(self):
        self.portal_template.invoicing_mode = "charge"
        self.contract.payment_token_id = self._create_token()
        self.contract.invoice_ids._write_step({"subscription_step_date": False})
        answer = self._preview({self.seat_key: "3"})
        self.assertIn("charged to your saved payment method", self._get_text(answer["html"]))
        response = self._confirm({self.seat_key: "3"})
        invoice = self.contract.invoice_ids.sorted("id")[-1]
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        attempt = self.contract.attempt_ids
        self.assertRecordValues(attempt, [{"state": "done", "amount": 23.1}])
        self.assertIn(f"The invoice {invoice.name} of $ 23.10 is paid.", self._get_notice(response))

    def test_a_declined_card_leaves_the_change_and_the_invoice(self):
        self.portal_template.invoicing_mode = "charge"
        self.contract.payment_token_id = self._create_token("cancel")
        response = self._confirm({self.seat_key: "3"})
        invoice = self.contract.invoice_ids.sorted("id")[-1]
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(self.contract.attempt_ids.state, "declined")
        self.assertEqual(self._get_lines(), {"Seat": 3.0})
        text = self._get_notice(response)
        self.assertIn(
            "Your saved payment method was declined. It is charged again on 03/12/2026, unless you "
            "pay another way before.",
            text,
        )
        self.assertIn(f"Pay {invoice.name}", text)

    def test_above_the_limit_nothing_is_charged(self):
        self.portal_template.invoicing_mode = "charge"
        self.contract.write({"payment_token_id": self._create_token().id, "charge_limit": 10.0})
        answer = self._preview({self.seat_key: "3"})
        self.assertIn("You get the invoice at once", self._get_text(answer["html"]))
        response = self._confirm({self.seat_key: "3"})
        self.assertIn("is open.", self._get_notice(response))
        self.assertFalse(self.contract.attempt_ids)

    def test_modes_that_invoice_otherwise(self):
        for mode, words, count in (
            ("manual", "We send you the invoice later.", 1),
            ("draft", "once we have checked it", 2),
        ):
            with self.subTest(mode=mode):
                self.portal_template.invoicing_mode = mode
                wish = {self.seat_key: str(int(self._get_lines()["Seat"]) + 1)}
                self.assertIn(words, self._get_text(self._preview(wish)["html"]))
                self._confirm(wish)
                self.assertEqual(len(self.contract.invoice_ids), count)

    def test_lines_of_one_option(self):
        """An option delivered by two lines is one quantity."""
        contract = self._create_billed_contract(
            lines=[
                {"quantity": 1.0, "price_unit": 31.0},
                {"product_id": self.storage.id, "price_unit": 5.0, "quantity": 2.0},
                {"product_id": self.storage.id, "price_unit": 4.0, "quantity": 3.0},
            ]
        )
        self.contract = contract
        self.portal_template.downgrade_when = "now"
        key = f"option_{contract.option_ids.id}"
        self._confirm({key: "1"})
        lines = contract._get_priced_lines().filtered(lambda li: li.product_id == self.storage)
        self.assertRecordValues(lines, [{"quantity": 1.0, "price_unit": 5.0}])

    def test_options_of_others_stay_hidden(self):
        hidden = self._create_recurring_product("Hidden", 1.0, self.monthly)
        self.contract.option_ids = [Command.create({"product_id": hidden.id})]
        page = self.url_open(
            self._url("change") + f"?access_token={self.contract._portal_ensure_token()}"
        )
        self.assertNotIn("Hidden", page.text)
        self.assertIn("At most 10.", self._get_text(page.text))

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.payment_common import SubscriptionPaymentCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00")
class TestCard(SubscriptionPaymentCommon):
    """The card on a contract: which fits, what a new one does, what its removal does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.invoicing_mode = "charge"
        cls.token = cls._create_token()
        cls.contract = cls._activate(start="2026-03-10", user_id=cls.salesman.id)

    def _get_activities(self, contract=None):
        activity_type = self.env.ref("sale_subscription.mail_activity_type_card")
        return (contract or self.contract).activity_ids.filtered(
            lambda a: a.activity_type_id == activity_type
        )

    def _get_last_note(self, contract=None):
        return (contract or self.contract).message_ids[0].preview

    # === WHICH CARD FITS === #

    def test_a_contract_without_a_card(self):
        self.assertFalse(self.contract._has_card())
        self.assertEqual(self.contract.card_problem, "No card is saved.")
        self.template.invoicing_mode = "send"
        self.assertFalse(self.contract.card_problem, "nobody waits for a card")

    def test_a_salesman_sets_the_customers_card(self):
        contract = self.contract.with_user(self.salesman)
        contract.payment_token_id = self.token
        self.assertTrue(contract._has_card())
        self.assertFalse(contract.card_problem)
        self.assertEqual(self._get_last_note(), "Card 4242 saved.")

    def test_cards_of_colleagues_of_the_customer_fit(self):
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.partner.id, "type": "contact"}
        )
        self.partner.is_company = True
        self.contract.payment_token_id = self._create_token(partner=colleague)
        self.assertTrue(self.contract._has_card())

    def test_the_card_of_another_customer_is_refused(self):
        other = self._create_token(partner=self.env["res.partner"].create({"name": "Eve"}))
        with self.assertRaisesRegex(ValidationError, "belongs to another customer"):
            self.contract.with_user(self.salesman).payment_token_id = other
        with self.assertRaisesRegex(ValidationError, "belongs to another customer"):
            self._create_contract(payment_token_id=other.id)

    def test_the_card_of_another_company_is_refused(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        token = self._create_token(provider=self._create_provider(company))
        with self.assertRaisesRegex(ValidationError, "saved for Elsewhere"):
            self.contract.payment_token_id = token

    def test_a_branch_uses_the_cards_of_its_company(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "subscription_tz": "UTC"}
        )
        contract = self._create_contract(
            company_id=branch.id, partner_id=self.partner.id, user_id=False
        )
        contract.payment_token_id = self.token
        self.assertTrue(contract._has_card())

    def test_a_card_whose_provider_takes_another_currency_is_refused(self):
        self.provider.available_currency_ids = self.env.ref("base.EUR")
        with self.assertRaisesRegex(ValidationError, "can't be charged in USD"):
            self.contract.payment_token_id = self.token
        self.provider.available_currency_ids = self.usd
        self.payment_method.supported_currency_ids = self.env.ref("base.EUR")
        with self.assertRaisesRegex(ValidationError, "can't be charged in USD"):
            self.contract.payment_token_id = self.token

    def test_a_card_of_a_provider_switched_off_has_a_problem(self):
        self.contract.payment_token_id = self.token
        # As by hand in the database: the form would have removed the cards.
        self.env.cr.execute(
            "UPDATE payment_provider SET state = 'disabled' WHERE id = %s", [self.provider.id]
        )
        self.env.invalidate_all()
        self.assertIn("is switched off", self.contract.card_problem)

    def test_a_card_refused_for_good_has_a_problem_until_there_is_another(self):
        self.contract.payment_token_id = self.token
        self.contract.sudo().refused_token_id = self.token
        self.assertIn("The bank refused the card 4242 for good", self.contract.card_problem)
        self.contract.payment_token_id = self._create_token()
        self.assertFalse(self.contract.refused_token_id)
        self.assertFalse(self.contract.card_problem)

    def test_which_card_was_refused_is_written_by_machines_only(self):
        with self.assertRaises(UserError):
            self.contract.with_user(self.manager).refused_token_id = self.token

    def test_the_same_card_again_changes_nothing(self):
        self.contract.payment_token_id = self.token
        count = len(self.contract.message_ids)
        self.contract.with_user(self.salesman).write({"payment_token_id": self.token.id})
        self.assertEqual(len(self.contract.message_ids), count)

    def test_a_new_card_restarts_collecting(self):
        restarted = []
        self.patch(
            self.env.registry["sale.subscription"],
            "_restart_collecting",
            lambda contracts: restarted.append(contracts),
        )
        self.contract.payment_token_id = self.token
        self.assertEqual(restarted, [self.contract])
        self.contract.payment_token_id = False
        self.assertEqual(restarted, [self.contract])
        self.assertEqual(self._get_last_note(), "Card 4242 removed: pays by hand.")

    # === REMOVING A CARD === #

    def test_a_customer_is_told_which_contracts_a_card_pays(self):
        user = self._create_user("ada_portal", "base.group_portal", internal=False)
        user.partner_id.parent_id = self.partner
        token = self._create_token(partner=user.partner_id)
        closed = self._activate(start="2026-03-10", payment_token_id=token.id)
        closed.action_close(self.reason.id, when="now")
        self.contract.payment_token_id = token
        self.assertEqual(
            token.with_user(user).get_linked_records_info(),
            [
                {
                    "description": "Subscription",
                    "id": self.contract.id,
                    "name": self.contract.name,
                    "url": f"/my/subscriptions/{self.contract.id}",
                }
            ],
        )
        with self.assertRaises(AccessError):
            self.token.with_user(user).get_linked_records_info()

    def test_removing_a_card_falls_back_to_paying_by_hand(self):
        second = self._activate(start="2026-03-10", payment_token_id=self.token.id)
        self.contract.payment_token_id = self.token
        self.token.active = False
        self.assertFalse((self.contract | second).payment_token_id)
        self.assertEqual(self.contract.card_problem, "No card is saved.")
        activity = self._get_activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(len(self._get_activities(second)), 1)
        notes = self.contract.message_ids.mapped("preview")
        self.assertIn("Card 4242 removed: pays by hand.", notes)

    def test_losing_a_second_card_leaves_one_todo_and_a_new_card_settles_it(self):
        for _index in range(2):
            self.contract.payment_token_id = token = self._create_token()
            self.token = token
        token.active = False
        self.contract._lose_payment_token()
        self.assertEqual(len(self._get_activities()), 1)
        self.contract.payment_token_id = self._create_token()
        self.assertFalse(self._get_activities())

    def test_switching_a_provider_off_takes_its_cards_off_contracts(self):
        self.contract.payment_token_id = self.token
        self.provider.state = "disabled"
        self.assertFalse(self.contract.payment_token_id)
        self.assertEqual(len(self._get_activities()), 1)

    def test_saving_a_card_alone_touches_no_contract(self):
        tx = self._create_tx(operation="validation", amount=0.0, tokenize=True)
        tx._process("demo", {"simulated_state": "done", "payment_details": "1111"})
        tx._post_process()
        self.assertTrue(tx.token_id)
        self.assertFalse(self.contract.payment_token_id)
        self.assertFalse(self.contract.invoice_ids)

    # === PAYING AN INVOICE === #

    def _create_tx(self, **values):
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.payment_method.id,
                    "amount": 10.0,
                    "currency_id": self.usd.id,
                    "partner_id": self.partner.id,
                    "operation": "online_direct",
                    **values,
                }
            )
        )

    def _pay_invoice(self, invoice, state="done", **values):
        tx = self._create_tx(
            amount=invoice.amount_residual, invoice_ids=[Command.set(invoice.ids)], **values
        )
        tx._process("demo", {"simulated_state": state, "payment_details": "1111"})
        tx._post_process()
        return tx

    def test_paying_an_invoice_with_a_saved_card_puts_it_on_the_contract(self):
        invoice = self._bill(self.contract, "2026-03-10")
        tx = self._pay_invoice(invoice, tokenize=True)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertTrue(tx.token_id)
        self.assertEqual(self.contract.payment_token_id, tx.token_id)

    def test_paying_an_invoice_without_saving_leaves_the_contract_alone(self):
        invoice = self._bill(self.contract, "2026-03-10")
        self._pay_invoice(invoice)
        self.assertFalse(self.contract.payment_token_id)

    def test_paying_an_invoice_with_another_card_keeps_one_that_works(self):
        self.contract.payment_token_id = self.token
        invoice = self._bill(self.contract, "2026-03-10")
        self._pay_invoice(invoice, tokenize=True)
        self.assertEqual(self.contract.payment_token_id, self.token)

    def test_paying_an_invoice_replaces_a_card_the_bank_refused(self):
        self.contract.payment_token_id = self.token
        self.contract.sudo().refused_token_id = self.token
        invoice = self._bill(self.contract, "2026-03-10")
        other = self._create_token()
        self._pay_invoice(invoice, token_id=other.id, operation="online_token")
        self.assertEqual(self.contract.payment_token_id, other)
        self.assertFalse(self.contract.refused_token_id)

    def test_a_declined_payment_of_an_invoice_saves_nothing(self):
        invoice = self._bill(self.contract, "2026-03-10")
        self._pay_invoice(invoice, "error", tokenize=True)
        self.assertFalse(self.contract.payment_token_id)

    def test_a_strangers_card_pays_an_invoice_but_is_not_kept(self):
        stranger = self.env["res.partner"].create({"name": "Eve"})
        invoice = self._bill(self.contract, "2026-03-10")
        self._pay_invoice(invoice, tokenize=True, partner_id=stranger.id)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertFalse(self.contract.payment_token_id)

    # === SEARCH === #

    def test_filters(self):
        Subscription = self.env["sale.subscription"].with_user(self.salesman)
        other = self._activate(user_id=self.salesman.id)
        mine = [("id", "in", (self.contract | other).ids)]
        self.contract.payment_token_id = self.token
        self.contract.action_bill()
        self.assertEqual(str(self.contract.next_invoice_date), "2026-04-10")
        for day, expected in (
            ("2026-04-09", self.contract),
            ("2026-04-10", Subscription),
            (False, Subscription),
        ):
            self.token.expiry_date = day
            found = Subscription.search([*mine, ("is_card_expiring", "=", True)])
            self.assertEqual(found, expected, day)
            self.assertEqual(self.contract.is_card_expiring, bool(expected))
            rest = Subscription.search([*mine, ("is_card_expiring", "=", False)])
            self.assertEqual(len(rest), 2 - len(expected), day)


@tagged("post_install", "-at_install")
class TestCardExpiry(SubscriptionPaymentCommon):
    """Cards expire: when it is known, and who is told when."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.invoicing_mode = "charge"
        cls.token = cls._create_token(expiry_date="2026-05-31")
        cls.contract = cls._activate(start="2026-03-10", payment_token_id=cls.token.id)

    def _run_job_on(self, day):
        """Run the job and return the mails it made."""
        job = self.env.ref("sale_subscription.ir_cron_card_expiry")
        with freeze_time(f"{day} 12:00:00"), self.enter_registry_test_mode():
            known = self._get_mails()
            job.sudo().method_direct_trigger()
            return self._get_mails() - known

    def _get_mails(self):
        return self.env["mail.mail"].sudo().search([("recipient_ids", "in", self.partner.ids)])

    def test_what_providers_tell(self):
        Token = self.env["payment.token"]
        for data, expected in (
            ({"payment_method": {"card": {"exp_month": 2, "exp_year": 2028}}}, "2028-02-29"),
            ({"additionalData": {"expiryDate": "3/2030"}}, "2030-03-31"),
            ({"exp_month": "12", "exp_year": "29"}, "2029-12-31"),
            ({"card": {"exp_month": 4, "exp_year": 2027}}, "2027-04-30"),
            ({"expiry": "06/31"}, "2031-06-30"),
            ({"card": {"expiry": "2031-06"}}, "2031-06-30"),
            ({"expiry": "13/31"}, None),
            ({"expiry": "soon"}, None),
            ({"expiry": 631}, None),
            ({"exp_month": 5}, None),
            ({"exp_month": "x", "exp_year": 2030}, None),
            ({"payment_method": "card", "card": None}, None),
            ({}, None),
            (None, None),
        ):
            found = Token._get_expiry_from_payment_data("any", data)
            self.assertEqual(str(found) if found else None, expected, data)

    def test_a_saved_card_knows_its_expiry(self):
        tx = (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.payment_method.id,
                    "amount": 10.0,
                    "currency_id": self.usd.id,
                    "partner_id": self.partner.id,
                    "operation": "validation",
                    "tokenize": True,
                }
            )
        )
        data = {"simulated_state": "done", "payment_details": "1", "expiry": "09/29"}
        tx._process("demo", data)
        self.assertEqual(str(tx.token_id.expiry_date), "2029-09-30")

    def test_accountants_correct_the_date_and_nothing_else(self):
        token = self.token.with_user(self.accountant)
        token.expiry_date = "2026-06-30"
        self.assertEqual(str(self.contract.card_expiry_date), "2026-06-30")
        with self.assertRaises(AccessError):
            token.write({"expiry_date": "2026-07-31", "payment_details": "9"})
        with self.assertRaises(AccessError):
            token.is_expiry_notified = True
        with self.assertRaises(AccessError):
            self.token.with_user(self.salesman).expiry_date = "2026-06-30"

    def test_the_customer_is_told_once_thirty_days_before(self):
        self.assertFalse(self._run_job_on("2026-04-30"))
        mail = self._run_job_on("2026-05-01")
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.subject, f"Your card expires: {self.contract.name}")
        self.assertIn("05/31/2026", mail.body_html)
        page = f"/my/subscriptions/{self.contract.id}/payment-method?access_token="
        self.assertIn(page + self.contract.sudo().access_token, mail.body_html)
        self.assertIn(self.contract.name, mail.body_html)
        self.assertIn("was told that the card 4242", self.contract.message_ids[0].preview)
        self.assertFalse(self._run_job_on("2026-05-02"))

    def test_a_new_date_is_told_anew(self):
        self._run_job_on("2026-05-01")
        self.token.expiry_date = "2026-07-31"
        self.assertFalse(self._run_job_on("2026-05-02"))
        self.assertEqual(len(self._run_job_on("2026-07-01")), 1)

    def test_one_mail_per_card_names_all_its_contracts(self):
        second = self._activate(start="2026-03-10", payment_token_id=self.token.id)
        mail = self._run_job_on("2026-05-01")
        self.assertEqual(len(mail), 1)
        self.assertIn(self.contract.name, mail.body_html)
        self.assertIn(second.name, mail.body_html)
        self.assertIn("was told", second.message_ids[0].preview)

    def test_only_cards_that_are_charged_matter(self):
        self.template.invoicing_mode = "send"
        self.assertFalse(self._run_job_on("2026-05-01"))
        self.template.invoicing_mode = "charge_then_send"
        self.contract.action_close(self.reason.id, when="now")
        self.assertFalse(self._run_job_on("2026-05-01"))

    def test_each_company_says_how_early(self):
        self.company.subscription_card_expiry_days = 10
        self.assertFalse(self._run_job_on("2026-05-20"))
        self.assertEqual(len(self._run_job_on("2026-05-21")), 1)

    def test_zero_days_send_nothing(self):
        self.company.subscription_card_expiry_days = 0
        self.assertFalse(self._run_job_on("2026-05-31"))

    def test_the_mail_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("sale_subscription.mail_template_card_expiring")
        template.with_context(lang="fr_FR").subject = "Votre carte expire : {{ object.name }}"
        self.partner.lang = "fr_FR"
        mail = self._run_job_on("2026-05-01")
        self.assertEqual(mail.subject, f"Votre carte expire : {self.contract.name}")
        self.assertIn("31/05/2026", mail.body_html)

    def test_a_customer_without_mail_address_is_noted_once(self):
        self.partner.email = False
        self.assertFalse(self._run_job_on("2026-05-01"))
        self.assertIn("has no e-mail address", self.contract.message_ids[0].preview)
        count = len(self.contract.message_ids)
        self._run_job_on("2026-05-02")
        self.assertEqual(len(self.contract.message_ids), count)

    def test_a_broken_mail_leaves_one_todo_and_holds_nobody_up(self):
        other = self.env["res.partner"].create({"name": "Bo", "email": "bo@example.com"})
        token = self._create_token(partner=other, expiry_date="2026-05-31")
        self._activate(start="2026-03-10", partner_id=other.id, payment_token_id=token.id)
        template = self.env.ref("sale_subscription.mail_template_card_expiring")
        template.subject = "{{ object.partner_id.name == 'Bo' or 1 / 0 }}"
        for day in ("2026-05-01", "2026-05-02"):
            with mute_logger("odoo.addons.mail.models.mail_render_mixin"):  # the error is told
                self._run_job_on(day)
        self.assertTrue(token.is_expiry_notified)
        self.assertFalse(self.token.is_expiry_notified)
        self.assertEqual(len(self.contract.activity_ids), 1)

import json

from odoo import http
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.controllers.subscription_portal_details import ADDRESS_FIELDS
from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPortalDetails(SubscriptionPortalCommon, HttpCase):
    """Contact and billing data, corrected by who may manage the contract."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.belgium = cls.env.ref("base.be")
        cls.california = cls.env.ref("base.state_us_5")
        cls.billing = cls.env["res.partner"].create(
            {
                "name": "Blue Kite, Accounts",
                "type": "invoice",
                "parent_id": cls.partner.id,
                "email": "accounts@example.com",
                "phone": "+32 2 290 34 90",
                "street": "Quay 1",
                "city": "Brussels",
                "zip": "1000",
                "country_id": cls.belgium.id,
            }
        )
        cls.contract = cls._create_portal_contract(user_id=cls.salesman.id)

    def _submit(self, user=None, contract=None, token=None, **values):
        """Send the form and return what the browser is told."""
        contract = contract or self.contract
        partner = contract.partner_invoice_id
        self.authenticate(user, user)
        data = {
            "csrf_token": http.Request.csrf_token(self),
            "name": partner.name,
            "email": partner.email or "",
            "phone": partner.phone or "+32 2 290 34 90",
            "street": partner.street or "Quay 1",
            "city": partner.city or "Brussels",
            "zip": partner.zip or "1000",
            "country_id": partner.country_id.id or self.belgium.id,
            "state_id": partner.state_id.id or "",
            "vat": partner.vat or "",
            **values,
        }
        token = contract._portal_ensure_token() if token is None else token
        response = self.url_open(
            f"/my/subscriptions/{contract.id}/details/submit?access_token={token}", data=data
        )
        self.env.invalidate_all()
        if response.status_code != 200:
            return response.status_code
        return json.loads(response.text)

    def _create_customer(self, **values):
        """A company without any other address."""
        return self.env["res.partner"].create(
            {
                "name": "Red Kite",
                "is_company": True,
                "email": "red@example.com",
                "country_id": self.belgium.id,
                **values,
            }
        )

    def _assert_refused(self, field=None, **values):
        before = self.billing.read(ADDRESS_FIELDS)
        with mute_logger("odoo.http"):
            result = self._submit(**values)
        self.assertEqual(self.billing.read(ADDRESS_FIELDS), before)
        if field:
            self.assertIn(field, result["invalid_fields"])
        return result

    def test_visitor_corrects_the_billing_address_by_link(self):
        self.assertEqual(self.contract.partner_invoice_id, self.billing)
        page = self.url_open(self.contract._get_portal_payment_url("details")).text
        self.assertIn("accounts@example.com", page)
        self.assertIn("Quay 1", page)
        result = self._submit(email="bills@example.com", street="Quay 2", street2="2nd floor")
        self.assertEqual(
            result,
            {
                "redirectUrl": f"/my/subscriptions/{self.contract.id}?access_token="
                f"{self.contract.access_token}&payment_outcome=details"
            },
        )
        self.assertRecordValues(
            self.billing,
            [
                {
                    "name": "Blue Kite, Accounts",
                    "email": "bills@example.com",
                    "street": "Quay 2",
                    "street2": "2nd floor",
                    "parent_id": self.partner.id,
                }
            ],
        )
        message = self.contract.message_ids[0]
        self.assertIn("Email, Street, Street2", message.preview)
        self.assertEqual(message.author_id, self.partner)
        self.assertIn("Your data are saved.", self.url_open(result["redirectUrl"]).text)

    def test_customers_do_it_signed_in(self):
        for user in (self.owner, self.colleague):
            result = self._submit(user.login, token="", street=f"Quay of {user.login}")
            self.assertIn("redirectUrl", result)
            self.assertEqual(self.billing.street, f"Quay of {user.login}")

    def test_the_form_works_before_its_script_has_loaded(self):
        self.authenticate(None, None)
        url = self.contract._get_portal_payment_url("details/submit")
        data = {
            "csrf_token": http.Request.csrf_token(self),
            "name": "Kite",
            "email": "nothing",
            "phone": "1",
            "street": "Quay 3",
            "city": "Brussels",
            "zip": "1000",
            "country_id": self.belgium.id,
        }
        headers = {"Accept": "text/html,*/*;q=0.8"}
        self.assertIn("Invalid Email", self.url_open(url, data=data, headers=headers).text)
        data["email"] = "bills@example.com"
        self.assertIn("Your data are saved.", self.url_open(url, data=data, headers=headers).text)
        self.env.invalidate_all()
        self.assertEqual(self.billing.street, "Quay 3")

    def test_nothing_else_is_written(self):
        result = self._submit(
            partner_id=self.stranger.partner_id.id,
            parent_id=self.stranger.partner_id.id,
            company_id=self.company.id,
            user_id=self.manager.id,
            credit_limit=1e9,
            invoice_edi_format="x",
            subscription_customer="1",
            verify_address_values="",
            is_company="1",
            callback="https://evil.example.com",
            name="Kite \x00Accounts",
        )
        self.assertIn("/my/subscriptions/", result["redirectUrl"])
        self.assertRecordValues(
            self.billing,
            [
                {
                    "name": "Kite Accounts",
                    "parent_id": self.partner.id,
                    "company_id": False,
                    "user_id": False,
                    "is_company": False,
                }
            ],
        )

    def test_who_may_not(self):
        other = self._create_portal_contract(partner_id=self.stranger.partner_id.id)
        for user, token in (
            (None, ""),
            (None, "wrong"),
            (None, other._portal_ensure_token()),
            (self.stranger.login, ""),
        ):
            with self.subTest(user=user, token=token):
                self.assertEqual(self._assert_refused(user=user, token=token, street="X"), 403)
        self.portal_template.token_access = "view"
        self.assertEqual(self._assert_refused(street="X"), 403)
        page = self.url_open(self.contract._get_portal_payment_url("details")).text
        self.assertNotIn("accounts@example.com", page)
        self.assertEqual(self._assert_refused(csrf_token="wrong", street="X"), 400)

    def test_bad_values_are_told(self):
        for field, value in (
            ("name", ""),
            ("name", " "),
            ("email", "no address"),
            ("email", ""),
            ("city", ""),
            ("country_id", "999999"),
            ("country_id", "9" * 40),
            ("country_id", "BE"),
            ("country_id", ""),
        ):
            with self.subTest(field=field, value=value):
                self._assert_refused(field, **{field: value})
        # A state of another country is none.
        self._submit(state_id=self.california.id)
        self.assertFalse(self.billing.state_id)

    def test_company_data_stay_as_core_says(self):
        self.partner.vat = "BE0477472701"
        self._assert_refused("vat", vat="BE0428759497")
        self.assertEqual(self.partner.vat, "BE0477472701")
        self._submit(company_name="Red Kite", street="Quay 9")
        self.assertEqual(self.billing.street, "Quay 9")
        self.assertEqual(self.partner.name, "Blue Kite")

    def test_country_and_vat_stay_once_invoices_exist(self):
        customer = self._create_customer(vat="BE0477472701")
        contract = self._create_portal_contract(partner_id=customer.id)
        contract.action_bill(until="2026-03-01")
        self.assertEqual(contract.partner_invoice_id, customer)
        for field, value in (
            ("vat", "BE0428759497"),
            ("country_id", self.env.ref("base.fr").id),
        ):
            result = self._submit(contract=contract, **{field: value})
            self.assertIn(field, result["invalid_fields"])
        self.assertRecordValues(customer, [{"vat": "BE0477472701", "country_id": self.belgium.id}])

    def test_email_of_an_account_is_changed_by_its_owner_only(self):
        """Else a link would do to have the password of the account sent elsewhere."""
        self.owner.partner_id.write({"street": "Quay 1", "city": "Brussels", "zip": "1000"})
        self.contract.partner_invoice_id = self.owner.partner_id
        self.contract.flush_recordset()
        for user in (None, self.colleague.login):
            result = self._submit(user, email="thief@example.com", token="" if user else None)
            self.assertEqual(result["invalid_fields"], ["email"])
        self.assertEqual(self.owner.partner_id.email, "kite_owner@example.com")
        self.assertIn("redirectUrl", self._submit(street="Quay 5"))
        self.assertIn(
            "redirectUrl", self._submit(self.owner.login, token="", email="me@example.com")
        )
        self.assertEqual(self.owner.partner_id.email, "me@example.com")

    def test_a_link_of_one_contract_redirects_no_mail_of_the_others(self):
        other = self._create_portal_contract()
        self.assertEqual(other.partner_invoice_id, self.billing)
        for user in (None, self.stranger.login):
            with self.subTest(user=user):
                result = self._submit(user, email="thief@example.com")
                self.assertEqual(result["invalid_fields"], ["email"])
                self.assertIn("is used for other subscriptions, too", result["messages"][0])
        self.assertEqual(self.billing.email, "accounts@example.com")
        self.assertIn("redirectUrl", self._submit(street="Quay 5"))
        self.assertIn(
            "redirectUrl", self._submit(self.owner.login, token="", email="new@example.com")
        )
        self.assertEqual(self.billing.email, "new@example.com")

    def test_addresses_of_others_stay_closed(self):
        for partner in (self.salesman.partner_id, self.stranger.partner_id):
            with self.subTest(partner=partner.name):
                if partner == self.salesman.partner_id:
                    partner.parent_id = self.partner
                self.contract.partner_invoice_id = partner
                self.contract.flush_recordset()
                result = self._submit(street="X")
                self.assertIn("please ask us to change it", result["messages"][0])
                self.assertFalse(partner.street)

    def test_running_contract_gets_the_new_taxes_at_once(self):
        position = self.env["account.fiscal.position"].create(
            {
                "name": "Belgium",
                "sequence": 0,
                "auto_apply": True,
                "country_id": self.belgium.id,
            }
        )
        self.tax.copy(
            {
                "name": "0%",
                "amount": 0.0,
                "fiscal_position_ids": [Command.set(position.ids)],
                "original_tax_ids": [Command.set(self.tax.ids)],
            }
        )
        customer = self._create_customer(country_id=False)
        contract = self._create_portal_contract(partner_id=customer.id)
        contract.action_bill(until="2026-03-01")
        self.assertEqual(contract.recurring_total_included, 22.0)
        result = self._submit(contract=contract, country_id=self.belgium.id)
        self.assertIn("redirectUrl", result)
        self.assertEqual(contract.fiscal_position_id, position)
        self.assertEqual(contract.recurring_total_included, 20.0)
        move = self.env["account.move"].browse(contract.action_bill(until="2026-04-01"))
        self.assertEqual((move.amount_untaxed, move.amount_tax), (20.0, 0.0))

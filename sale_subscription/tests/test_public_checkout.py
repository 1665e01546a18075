import re

from odoo import http
from odoo.fields import Command
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.controllers.subscription_public_checkout import VISITS
from odoo.addons.sale_subscription.tests.public_common import SubscriptionPublicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPublicCheckout(SubscriptionPublicCommon, HttpCase):
    """From the public page to an order: who gets one, for what, and what is refused."""

    # === PAGES === #
    def test_pages_of_visitors(self):
        listed = self.url_open("/subscriptions")
        self.assertEqual(listed.status_code, 200)
        self.assertIn("Team Space", listed.text)
        self.assertNotIn("Software", listed.text)
        page = self.url_open(self.offer._get_public_path())
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.text.replace("&nbsp;", " ")))
        self.assertIn("Save 16 %: $ 20.00 per year", text.replace("\xa0", " "))
        self.assertIn("plus taxes", text)
        self.assertEqual(self.url_open(f"/subscriptions/{self.offer.id}").status_code, 200)

    def test_what_is_not_offered_is_not_found(self):
        path = self.offer._get_public_path()
        other = self._create_other_company_template()
        self.assertEqual(self.url_open(other._get_public_path()).status_code, 404)
        self.assertEqual(self.url_open(f"/subscriptions/{self.template.id}").status_code, 404)
        for values in ({"is_published": False}, {"active": False}):
            self.offer.write({"is_published": True, "active": True, **values})
            for suffix in ("", "/checkout", "/image"):
                self.assertEqual(self.url_open(path + suffix).status_code, 404, (values, suffix))
            response = self._submit({"csrf_token": self._get_csrf_token()}, **self._get_guest())
            self.assertEqual(response.status_code, 404)
        self.assertFalse(self._find_orders())

    def _create_other_company_template(self):
        company = self.company_data_2["company"] if hasattr(self, "company_data_2") else None
        company = company or self.env["res.company"].sudo().create({"name": "Elsewhere"})
        return (
            self.env["sale.subscription.template"]
            .sudo()
            .create(
                {
                    "name": "Elsewhere",
                    "company_id": company.id,
                    "plan_ids": [Command.set(self.monthly.ids)],
                    "line_ids": [Command.create({"product_id": self.seat.id})],
                    "is_published": True,
                }
            )
        )

    def _get_csrf_token(self):
        page = self.url_open("/web/login").text
        return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]

    def test_image(self):
        path = self.offer._get_public_path() + "/image"
        self.assertEqual(self.url_open(path).status_code, 404)
        self.offer.image_1920 = (
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5"
            "ErkJggg=="
        )
        response = self.url_open(path)
        self.assertEqual(response.headers["Content-Type"], "image/png")

    # === TOTAL === #
    def _get_total(self, **params):
        return self.make_jsonrpc_request(self.offer._get_public_path() + "/total", params)

    def _get_amounts(self, answer):
        names = ("recurring_total", "recurring_tax", "due_today", "due_next")
        text = re.sub(r'<span class="oe_currency_value">([^<]*)</span>', r"\1", answer["html"])
        found = {name: re.search(rf'name="{name}"[^>]*>\D*([\d.,]+)', text) for name in names}
        return {name: match and match[1] for name, match in found.items()}

    def test_live_total(self):
        answer = self._get_total(
            plan_id=str(self.yearly.id), options={str(self.storage_option.id): "2"}
        )
        self.assertEqual(
            self._get_amounts(answer),
            {
                "recurring_total": "242.00",
                "recurring_tax": "22.00",
                "due_today": "242.00",
                "due_next": "242.00",
            },
        )
        self.assertEqual(answer["prices"][str(self.backup_option.id)], "$\xa036.00 per year")
        self.storage.default_code = "ST-1"
        self.assertEqual(
            self._get_total(options={str(self.storage_option.id): 11})["error"],
            "Storage: please choose a quantity from 0 to 10.",
        )
        self.assertFalse(self._find_orders())

    def test_live_total_survives_anything(self):
        country = self.belgium.id
        for params in (
            {"details": "Belgium"},
            {"details": {"country_id": "²", "vat": [1], "zip": {"a": 1}}},
            {"details": {"country_id": 10**30, "state_id": "-5"}},
            {"details": {"country_id": country, "vat": "\0BE", "zip": "x" * 10000}},
            {"details": {"country_id": True, "parent_id": 1, "id": 1}},
            {"address_id": {"a": 1}},
        ):
            with self.subTest(params=params):
                self.assertEqual(self._get_amounts(self._get_total(**params))["due_today"], "11.00")

    def test_taxes_of_the_country(self):
        self._create_tax_position(self.belgium, 21.0)
        france = self.env.ref("base.fr")
        for country, total in ((self.belgium, "12.10"), (france, "11.00")):
            answer = self._get_total(details={"country_id": str(country.id)})
            self.assertEqual(self._get_amounts(answer)["due_today"], total, country.code)
        order = self._subscribe()
        self.assertEqual(order.amount_total, 12.1)
        self.assertEqual(order.order_line.tax_ids.amount, 21.0)
        # Back to the details, another country: the same order, other taxes.
        hidden = self._open_checkout()
        response = self._submit(hidden, **self._get_guest(country_id=str(france.id)))
        self.assertEqual(self._find_order(response), order)
        self.assertEqual((order.amount_total, order.partner_id.country_id), (11.0, france))
        self.assertEqual(order._get_first_amount_to_pay(), 11.0)

    # === GUESTS === #
    def test_a_visitor_becomes_a_paying_customer(self):
        self.offer.public_user_id = self.salesman
        self.opener.cookies["odoo_utm_source"] = "Newsletter"
        order = self._subscribe(
            plan_id=self.yearly.id,
            **{f"option_{self.storage_option.id}": 2, f"option_{self.backup_option.id}": 1},
        )
        self.assertRecordValues(
            order,
            [
                {
                    "state": "sent",
                    "is_self_subscription": True,
                    "subscription_template_id": self.offer.id,
                    "subscription_plan_id": self.yearly.id,
                    "company_id": self.company.id,
                    "user_id": self.salesman.id,
                    "require_payment": True,
                    "require_signature": False,
                    "amount_total": 281.6,
                }
            ],
        )
        self.assertEqual(
            order.order_line.mapped(
                lambda line: (line.product_id.name, line.product_uom_qty, line.price_unit)
            ),
            [("Seat", 1.0, 100.0), ("Storage", 2.0, 60.0), ("Backup", 1.0, 36.0)],
        )
        partner = order.partner_id
        self.assertRecordValues(
            partner,
            [
                {
                    "name": "Nora Quill",
                    "email": "nora@example.com",
                    "country_id": self.belgium.id,
                    "lang": "en_US",
                    "type": "contact",
                    "parent_id": False,
                }
            ],
        )
        self._pay(order, 281.6)
        contract = order.subscription_ids
        self.assertEqual((order.state, contract.state), ("sale", "active"))
        self.assertEqual(contract.payment_token_id.partner_id, partner)
        self.assertEqual(contract.invoice_ids.payment_state, "paid")
        self.assertEqual(contract.invoice_ids.amount_total, 281.6)
        self.assertEqual(contract.user_id, self.salesman)
        self.assertEqual(contract.source_id.name, "Newsletter")
        self.assertEqual(len(contract.option_ids), 2)
        mail = order.message_ids.filtered(lambda m: "is active" in (m.subject or ""))
        self.assertIn(f"/my/subscriptions/{contract.id}?access_token=", mail.body)
        self.assertEqual(mail.partner_ids, partner)
        # The visitor lands on the order, which leads to the contract without an account.
        page = self.url_open(order.get_portal_url()).text
        self.assertIn("Your subscription is active", page)
        link = re.search(r'href="(/my/subscriptions/[^"]+)"', page)[1].replace("&amp;", "&")
        self.assertIn(contract.name, self.url_open(link).text)
        # Somebody else with the order's link doesn't get the contract's.
        self.opener.cookies.clear()
        page = self.url_open(order.get_portal_url()).text
        self.assertIn("Your subscription is active", page)
        self.assertNotIn("/my/subscriptions/", page)

    def test_a_known_address_opens_no_door(self):
        self.partner.write({"email": "nora@example.com", "name": "The Real Nora"})
        token = self._create_token()
        order = self._subscribe()
        self.assertNotEqual(order.partner_id, self.partner)
        self.assertFalse(order.partner_id.parent_id)
        self.assertEqual(self.partner.name, "The Real Nora")
        page = self.url_open(order.get_portal_url()).text
        self.assertNotIn(f'data-payment-option-id="{token.id}"', page)
        self.assertNotIn("The Real Nora", page)

    def test_one_visit_makes_one_order(self):
        hidden = self._open_checkout()
        first = self._find_order(self._submit(hidden, **self._get_guest()))
        again = self._find_order(self._submit(hidden, **self._get_guest()))
        self.assertEqual(first, again)
        partner = first.partner_id
        # Back to the choice, in another tab.
        second = self._open_checkout(
            plan_id=self.yearly.id, **{f"option_{self.storage_option.id}": 1}
        )
        self.assertEqual(second["key"], hidden["key"])
        changed = self._find_order(self._submit(second, **self._get_guest(name="Nora Quill-Ash")))
        self.assertEqual(changed, first)
        self.assertEqual(changed.amount_total, 176.0)
        self.assertEqual((changed.partner_id, partner.name), (partner, "Nora Quill-Ash"))
        self.assertEqual(len(self._find_orders()), 1)
        page = self.url_open(self.offer._get_public_path() + "/checkout").text
        self.assertIn("Nora Quill-Ash", page)
        # Once it is paid, the old page makes nothing more, and a new one another order.
        self._pay(changed, 176.0)
        replayed = self._find_order(self._submit(second, **self._get_guest(name="Eve")))
        self.assertEqual((replayed, partner.name), (first, "Nora Quill-Ash"))
        self.assertEqual(first.amount_total, 176.0)
        other = self._subscribe()
        self.assertNotEqual(other, first)
        self.assertNotEqual(other.partner_id, partner)

    def test_a_second_click_finds_what_the_first_made(self):
        """It comes with the session of before the first, which knows of no contact yet."""
        hidden = self._open_checkout()
        before = self._get_session()[VISITS]
        first = self._find_order(self._submit(hidden, **self._get_guest()))
        partner = first.partner_id
        self._keep_session(before)
        again = self._find_order(self._submit(hidden, **self._get_guest()))
        self.assertEqual((again, again.partner_id), (first, partner))
        self.assertEqual(len(self._find_orders()), 1)
        contacts = self.env["res.partner"].search([("email", "=", "nora@example.com")])
        self.assertEqual(contacts, partner)
        visit = self._get_session()[VISITS][str(self.offer.id)]
        self.assertEqual(visit, {"key": hidden["key"], "partner_id": partner.id})
        # A contact that somebody else put on the order isn't the visitor's to write on.
        self.partner.write({"name": "The Real Nora"})
        first.partner_id = self.partner
        self.env.flush_all()
        self._keep_session(before)
        self._submit(hidden, **self._get_guest(name="Eve"))
        self.env.invalidate_all()
        self.assertEqual(self.partner.name, "The Real Nora")
        self.assertEqual(first.partner_id.name, "Eve")

    def _get_session(self):
        return http.root.session_store.get(self.opener.cookies["session_id"])

    def _keep_session(self, visits):
        session = self._get_session()
        session[VISITS] = visits
        http.root.session_store.save(session)

    def test_an_order_that_is_being_paid_stays_as_it_is(self):
        hidden = self._open_checkout()
        order = self._find_order(self._submit(hidden, **self._get_guest()))
        self._pay(order, 11.0, "pending")
        response = self._submit({**hidden, "plan_id": self.yearly.id}, **self._get_guest())
        self.assertEqual(self._find_order(response), order)
        self.assertEqual(order.amount_total, 11.0)
        page = self.url_open(self.offer._get_public_path() + "/checkout", allow_redirects=False)
        self.assertIn(f"/my/orders/{order.id}", page.headers["Location"])

    def test_another_choice_takes_the_signature_back(self):
        self.offer.public_signature = True
        order = self._subscribe()
        self.assertTrue(order._has_to_be_signed())
        self._sign(order)
        self.env.invalidate_all()
        self.assertTrue(order.signature)
        self._submit(self._open_checkout(plan_id=self.yearly.id), **self._get_guest())
        self.env.invalidate_all()
        self.assertFalse(order.signature)
        self.assertTrue(order._has_to_be_signed())

    def test_a_contact_that_became_a_customer_is_left_alone(self):
        order = self._subscribe()
        partner = order.partner_id
        self._create_order({"product_id": self.seat.id}, partner_id=partner.id)
        self._submit(self._open_checkout(), **self._get_guest(name="Eve"))
        self.env.invalidate_all()
        self.assertEqual(partner.name, "Nora Quill")
        self.assertNotEqual(order.partner_id, partner)

    # === REFUSED === #
    def test_details_that_are_refused(self):
        hidden = self._open_checkout()
        refused = [
            ({"email": "nora"}, "Invalid Email"),
            ({"name": ""}, "required fields are empty"),
            ({"street": ""}, "required fields are empty"),
            ({"country_id": "0"}, "required fields are empty"),
            ({"country_id": "999999999"}, "required fields are empty"),
            ({"country_id": "²"}, "required fields are empty"),
            ({"name": "N" * 201}, "At most 200 characters"),
        ]
        for values, message in refused:
            with self.subTest(values=values):
                response = self._submit(hidden, **self._get_guest(**values))
                self.assertEqual(response.status_code, 200)
                self.assertIn(message, response.text)
                # What was right is still there.
                self.assertIn('value="Brussels"', response.text)
        self.assertFalse(self._find_orders())
        self.assertFalse(self.env["res.partner"].search([("email", "=", "nora@example.com")]))

    def test_texts_are_only_texts(self):
        order = self._subscribe(
            self._get_guest(name="<script>alert(1)</script>", city="Bru\0ssels"),
        )
        self.assertEqual(order.partner_id.city, "Brussels")
        for url in (order.get_portal_url(), self.offer._get_public_path() + "/checkout"):
            self.assertNotIn("<script>alert(1)", self.url_open(url).text)

    def test_only_the_choice_and_the_details_are_read(self):
        hidden = self._open_checkout()
        response = self._submit(
            hidden,
            **self._get_guest(),
            price_unit="0.01",
            amount_total="1",
            discount="100",
            pricelist_id="1",
            partner_id=str(self.partner.id),
            parent_id=str(self.partner.id),
            company_id="1",
            user_id="2",
            is_company="1",
            credit_limit="1",
            category_id="1",
            verify_address_values="",
            required_fields="",
            state="sale",
            address_id=str(self.partner.id),
        )
        order = self._find_order(response)
        self.assertEqual((order.amount_total, order.state), (11.0, "sent"))
        partner = order.partner_id
        self.assertFalse(partner.parent_id)
        self.assertFalse(partner.user_id)
        self.assertFalse(partner.is_company)
        self.assertNotEqual(partner, self.partner)

    def test_choices_that_are_refused(self):
        hidden = self._open_checkout()
        storage = f"option_{self.storage_option.id}"
        for values in (
            {"plan_id": self.weekly.id},
            {"plan_id": "x"},
            {storage: "-1"},
            {storage: "11"},
            {storage: "nan"},
            {storage: "1.5"},
            {f"option_{self.seat.id + 10**6}": "1"},
            {"option_": "1"},
        ):
            with self.subTest(values=values):
                response = self._submit({**hidden, **values}, **self._get_guest())
                self.assertEqual(response.status_code, 200)
                self.assertIn("alert-danger", response.text)
                response = self.url_open(self.offer._get_public_path(), params=values)
                self.assertIn("alert-danger", response.text)
                response = self.url_open(self.offer._get_public_path() + "/checkout", params=values)
                self.assertIn("alert-danger", response.text)
        self.assertFalse(self._find_orders())

    def test_programs_and_strangers_make_no_orders(self):
        hidden = self._open_checkout()
        for values in (
            {"website_address": "https://spam.example.com"},
            {"key": "guessed"},
            {"key": ""},
        ):
            response = self._submit({**hidden, **values}, **self._get_guest())
            self.assertEqual(response.status_code, 200)
            self.assertIn("open for too long", response.text)
        with mute_logger("odoo.http"):
            response = self._submit({**hidden, "csrf_token": "wrong"}, **self._get_guest())
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self._find_orders())

    def test_the_key_of_another_session_is_worth_nothing(self):
        hidden = self._open_checkout()
        order = self._find_order(self._submit(hidden, **self._get_guest()))
        self.opener.cookies.clear()
        mine = self._open_checkout()
        response = self._submit({**mine, "key": hidden["key"]}, **self._get_guest(name="Eve"))
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(order.partner_id.name, "Nora Quill")
        self.assertEqual(len(self._find_orders()), 1)

    def test_terms_have_to_be_accepted(self):
        self.offer.note = "<p>No refunds.</p>"
        hidden = self._open_checkout()
        response = self._submit(hidden, **self._get_guest())
        self.assertIn("Please accept the terms", response.text)
        self.assertFalse(self._find_orders())
        self.assertEqual(self._submit(hidden, **self._get_guest(), terms="1").status_code, 303)

    # === SIGNED IN === #
    def _create_portal_user(self):
        user = self._create_user("nora_portal", "base.group_portal", internal=False)
        user.partner_id.write(
            {
                **self._get_guest(name="Nora Portal", country_id=self.belgium.id),
                "property_product_pricelist": False,
            }
        )
        return user

    def test_a_customer_who_is_signed_in(self):
        user = self._create_portal_user()
        branch = self.env["res.partner"].create(
            {
                **self._get_guest(name="Branch", country_id=self.env.ref("base.fr").id),
                "parent_id": user.partner_id.id,
                "type": "invoice",
            }
        )
        self.authenticate(user.login, user.login)
        hidden = self._open_checkout()
        order = self._find_order(self._submit(hidden, address_id=branch.id))
        self.assertEqual((order.partner_id, order.partner_invoice_id), (user.partner_id, branch))
        self.assertIn(order.name, self.url_open("/my/quotes").text)
        # An address of somebody else is as if none was chosen.
        again = self._find_order(self._submit(hidden, address_id=self.partner.id))
        self.assertEqual(again, order)
        self.assertEqual(order.partner_invoice_id, user.partner_id)
        self._pay(order, 11.0)
        contract = order.subscription_ids
        self.assertEqual((contract.state, contract.partner_id), ("active", user.partner_id))
        page = self.url_open(order.get_portal_url()).text
        self.assertIn(f'href="/my/subscriptions/{contract.id}"', page)

    def test_an_incomplete_address_is_completed_first(self):
        user = self._create_portal_user()
        user.partner_id.street = False
        self.authenticate(user.login, user.login)
        response = self._submit(self._open_checkout(), address_id=user.partner_id.id)
        self.assertEqual(response.status_code, 200)
        self.assertIn("complete your address", response.text)
        self.assertIn("/my/address?partner_id=", response.text)
        self.assertFalse(self._find_orders())

    # === WITHOUT PAYMENT === #
    def test_a_trial_only_asks_for_the_card(self):
        self.offer.trial_days = 14
        order = self._subscribe()
        self.assertTrue(order._has_to_save_card())
        self.assertFalse(order._has_to_be_signed())
        self._save_card(order)
        contract = order.subscription_ids
        self.assertEqual((order.state, contract.state), ("sale", "active"))
        self.assertTrue(contract.payment_token_id)
        self.assertFalse(contract.invoice_ids)

    def test_what_costs_nothing_is_signed(self):
        self.offer.card_required = False
        self.seat.list_price = 0.0
        self.pricelist.item_ids.unlink()
        order = self._subscribe()
        self.assertFalse(order._has_to_be_paid())
        self._sign(order)
        self.env.invalidate_all()
        self.assertEqual((order.state, order.subscription_ids.state), ("sale", "active"))

    def test_without_a_provider_the_order_is_signed(self):
        self.provider.state = "disabled"
        self.offer.card_required = False
        page = self.url_open(self.offer._get_public_path() + "/checkout").text
        self.assertIn("possible at the moment", page)
        order = self._subscribe()
        self.assertFalse(order._has_to_be_paid())
        self._sign(order)
        self.env.invalidate_all()
        self.assertEqual((order.state, order.subscription_ids.state), ("sale", "active"))

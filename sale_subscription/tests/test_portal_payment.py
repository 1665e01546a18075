import html
from datetime import timedelta

from odoo import fields, http
from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.portal_payment_common import (
    PortalPaymentCommon,
    PortalPaymentMixin,
)


class PortalPaymentCase(PortalPaymentMixin, PortalPaymentCommon, HttpCase):
    """A contract and a browser."""

    def _assert_refused(self, call, *args, **kwargs):
        """Nothing is begun, and the server has no fault."""
        before = self.env["payment.transaction"].sudo().search_count([])
        with mute_logger("odoo.http"), self.assertRaises(JsonRpcException) as error:
            call(*args, **kwargs)
        self.env.invalidate_all()
        self.assertEqual(self.env["payment.transaction"].sudo().search_count([]), before)
        self.assertIn(
            str(error.exception),
            (
                "odoo.exceptions.AccessError",
                "odoo.exceptions.UserError",
                "odoo.exceptions.ValidationError",
                "odoo.http.SessionExpiredException",
                "werkzeug.exceptions.BadRequest",
            ),
        )

    def _decline(self, move, message="Insufficient funds", token=None, **values):
        """Write down that the saved card was declined."""
        token = token or self._create_token()
        move._write_step({"subscription_charge_now": False, "subscription_step_date": "2026-04-12"})
        attempt = self.env["sale.subscription.attempt"].sudo()
        tx = self.env["payment.transaction"].sudo().with_context(subscription_attempt=True)
        return attempt.create(
            {
                "move_id": move.id,
                "subscription_ids": move.line_ids.subscription_id.ids,
                "transaction_id": tx.create(
                    {
                        "provider_id": self.provider.id,
                        "payment_method_id": self.payment_method.id,
                        "token_id": token.id,
                        "operation": "offline",
                        "amount": move.amount_residual,
                        "currency_id": move.currency_id.id,
                        "partner_id": move.partner_id.id,
                        "invoice_ids": move.ids,
                        "state": "error",
                    }
                ).id,
                "token_id": token.id,
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "company_id": move.company_id.id,
                "state": "declined",
                "message": message,
                **values,
            }
        )


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalPay(PortalPaymentCase):
    """Open invoices are paid at once, by who has the link or an account."""

    def test_visitor_pays_all_open_invoices_by_link(self):
        page = self._open(self.contract).text
        self.assertIn("2 invoices are open.", " ".join(page.split()))
        for move in self.invoices:
            self.assertIn(move.name, page)
            self.assertIn(f"/my/subscriptions/{self.contract.id}/invoices/{move.id}?pay=1&", page)
        self.assertIn('name="pay_all"', page)
        self.assertIn("44.00", self._open(self.contract, "pay").text)
        tx, result = self._pay_all(self.contract)
        self.assertRecordValues(
            tx, [{"state": "done", "amount": 44.0, "partner_id": self.partner.id}]
        )
        self.assertEqual(tx.invoice_ids, self.invoices)
        self.assertTrue(tx.reference.startswith("GROUP/2026/"), tx.reference)
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(self.invoices.matched_payment_ids.amount, 44.0)
        self.assertEqual(
            result["landing_route"],
            f"/my/subscriptions/{self.contract.id}?access_token={self.contract.access_token}"
            "&payment_outcome=payment",
        )
        page = self.url_open(result["landing_route"]).text
        self.assertIn("Thank you!", page)
        self.assertIn("Nothing is open.", page)
        self.assertNotIn("pay_all", page)
        # Sent again: there is nothing left to pay.
        self._assert_refused(self._pay_all, self.contract)
        self.assertIn("nothing to pay", self._open(self.contract, "pay").text)

    def test_a_card_saved_while_paying_is_the_contracts(self):
        tx, _result = self._pay_all(self.contract, tokenization_requested=True)
        self.assertEqual(tx.token_id.partner_id, self.partner)
        self.assertEqual(self.contract.payment_token_id, tx.token_id)

    def test_a_failed_payment_explains_itself_and_offers_another_try(self):
        for state, words in (("error", "An error occurred"), ("cancel", "has been cancelled")):
            with self.subTest(state=state):
                _tx, result = self._pay_all(self.contract, state=state)
                page = self.url_open(result["landing_route"]).text
                self.assertIn(words, page)
                self.assertIn("Nothing was paid.", page)
                self.assertIn('name="try_again"', page)
                self.assertEqual(set(self.invoices.mapped("payment_state")), {"not_paid"})
        self._pay_all(self.contract)
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})

    def test_a_payment_on_its_way_is_not_made_twice(self):
        _tx, result = self._pay_all(self.contract, state="pending")
        page = self.url_open(result["landing_route"]).text
        self.assertIn("Your payment is on its way.", page)
        self.assertNotIn('name="pay_invoice"', page)
        self._assert_refused(self._pay_all, self.contract)

    def test_the_page_says_why_a_charge_failed_and_when_it_is_tried_again(self):
        card = self._create_token()
        self.contract.payment_token_id = card
        self._decline(self.invoices[0], token=card)
        page = self._open(self.contract).text
        self.assertIn("It is charged again on 04/12/2026", page)
        self.assertIn("The bank gave this reason: “Insufficient funds”", page)
        self.assertIn("Your payment method was declined the last time it was charged.", page)

    def test_what_is_being_charged_is_left_out(self):
        self._decline(self.invoices[0], state="calling")
        self.assertEqual(self.contract._get_portal_payable_invoices(), self.invoices[1])
        self._assert_refused(self._pay_all, self.contract)
        tx, _result = self._pay_all(self.contract, amount=22.0)
        self.assertEqual(tx.invoice_ids, self.invoices[1])
        self.assertTrue(tx.reference.startswith(self.invoices[1].name.split("-")[0]))
        self.assertEqual(self.invoices.mapped("payment_state"), ["not_paid", "paid"])

    def test_what_does_not_fit_is_refused(self):
        other = self._create_portal_contract(lines=[{"quantity": 5.0}])
        hidden = self._create_provider(self.company, is_published=False, name="Hidden")
        foreign_card = self._create_token()
        for values in (
            {"amount": 43.99},
            {"amount": 1},
            {"amount": -44.0},
            {"amount": 0},
            {"amount": None},
            {"amount": "abc"},
            {"amount": "NaN"},
            {"amount": "inf"},
            {"amount": [44.0]},
            {"provider_id": hidden.id},
            {"provider_id": None},
            {"provider_id": "1 OR 1=1"},
            {"provider_id": 2**70},
            {"payment_method_id": 0},
            {"payment_method_id": self.env.ref("payment.payment_method_unknown").id},
            {"flow": "token", "token_id": foreign_card.id},
            {"flow": "offline"},
            {"flow": None},
            {"partner_id": self.stranger.partner_id.id},
            {"currency_id": self.env.ref("base.EUR").id},
            {"invoice_ids": self.invoices.ids},
            {"custom_create_values": {"amount": 1.0}},
            {"access_token": "wrong"},
            {"access_token": other._portal_ensure_token()},
            {"access_token": None},
        ):
            with self.subTest(**values):
                self._assert_refused(self._pay_all, self.contract, **{"amount": 44.0, **values})
        self._pay_all(self.contract)

    def test_a_link_that_only_reads_pays_as_well(self):
        self.portal_template.token_access = "view"
        tx, _result = self._pay_all(self.contract)
        self.assertEqual(tx.state, "done")

    def test_customer_pays_with_a_saved_card(self):
        mine = self._create_token(partner=self.owner.partner_id, payment_details="1111")
        colleagues = self._create_token(partner=self.colleague.partner_id, payment_details="2222")
        strangers = self._create_token(partner=self.stranger.partner_id, payment_details="3333")
        self.assertNotIn("1111", self._open(self.contract, "pay").text)
        self.authenticate(self.owner.login, self.owner.login)
        page = self.url_open(f"/my/subscriptions/{self.contract.id}/pay").text
        self.assertIn("1111", page)
        for card in (colleagues, strangers):
            self.assertNotIn(card.payment_details, page)
            self._assert_refused(
                self._start, self.contract, "pay", amount=44.0, flow="token", token_id=card.id
            )
        tx = self._start(
            self.contract, "pay", amount=44.0, flow="token", token_id=mine.id, access_token=None
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        self.assertEqual((tx.state, tx.token_id), ("done", mine))
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})

    def test_customers_payment_with_a_saved_card_leaves_a_trace(self):
        """What nobody knows is not tried again, also when the customer paid by hand."""
        mine = self._create_token(state="error", partner=self.owner.partner_id)
        self.authenticate(self.owner.login, self.owner.login)
        tx = self._start(
            self.contract, "pay", amount=44.0, flow="token", token_id=mine.id, access_token=None
        )
        self.env.invalidate_all()
        attempts = self.contract.attempt_ids
        self.assertEqual(attempts.transaction_id, tx)
        self.assertEqual(attempts.move_id, self.invoices)
        self.assertEqual(attempts.mapped("amount"), [22.0, 22.0])
        self.assertEqual(set(attempts.mapped("state")), {"unknown"})
        self.assertTrue(self.contract.payment_exception)
        page = self.url_open(f"/my/subscriptions/{self.contract.id}?payment_outcome=payment").text
        self.assertIn("Please don't pay again", html.unescape(page))
        self.assertNotIn("Nothing was paid", page)
        self.assertNotIn('name="try_again"', page)
        self.contract.action_payment_was_made()
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})
        self.assertEqual(set(attempts.mapped("state")), {"done"})
        self.assertFalse(self.contract.payment_exception)

    def test_a_refused_saved_card_can_be_tried_again(self):
        mine = self._create_token(state="cancel", partner=self.owner.partner_id)
        self.authenticate(self.owner.login, self.owner.login)
        for _try in range(2):
            tx = self._start(
                self.contract, "pay", amount=44.0, flow="token", token_id=mine.id, access_token=None
            )
            self.env.invalidate_all()
            self.assertEqual(tx.state, "cancel")
        self.assertEqual(self.contract.attempt_ids.mapped("state"), ["declined"] * 4)
        self.assertFalse(self.contract.payment_exception)

    def test_others_stay_outside(self):
        self.authenticate(self.stranger.login, self.stranger.login)
        self._assert_refused(self._start, self.contract, "pay", amount=44.0, access_token=None)
        for step in ("", "/pay", "/payment-method", "/details"):
            response = self.url_open(f"/my/subscriptions/{self.contract.id}{step}")
            self.assertNotIn(self.contract.name, response.text)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalCard(PortalPaymentCase):
    """The card of a contract: registered, chosen, taken off."""

    def _post_removal(self, token_id, user=None, **params):
        self.authenticate(user, user)
        params.setdefault("access_token", self.contract._portal_ensure_token())
        data = {"token_id": token_id, "csrf_token": http.Request.csrf_token(self), **params}
        return self.url_open(
            f"/my/subscriptions/{self.contract.id}/payment-method/remove", data=data
        )

    def test_visitor_registers_a_card_and_open_invoices_are_charged(self):
        self.assertIn(
            "No payment method is saved", self._open(self.contract, "payment-method").text
        )
        tx, result = self._register(self.contract)
        self.assertRecordValues(
            tx,
            [
                {
                    "state": "done",
                    "operation": "validation",
                    "partner_id": self.partner.id,
                    "subscription_id": self.contract.id,
                }
            ],
        )
        self.assertEqual(self.contract.payment_token_id, tx.token_id)
        self.assertEqual(set(self.invoices.mapped("subscription_charge_now")), {True})
        page = self.url_open(result["landing_route"]).text
        self.assertIn("Your payment method has been saved.", page)
        self.assertIn("Your open invoices are charged to it now", page)
        self.assertIn("Your new card is charged for it in a moment.", page)
        self.env.ref("sale_subscription.ir_cron_collect").sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(self.invoices.mapped("payment_state")), {"paid"})
        self.assertFalse(self.contract._needs_new_card())

    def test_a_card_that_is_not_accepted_explains_itself(self):
        for state in ("error", "cancel"):
            with self.subTest(state=state):
                _tx, result = self._register(self.contract, state)
                page = self.url_open(result["landing_route"]).text
                self.assertIn("Nothing was charged and nothing has changed.", page)
                self.assertIn("Try another card", page)
                self.assertFalse(self.contract.payment_token_id)

    def test_a_link_that_only_reads_saves_a_card_where_one_is_needed(self):
        self.portal_template.token_access = "view"
        card = self._create_token()
        operations = lambda: self.contract._get_portal_operations("view")  # noqa: E731
        self.assertEqual(operations(), {"pay", "new_card"})
        self.contract.payment_token_id = card
        self.assertEqual(operations(), {"pay"})
        self._assert_refused(self._register, self.contract)
        self.assertIn("not with the link", self._open(self.contract, "payment-method").text)
        for problem in ("declined", "refused", "expiring"):
            with self.subTest(problem=problem):
                if problem == "declined":
                    attempt = self._decline(self.invoices[0], token=card)
                elif problem == "refused":
                    attempt.state = "done"
                    self.contract.refused_token_id = card
                else:
                    self.contract.refused_token_id = False
                    card.expiry_date = fields.Date.today() + timedelta(days=10)
                self.assertEqual(operations(), {"pay", "new_card"})
        self.portal_template.invoicing_mode = "send"
        self.assertEqual(operations(), {"pay"})
        self.portal_template.invoicing_mode = "charge"
        tx, _result = self._register(self.contract)
        self.assertEqual(self.contract.payment_token_id, tx.token_id)
        # The card in use can't be taken off by such a link, nor can it be chosen from others.
        self._post_removal(tx.token_id.id)
        self.env.invalidate_all()
        self.assertEqual(self.contract.payment_token_id, tx.token_id)

    def test_a_link_never_shows_or_takes_saved_cards(self):
        card = self._create_token(payment_details="1111")
        self.assertNotIn("1111", self._open(self.contract, "payment-method").text)
        self._assert_refused(
            self._register, self.contract, flow="token", token_id=card.id, payment_method_id=None
        )
        self._assert_refused(self._call, self.contract, "payment-method/assign", token_id=card.id)
        self.assertFalse(self.contract.payment_token_id)

    def test_what_does_not_fit_is_refused(self):
        self.portal_template.token_access = "manage"
        hidden = self._create_provider(self.company, is_published=False, name="Hidden")
        for values in (
            {"provider_id": hidden.id},
            {"provider_id": None},
            {"payment_method_id": -1},
            {"flow": "nonsense"},
            {"sale_order_id": 1},
            {"partner_id": self.stranger.partner_id.id},
            {"access_token": "wrong"},
        ):
            with self.subTest(**values):
                self._assert_refused(self._register, self.contract, **values)
        self.authenticate(self.stranger.login, self.stranger.login)
        self.assertIn(
            "signed in as somebody else", self._open(self.contract, "payment-method").text
        )
        self._assert_refused(self._register, self.contract)

    def test_customer_chooses_a_saved_card(self):
        cards = {
            user: self._create_token(partner=user.partner_id, payment_details=digits)
            for user, digits in (
                (self.owner, "1111"),
                (self.colleague, "2222"),
                (self.stranger, "3333"),
            )
        }
        company_card = self._create_token(payment_details="4444")
        self.authenticate(self.owner.login, self.owner.login)
        page = self.url_open(f"/my/subscriptions/{self.contract.id}/payment-method").text
        self.assertIn("1111", page)
        self.assertIn("4444", page)
        self.assertNotIn("2222", page)
        for token_id in (
            cards[self.colleague].id,
            cards[self.stranger].id,
            0,
            "x",
            None,
            [company_card.id],
        ):
            self._assert_refused(
                self._call, self.contract, "payment-method/assign", token_id=token_id
            )
        self._call(self.contract, "payment-method/assign", token_id=company_card.id)
        self.env.invalidate_all()
        self.assertEqual(self.contract.payment_token_id, company_card)
        page = self._open(self.contract, "", payment_outcome="card").text
        self.assertIn("Your payment method has been changed.", page)
        self.assertIn("Your open invoices are charged to it now", page)

    def test_card_is_taken_off(self):
        card = self._create_token()
        self.contract.payment_token_id = card
        other = self._create_token()
        for token_id in (other.id, "", "x", "9" * 30):
            self._post_removal(token_id)
            self.env.invalidate_all()
            self.assertEqual(self.contract.payment_token_id, card)
        with mute_logger("odoo.http"):
            response = self._post_removal(card.id, csrf_token="wrong")
        self.assertEqual(response.status_code, 400)
        self.assertEqual(self.contract.payment_token_id, card)
        response = self._post_removal(card.id)
        self.assertIn("The card was taken off.", response.text)
        self.env.invalidate_all()
        self.assertFalse(self.contract.payment_token_id)
        self.assertTrue(card.active)
        self.assertIn("The card was removed", self.contract.activity_ids.mapped("summary"))

    def test_contracts_that_share_an_invoice_follow(self):
        """An invoice is charged to one card: all its contracts get the new one."""
        card = self._create_token()
        self.partner.subscription_invoice_grouping = "customer"
        pair = self.env["sale.subscription"].sudo()
        for _number in range(2):
            pair |= self._create_portal_contract(start="2026-04-01", payment_token_id=card.id)
        move = self.env["account.move"].browse(pair.action_bill(until="2026-04-01"))
        self.assertEqual(move.subscription_ids, pair)
        alone = self._create_portal_contract(start="2026-04-01", payment_token_id=card.id)
        tx, _result = self._register(pair[0])
        self.assertEqual(pair.payment_token_id, tx.token_id)
        self.assertEqual(alone.payment_token_id, card)

    def test_mails_lead_to_the_page_of_the_card(self):
        card = self._create_token()
        self.contract.payment_token_id = card
        move = self.invoices[0]
        self._decline(move, token=card)
        url = move._get_subscription_mail_context("declined")["card_url"]
        self.assertEqual(
            url,
            f"{self.contract.get_base_url()}/my/subscriptions/{self.contract.id}/payment-method"
            f"?access_token={self.contract.access_token}",
        )
        self.assertIn('name="card_text"', self.url_open(url).text)
        self.portal_template.invoicing_mode = "send"
        self.assertFalse(move._get_subscription_mail_context("reminder")["card_url"])

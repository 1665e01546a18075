from odoo.fields import Command

from odoo.addons.sale_subscription.tests.sale_common import SaleSubscriptionSaleCommon

# One transparent pixel: what a customer's signature looks like to the server.
SIGNATURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJg"
    "gg=="
)


class SubscriptionPaymentCommon(SaleSubscriptionSaleCommon):
    """A company that takes cards by a demo provider: payments end as the test says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls._create_provider(cls.company)
        cls.payment_method = cls.provider.payment_method_ids

    @classmethod
    def _create_provider(cls, company, **values):
        """Make a provider that saves cards and pays into the company's bank journal."""
        demo = cls.env.ref("payment.payment_provider_demo").sudo()
        provider = demo.copy(
            {
                "company_id": company.id,
                "state": "test",
                "is_published": True,
                "payment_method_ids": [
                    Command.set(cls.env.ref("payment_demo.payment_method_demo").ids)
                ],
                **values,
            }
        )
        provider.payment_method_ids.active = True
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
        )
        provider.journal_id = journal
        line = journal.inbound_payment_method_line_ids.filtered(
            lambda line: line.payment_provider_id == provider
        )
        line.payment_account_id = cls.inbound_payment_method_line.payment_account_id
        return provider

    @classmethod
    def _create_token(cls, state="done", partner=None, provider=None, **values):
        """Save a card; payments with it end in the given state."""
        provider = provider or cls.provider
        return (
            cls.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": provider.payment_method_ids.id,
                    "payment_details": "4242",
                    "partner_id": (partner or cls.partner).id,
                    "provider_ref": "demo card",
                    "demo_simulated_state": state,
                    **values,
                }
            )
        )


class OrderPaymentMixin:
    """What a visitor's browser does on the page of an order, for `HttpCase` tests."""

    def _send(self, order):
        order.action_quotation_sent()
        return order.sudo().get_portal_url()

    def _call(self, order, suffix, **params):
        params.setdefault("access_token", order.sudo()._portal_ensure_token())
        return self.make_jsonrpc_request(f"/my/orders/{order.id}/{suffix}", params)

    def _sign(self, order):
        return self._call(order, "accept", name="Bea Kite", signature=SIGNATURE)

    def _start_payment(self, order, amount, suffix="transaction", **values):
        """Press "Pay" and return the transaction."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method.id,
            "token_id": None,
            "amount": amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": order.sudo().get_portal_url(),
            "is_validation": False,
            **values,
        }
        reference = self._call(order, suffix, **params)["reference"]
        return self.env["payment.transaction"].sudo().search([("reference", "=", reference)])

    def _finish_payment(self, tx, state="done", **data):
        """Let the provider answer and the browser wait on the status page."""
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": tx.reference,
                "payment_details": "4242",
                "simulated_state": state,
                **data,
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()

    def _pay(self, order, amount, state="done", **values):
        tx = self._start_payment(order, amount, **values)
        self._finish_payment(tx, state)
        return tx

    def _save_card(self, order, state="done", **values):
        tx = self._start_payment(
            order, None, suffix="card", tokenization_requested=True, is_validation=True, **values
        )
        self._finish_payment(tx, state)
        return tx

    # === ORDERS === #

    def _create_paid_order(self, **values):
        order = self._create_mixed_order(
            **{"require_signature": False, "require_payment": True, **values}
        )
        self._send(order)
        return order.sudo()

    def _create_prorated_order(self, **values):
        """A seat at 31.00 by the month on the first: 22 of 31 days in March, plus 10 % tax."""
        self.template.write({"anchor": "day", "anchor_day": 1, **values})
        order = self._create_order(
            {"product_id": self.seat.id, "price_unit": 31.0},
            require_signature=False,
            require_payment=True,
        )
        self._send(order)
        return order.sudo()

    def _assert_open(self, order):
        self.assertEqual(order.state, "sent")
        self.assertFalse(order.subscription_ids)
        self.assertFalse(order.transaction_ids.invoice_ids)
        self.assertEqual(self.url_open(order.sudo().get_portal_url()).status_code, 200)

    def _create_trial_order(self, **values):
        self.template.write({"trial_days": 14, "card_required": True})
        order = self._create_order(
            {"product_id": self.seat.id},
            **{"require_signature": False, "require_payment": True, **values},
        )
        self._send(order)
        return order.sudo()

    def _bill_by_cron(self):
        self.env.ref("sale_subscription.ir_cron_bill").sudo().method_direct_trigger()

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


class PortalPaymentCommon(SubscriptionPortalCommon):
    """A contract by whose link everything may be done, with two open invoices of 22.00 each.

    Its template charges cards; the contract has none. Tests live on 2026-04-10.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal_template.write(
            {"invoicing_mode": "charge", "retry_days": "3,5", "auto_close_days": 60}
        )
        cls.contract = cls._create_portal_contract(user_id=cls.salesman.id)
        cls.invoices = cls._bill_portal(cls.contract)

    @classmethod
    def _bill_portal(cls, contract):
        """Invoice March and April."""
        move_ids = contract.action_bill(until="2026-04-01")
        return cls.env["account.move"].sudo().browse(move_ids).sorted("invoice_date")


class PortalPaymentMixin:
    """What a visitor's browser does on the pages about paying, for `HttpCase` tests."""

    def _open(self, contract, step="", **params):
        return self.url_open(contract._get_portal_payment_url(step, **params))

    def _call(self, contract, step, **params):
        params.setdefault("access_token", contract._portal_ensure_token())
        return self.make_jsonrpc_request(f"/my/subscriptions/{contract.id}/{step}", params)

    def _start(self, contract, step, **values):
        """Press the button of the payment form and return the transaction."""
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method.id,
            "token_id": None,
            "amount": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/somewhere/else",
            "is_validation": False,
            **values,
        }
        reference = self._call(contract, f"{step}/transaction", **params)["reference"]
        return self.env["payment.transaction"].sudo().search([("reference", "=", reference)])

    def _finish(self, tx, state="done", **data):
        """Let the provider answer and the browser wait on the status page."""
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": tx.reference,
                "payment_details": "4343",
                "simulated_state": state,
                **data,
            },
        )
        result = self.make_jsonrpc_request("/payment/status/poll", {})
        self.env.invalidate_all()
        return result

    def _pay_all(self, contract, amount=44.0, state="done", **values):
        tx = self._start(contract, "pay", amount=amount, **values)
        return tx, self._finish(tx, state)

    def _register(self, contract, state="done", **values):
        tx = self._start(contract, "payment-method", is_validation=True, **values)
        return tx, self._finish(tx, state)

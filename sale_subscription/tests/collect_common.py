from contextlib import contextmanager

from odoo.tests import freeze_time

from .common import SubscriptionCommon


class CollectCommon(SubscriptionCommon):
    """A company with the demo payment provider, saved cards and a template that charges.

    The demo provider's cards say what becomes of their charges: `card` pays; `done`, `cancel`
    (declined), `error` (nobody knows) and `pending` can be set as `demo_simulated_state`.
    Invoices are 10.00 + 15 % tax = 11.50, due at once.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls._create_provider(cls.company)
        cls.card_method = cls.env.ref("payment.payment_method_card")
        cls.card = cls._create_card()
        cls.template.write(
            {"invoicing_mode": "charge", "retry_days": "1,3,5,7", "auto_close_days": 15}
        )
        cls.job = cls.env.ref("sale_subscription.ir_cron_collect")

    @classmethod
    def _create_provider(cls, company, **values):
        demo = cls.env["payment.provider"].sudo().search([("code", "=", "demo")], limit=1)
        return demo.copy(
            {
                "name": "Demo",
                "company_id": company.id,
                "state": "test",
                "is_published": True,
                "allow_tokenization": True,
                **values,
            }
        )

    @classmethod
    def _create_card(cls, outcome="done", **values):
        return (
            cls.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": cls.provider.id,
                    "payment_method_id": cls.card_method.id,
                    "partner_id": cls.partner.id,
                    "payment_details": "4242",
                    "provider_ref": "demo",
                    "demo_simulated_state": outcome,
                    **values,
                }
            )
        )

    def _subscribe(self, start="2026-03-01", **values):
        """Start a contract with a card and bill its first period."""
        values.setdefault("payment_token_id", self.card.id)
        with self._today(start):
            contract = self._activate(start, user_id=self.salesman.id, **values)
        return contract, self._bill(contract, start)

    def _bill(self, contract, until):
        """Bill on the very day: late invoices would be due on the day of the run."""
        with self._today(until):
            return super()._bill(contract, until)

    @contextmanager
    def _committing(self, contract=None, user=None):
        """Let code commit as in production; yields the contract in such an environment."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, user=user or self.env.user)
            yield contract.with_env(env) if contract else env
        self.env.invalidate_all()

    def _collect(self, day, hour=12):
        """Run the collecting job on a day."""
        self.env.flush_all()
        with freeze_time(f"{day} {hour}:00:00"), self.enter_registry_test_mode():
            self.job.sudo().method_direct_trigger()
        self.env.invalidate_all()

    def _collect_daily(self, first, last):
        """Run the collecting job on each day of March 2026."""
        for day in range(first, last + 1):
            self._collect(f"2026-03-{day:02}")

    def _attempts(self, contract):
        """Return a contract's attempts as `(ISO date, amount, state)`, in order."""
        return [
            (str(attempt.date.date()), attempt.amount, attempt.state)
            for attempt in contract.attempt_ids.sorted("id")
        ]

import os
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .life_books import LifeBooks
from .life_operations import END, OPERATIONS, START, LifeOperations
from .life_plans import LifePlans
from .sale_common import SaleSubscriptionSaleCommon

SCENARIOS = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["JPY", "EUR", "KWD"]),
        "plan": st.integers(0, 3),
        "timing": st.sampled_from(["advance", "advance", "arrears"]),
        "anchor_day": st.sampled_from([0, 0, 1, 15, 31]),
        "together": st.booleans(),
        "template": st.fixed_dictionaries(
            {
                "credit_when": st.sampled_from(["next_invoice", "now"]),
                "pause_policy": st.sampled_from(["credit", "shift"]),
                "prorate_charges": st.sampled_from([True, True, False]),
                "prorate_credits": st.sampled_from([True, True, False]),
                "upgrade_when": st.sampled_from(["now", "period_end"]),
                "downgrade_when": st.sampled_from(["now", "period_end"]),
                "invoicing_mode": st.sampled_from(["post", "post", "draft"]),
                "catch_up_policy": st.sampled_from(["period", "together"]),
                "trial_days": st.sampled_from([0, 0, 20]),
                "trial_end_action": st.sampled_from(["convert", "close"]),
                "duration_count": st.sampled_from([0, 0, 1]),
                "auto_renew": st.sampled_from([False, True]),
            }
        ),
        # Each with whether it is invoiced at once.
        "operations": st.lists(
            st.tuples(OPERATIONS, st.sampled_from([True, True, False])), min_size=4, max_size=14
        ),
    }
)
# How many operations are done at least in all examples together, of each kind and of all kinds:
# what is refused proves nothing.
MINIMUM_OF_EACH, MINIMUM = 1, 150
EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", 0))


@tagged("post_install", "-at_install")
class TestLifeProperties(LifePlans, LifeOperations, LifeBooks, SaleSubscriptionSaleCommon):
    """Whatever is done to a contract in whatever order, the books are right after each step.

    `LIFE_EXAMPLES=1000 make test T=test_life_properties` looks longer, and elsewhere each time.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.setup_currencies()

    def setUp(self):
        super().setUp()
        self._watch_shifts()

    @classmethod
    def setup_currencies(cls):
        cls.pricelists = {}
        for name in ("JPY", "EUR", "KWD"):
            currency = cls.env.ref(f"base.{name}")
            currency.active = True
            cls.pricelists[name] = cls.env["product.pricelist"].create(
                {"name": name, "currency_id": currency.id}
            )
        cls.plan_list = [cls.monthly, cls.weekly, cls.quarterly, cls.yearly]
        cls.template.plan_ids = cls.plans
        # The rounding of documents isn't what is tested here.
        products = cls.seat | cls.support | cls.setup_fee
        products.taxes_id = [Command.clear()]

    def test_books_after_each_step(self):
        self.accepted = Counter()
        self._look_at_lives()
        kinds = {name.removeprefix("_do_") for name in dir(self) if name.startswith("_do_")}
        rare = {kind for kind in kinds if self.accepted[kind] < MINIMUM_OF_EACH}
        self.assertFalse(rare, self.accepted)
        self.assertGreaterEqual(self.accepted.total(), MINIMUM, self.accepted)

    @settings(
        max_examples=EXAMPLES or 40,
        deadline=None,
        derandomize=not EXAMPLES,
        database=None,
        # Looking for a smaller example takes minutes here.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SCENARIOS)
    def _look_at_lives(self, scenario):
        savepoint = self.env.cr.savepoint()
        try:
            self._live_through(scenario)
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def _live_through(self, scenario):
        template = {**scenario["template"], "duration_unit": "year"}
        template["auto_renew"] &= bool(template["duration_count"])
        self.template.write(template)
        self.company.subscription_invoice_grouping = (
            "customer" if scenario["together"] else "contract"
        )
        values = {
            "plan": self.plan_list[scenario["plan"]],
            "timing": scenario["timing"],
            "anchor_day": scenario["anchor_day"],
            "pricelist_id": self.pricelists[scenario["currency"]].id,
            "lines": [{"price_unit": 29.0, "quantity": 2}],
        }
        with freeze_time(START):
            contract = self._activate(str(START), **values)
            self._begin(contract)
            # Where invoices are merged there is something to merge.
            self.others = (
                self._activate(str(START), **values)
                if scenario["together"]
                else (contract.browse())
            )
        self._live(contract, scenario["operations"])

    def _live(self, contract, operations):
        """Do one thing after the other; look at the books after each."""
        today = START
        with freeze_time(today) as clock:  # to freeze it anew each time would take longer
            for (name, *arguments), is_billed in operations:
                if name == "pass_days":
                    today = min(today + timedelta(days=arguments.pop()), END)
                clock.move_to(f"{today} 12:00:00")
                self._try(contract, today, name, arguments)
                contract._apply_due_transitions()
                self.is_settled = is_billed and contract.state in ("active", "paused", "closed")
                if self.is_settled:
                    (contract | self.others).action_bill()
                self._check_books(contract, today, self.is_settled)

    def _try(self, contract, today, name, arguments):
        """Do one thing; what is refused changes nothing."""
        noted = (
            {root: list(entries) for root, entries in self.timeline.items()},
            dict(self.removals),
            self.updates,
        )
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_do_{name}")(contract, today, *arguments)
            self._forget_withdrawn()
            self.accepted[name] += 1
        except (UserError, ValidationError):
            self.env.invalidate_all()
            self.timeline, self.removals, self.updates = noted

from odoo.exceptions import AccessError, UserError
from odoo.modules.migration import load_script
from odoo.tests import tagged
from odoo.tools import file_path

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestMrrTransfer(SubscriptionCommon):
    """Hand-overs, ends without MRR, and what each event counts."""

    def _rows(self, contract, *names):
        return [
            tuple(str(event[name]) if name == "date" else event[name] for name in names)
            for event in contract.event_ids.sorted(lambda e: (e.date, e.id))
        ]

    def _movements(self, partner):
        rows = self.env["sale.subscription.customer.movement"].search(
            [("partner_id", "=", partner.id)], order="date, customer_key"
        )
        return [
            (row.kind, str(row.date), row.amount, row.amount_moved, row.customer_delta)
            for row in rows
        ]

    def test_a_change_of_salesperson_is_a_pair_of_transfers(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05", user_id=self.salesman.id)
        with self._today("2026-03-01"):
            contract.user_id = self.manager
        names = ("kind", "date", "amount", "user_id", "running_delta", "paying_delta")
        self.assertEqual(
            self._rows(contract, *names),
            [
                ("new", "2026-01-05", 10.0, self.salesman, 1, 1),
                ("transfer", "2026-03-01", -10.0, self.salesman, -1, -1),
                ("transfer", "2026-03-01", 10.0, self.manager, 1, 1),
            ],
        )
        self.assertEqual((contract.mrr, contract.mrr_company), (10.0, 10.0))

    def test_transfers_in_company_currency_carry_the_balance(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        for day, rate in (("2026-01-01", 0.5), ("2026-02-01", 0.25)):
            self.env["res.currency.rate"].create(
                {"name": day, "currency_id": euro.id, "rate": rate, "company_id": self.company.id}
            )
        pricelist = self.env["product.pricelist"].create({"name": "€", "currency_id": euro.id})
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05", pricelist_id=pricelist.id)
        with self._today("2026-02-05"):
            contract.user_id = self.manager
        self.assertEqual(
            self._rows(contract, "kind", "amount", "amount_company"),
            [("new", 10.0, 20.0), ("transfer", -10.0, -20.0), ("transfer", 10.0, 20.0)],
        )

    def test_team_and_customer_move_too(self):
        team = self.env["crm.team"].create({"name": "South"})
        bob = self.env["res.partner"].create({"name": "Bob"})
        for vals in ({"team_id": team.id}, {"partner_id": bob.id}):
            with self._today("2026-01-05"):
                contract = self._activate("2026-01-05")
            with self._today("2026-01-20"):
                contract.sudo().write(vals)
            name = next(iter(vals))
            moved = contract.event_ids.filtered(lambda e: e.kind == "transfer").sorted("id")
            self.assertEqual(moved.mapped("amount"), [-10.0, 10.0], name)
            self.assertNotEqual(moved[0][name], moved[1][name])
            self.assertEqual(moved[1][name].id, vals[name])

    def test_a_plan_change_moves_before_the_difference(self):
        with self._today("2026-01-10"):
            contract = self._activate("2026-01-10")
        with self._today("2026-02-10"):
            contract.change_plan(self.yearly.id, when="now")
            line = contract.line_ids.filtered(lambda version: version.plan_id == self.yearly)
            contract.change_price(line.id, 60.0, when="now")
        self.assertEqual(
            self._rows(contract, "kind", "date", "amount", "plan_id"),
            [
                ("new", "2026-01-10", 10.0, self.monthly),
                ("transfer", "2026-02-10", -10.0, self.monthly),
                ("transfer", "2026-02-10", 10.0, self.yearly),
                ("contraction", "2026-02-10", -5.0, self.yearly),
            ],
        )

    def test_a_plan_change_noticed_late_moves_on_its_own_day(self):
        with self._today("2026-01-10"):
            contract = self._activate("2026-01-10")
            contract.change_plan(self.yearly.id, when="2026-02-10")
        with self._today("2026-03-15"):
            contract._apply_due_transitions()
        self.assertEqual(
            self._rows(contract, "kind", "date", "plan_id"),
            [
                ("new", "2026-01-10", self.monthly),
                ("transfer", "2026-02-10", self.monthly),
                ("transfer", "2026-02-10", self.yearly),
            ],
        )

    def test_a_paused_contract_hands_its_running_over(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05", user_id=self.salesman.id)
        with self._today("2026-02-05"):
            contract.action_pause()
            contract.user_id = self.manager
        with self._today("2026-03-05"):
            contract.action_resume()
        self.assertEqual(
            self._rows(contract, "kind", "amount", "running_delta", "paying_delta", "user_id"),
            [
                ("new", 10.0, 1, 1, self.salesman),
                ("pause", -10.0, 0, -1, self.salesman),
                ("transfer", 0.0, -1, 0, self.salesman),
                ("transfer", 0.0, 1, 0, self.manager),
                ("resume", 10.0, 0, 1, self.manager),
            ],
        )

    def test_closing_a_paused_contract_is_churn_of_nothing(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05")
        with self._today("2026-02-05"):
            contract.action_pause()
        with self._today("2026-03-05"):
            contract.action_close(self.reason.id, when="now")
        with self._today("2026-04-05"):
            contract.action_reopen()
        names = ("kind", "date", "amount", "reason_id", "running_delta", "paying_delta")
        none = self.reason.browse()
        self.assertEqual(
            self._rows(contract, *names),
            [
                ("new", "2026-01-05", 10.0, none, 1, 1),
                ("pause", "2026-02-05", -10.0, none, 0, -1),
                ("churn", "2026-03-05", 0.0, self.reason, -1, 0),
                ("reactivation", "2026-04-05", 10.0, none, 1, 1),
            ],
        )
        self.assertEqual(
            self._movements(self.partner),
            [
                ("new", "2026-01-05", 10.0, 0.0, 1),
                ("pause", "2026-02-05", -10.0, 0.0, 0),
                ("churn", "2026-03-05", 0.0, 0.0, -1),
                ("reactivation", "2026-04-05", 10.0, 0.0, 1),
            ],
        )

    def test_closing_a_contract_made_free_is_churn_of_nothing(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05")
        with self._today("2026-02-05"):
            contract.change_price(contract.line_ids.id, 10.0, discount=100.0, when="now")
        with self._today("2026-03-05"):
            contract.action_close(self.reason.id, when="now")
        with self._today("2026-03-20"):
            contract.action_reopen()
        self.assertEqual(
            self._rows(contract, "kind", "date", "amount", "running_delta"),
            [
                ("new", "2026-01-05", 10.0, 1),
                ("contraction", "2026-02-05", -10.0, 0),
                ("churn", "2026-03-05", 0.0, -1),
                ("reactivation", "2026-03-20", 0.0, 1),
            ],
        )

    def test_a_contract_that_was_always_free_leaves_its_reason(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05", lines=[{"discount": 100.0}])
        with self._today("2026-03-05"):
            contract.action_close(self.reason.id, when="now")
            contract._sync_mrr()
        self.assertEqual(
            self._rows(contract, "kind", "date", "amount", "reason_id", "running_delta"),
            [("churn", "2026-03-05", 0.0, self.reason, 0)],
        )

    def test_months_and_cohort_are_on_every_event(self):
        with self._today("2026-01-31"):
            contract = self._activate("2026-01-31")
        with self._today("2026-12-05"):
            contract.change_quantity(contract.line_ids.id, 3.0, when="now")
        self.assertEqual(
            self._rows(contract, "date", "month_no", "cohort_month_no"),
            [("2026-01-31", 24313, 24313), ("2026-12-05", 24324, 24313)],
        )
        self.assertEqual({str(e.cohort_date) for e in contract.event_ids}, {"2026-01-31"})

    def test_a_further_contract_is_an_expansion_of_the_customer(self):
        with self._today("2026-01-05"):
            self._activate("2026-01-05", lines=[{"quantity": 10.0}])
        with self._today("2026-01-20"):
            other = self._activate("2026-01-20", lines=[{"quantity": 4.0}])
        with self._today("2026-02-10"):
            other.action_close(self.reason.id, when="now")
        self.assertEqual(
            self._movements(self.partner),
            [
                ("new", "2026-01-05", 100.0, 0.0, 1),
                ("expansion", "2026-01-20", 40.0, 0.0, 0),
                ("contraction", "2026-02-10", -40.0, 0.0, 0),
            ],
        )

    def test_a_contract_replaced_on_its_last_day_is_no_lost_customer(self):
        with self._today("2026-01-05"):
            first = self._activate("2026-01-05", lines=[{"quantity": 10.0}])
        with self._today("2026-03-31"):
            first.action_close(self.reason.id, when="now")
            self._activate("2026-03-31", lines=[{"quantity": 12.0}])
        self.assertEqual(
            self._movements(self.partner),
            [
                ("new", "2026-01-05", 100.0, 0.0, 1),
                ("expansion", "2026-03-31", 20.0, 0.0, 0),
            ],
        )

    def test_merging_contacts_moves_what_they_are_worth(self):
        bob = self.env["res.partner"].create({"name": "Bob", "email": "ada@example.com"})
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05")
            self._activate("2026-01-05", partner_id=bob.id, lines=[{"quantity": 3.0}])
        ada_key, bob_key = self.partner.id, bob.id
        with self._today("2026-02-05"):
            self.env["base.partner.merge.automatic.wizard"].create({})._merge(
                (self.partner | bob).ids, bob
            )
        self.assertEqual(contract.partner_id, bob)
        self.assertEqual(
            self._rows(contract, "kind", "date", "amount", "customer_key"),
            [
                ("new", "2026-01-05", 10.0, ada_key),
                ("transfer", "2026-02-05", -10.0, ada_key),
                ("transfer", "2026-02-05", 10.0, bob_key),
            ],
        )
        moved = [row for row in self._movements(bob) if row[1] == "2026-02-05"]
        self.assertEqual(
            sorted(moved, key=lambda row: row[3]),
            [
                ("transfer", "2026-02-05", 0.0, -10.0, -1),
                ("transfer", "2026-02-05", 0.0, 10.0, 0),
            ],
        )

    def test_a_contact_that_comes_under_a_company_takes_its_contracts_along(self):
        company = self.env["res.partner"].create({"name": "Acme", "is_company": True})
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05")
        with self._today("2026-02-05"):
            self.partner.parent_id = company
        self.assertEqual(
            self._rows(contract, "kind", "amount", "partner_id"),
            [
                ("new", 10.0, self.partner),
                ("transfer", -10.0, self.partner),
                ("transfer", 10.0, company),
            ],
        )

    def test_movements_of_customers_are_the_same_when_rebuilt(self):
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05")
            other = self._activate("2026-01-05", partner_id=self.env.company.partner_id.id)
        with self._today("2026-02-05"):
            contract.action_pause()
            other.partner_id = self.partner
        Movement = self.env["sale.subscription.customer.movement"]
        names = [name for name in Movement._fields if name not in ("id", "display_name")]
        written = Movement.search([], order="company_id, customer_key, date").read(names)
        Movement._rebuild()
        again = Movement.search([], order="company_id, customer_key, date").read(names)
        strip = [
            [{k: v for k, v in row.items() if k != "id"} for row in t] for t in (written, again)
        ]
        self.assertEqual(len(strip[0]), 4)
        self.assertEqual(*strip)

    def test_movements_of_customers_are_written_by_the_log_only(self):
        with self._today("2026-01-05"):
            self._activate("2026-01-05")
        Movement = self.env["sale.subscription.customer.movement"]
        with self.assertRaises(AccessError):
            Movement.search([], limit=1).amount = 3.0
        with self.assertRaises(AccessError):
            Movement.create({"company_id": self.company.id})
        # Whoever has all rights meets the rule itself.
        with self.assertRaisesRegex(UserError, "follow from the MRR log"):
            Movement.sudo().search([], limit=1).amount = 3.0
        with self.assertRaisesRegex(UserError, "follow from the MRR log"):
            Movement.sudo().create({"company_id": self.company.id})

    def test_a_database_that_has_events_is_brought_up_to_date(self):
        """Hand-overs that weren't logged, an end that wasn't, and all counters are filled in."""
        with self._today("2026-01-05"):
            contract = self._activate("2026-01-05", user_id=self.salesman.id)
            silent = self._activate("2026-01-05", user_id=self.salesman.id)
        with self._today("2026-02-05"):
            contract.user_id = self.manager
            contract.change_quantity(contract.line_ids.id, 3.0, when="now")
            silent.action_pause()
        with self._today("2026-03-05"):
            silent.action_close(self.reason.id, when="now")
        names = ("kind", "date", "amount", "user_id", "running_delta", "paying_delta", "month_no")
        names += ("cohort_month_no", "customer_key")
        wanted = [sorted(map(str, self._rows(c, *names))) for c in (contract, silent)]
        self.env.flush_all()
        self.env.cr.execute(
            """
            DELETE FROM sale_subscription_customer_movement;
            DELETE FROM sale_subscription_event WHERE kind = 'transfer' OR amount = 0;
            UPDATE sale_subscription_event SET running_delta = NULL, paying_delta = NULL,
                   cohort_date = NULL, month_no = NULL, cohort_month_no = NULL, customer_key = NULL
            """
        )
        self.env.invalidate_all()
        path = file_path("sale_subscription/migrations/19.0.1.3.0/post-mrr-log.py")
        with self._today("2026-03-05"):
            load_script(path, "post_mrr_log").migrate(self.env.cr, "19.0.1.2.0")
        self.env.invalidate_all()
        found = [sorted(map(str, self._rows(c, *names))) for c in (contract, silent)]
        self.assertEqual(found, wanted)
        self.assertEqual(len(found[0]), 4)
        self.assertIn("churn", str(found[1]))

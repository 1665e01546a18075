from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


class PriceUpdateCommon(SubscriptionCommon):
    """Contracts that start on 1 March 2026 and are invoiced for March; it is 11 March."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.job = cls.env.ref("sale_subscription.ir_cron_price_update")
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        cls.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "rate": 0.8,
                "currency_id": cls.euro.id,
                "company_id": cls.company.id,
            }
        )

    def _start(self, price=10.0, billed="2026-03-01", **values):
        line = {"price_unit": price, **values.pop("line", {})}
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[line], **values)
            if billed:
                self._bill(contract, billed)
        return contract

    def _prepare(self, contracts, **values):
        """Make an update of these contracts as a sales manager."""
        return (
            self.env["sale.subscription.price.update"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Index 2026",
                    "contract_domain": repr([("id", "in", contracts.ids)]),
                    "percentage": 3.0,
                    **values,
                }
            )
        )

    def _preview(self, contracts, day="2026-03-11", **values):
        update = self._prepare(contracts, **values)
        with self._today(day):
            update.action_preview()
        return update

    def _apply(self, contracts, day="2026-03-11", **values):
        update = self._preview(contracts, day, **values)
        with self._today(day):
            update.action_apply()
        return update

    def _run_job(self, day="2026-03-11"):
        with self._today(day), self.enter_registry_test_mode():
            self.job.sudo().method_direct_trigger()

    def _lines(self, update):
        """Return the lines as `(old, new, from, state)`."""
        return [
            (line.old_price, line.new_price, str(line.date_effective), line.state)
            for line in update.line_ids.sorted("id")
        ]

    def _versions(self, contract):
        """Return the versions as `(price, from, to)`."""
        return [
            (line.price_unit, str(line.date_start), str(line.date_end or ""))
            for line in contract.line_ids.sorted(lambda line: (line.date_start, line.id))
        ]


@tagged("post_install", "-at_install")
class TestPriceUpdatePrices(PriceUpdateCommon):
    """Which prices come out, and from when; nothing is written on contracts."""

    def test_percentage(self):
        contracts = self._start(9.99) | self._start(0.0125)
        update = self._preview(contracts)
        self.assertEqual(
            self._lines(update),
            [
                (9.99, 10.29, "2026-04-01", "planned"),
                (0.0125, 0.0129, "2026-04-01", "planned"),
            ],
        )
        self.assertEqual(update.state, "previewed")

    def test_index(self):
        update = self._preview(self._start(100.0), method="index", index_old=101.7, index_new=104.2)
        self.assertEqual(self._lines(update), [(100.0, 102.46, "2026-04-01", "planned")])
        self.assertAlmostEqual(update.index_factor, 1.024582, 6)

    def test_rounding_to_a_multiple(self):
        update = self._preview(self._start(9.99), price_step=0.05)
        self.assertEqual(update.line_ids.new_price, 10.3)

    def test_rounding_to_an_ending(self):
        update = self._preview(self._start(9.99), price_step=1.0, price_ending=0.99, percentage=8)
        self.assertEqual(update.line_ids.new_price, 10.99)

    def test_a_price_that_stays_is_no_line(self):
        update = self._preview(self._start(9.99), price_step=1.0, price_ending=0.99)
        self.assertFalse(update.line_ids)
        with self.assertRaisesRegex(UserError, "nothing to apply"):
            update.action_apply()

    def test_fixed_price_per_product_plan_and_currency(self):
        euros = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": self.euro.id, "company_id": self.company.id}
        )
        monthly, yearly = self._start(), self._start(100.0, plan=self.yearly)
        in_euros = self._start(pricelist_id=euros.id)
        other = self._start(line={"product_id": self.support.id})
        price = {"product_id": self.seat.id, "price": 12.0, "plan_id": self.monthly.id}
        update = self._preview(
            monthly | yearly | in_euros | other, method="fixed", price_ids=[Command.create(price)]
        )
        self.assertEqual(
            self._lines(update),
            [
                (10.0, 12.0, "2026-04-01", "planned"),
                (100.0, 144.0, "2027-03-01", "planned"),
                (10.0, 10.0, "2026-04-01", "skipped"),
            ],
        )
        self.assertIn("no fixed price in EUR", update.line_ids[2].reason)

    def test_price_list(self):
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "2026",
                "company_id": self.company.id,
                "item_ids": [
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": self.seat.id,
                            "compute_price": "fixed",
                            "fixed_price": 11.5,
                            "subscription_plan_id": self.monthly.id,
                            "date_start": "2026-04-01 00:00:00",
                        }
                    )
                ],
            }
        )
        contract = self._start(pricelist_id=pricelist.id)
        update = self._preview(contract, method="pricelist")
        # The price of the day it holds from, not of today.
        self.assertEqual(self._lines(update), [(10.0, 11.5, "2026-04-01", "planned")])
        with self._today("2026-03-11"):
            update.action_apply()
        self.assertEqual(contract.line_ids.sorted("id")[-1].technical_price_unit, 11.5)

    def test_price_list_that_shows_its_discount(self):
        self.env.user.group_ids |= self.env.ref("sale.group_discount_per_so_line")
        self.env.ref("base.group_user").implied_ids |= self.env.ref(
            "sale.group_discount_per_so_line"
        )
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "2026",
                "company_id": self.company.id,
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 15.0})
                ],
            }
        )
        contract = self._start(9.0, line={"discount": 10.0}, pricelist_id=pricelist.id)
        line = self._preview(contract, method="pricelist").line_ids
        self.assertEqual((line.new_price, line.new_discount), (10.0, 15.0))

    def test_not_before_a_date(self):
        monthly, yearly = self._start(), self._start(plan=self.yearly)
        update = self._preview(monthly | yearly, effective="date", date_from="2026-05-10")
        self.assertEqual(
            [str(line.date_effective) for line in update.line_ids], ["2026-06-01", "2027-03-01"]
        )

    def test_next_period_of_what_is_not_invoiced(self):
        contract = self._start(billed=None)
        self.assertEqual(self._lines(self._preview(contract))[0][2], "2026-04-01")
        ahead = self._start()
        with self._today("2026-03-11"):
            self._bill(ahead, "2026-05-01")
        self.assertEqual(self._lines(self._preview(ahead))[0][2], "2026-06-01")

    def test_totals_in_company_currency(self):
        euros = self.env["product.pricelist"].create(
            {"name": "EUR", "currency_id": self.euro.id, "company_id": self.company.id}
        )
        contracts = self._start(100.0) | self._start(1200.0, plan=self.yearly)
        contracts |= self._start(80.0, pricelist_id=euros.id)
        update = self._preview(contracts, percentage=10)
        self.assertEqual(update.contract_count, 3)
        self.assertEqual(
            (update.mrr_before, update.mrr_change, update.mrr_after), (300.0, 30.0, 330.0)
        )
        self.assertEqual(update.line_ids[2].mrr_change, 8.0)

    def test_mrr_of_prices_with_tax(self):
        tax = self.tax_15.copy({"name": "15 % incl.", "price_include_override": "tax_included"})
        contract = self._start(115.0, line={"tax_ids": [Command.set(tax.ids)]})
        update = self._preview(contract, percentage=10)
        self.assertEqual((update.mrr_before, update.mrr_change), (100.0, 10.0))

    def test_only_chosen_products(self):
        with self._today("2026-03-01"):
            contract = self._activate(
                "2026-03-01", lines=[{}, {"product_id": self.support.id, "price_unit": 5.0}]
            )
        update = self._preview(contract, product_ids=[Command.set(self.support.ids)])
        self.assertEqual(self._lines(update), [(5.0, 5.15, "2026-04-01", "planned")])

    def test_preview_writes_nothing_on_contracts(self):
        contract = self._start()
        self.env.flush_all()
        self.env.invalidate_all()
        names = sorted(set(contract._fields) - {"price_update_line_ids"})
        before = (contract.read(names), contract.line_ids.read())
        update = self._preview(contract)
        with self._today("2026-03-11"):
            update.action_preview()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((contract.read(names), contract.line_ids.read()), before)
        self.assertEqual(len(update.line_ids), 1)
        self.assertFalse(contract.change_ids)

    def test_settings_are_checked(self):
        contract = self._start()
        for values, text in (
            ({"contract_domain": "[('nothing', '=', 1)]"}, "can't be read"),
            ({"contract_domain": "import os"}, "can't be read"),
            ({"percentage": -100.0}, "100 %"),
            ({"method": "index", "index_old": 0.0, "index_new": 104.2}, "above 0"),
            ({"price_step": -1.0}, "above 0"),
            ({"price_step": 0.05, "price_ending": 0.99}, "lies between"),
            ({"effective": "date"}, "Choose the day"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(ValidationError, text):
                self._prepare(contract, **values)
        update = self._preview(contract)
        with self.assertRaisesRegex(UserError, "go back to the draft"):
            update.percentage = 5
        update.action_draft()
        update.percentage = 5
        self.assertFalse(update.line_ids)


@tagged("post_install", "-at_install")
class TestPriceUpdateRun(PriceUpdateCommon):
    """Applying and taking back."""

    def test_apply(self):
        contract = self._start(9.99)
        update = self._apply(contract)
        self.assertEqual(
            self._versions(contract),
            [(9.99, "2026-03-01", "2026-03-31"), (10.29, "2026-04-01", "")],
        )
        change = contract.change_ids
        self.assertEqual(
            (change.kind, change.mrr_change, str(change.date_effective)),
            ("price", 0.3, "2026-04-01"),
        )
        self.assertEqual(change.user_id, self.manager)
        self.assertEqual(update.line_ids.change_id, change)
        self.assertEqual((update.state, update.progress), ("done", 100.0))
        self.assertIn("by the price update Index 2026", contract.message_ids[0].body)
        self.assertEqual(contract.mrr, 9.99)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract, "2026-04-01").amount_untaxed, 10.29)
            contract._apply_due_transitions()
        self.assertEqual(contract.mrr, 10.29)

    def test_many_run_in_the_background(self):
        contracts = self.env["sale.subscription"]
        for _index in range(4):
            contracts |= self._start()
        with patch(
            "odoo.addons.sale_subscription.models.price_update.sale_subscription_price_update_run.AT_ONCE",
            4,
        ):
            update = self._apply(contracts)
        self.assertEqual((update.state, update.todo_count, update.progress), ("running", 4, 0.0))
        self.assertTrue(self.env["ir.cron.trigger"].search([("cron_id", "=", self.job.id)]))
        self._run_job()
        self.assertEqual((update.state, update.done_count), ("done", 4))
        versions = [self._versions(contract) for contract in contracts]
        self.assertEqual(len(contracts.change_ids), 4)
        # A second run changes nothing.
        self._run_job()
        self.assertEqual([self._versions(contract) for contract in contracts], versions)
        self.assertEqual(len(contracts.change_ids), 4)
        with self.assertRaisesRegex(UserError, "can't be done"):
            update.action_apply()

    def test_reasons_to_skip(self):
        names = ("draft", "closed", "cancelled", "doubt", "closing", "running")
        contracts = {name: self._start() for name in names[1:]}
        contracts["draft"] = self._create_contract("2026-03-01")
        contracts["cancelled"] = self._start(billed=None)
        with self._today("2026-03-10"):
            contracts["closed"].action_close(self.reason.id, when="now")
            contracts["cancelled"].action_cancel()
            contracts["closing"].action_close(self.reason.id, when="period_end")
            contracts["doubt"].sudo().payment_exception = True
        every = self.env["sale.subscription"].union(*contracts.values())
        update = self._apply(every)
        reasons = {
            name: update.line_ids.filtered(
                lambda line, contract=contract: line.subscription_id == contract
            ).reason
            for name, contract in contracts.items()
        }
        for name, text in (
            ("draft", "The contract is “Draft”."),
            ("closed", "The contract is “Closed”."),
            ("cancelled", "The contract is “Cancelled”."),
            ("doubt", "A payment of it is in doubt"),
            ("closing", "The contract ends on 04/01/2026"),
        ):
            self.assertIn(text, reasons[name])
        self.assertFalse(reasons["running"])
        self.assertEqual((update.done_count, update.skipped_count), (1, 5))
        self.assertEqual(
            every.change_ids.filtered(lambda c: c.kind == "price").subscription_id,
            contracts["running"],
        )

    def test_what_changed_since_the_preview_is_skipped(self):
        repriced, closing, billed = self._start(), self._start(), self._start()
        update = self._preview(repriced | closing | billed)
        with self._today("2026-03-12"):
            repriced.change_price(repriced.line_ids.id, 11.0)
            closing.action_close(self.reason.id, when="period_end")
            self._bill(billed, "2026-04-01")
            update.action_apply()
        lines = update.line_ids
        self.assertEqual(lines.mapped("state"), ["skipped", "skipped", "done"])
        self.assertIn("changed since the prices were computed", lines[0].reason)
        self.assertIn("The contract ends on", lines[1].reason)
        # Invoiced further meanwhile: the new price begins after that.
        self.assertEqual(str(lines[2].date_effective), "2026-05-01")
        self.assertEqual(
            self._versions(billed), [(10.0, "2026-03-01", "2026-04-30"), (10.3, "2026-05-01", "")]
        )

    def test_what_was_rewritten_since_the_preview_is_skipped(self):
        with self._today("2026-03-01"):
            contracts = self._activate("2026-05-15") | self._activate("2026-05-15")
        update = self._preview(contracts)
        with self._today("2026-03-11"):
            # Nothing was invoiced of them: their lines are still edited in place.
            contracts[0].line_ids.price_unit = 8.0
            contracts[1].line_ids.quantity = 7
            update.action_apply()
        self.assertEqual(update.line_ids.mapped("state"), ["skipped", "skipped"])
        self.assertEqual(contracts.line_ids.mapped("price_unit"), [8.0, 10.0])

    def test_one_bad_contract_stops_nobody(self):
        contracts = self._start() | self._start() | self._start()
        bad = contracts[1]
        update = self._preview(contracts)
        Contract = self.env.registry["sale.subscription"]
        original = Contract._describe_line_change

        def describe(contract, *args):
            if contract == bad:
                raise UserError("Not this one.")
            return original(contract, *args)

        run = "odoo.addons.sale_subscription.models.price_update.sale_subscription_price_update_run"
        with patch.object(Contract, "_describe_line_change", describe), patch(f"{run}.AT_ONCE", 0):
            with self._today("2026-03-11"):
                update.action_apply()
            self._run_job()
        self.assertEqual(update.line_ids.mapped("state"), ["done", "failed", "done"])
        self.assertEqual((update.state, update.line_ids[1].reason), ("done", "Not this one."))
        self.assertEqual(self._versions(bad), [(10.0, "2026-03-01", "")])
        with self._today("2026-03-11"):
            update.action_retry()
        self.assertEqual((update.state, update.done_count, update.failed_count), ("done", 3, 0))
        self.assertFalse(update.line_ids[1].reason)

    def test_one_bad_contract_at_once(self):
        contracts = self._start() | self._start()
        update = self._preview(contracts)
        Contract = self.env.registry["sale.subscription"]
        with (
            patch.object(
                Contract,
                "_is_paid_time",
                lambda contract, day: 1 / (contract.id - contracts[0].id) > 0,
            ),
            self._today("2026-03-11"),
        ):
            update.action_apply()
        self.assertEqual(update.line_ids.mapped("state"), ["failed", "done"])
        self.assertEqual(update.line_ids[0].reason, "division by zero")

    def test_left_out_by_hand(self):
        contracts = self._start() | self._start()
        update = self._preview(contracts)
        update.line_ids[0].action_leave_out()
        self.assertEqual((update.contract_count, update.mrr_change), (1, 0.3))
        update.line_ids[0].action_take_in()
        self.assertEqual(update.contract_count, 2)
        update.line_ids[1].action_leave_out()
        with self._today("2026-03-11"):
            update.action_apply()
        self.assertEqual(update.line_ids.mapped("state"), ["done", "skipped"])
        with self.assertRaises(UserError):
            update.line_ids[1].action_take_in()

    # === UNDO === #
    def test_undo_before_effect(self):
        contract = self._start()
        update = self._apply(contract)
        with self._today("2026-03-31"):
            update.action_undo()
        self.assertEqual(self._versions(contract), [(10.0, "2026-03-01", "")])
        self.assertEqual(contract.change_ids.state, "withdrawn")
        self.assertEqual((update.state, update.undone_count), ("undone", 1))
        self.assertEqual((update.contract_count, update.mrr_change), (0, 0.0))
        self.assertFalse(update.is_undoable)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract, "2026-04-01").amount_untaxed, 10.0)

    def test_undo_leaves_what_is_in_effect_or_invoiced(self):
        monthly, yearly, ahead = self._start(), self._start(plan=self.yearly), self._start()
        update = self._apply(monthly | yearly, effective="next_period")
        update_ahead = self._apply(ahead)
        with self._today("2026-03-20"):
            self._bill(ahead, "2026-04-01")
            update_ahead.action_undo()
        self.assertEqual(update_ahead.line_ids.state, "done")
        self.assertIn("was invoiced ahead", update_ahead.line_ids.reason)
        with self._today("2026-04-01"):
            self.assertTrue(update.is_undoable)
            update.action_undo()
            self.assertEqual(update.line_ids.mapped("state"), ["done", "undone"])
            self.assertIn("In effect already", update.line_ids[0].reason)
            with self.assertRaisesRegex(UserError, "in effect"):
                update.action_undo()
        self.assertEqual(len(monthly.line_ids), 2)

    def test_undo_after_a_change_was_withdrawn_by_hand(self):
        contracts = self._start() | self._start()
        update = self._apply(contracts)
        with self._today("2026-03-12"):
            contracts[0].change_ids.with_user(self.manager).action_withdraw()
            update.action_undo()
        self.assertEqual(update.line_ids.mapped("state"), ["undone", "undone"])
        for contract in contracts:
            self.assertEqual(self._versions(contract), [(10.0, "2026-03-01", "")])

    def test_undo_in_the_background_while_it_runs(self):
        contracts = self._start() | self._start() | self._start()
        run = "odoo.addons.sale_subscription.models.price_update.sale_subscription_price_update_run"
        with patch(f"{run}.AT_ONCE", 0):
            update = self._apply(contracts)
            with self._today("2026-03-11"):
                contracts[0]._apply_price_updates()
                self.assertEqual((update.done_count, update.todo_count), (1, 2))
                update.action_undo()
            self.assertEqual(update.state, "undoing")
            self.assertEqual(update.line_ids.mapped("state"), ["undoing", "skipped", "skipped"])
            self._run_job()
        self.assertEqual((update.state, update.undone_count), ("undone", 1))
        for contract in contracts:
            self.assertEqual(self._versions(contract), [(10.0, "2026-03-01", "")])

    def test_contract_that_has_not_begun(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-05-15")
        update = self._apply(contract)
        self.assertEqual(self._versions(contract), [(10.3, "2026-05-15", "")])
        with self._today("2026-03-12"):
            update.action_undo()
        self.assertEqual(self._versions(contract), [(10.0, "2026-05-15", "")])
        self.assertEqual(update.line_ids.state, "undone")

    def test_a_change_scheduled_for_the_same_day(self):
        contract = self._start()
        with self._today("2026-03-10"):
            change_id = contract.change_quantity(contract.line_ids.id, 3, when="period_end")
        update = self._apply(contract)
        versions = contract.line_ids.filtered(
            lambda line: line._is_in_force(self._day("2026-04-01"))
        )
        self.assertEqual((versions.price_unit, versions.quantity), (10.3, 3))
        # The new price must not vanish together with the other change.
        with self._today("2026-03-12"):
            self.env["sale.subscription.change"].browse(change_id).action_withdraw()
            version = contract.line_ids.filtered(
                lambda line: line._is_in_force(self._day("2026-04-01"))
            )
            self.assertEqual((version.price_unit, version.quantity), (10.3, 1))
            update.action_undo()
        self.assertEqual(self._versions(contract), [(10.0, "2026-03-01", "")])

    def test_two_updates_one_after_the_other(self):
        contract = self._start()
        self._apply(contract)
        second = self._apply(contract, percentage=10.0, effective="date", date_from="2026-07-01")
        self.assertEqual(
            self._versions(contract),
            [
                (10.0, "2026-03-01", "2026-03-31"),
                (10.3, "2026-04-01", "2026-06-30"),
                (11.33, "2026-07-01", ""),
            ],
        )
        with self._today("2026-05-01"):
            second.action_undo()
        self.assertEqual(self._versions(contract)[1:], [(10.3, "2026-04-01", "")])

    def test_paused_contract_keeps_its_mrr_until_it_goes_on(self):
        contract = self._start()
        with self._today("2026-03-10"):
            contract.action_pause()
        self._apply(contract)
        self.assertEqual(contract.change_ids.mrr_change, 0.0)
        with self._today("2026-04-10"):
            contract.action_resume()
        self.assertEqual(contract.mrr, 10.3)

    # === NOTICE === #
    def test_notice_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        template = self.env.ref("sale_subscription.mail_template_price_update")
        french = template.with_context(lang="fr_FR")
        french.subject = "Nouveau prix de {{ object.name }}"
        french.body_html = template.body_html.replace("New Price", "Nouveau prix")
        self.seat.with_context(lang="fr_FR").name = "Siège"
        self.partner.lang = "fr_FR"
        english = self.env["res.partner"].create({"name": "Bob", "email": "bob@example.com"})
        silent = self.env["res.partner"].create({"name": "Carl"})
        contracts = self._start(1000.0, line={"quantity": 2, "discount": 5.0})
        contracts |= self._start(partner_id=english.id) | self._start(partner_id=silent.id)
        update = self._apply(contracts, mail_template_id=template.id)
        mails = self.env["mail.mail"].search(
            [("model", "=", "sale.subscription"), ("res_id", "in", contracts.ids)], order="res_id"
        )
        self.assertEqual(mails.recipient_ids.mapped("name"), ["Ada", "Bob"])
        self.assertEqual(mails[0].subject, f"Nouveau prix de {contracts[0].name}")
        body = mails[0].body_html.replace("\u202f", " ").replace("\xa0", " ")
        for text in ("Nouveau prix", "Siège", "1 000,00", "1 030,00", "01/04/2026"):
            self.assertIn(text, body)
        self.assertNotIn("New Price", body)
        self.assertIn("10.30", mails[1].body_html)
        self.assertIn("04/01/2026", mails[1].body_html)
        self.assertEqual(update.line_ids.mapped("state"), ["done"] * 3)
        self.assertIn("Carl has no email address", update.line_ids[2].reason)

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_nobody_pays_more_untold(self):
        template = self.env.ref("sale_subscription.mail_template_price_update")
        template.body_html = '<t t-out="object.nothing"/>'
        contract = self._start()
        update = self._apply(contract, mail_template_id=template.id)
        self.assertEqual(update.line_ids.state, "failed")
        self.assertEqual(self._versions(contract), [(10.0, "2026-03-01", "")])

    # === RIGHTS === #
    def test_rights(self):
        contract = self._start()
        update = self._apply(contract)
        for model in (update, update.line_ids):
            model.with_user(self.accountant).read(["state"])
            with self.assertRaises(AccessError):
                model.with_user(self.salesman).read(["state"])
        with self.assertRaises(AccessError):
            update.with_user(self.accountant).action_undo()
        with self.assertRaises(AccessError):
            update.with_user(self.salesman).create({"name": "Mine"})
        with self.assertRaises(AccessError):
            update.line_ids.with_user(self.manager).write({"new_price": 1.0})
        with self.assertRaisesRegex(UserError, "can't be written"):
            update.with_user(self.manager).state = "draft"
        with self.assertRaisesRegex(UserError, "stays"):
            update.with_user(self.manager).unlink()
        # Reading a contract whole needs no right on price updates.
        contract.user_id = self.salesman
        contract.with_user(self.salesman).read()

    def test_companies_are_apart(self):
        contract = self._start()
        update = self._preview(contract)
        stranger = self.env["res.company"].create({"name": "Stranger"})
        self.manager.company_ids |= stranger
        both = [stranger.id, self.company.id]
        there = update.with_user(self.manager).with_context(allowed_company_ids=stranger.ids)
        with self.assertRaises(AccessError):
            there.read(["name"])
        self.assertFalse(there.search([("id", "=", update.id)]))
        foreign = there.with_context(allowed_company_ids=both).create(
            {
                "name": "There",
                "company_id": stranger.id,
                "contract_domain": repr([("id", "=", contract.id)]),
                "percentage": 3.0,
            }
        )
        foreign.action_preview()
        self.assertFalse(foreign.line_ids)

    # === LOAD === #
    def test_queries_per_contract(self):
        contracts = self.env["sale.subscription"]
        for _index in range(24):
            contracts |= self._start()
        template = self.env.ref("sale_subscription.mail_template_price_update")
        self._apply(contracts[:2], mail_template_id=template.id)
        update = self._preview(contracts[4:], mail_template_id=template.id)
        update.sudo().line_ids.state = "waiting"
        update.sudo().state = "running"
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        with self._today("2026-03-11"):
            contracts[4:]._apply_price_updates()
            self.env.flush_all()
        self.assertEqual(update.done_count, 20)
        self.assertLessEqual(self.env.cr.sql_log_count - before, 20 * 12)

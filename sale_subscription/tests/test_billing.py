from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestBilling(SubscriptionCommon):
    """From a running contract to invoices: dates, amounts, texts, modes."""

    def test_first_invoice(self):
        contract = self._activate("2026-03-01", lines=[{"quantity": 3, "discount": 10}])
        move = self._bill(contract, "2026-03-01")
        self.assertRecordValues(
            move,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "invoice_date": self._day("2026-03-01"),
                    "partner_id": self.partner.id,
                    "amount_untaxed": 27.0,
                    "amount_tax": 4.05,
                    "amount_total": 31.05,
                    "invoice_origin": contract.name,
                    "invoice_user_id": contract.user_id.id,
                }
            ],
        )
        self.assertRecordValues(
            move.invoice_line_ids,
            [
                {
                    "product_id": self.seat.id,
                    "name": "Seat\n03/01/2026 to 03/31/2026",
                    "quantity": 3.0,
                    "price_unit": 10.0,
                    "discount": 10.0,
                    "tax_ids": self.tax_15.ids,
                    "account_id": self.company_data["default_account_revenue"].id,
                    "subscription_id": contract.id,
                    "subscription_date_from": self._day("2026-03-01"),
                    "subscription_date_to": self._day("2026-03-31"),
                }
            ],
        )
        self.assertEqual(contract.next_invoice_date, self._day("2026-04-01"))
        self.assertEqual(contract.last_invoice_date, self._day("2026-03-01"))
        self.assertEqual(contract.invoice_ids, move)

    def test_billing_twice_makes_nothing(self):
        contract = self._activate("2026-03-01")
        self.assertEqual(len(contract.action_bill(until="2026-03-15")), 1)
        self.assertEqual(contract.action_bill(until="2026-03-15"), [])
        self.assertEqual(len(contract.charge_ids), 1)

    def test_nothing_due_before_start(self):
        contract = self._activate("2026-03-01")
        self.assertEqual(contract.action_bill(until="2026-02-28"), [])

    def test_missed_months_are_caught_up_one_invoice_each(self):
        contract = self._activate("2026-01-31")
        moves = self._bill(contract, "2026-05-31")
        self.assertEqual(
            [str(move.invoice_date) for move in moves],
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
        )
        self.assertEqual(
            self._periods(moves),
            [
                ("2026-01-31", "2026-02-27"),
                ("2026-02-28", "2026-03-30"),
                ("2026-03-31", "2026-04-29"),
                ("2026-04-30", "2026-05-30"),
                ("2026-05-31", "2026-06-29"),
            ],
        )

    def test_invoices_dated_for_the_run(self):
        self.template.invoice_date_policy = "run"
        contract = self._activate("2026-01-10")
        moves = self._bill(contract, "2026-03-05")
        self.assertEqual([str(m.invoice_date) for m in moves], ["2026-03-05", "2026-03-05"])
        self.assertEqual(self._periods(moves)[0], ("2026-01-10", "2026-02-09"))

    def test_yearly_from_leap_day(self):
        contract = self._activate("2024-02-29", plan=self.yearly)
        self._bill(contract, "2028-03-01")
        self.assertEqual(
            [str(charge.date_due) for charge in contract.charge_ids],
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
        )

    def test_weekly(self):
        contract = self._activate("2026-12-24", plan=self.weekly)
        moves = self._bill(contract, "2027-01-07")
        self.assertEqual(
            self._periods(moves),
            [
                ("2026-12-24", "2026-12-30"),
                ("2026-12-31", "2027-01-06"),
                ("2027-01-07", "2027-01-13"),
            ],
        )

    def test_day_of_month_with_prorated_first_period(self):
        self.template.write({"anchor": "day", "anchor_day": 1})
        contract = self._activate("2026-03-22", lines=[{"quantity": 3, "price_unit": 31.0}])
        moves = self._bill(contract, "2026-04-01")
        # 10 of March's 31 days: 93.00 × 10/31 = 30.00.
        self.assertEqual(moves.mapped("amount_untaxed"), [30.0, 93.0])
        self.assertEqual(
            self._periods(moves), [("2026-03-22", "2026-03-31"), ("2026-04-01", "2026-04-30")]
        )
        self.assertEqual(contract.next_invoice_date, self._day("2026-05-01"))

    def test_last_day_of_month(self):
        self.template.write({"anchor": "day", "anchor_day": 31})
        contract = self._activate("2026-01-31")
        self._bill(contract, "2026-04-30")
        self.assertEqual(
            [str(charge.date_due) for charge in contract.charge_ids],
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"],
        )

    def test_arrears(self):
        self.template.timing = "arrears"
        contract = self._activate("2026-01-31")
        self.assertEqual(contract.next_invoice_date, self._day("2026-02-28"))
        self.assertEqual(contract.action_bill(until="2026-02-27"), [])
        move = self._bill(contract, "2026-02-28")
        self.assertEqual(self._periods(move), [("2026-01-31", "2026-02-27")])
        self.assertEqual(str(move.invoice_date), "2026-02-28")
        self.assertEqual(contract.next_invoice_date, self._day("2026-03-31"))

    def test_editing_the_template_moves_no_dates(self):
        contract = self._activate("2026-01-15")
        self.template.write({"timing": "arrears", "anchor": "day", "anchor_day": 1})
        self.assertEqual(self._periods(self._bill(contract, "2026-01-15"))[0][0], "2026-01-15")

    def test_mode_draft(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        self.assertEqual(self._bill(contract, "2026-03-01").state, "draft")
        self.assertEqual(contract.next_invoice_date, self._day("2026-04-01"))

    def test_mode_manual_makes_drafts_on_request(self):
        self.template.invoicing_mode = "manual"
        contract = self._activate("2026-03-01")
        self.assertNotIn(contract, self.env["sale.subscription"].search(contract._get_due_domain()))
        self.assertEqual(self._bill(contract, "2026-03-01").state, "draft")

    def test_mode_send_queues_the_mail(self):
        self.template.invoicing_mode = "send"
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        self.assertEqual(move.state, "posted")
        self.assertTrue(move.sending_data)

    def test_no_mail_without_address(self):
        self.template.invoicing_mode = "send"
        self.partner.email = False
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        self.assertFalse(move.sending_data)
        self.assertIn("no e-mail address", move.message_ids[0].body)

    def test_mail_template_of_the_contract(self):
        mail = self.env["mail.template"].create(
            {"name": "Ours", "model_id": self.env["ir.model"]._get_id("account.move")}
        )
        self.template.invoice_mail_template_id = mail
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        self.assertEqual(move._get_mail_template(), mail)

    def test_draft_contract_is_not_billed(self):
        with self.assertRaisesRegex(UserError, "isn't active"):
            self._create_contract().action_bill()

    def test_cancelled_invoice_frees_its_period(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        first = self._bill(contract, "2026-03-01")
        first.button_cancel()
        self.assertEqual(contract.next_invoice_date, self._day("2026-03-01"))
        second = self._bill(contract, "2026-03-01")
        self.assertEqual(self._periods(second), [("2026-03-01", "2026-03-31")])
        self.assertEqual(len(contract.charge_ids), 1)
        with self.assertRaisesRegex(UserError, "invoiced again"):
            first.button_draft()

    def test_invoice_cancelled_twice_is_not_billed_twice(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        first = self._bill(contract, "2026-03-01")
        first.button_cancel()
        second = self._bill(contract, "2026-03-01")
        second.button_cancel()
        first.button_draft()
        self.assertEqual(contract.charge_ids.move_id, first)
        self.assertEqual(contract.action_bill(until="2026-03-01"), [])
        with self.assertRaisesRegex(UserError, "invoiced again"):
            second.button_draft()

    def test_cancelled_invoice_reset_takes_its_charges_back(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        move = self._bill(contract, "2026-03-01")
        move.button_cancel()
        move.button_draft()
        self.assertEqual(contract.charge_ids.move_id, move)
        self.assertEqual(contract.action_bill(until="2026-03-01"), [])

    def test_deleted_draft_frees_its_period(self):
        self.template.invoicing_mode = "draft"
        contract = self._activate("2026-03-01")
        self._bill(contract, "2026-03-01").unlink()
        self.assertEqual(contract.next_invoice_date, self._day("2026-03-01"))
        self.assertEqual(len(contract.action_bill(until="2026-03-01")), 1)

    def test_credit_note_by_the_accountant_leaves_the_ledger(self):
        contract = self._activate("2026-03-01")
        move = self._bill(contract, "2026-03-01")
        move._reverse_moves(cancel=True)
        self.assertEqual(contract.action_bill(until="2026-03-31"), [])
        self.assertEqual(contract.invoice_count, 2)

    def test_free_contract_makes_no_invoice(self):
        contract = self._activate("2026-03-01", lines=[{"price_unit": 10, "discount": 100}])
        self.assertEqual(contract.action_bill(until="2026-04-15"), [])
        self.assertEqual(contract.next_invoice_date, self._day("2026-05-01"))

    def test_free_line_stands_on_a_paid_invoice(self):
        contract = self._activate("2026-03-01", lines=[{}, {"discount": 100}])
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.invoice_line_ids.mapped("price_subtotal"), [10.0, 0.0])

    def test_one_time_charge_rides_on_the_next_invoice(self):
        contract = self._activate("2026-03-01")
        self._bill(contract, "2026-03-01")
        contract.add_one_time_charge(self.setup_fee.id, quantity=2, name="Training")
        self.assertEqual(contract.action_bill(until="2026-03-31"), [])
        move = self._bill(contract, "2026-04-01")
        self.assertEqual(move.amount_untaxed, 110.0)
        self.assertEqual(move.invoice_line_ids.mapped("name")[0], "Training")

    def test_carries_terms_journal_and_analytics(self):
        journal = self.company_data["default_journal_sale"].copy({"code": "SUB", "name": "Subs"})
        plan = self.env["account.analytic.plan"].create({"name": "Departments"})
        account = self.env["account.analytic.account"].create({"name": "Cloud", "plan_id": plan.id})
        distribution = {str(account.id): 100.0}
        self.template.journal_id = journal
        contract = self._activate(
            "2026-03-01",
            lines=[{"analytic_distribution": distribution}],
            payment_term_id=self.env.ref("account.account_payment_term_30days").id,
        )
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.journal_id, journal)
        self.assertEqual(move.invoice_date_due, self._day("2026-03-31"))
        self.assertEqual(move.invoice_line_ids.analytic_distribution, distribution)

    def test_names_the_customers_own_references(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "client_order_ref": "PO 17"}
        )
        contract = self._activate("2026-03-01", client_ref="C-1", order_ids=[order.id])
        self.assertEqual(self._bill(contract, "2026-03-01").ref, "C-1, PO 17")

    def test_text_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner.lang = "fr_FR"
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        self.assertIn("01/03/2026", move.invoice_line_ids.name)
        self.assertIn("31/03/2026", move.invoice_line_ids.name)

    def test_salesman_bills_without_accounting_rights(self):
        contract = self._activate("2026-03-01", user_id=self.salesman.id)
        ids = contract.with_user(self.salesman).action_bill(until="2026-03-01")
        self.assertEqual(self.env["account.move"].browse(ids).state, "posted")

    def test_invoice_now_button(self):
        contract = self._activate("2026-03-01")
        with self._today("2026-03-01"):
            action = contract.action_invoice_now()
            self.assertEqual(action["res_id"], contract.invoice_ids.id)
            self.assertEqual(contract.action_invoice_now()["tag"], "display_notification")

    def test_bad_date(self):
        with self.assertRaisesRegex(UserError, "isn't a date"):
            self._activate().action_bill(until="tomorrow")

    @mute_logger("odoo.sql_db")
    def test_ledger_refuses_a_second_charge_of_a_period(self):
        contract = self._activate("2026-03-01")
        self._bill(contract, "2026-03-01")
        with self.assertRaises(Exception) as caught, self.cr.savepoint():
            contract.charge_ids.sudo().copy({"line_id": contract.line_ids.id})
            self.env.flush_all()
        self.assertEqual(caught.exception.__class__.__name__, "UniqueViolation")

    def test_preview_writes_nothing_and_tells_the_truth(self):
        contract = self._activate("2026-01-31", lines=[{"quantity": 2}])
        preview = contract.preview_billing("2026-03-31")
        self.assertFalse(contract.charge_ids)
        self.assertEqual(
            [(p["date"], p["period"], p["amount_total"]) for p in preview],
            [
                ("2026-01-31", ["2026-01-31", "2026-02-27"], 23.0),
                ("2026-02-28", ["2026-02-28", "2026-03-30"], 23.0),
                ("2026-03-31", ["2026-03-31", "2026-04-29"], 23.0),
            ],
        )
        moves = self._bill(contract, "2026-03-31")
        self.assertEqual(moves.mapped("amount_total"), [23.0, 23.0, 23.0])

    def test_consolidated_invoice(self):
        self.partner.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01", plan=self.yearly)
        move = self._bill(contracts, "2026-03-01")
        self.assertEqual(len(move), 1)
        self.assertEqual(move.subscription_ids, contracts)
        self.assertEqual(move.amount_untaxed, 20.0)

    def test_contracts_apart_without_consolidation(self):
        contracts = self._activate("2026-03-01") | self._activate("2026-03-01")
        self.assertEqual(len(self._bill(contracts, "2026-03-01")), 2)

    def test_consolidation_by_company_default_and_dates_apart(self):
        self.company.subscription_invoice_grouping = "customer"
        contracts = self._activate("2026-03-01") | self._activate("2026-03-02")
        self.assertEqual(len(self._bill(contracts, "2026-03-02")), 2)

    def test_foreign_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        euro.rate_ids.unlink()
        euro.rate_ids = [Command.create({"name": "2026-01-01", "rate": 0.5})]
        pricelist = self.env["product.pricelist"].create({"name": "Euro", "currency_id": euro.id})
        contract = self._activate(
            "2026-03-01", lines=[{"price_unit": 5.0}], pricelist_id=pricelist.id
        )
        move = self._bill(contract, "2026-03-01")
        self.assertEqual(move.currency_id, euro)
        self.assertEqual(move.amount_untaxed, 5.0)
        self.assertEqual(sum(move.line_ids.mapped("debit")), 11.5)
        self.assertEqual((contract.mrr, contract.mrr_company), (5.0, 10.0))

    def test_no_cent_lost_when_documents_are_rounded_as_a_whole(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        self.template.write({"anchor": "day", "anchor_day": 1})
        # 11 of 31 days: 3 × 9.99 and 7 × 3.33 come to 10.63 and 8.27.
        contract = self._activate(
            "2026-03-21",
            lines=[{"quantity": 3, "price_unit": 9.99}, {"quantity": 7, "price_unit": 3.33}],
        )
        move = self._bill(contract, "2026-03-21")
        self.assertEqual(contract.charge_ids.mapped("amount"), [10.63, 8.27])
        self.assertEqual(move.amount_untaxed, 18.9)

    def test_made_now_for_days_to_come_is_never_due_before_its_date(self):
        with self._today("2026-03-10"):
            contract = self._activate("2026-03-01")
            joint = self.env["account.move"].browse(
                contract.action_bill(until="2026-04-30", together=True)
            )
            single = self._bill(contract, "2026-05-31")
        self.assertEqual(
            [(str(m.invoice_date), str(m.invoice_date_due)) for m in joint + single],
            [("2026-03-10", "2026-03-10"), ("2026-05-01", "2026-05-01")],
        )
        self.assertEqual((joint.amount_untaxed, single.amount_untaxed), (20.0, 10.0))
        receivables = single.line_ids.filtered(lambda line: line.display_type == "payment_term")
        self.assertEqual(str(receivables.date_maturity), "2026-05-01")

    def test_taxes_decide_whether_money_is_given_back(self):
        contract = self._activate("2026-03-01", lines=[{"price_unit": 100.0}])
        self._bill(contract, "2026-03-01")
        contract.add_one_time_charge(self.setup_fee.id, price_unit=-100.0)
        self.setup_fee.taxes_id.write({"amount": 15.0})
        free = self._create_recurring_product("Untaxed", 100.0, self.monthly, taxes_id=False)
        contract.line_ids = [
            Command.create(
                {"product_id": free.id, "price_unit": 100.0, "date_start": "2026-04-01"}
            ),
            Command.update(contract.line_ids.id, {"date_end": "2026-03-31"}),
        ]
        refund = self._bill(contract, "2026-04-01")
        self.assertEqual((refund.move_type, refund.amount_total), ("out_refund", 15.0))

    def test_due_on_the_companys_day(self):
        self.company.subscription_tz = "Europe/Madrid"
        contract = self._activate("2026-03-01", payment_term_id=False)
        with freeze_time("2026-02-28 23:30:00"):
            move = self._bill(contract, None)
        self.assertEqual(str(move.invoice_date_due), "2026-03-01")

    def test_invoice_without_own_terms_has_the_companys(self):
        self.env["ir.config_parameter"].sudo().set_param("account.use_invoice_terms", True)
        self.company.invoice_terms = "Pay soon."
        move = self._bill(self._activate("2026-03-01"), "2026-03-01")
        self.assertIn("Pay soon.", move.narration)

    @contextmanager
    def _failing(self, bad, trouble):
        """Let a contract fail while what it owes is computed."""
        SaleSubscription = self.env.registry["sale.subscription"]
        prepare = SaleSubscription._prepare_charges

        def _prepare_charges(contract, line, until, covered):
            if contract == bad:
                trouble()
            return prepare(contract, line, until, covered)

        with patch.object(SaleSubscription, "_prepare_charges", _prepare_charges):
            yield

    def test_invoicing_many_names_the_one_that_is_to_blame(self):
        """And none of them is invoiced."""
        good, bad = self._activate("2026-03-01"), self._activate("2026-03-01")
        other = self._activate("2026-03-01")

        def refuse():
            raise UserError("There is no journal.")

        def violate():  # a rule of the database, as for a line without an account
            self.env.cr.execute(
                "UPDATE sale_subscription SET charge_limit = -1 WHERE id = %s", [bad.id]
            )

        for trouble, reason in ((refuse, "There is no journal.$"), (violate, ".*limit")):
            with (
                self.subTest(reason),
                self._today("2026-03-01"),
                self._failing(bad, trouble),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(UserError, f"^{bad.name} can't be invoiced: {reason}"),
            ):
                (good | bad | other).action_invoice_together()
        self.assertFalse((good | bad | other).invoice_ids)
        self.assertEqual(str(good.next_invoice_date), "2026-03-01")
        self.assertEqual(len((good | other).action_bill(until="2026-03-01", together=True)), 1)

    def test_the_preview_says_what_each_invoice_comes_to(self):
        contract = self._activate("2026-03-01", lines=[{}, {"price_unit": 20.0}])
        with self._today("2026-03-01"):
            preview = self.env["sale.subscription.preview"].create(
                {"subscription_id": contract.id, "until": "2026-04-30"}
            )
            rows = [
                (str(line.date), line.amount, line.is_first, line.amount_invoice)
                for line in preview.line_ids
            ]
        self.assertEqual(
            rows,
            [
                ("2026-03-01", 10.0, True, 34.5),
                ("2026-03-01", 20.0, False, 34.5),
                ("2026-04-01", 10.0, True, 34.5),
                ("2026-04-01", 20.0, False, 34.5),
            ],
        )

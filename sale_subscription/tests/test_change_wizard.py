from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .change_common import ChangeDialogCommon


@tagged("post_install", "-at_install")
class TestChangeWizard(ChangeDialogCommon):
    """The dialog that changes a contract: what it announces is what happens.

    Contracts start on 1 March 2026, billed in advance at 31.00 a month, so that a day costs 1.00.
    """

    def _open(self, contract):
        action = contract.action_open_change_wizard()
        Wizard = self.env[action["res_model"]].with_user(self.salesman)
        return Form(Wizard.with_context(**action["context"]))

    def _edit(self, form, index=0, **values):
        with form.line_ids.edit(index) as row:
            for name, value in values.items():
                setattr(row, name, value)

    def _figures(self, form):
        return {
            name: str(form[name]) if "date" in name else form[name]
            for name in (
                "untaxed_before",
                "untaxed_after",
                "total_after",
                "mrr_before",
                "mrr_after",
                "mrr_change",
                "due_untaxed",
                "due_tax",
                "due_total",
                "due_before",
                "next_date_before",
                "next_date_after",
                "next_total_before",
                "next_total_after",
            )
        }

    # === CHANGING === #
    def test_more_now_says_what_is_charged_and_charges_it(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self.assertFalse(form.is_changed)
            self.assertEqual(form.due_total, 0.0)
            self._edit(form, quantity=5)
            self.assertFalse(form.problem)
            self.assertEqual(
                self._figures(form),
                {
                    "untaxed_before": 62.0,
                    "untaxed_after": 155.0,
                    "total_after": 178.25,
                    "mrr_before": 62.0,
                    "mrr_after": 155.0,
                    "mrr_change": 93.0,
                    # 21 days of three more.
                    "due_untaxed": 63.0,
                    "due_tax": 9.45,
                    "due_total": 72.45,
                    "due_before": 0.0,
                    "next_date_before": "2026-04-01",
                    "next_date_after": "2026-04-01",
                    "next_total_before": 71.3,
                    "next_total_after": 178.25,
                },
            )
            self.assertIn("From 03/11/2026: Seat: quantity 2.00 → 5.00", form.changes_html)
            self.assertEqual(len(contract.line_ids), 1, "looking changes nothing")
            self.assertFalse(contract.sudo().change_ids)
            wizard = form.save()
            self.assertEqual(len(contract.line_ids), 1)
            wizard.action_apply()
        invoice = contract.sudo().invoice_ids.sorted("id")[-1]
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total), (63.0, 72.45))
        self.assertEqual(contract.sudo().mrr, 155.0)
        self.assertEqual(str(contract.next_invoice_date), "2026-04-01")

    def test_less_waits_for_the_period_end_by_the_template(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=1)
            self.assertEqual((form.due_total, form.mrr_change), (0.0, -31.0))
            self.assertEqual(form.next_total_after, 35.65)
            self.assertIn("From 04/01/2026", form.changes_html)
            form.save().action_apply()
            self.assertEqual(contract.scheduled_change_ids.mrr_change, -31.0)
            self.assertEqual(contract.mrr, 62.0)
            contract.scheduled_change_ids.action_withdraw()
            self.assertFalse(contract.scheduled_change_ids)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 62.0)

    def test_less_now_is_credited_with_the_next_invoice(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=1)
            form.when = "now"
            self.assertEqual(form.due_total, 0.0)
            # 31.00 less 21 days of one, plus 15 %.
            self.assertEqual(form.next_total_after, 11.5)
            form.save().action_apply()
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_total, 11.5)

    def test_less_now_is_credited_at_once(self):
        self.template.credit_when = "now"
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=1)
            form.when = "now"
            self.assertEqual(
                (form.due_untaxed, form.due_tax, form.due_total), (-21.0, -3.15, -24.15)
            )
            self.assertEqual(form.next_total_after, 35.65)
            form.save().action_apply()
        note = contract.sudo().invoice_ids.filtered(lambda m: m.move_type == "out_refund")
        self.assertEqual(note.amount_total, 24.15)

    def test_quantity_price_and_discount_are_one_change(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=4, price_unit=62.0, discount=50.0)
            form.when = "now"
            self.assertEqual(form.due_untaxed, 42.0)
            form.save().action_apply()
        change = contract.sudo().change_ids
        self.assertEqual(
            self._text(change.description), "Seat: 2.00 × $ 31.00 → 4.00 × $ 62.00 less 50.00 %"
        )
        self.assertEqual(change.user_id, self.salesman)
        self.assertEqual(change.mrr_change, 62.0)
        self.assertEqual(contract.sudo().mrr, 124.0)

    def test_each_change_tells_its_own_mrr(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=3)
            with form.line_ids.new() as row:
                row.product_id = self.support
                row.quantity = 2
                self.assertEqual(row.price_unit, 10.0)
            self.assertEqual(form.mrr_change, 51.0)
            form.save().action_apply()
        changes = contract.sudo().change_ids.sorted("id")
        self.assertEqual(
            changes.mapped(lambda change: (change.kind, change.mrr_change)),
            [("add", 20.0), ("quantity", 31.0)],
        )
        self.assertEqual(contract.sudo().mrr, 113.0)

    def test_added_and_dropped_again_in_the_dialog_is_nothing(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            with form.line_ids.new() as row:
                row.product_id = self.support
            self.assertTrue(form.is_changed)
            self._edit(form, 1, is_removed=True)
            self.assertFalse(form.is_changed)
            with self.assertRaisesRegex(UserError, "Nothing was changed"):
                form.save().action_apply()

    def test_removing(self):
        contract = self._start()
        with self._today("2026-03-11"):
            line_id = contract.add_product(self.support.id)
            contract.action_bill()
            form = self._open(contract)
            self._edit(form, 1, is_removed=True)
            self.assertEqual((form.mrr_change, form.untaxed_after), (-10.0, 62.0))
            self.assertEqual(form.next_total_after, 71.3)
            form.save().action_apply()
            self.assertEqual(str(contract.line_ids.browse(line_id).date_end), "2026-03-31")

    def test_another_plan_shows_its_prices(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            form.plan_id = self.yearly
            with form.line_ids.edit(0) as row:
                self.assertEqual(row.price_unit, 372.0)
                row.quantity = 3
            # The plan is dearer at once, so both hold now.
            self.assertEqual(form.untaxed_after, 1116.0)
            self.assertEqual((form.mrr_before, form.mrr_after), (62.0, 93.0))
            self.assertEqual(form.due_untaxed, 1116.0 - 42.0)
            self.assertEqual(str(form.next_date_after), "2027-03-11")
            form.save().action_apply()
        self.assertEqual(contract.plan_id, self.yearly)
        self.assertEqual(sum(contract.sudo().invoice_ids.mapped("amount_untaxed")), 1136.0)

    def test_a_price_of_the_new_plan_waits_for_it(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            form.plan_id = self.weekly
            self._edit(form, price_unit=20.0)
            form.save().action_apply()
            self.assertEqual(
                set(contract.sudo().change_ids.mapped(lambda c: (c.kind, str(c.date_effective)))),
                {("plan", "2026-04-01"), ("price", "2026-04-01")},
            )
        with self._today("2026-04-01"):
            contract.sudo()._apply_due_transitions()
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 40.0)

    def test_what_holds_earlier_is_done_first(self):
        contract = self._start(line={"quantity": 2})
        with self._today("2026-03-11"):
            contract.add_product(self.support.id)
            contract.action_bill()
            form = self._open(contract)
            self._edit(form, 0, quantity=1)
            self._edit(form, 1, quantity=2)
            self.assertLess(form.changes_html.index("Support"), form.changes_html.index("Seat"))
            form.save().action_apply()
            self.assertEqual(contract.scheduled_change_ids.mapped("kind"), ["quantity"])

    def test_what_is_due_without_the_change_is_told_apart(self):
        with self._today("2026-03-01"):
            contract = self._activate(
                "2026-03-01", lines=[{"price_unit": 31.0}], user_id=self.salesman.id
            ).with_user(self.salesman)
        with self._today("2026-03-01"):
            form = self._open(contract)
            self._edit(form, quantity=3)
            self.assertEqual((form.due_before, form.due_total), (35.65, 71.3))
            self.assertEqual(form.next_total_after, 106.95)
            form.save().action_apply()
        self.assertEqual(contract.sudo().invoice_ids.amount_total, 106.95)

    def test_manual_contracts_are_not_invoiced_unless_ticked(self):
        self.template.invoicing_mode = "manual"
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self.assertFalse(form.is_billed_now)
            self._edit(form, quantity=5)
            self.assertEqual(form.due_total, 72.45)
            form.save().action_apply()
        self.assertEqual(len(contract.sudo().invoice_ids), 1)
        self.assertEqual(str(contract.next_invoice_date), "2026-03-11")

    def test_a_draft_counts_as_invoiced(self):
        self.template.invoicing_mode = "draft"
        contract = self._start()
        draft = contract.sudo().invoice_ids
        self.assertEqual(draft.state, "draft")
        with self._today("2026-03-11"):
            form = self._open(contract)
            self.assertEqual(form.draft_count, 1)
            self._edit(form, quantity=5)
            self.assertEqual((form.due_untaxed, form.due_before), (63.0, 0.0))
            wizard = form.save()
            self.assertEqual(wizard.action_view_drafts()["res_id"], draft.id)
            wizard.action_apply()
        contract.sudo().invalidate_recordset(["invoice_ids"])
        moves = contract.sudo().invoice_ids
        self.assertEqual(sorted(moves.mapped("amount_untaxed")), [62.0, 63.0])
        draft.unlink()
        with self._today("2026-03-11"):
            self.assertEqual(self._bill(contract.sudo(), "2026-03-11").amount_untaxed, 62.0)

    def test_problems_are_shown_and_nothing_is_half_done(self):
        contract = self._start()
        with self._today("2026-03-11"):
            form = self._open(contract)
            self._edit(form, quantity=0)
            self.assertIn("A quantity is above 0", form.problem)
            self._edit(form, quantity=5)
            self.assertFalse(form.problem)
            form.when = "date"
            self.assertIn("Choose the first day", form.problem)
            form.date = "2026-03-05"
            self.assertIn("sales manager", form.problem)
            with self.assertRaisesRegex(UserError, "sales manager"):
                form.save().action_apply()
        self.assertEqual(len(contract.line_ids), 1)

    def test_managers_choose_a_day_in_the_past(self):
        contract = self._start()
        with self._today("2026-03-11"):
            wizard = (
                self.env["sale.subscription.change.wizard"]
                .with_user(self.manager)
                .create({"subscription_id": contract.id, "when": "date", "date": "2026-03-06"})
            )
            wizard.line_ids.quantity = 3
            self.assertEqual(wizard.due_untaxed, 26.0)
            wizard.action_apply()
        self.assertEqual(sum(contract.sudo().invoice_ids.mapped("amount_untaxed")), 88.0)

    def test_dialogs_and_contracts_of_others_stay_closed(self):
        contract = self._start()
        other = self._create_user("other_salesman", "sales_team.group_sale_salesman")
        with self._today("2026-03-11"), self.assertRaises(UserError):
            wizard = (
                self.env["sale.subscription.change.wizard"]
                .with_user(other)
                .create({"subscription_id": contract.id})
            )
            wizard.line_ids.quantity = 3
            wizard.action_apply()
        self.assertEqual(len(contract.line_ids), 1)

    # === SCHEDULED === #
    def test_two_changes_for_one_day_are_withdrawn_one_by_one(self):
        contract = self._start()
        line_id = contract.line_ids.id
        with self._today("2026-03-11"):
            contract.change_quantity(line_id, 5, when="period_end")
            contract.change_price(line_id, 62.0, when="period_end")
            first, second = contract.sudo().change_ids.sorted("id").with_user(self.salesman)
            self.assertEqual((first.mrr_change, second.mrr_change), (93.0, 155.0))
            self.assertEqual(len(contract.current_line_ids), 2)
            first.action_withdraw()
            self.assertEqual(contract.scheduled_change_ids, second)
            self.assertEqual(second.mrr_change, 62.0)
        with self._today("2026-04-01"):
            self.assertEqual(self._bill(contract.sudo(), "2026-04-01").amount_untaxed, 124.0)

    def test_versions_that_ended_are_listed_apart(self):
        contract = self._start()
        self.assertFalse(contract.has_versions)
        line_id = contract.line_ids.id
        with self._today("2026-03-11"):
            contract.change_quantity(line_id, 5)
            contract.change_quantity(line_id, 6, when="period_end")
            self.assertTrue(contract.has_versions)
            self.assertEqual(contract.ended_line_ids.mapped("quantity"), [2.0])
            self.assertEqual(contract.current_line_ids.mapped("quantity"), [5.0, 6.0])
            with Form(contract) as form, form.current_line_ids.edit(0) as row:
                row.name = "Seats, as agreed"
            self.assertEqual(contract.current_line_ids[0].name, "Seats, as agreed")

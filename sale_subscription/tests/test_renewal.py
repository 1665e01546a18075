from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.sale_subscription.tests.upsell_common import UpsellCommon


class RenewalCommon(UpsellCommon):
    """A contract over two seats at 31.00 a month for a year: 1 March 2026 to 28 February 2027."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template.write(
            {"duration_count": 1, "duration_unit": "year", "renewal_notice_days": 30}
        )

    def _start_year(self, bill_until="2027-02-01", **values):
        return self._start(bill_until=bill_until, **values)

    def _renew(self, contract, **kwargs):
        order = self.env["sale.order"].browse(contract.action_renew(**kwargs)["res_id"])
        return order.with_user(self.salesman)

    def _run_job(self, name, day):
        with self._today(day), self.enter_registry_test_mode():
            self.env.ref(f"sale_subscription.ir_cron_{name}").sudo().method_direct_trigger()

    def _bill_months(self, contract, *days):
        totals = []
        for day in days:
            with self._today(day):
                totals.append(sum(self._bill_now(contract, day).mapped("amount_untaxed")))
        return totals


@tagged("post_install", "-at_install")
class TestRenewal(RenewalCommon):
    """The agreed duration goes on by a quotation that a salesman writes and confirms."""

    def test_same_again(self):
        contract = self._start_year(line={"discount": 10.0, "name": "Seats of the north"})
        with self._today("2027-02-10"):
            order = self._renew(contract)
            self.assertRecordValues(
                order.order_line,
                [
                    {
                        "product_id": self.seat.id,
                        "name": "Seats of the north",
                        "product_uom_qty": 2.0,
                        "price_unit": 31.0,
                        "discount": 10.0,
                        "subscription_plan_id": self.monthly.id,
                    }
                ],
            )
            self.assertEqual(order.subscription_operation, "renewal")
            self.assertEqual(self._get_due(order), (0.0, 0.0, 0.0))
            self.assertEqual(
                order._get_due_first()["notes"],
                ["Nothing is due now: charged from 03/01/2027 on."],
            )
            self.assertEqual(
                order.subscription_change_text,
                f"Renewal: confirming renews the contract {contract.name} from 03/01/2027 until "
                "02/29/2028, with these lines.",
            )
            contract.to_renew = True
            order.action_confirm()
        self.assertEqual(str(contract.end_date), "2028-02-29")
        self.assertFalse(contract.to_renew)
        self.assertEqual(len(contract.line_ids), 1)
        self.assertEqual(contract.order_ids, order)
        self.assertIn(
            f"Renewed by {order.name} until 02/29/2028: from 03/01/2027 on $\xa061.38 per month, "
            "before $\xa061.38.",
            self._get_last_note(contract),
        )
        with self._today("2027-03-01"):
            contract.sudo()._apply_due_transitions()
        self.assertEqual(contract.state, "active")
        self.assertEqual(self._bill_months(contract, "2027-03-01", "2027-04-01"), [55.8, 55.8])
        self.assertEqual(
            order.subscription_change_text,
            f"Renewal: the contract {contract.name} was renewed from 03/01/2027 until 02/29/2028.",
        )

    def test_changed_lines_hold_from_the_renewal_day(self):
        contract = self._start_year()
        with self._today("2026-05-01"):
            line_id = contract.add_product(self.support.id, when="2026-05-01")
            contract.line_ids.browse(line_id).price_unit = 10.0
            self._bill_now(contract, "2027-02-01")
        extra = self._create_recurring_product("Extra", 7.0, self.monthly)
        with self._today("2027-02-10"):
            order = self._renew(contract)
            seats, support = order.order_line
            seats.write({"product_uom_qty": 3, "price_unit": 40.0})
            support.unlink()
            order.order_line = [Command.create({"product_id": extra.id})]
            order.action_confirm()
            self.assertEqual(contract.sudo().mrr, 72.0)
            change = contract.sudo().scheduled_change_ids
            self.assertRecordValues(change, [{"kind": "renewal", "mrr_change": 55.0}])
            self.assertEqual(
                change.description,
                f"{order.name}: Seat: quantity 2.00 → 3.00; Seat: price $\xa031.00 → $\xa040.00; "
                "Support: removed; Extra: 1.00 added",
            )
        self.assertEqual(self._bill_months(contract, "2027-02-28", "2027-03-01"), [0.0, 127.0])
        self.assertEqual(self._events(contract.sudo())[-1], ("expansion", "2027-03-01", 55.0))
        self.assertEqual(order.order_line.mapped("invoice_status"), ["invoiced", "invoiced"])

    def test_prices_of_the_price_list_on_the_renewal_day(self):
        self._create_product_rule(self.seat, 35.0)
        self._create_product_rule(self.seat, 39.0, date_start="2027-03-01 00:00:00")
        contract = self._start_year(line={"discount": 10.0})
        with self._today("2027-02-10"):
            kept = self._renew(contract)
            self.assertEqual((kept.order_line.price_unit, kept.order_line.discount), (31.0, 10.0))
            order = self._renew(contract, refresh_prices=True)
            self.assertEqual(order, kept)
            self.assertEqual((order.order_line.price_unit, order.order_line.discount), (39.0, 0.0))
            order.action_confirm()
        self.assertEqual(self._bill_months(contract, "2027-03-01"), [78.0])

    def test_without_end_the_lines_change_at_the_next_period(self):
        self.template.duration_count = 0
        contract = self._start(bill_until="2026-03-01")
        with self._today("2026-03-11"):
            order = self._renew(contract)
            self.assertEqual(
                order.subscription_change_text,
                f"Renewal: from 04/01/2026 on the contract {contract.name} goes on with these "
                "lines.",
            )
            order.order_line.price_unit = 40.0
            order.action_confirm()
        self.assertFalse(contract.end_date)
        self.assertEqual(self._bill_months(contract, "2026-03-31", "2026-04-01"), [0.0, 80.0])

    def test_end_by_hand_without_a_duration_to_prolong_by(self):
        self.template.duration_count = 0
        contract = self._start(bill_until="2026-03-01", end_date="2026-06-15")
        with self._today("2026-06-01"):
            self._bill_now(contract, "2026-06-01")
            self._renew(contract).action_confirm()
        self.assertFalse(contract.end_date)
        self.assertIn("without an end: from 06/16/2026 on", self._get_last_note(contract))
        self.assertEqual(self._bill_months(contract, "2026-06-16", "2026-07-01"), [31.0, 62.0])

    def test_what_was_agreed_meanwhile_is_not_lost(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            order = self._renew(contract)
            self._upsell(contract, self._seats(3)).action_confirm()
            with self.assertRaisesRegex(UserError, "was changed after this quotation was made"):
                order.action_confirm()
            anew = self._renew(contract)
            self.assertNotEqual(anew, order)
            anew.action_confirm()
        self.assertEqual(contract.sudo().mrr, 155.0)

    def test_closed_or_closing(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            contract.action_close(self.reason.id, when="date", date="2027-02-20")
            with self.assertRaisesRegex(UserError, "withdraw the closing first"):
                contract.action_renew()
        with self._today("2027-03-01"):
            contract.sudo()._apply_due_transitions()
            with self.assertRaisesRegex(UserError, "reopen it first, then renew it"):
                contract.action_renew()

    def test_without_renewal_it_closes_on_its_end(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            self._renew(contract)
            contract.to_renew = True
        self._run_job("lifecycle", "2027-03-01")
        self.assertRecordValues(
            contract.sudo(),
            [
                {
                    "state": "closed",
                    "close_reason_id": self.env.ref("sale_subscription.close_reason_end_date").id,
                    "to_renew": False,
                }
            ],
        )

    def test_renewing_again(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            first = self._renew(contract)
            first.action_confirm()
        with self._today("2028-02-10"):
            self._bill_now(contract, "2028-02-10")
            second = self._renew(contract)
            self.assertNotEqual(first, second)
            second.action_confirm()
        self.assertEqual(str(contract.end_date), "2029-02-28")
        self.assertEqual(contract.order_chain_ids, first | second)
        self.assertEqual(contract.order_count, 2)

    def test_line_added_to_the_confirmed_order(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            order = self._renew(contract)
            order.action_confirm()
            order.order_line = [Command.create({"product_id": self.support.id, "price_unit": 5.0})]
            with self.assertRaisesRegex(UserError, "runs in the contract"):
                order.order_line[0].price_unit = 1.0
        self.assertEqual(self._bill_months(contract, "2027-02-28", "2027-03-01"), [0.0, 67.0])

    def test_quota(self):
        self.template.option_ids = [Command.create({"product_id": self.seat.id, "max_quantity": 3})]
        contract = self._start_year()
        with self._today("2027-02-10"):
            order = self._renew(contract)
            order.order_line.product_uom_qty = 4
            with (
                self.assertRaisesRegex(UserError, "outside the agreed quota"),
                self.env.cr.savepoint(),
            ):
                order.action_confirm()
            order.order_line.product_uom_qty = 3
            order.action_confirm()

    # === CANCELLING === #

    def test_cancelled_before_it_began(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            order = self._renew(contract)
            order.order_line.price_unit = 40.0
            order.action_confirm()
            order.with_context(disable_cancel_warning=True).action_cancel()
            self.assertEqual(self._versions(contract), [("Seat", 2.0, 31.0, "2026-03-01", "")])
            self.assertEqual(str(contract.end_date), "2027-02-28")
            self.assertFalse(contract.activity_ids)
            order.action_draft()
            order.action_confirm()
        self.assertEqual(str(contract.end_date), "2028-02-29")

    def test_cancelled_after_it_began(self):
        contract = self._start_year()
        with self._today("2027-02-10"):
            order = self._renew(contract)
            order.action_confirm()
        self._bill_months(contract, "2027-03-01")
        with self._today("2027-03-02"):
            order.with_context(disable_cancel_warning=True).action_cancel()
        self.assertEqual(str(contract.end_date), "2028-02-29")
        self.assertEqual(
            contract.activity_ids.summary, "Order cancelled: change the contract back?"
        )

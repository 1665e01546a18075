from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .upsell_common import UpsellCommon


@tagged("post_install", "-at_install")
class TestUpsellRefused(UpsellCommon):
    """What stands in the way of an upsell leaves all as it was; cancelling takes it back."""

    # === WHAT BLOCKS === #

    def _snapshot(self, contract, order):
        contract, order = contract.sudo(), order.sudo()
        return (
            self._versions(contract),
            contract.mrr,
            str(contract.next_invoice_date),
            contract.order_ids,
            contract.change_ids,
            contract.charge_ids,
            contract.message_ids,
            order.state,
            order.subscription_ids,
            order.message_ids,
        )

    def test_a_constraint_of_another_module_leaves_everything_as_it_was(self):
        contract = self._start()
        lines = self.env["sale.subscription.line"]

        def check_at_most_four(records):
            if any(record.product_id == self.support for record in records):
                raise ValidationError("No support for this customer")

        check_at_most_four._constrains = ("product_id",)
        with self._today("2026-03-11"):
            order = self._upsell(
                contract,
                self._seats(3),
                {"product_id": self.setup_fee.id},
                {"product_id": self.support.id},
            )
            before = self._snapshot(contract, order)
            with (
                patch.object(
                    self.env.registry["sale.subscription.line"],
                    "_constraint_methods",
                    [*lines._constraint_methods, check_at_most_four],
                ),
                self.assertRaisesRegex(
                    UserError,
                    f"{order.name} can't change the contract {contract.name}, so nothing was "
                    "changed. No support for this customer",
                ),
                self.env.cr.savepoint(),
            ):
                order.action_confirm()
            self.env.invalidate_all()
            self.assertEqual(self._snapshot(contract, order), before)
            order.action_confirm()
            self.assertEqual(len(contract.line_ids), 3)

    def test_closed_contract(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            contract.action_close(self.reason.id, when="now")
            with self.assertRaisesRegex(UserError, "is “Closed”: this quotation can't change it"):
                order.action_confirm()
            self.assertEqual(order.state, "draft")
            self.assertIn("is “Closed”", order.subscription_change_problem)
            with self.assertRaisesRegex(UserError, "is “Closed”: this can't be done"):
                contract.action_upsell()

    def test_quota_counts_all_lines_together(self):
        self.template.option_ids = [Command.create({"product_id": self.seat.id, "max_quantity": 5})]
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(2), self._seats(2, price_unit=20.0))
            with self.assertRaisesRegex(UserError, "outside the agreed quota"):
                order.action_confirm()

    def test_nothing_to_add(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract)
            with self.assertRaisesRegex(UserError, "with its quantity"):
                order.action_confirm()

    def test_another_plan(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(1, subscription_plan_id=self.yearly.id))
            with self.assertRaisesRegex(UserError, "Seat has the plan By the year, but"):
                order.action_confirm()

    # === WHO MAY === #

    def test_only_who_may_change_the_contract(self):
        contract = self._start(user_id=self.manager.id)
        with self.assertRaises(AccessError), self._today("2026-03-11"):
            contract.action_upsell()
        values = {
            "partner_id": self.customer.id,
            "pricelist_id": self.pricelist.id,
            "subscription_origin_id": contract.id,
            "subscription_operation": "upsell",
        }
        with self.assertRaises(AccessError):
            self.env["sale.order"].with_user(self.salesman).create(values)
        order = self._create_order(self._seats(1))
        with self.assertRaisesRegex(UserError, "use the buttons of the contract"):
            order.write({"subscription_origin_id": contract.id})
        other = self.env["res.partner"].create({"name": "Somebody else"})
        with self.assertRaisesRegex(ValidationError, "customer and company have to stay"):
            self.env["sale.order"].with_user(self.manager).create(
                {**values, "partner_id": other.id}
            )

    def test_a_colleague_took_the_contract_over_meanwhile(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            contract.sudo().user_id = self.manager
            self.env.invalidate_all()
            order.action_confirm()
        self.assertEqual(sum(contract.sudo().line_ids.mapped("quantity")), 7.0)

    # === CANCELLING === #

    def _cancel(self, order):
        order.with_context(disable_cancel_warning=True).action_cancel()

    def test_cancelled_before_it_was_invoiced(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(
                contract,
                self._seats(3),
                {"product_id": self.support.id},
                {"product_id": self.setup_fee.id},
            )
            order.action_confirm()
            self._cancel(order)
            self.assertEqual(self._versions(contract), [("Seat", 2.0, 31.0, "2026-03-01", "")])
            self.assertEqual(contract.state, "active")
            self.assertEqual(contract.sudo().mrr, 62.0)
            self.assertFalse(contract.activity_ids)
            self.assertEqual(contract.sudo().action_bill(), [])
        self.assertEqual(str(contract.next_invoice_date), "2026-04-01")
        with self._today("2026-03-21"):
            order.action_draft()
            order.action_confirm()
            moves = self._bill_now(contract, "2026-03-21")
        self.assertEqual(contract.line_ids[-1].order_line_id.order_id, order)
        # 11 days of three seats and of support at 10.00 a month, and the setup.
        self.assertEqual(sum(moves.mapped("amount_untaxed")), 33.0 + 3.55 + 50.0)

    def test_cancelled_after_it_was_invoiced(self):
        contract = self._start()
        with self._today("2026-03-11"):
            order = self._upsell(contract, self._seats(3))
            order.action_confirm()
            self._bill_now(contract, "2026-03-11")
            self._cancel(order)
        self.assertEqual(contract.sudo().mrr, 155.0)
        self.assertEqual(
            contract.activity_ids.summary, "Order cancelled: change the contract back?"
        )
        self.assertEqual(contract.activity_ids.user_id, self.salesman)

from unittest.mock import patch

from odoo.tests import tagged

from .test_price_update import PriceUpdateCommon


@tagged("post_install", "-at_install")
class TestPriceUpdateLater(PriceUpdateCommon):
    """Price updates of lines that are paid ahead at an old price, or have a price for later."""

    # === PAID AHEAD AT AN OLD PRICE === #
    def _start_prepaid(self):
        """Return a contract paid for 2026, but monthly from 11 March without credit."""
        self.template.prorate_credits = False
        with self._today("2026-01-01"):
            contract = self._activate("2026-01-01", plan=self.yearly, lines=[{"price_unit": 365.0}])
            self._bill(contract, "2026-01-01")
        with self._today("2026-03-11"):
            contract.change_plan(self.monthly.id, when="now")
        return contract

    def _bill_on(self, contract, day):
        with self._today(day):
            return self._bill(contract, day).mapped("amount_untaxed")

    def test_a_kept_prepayment_is_used_up_first(self):
        contract = self._start_prepaid()
        update = self._apply(contract, "2026-03-20", percentage=10.0)
        self.assertEqual(self._lines(update), [(30.42, 33.46, "2027-01-11", "done")])
        self.assertEqual(self._bill_on(contract, "2026-04-11"), [])
        # 10 days of 31 at the monthly price, then a period at the new one.
        self.assertEqual(self._bill_on(contract, "2027-01-11"), [9.81, 33.46])

    def test_a_kept_prepayment_is_used_up_before_a_date(self):
        contract = self._start_prepaid()
        update = self._apply(
            contract, "2026-03-20", percentage=10.0, effective="date", date_from="2026-06-01"
        )
        self.assertEqual(self._lines(update), [(30.42, 33.46, "2027-01-11", "done")])
        with self._today("2026-03-20"):
            update.action_undo()
        self.assertEqual(self._bill_on(contract, "2026-06-11"), [])
        self.assertEqual(self._bill_on(contract, "2027-01-11"), [9.81, 30.42])

    def test_taking_back_restores_a_prepayment_that_was_cut(self):
        """Updates applied by versions of the addon that didn't spare prepayments."""
        contract = self._start_prepaid()
        Update = type(self.env["sale.subscription.price.update"])
        early = self._day("2026-04-11")
        with patch.object(Update, "_get_first_day", lambda _self, _version, _coverage: early):
            update = self._apply(contract, "2026-03-20", percentage=10.0)
        self.assertEqual(str(contract.line_ids.sorted("id")[0].charge_end_date), "2026-04-11")
        with self._today("2026-03-20"):
            update.action_undo()
        self.assertEqual(str(contract.line_ids.sorted("id")[0].charge_end_date), "2027-01-01")
        self.assertEqual(self._bill_on(contract, "2026-04-11"), [])
        self.assertEqual(self._bill_on(contract, "2027-01-01"), [9.81])

    # === A PRICE FOR LATER === #
    def _change_price(self, contract, price, when):
        with self._today("2026-03-11"):
            contract.change_price(contract.line_ids.sorted("id")[0].id, price, when=when)

    def test_a_price_agreed_for_later_is_listed_with_its_reason(self):
        contract = self._start(31.0)
        self._change_price(contract, 40.0, "2026-05-01")
        update = self._apply(contract, percentage=10.0)
        self.assertEqual(
            self._lines(update),
            [(31.0, 34.1, "2026-04-01", "done"), (40.0, 44.0, "2026-05-01", "skipped")],
        )
        skipped = update.line_ids.filtered(lambda line: line.state == "skipped")
        self.assertEqual(skipped.reason, "A price of its own was agreed from 05/01/2026.")
        self.assertFalse(skipped.line_id)
        self.assertEqual(
            self._versions(contract),
            [
                (31.0, "2026-03-01", "2026-03-31"),
                (34.1, "2026-04-01", "2026-04-30"),
                (40.0, "2026-05-01", ""),
            ],
        )

    def test_a_plan_agreed_for_later_has_a_price_of_its_own(self):
        contract = self._start(31.0)
        with self._today("2026-03-11"):
            contract.change_plan(self.yearly.id, when="2026-05-01")
        update = self._preview(contract, percentage=10.0)
        self.assertEqual(
            self._lines(update),
            [(31.0, 34.1, "2026-04-01", "planned"), (372.0, 409.2, "2026-05-01", "skipped")],
        )

    def test_a_quantity_agreed_for_later_follows_unlisted(self):
        contract = self._start(31.0)
        with self._today("2026-03-11"):
            contract.change_quantity(contract.line_ids.id, 3, when="2026-05-01")
        update = self._apply(contract, percentage=10.0)
        self.assertEqual(self._lines(update), [(31.0, 34.1, "2026-04-01", "done")])
        self.assertEqual(
            self._versions(contract),
            [
                (31.0, "2026-03-01", "2026-03-31"),
                (34.1, "2026-04-01", "2026-04-30"),
                (34.1, "2026-05-01", ""),
            ],
        )

    def test_a_price_agreed_for_later_that_the_update_would_leave(self):
        contract = self._start(31.0)
        self._change_price(contract, 0.0, "2026-05-01")
        update = self._preview(contract, percentage=10.0)
        self.assertEqual(self._lines(update), [(31.0, 34.1, "2026-04-01", "planned")])

from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestChatter(SubscriptionCommon):
    """Each step of a contract's life is told in a sentence with amounts and dates."""

    def _notes(self, contract, count=1):
        notes = contract.message_ids.filtered("body").sorted("id")[-count:]
        return [html2plaintext(note.body).replace("\N{NO-BREAK SPACE}", " ") for note in notes]

    def test_a_life(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", lines=[{"price_unit": 31.0}])
            self.assertEqual(
                self._notes(contract),
                ["Started from 03/01/2026: $ 35.65 per month, invoiced next on 03/01/2026."],
            )
            contract.action_bill()
            contract.action_pause(until="2026-03-16", reason="Holidays", when="2026-03-11")
            self.assertEqual(
                self._notes(contract),
                ["Paused from 03/11/2026, goes on from 03/16/2026 (MRR −$ 31.00).\nHolidays"],
            )
        with self._today("2026-03-11"):
            contract._apply_due_transitions()
        with self._today("2026-03-16"):
            contract._apply_due_transitions()
            self.assertEqual(self._notes(contract), ["Goes on from 03/16/2026 (MRR +$ 31.00)."])
            contract.action_pause()
            self.assertEqual(
                self._notes(contract),
                ["Paused from 03/16/2026 until it is resumed by hand (MRR −$ 31.00)."],
            )
            contract.action_resume()
            contract.action_close(self.reason.id, message="So long!")
            self.assertEqual(self._notes(contract), ["Closes on 04/01/2026: Moved away.\nSo long!"])
            contract.action_reopen()
            self.assertEqual(self._notes(contract), ["The closing on 04/01/2026 was withdrawn."])
            contract.action_close(self.reason.id, when="now")
            self.assertEqual(
                self._notes(contract), ["Closed from 03/16/2026: Moved away (MRR −$ 31.00)."]
            )
        with self._today("2026-03-20"):
            contract.action_reopen()
            self.assertEqual(
                self._notes(contract),
                ["Reopened on 03/20/2026: the time from 03/16/2026 isn't invoiced."],
            )

    def test_closed_by_the_calendar(self):
        with self._today("2026-03-01"):
            contract = self._activate("2026-03-01", end_date="2026-03-31")
        with self._today("2026-04-01"):
            contract._apply_due_transitions()
        self.assertEqual(
            self._notes(contract),
            ["Closed from 04/01/2026: Reached its end date (MRR −$ 10.00)."],
        )

    def test_cancelled(self):
        contract = self._activate("2026-03-01")
        contract.action_cancel()
        self.assertEqual(self._notes(contract), ["Cancelled: nothing was invoiced for good."])

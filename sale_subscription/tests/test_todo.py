from importlib.util import module_from_spec, spec_from_file_location
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_path
from odoo.tools.translate import code_translations

from .collect_common import CollectCommon

FRENCH = {
    "This contract could not be invoiced": "Ce contrat n'a pas pu être facturé",
    "This contract could not be renewed or closed": "Ni renouvelé ni clos",
    "The notice about the contract's end could not be made": "L'avis de fin n'a pas pu être fait",
    "Was %(invoice)s paid?": "%(invoice)s : payée ?",
    "Was %(invoice)s paid twice?": "%(invoice)s : payée deux fois ?",
    "Is %(invoice)s being paid?": "%(invoice)s : en cours de paiement ?",
    "%(invoice)s could not be collected": "%(invoice)s n'a pas pu être encaissée",
    "%(invoice)s is open again": "%(invoice)s est de nouveau ouverte",
    "%(invoice)s was not charged": "%(invoice)s n'a pas été débitée",
    "The card was removed": "La carte a été retirée",
    "Paid, but not confirmed": "Payé, mais pas confirmé",
    "Order cancelled: close the contract?": "Commande annulée : clore le contrat ?",
}
STUCK = (
    "The customer's online payment %(payment)s has been on its way for days. Look it up at the "
    "payment provider: if it was made, register it; if not, charge or remind by hand."
)


@tagged("post_install", "-at_install")
class TestTodo(CollectCommon):
    """To-dos are known by what they are about: people of two languages share one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        original = code_translations.get_python_translations

        def get_python_translations(module, lang):
            if (module, lang) == ("sale_subscription", "fr_FR"):
                return {**FRENCH, STUCK: "%(payment)s n'en finit pas"}
            return original(module, lang)

        cls.startClassPatcher(
            patch.object(code_translations, "get_python_translations", get_python_translations)
        )

    def _in_two_languages(self, records, do):
        """Do something in English, then in French, then in English."""
        for lang in ("en_US", "fr_FR", "en_US"):
            do(records.with_context(lang=lang))

    def _get_kinds(self, record):
        """Return type and text of a record's to-dos."""
        activities = record.activity_ids.sorted("id")
        xmlids = activities.activity_type_id.get_external_id()
        return [(xmlids[a.activity_type_id.id].split("_type_")[-1], a.summary) for a in activities]

    def _create_payment(self, **values):
        """Begin a customer's own payment on the provider's page."""
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.provider.id,
                    "payment_method_id": self.card_method.id,
                    "operation": "online_redirect",
                    "amount": 11.5,
                    "currency_id": self.usd.id,
                    "partner_id": self.partner.id,
                    **values,
                }
            )
        )

    # === ONCE === #
    def test_each_failure_of_a_contract_is_told_once(self):
        contract = self._activate("2026-03-01")
        error = UserError("The journal is gone.")
        for handler in ("billing", "transition", "renewal_notice"):
            name = f"_handle_{handler}_failure"
            self._in_two_languages(contract, lambda c, name=name: getattr(c, name)(error))
        self.assertEqual(
            self._get_kinds(contract),
            [
                ("failure", "This contract could not be invoiced"),
                ("failure", "This contract could not be renewed or closed"),
                ("failure", "The notice about the contract's end could not be made"),
            ],
        )

    def test_a_failure_told_in_french_is_healed_in_english(self):
        contract = self._activate("2026-03-01")
        error = UserError("The journal is gone.")
        contract.with_context(lang="fr_FR")._handle_transition_failure(error)
        contract.with_context(lang="fr_FR")._handle_billing_failure(error)
        self._bill(contract.with_context(lang="en_US"), "2026-03-01")
        self.assertEqual(self._get_kinds(contract), [("failure", "Ni renouvelé ni clos")])

    def test_a_text_that_was_changed_by_hand_is_still_the_same_to_do(self):
        contract = self._activate("2026-03-01")
        contract._handle_billing_failure(UserError("The journal is gone."))
        contract.activity_ids.summary = "Ask Mia about the journal"
        contract._handle_billing_failure(UserError("The journal is gone."))
        self.assertEqual(self._get_kinds(contract), [("failure", "Ask Mia about the journal")])
        self._bill(contract, "2026-03-01")
        self.assertFalse(contract.activity_ids)

    def test_somebody_elses_to_do_with_the_same_text_stays(self):
        contract = self._activate("2026-03-01")
        text = "This contract could not be invoiced"
        contract.activity_schedule("mail.mail_activity_data_todo", summary=text)
        contract._handle_billing_failure(UserError("The journal is gone."))
        self.assertEqual(self._get_kinds(contract)[1:], [("failure", text)])
        self._bill(contract, "2026-03-01")
        self.assertEqual(len(contract.activity_ids), 1)

    def test_one_to_do_for_each_invoice_and_question(self):
        contract, first = self._subscribe()
        second = self._bill(contract, "2026-04-01")
        for move in (first, second):
            self._in_two_languages(move, lambda m: m._hold("Look at it."))
            self._in_two_languages(move, lambda m: m._postpone_step(0, "The bank is closed."))
            self._in_two_languages(contract, lambda c, m=move: c._ask_about_surplus(m))
        self.assertEqual(
            self._get_kinds(contract),
            [
                ("payment", "INV/2026/00001 was not charged"),
                ("payment", "INV/2026/00001 could not be collected"),
                ("payment", "Was INV/2026/00001 paid twice?"),
                ("payment", "INV/2026/00002 was not charged"),
                ("payment", "INV/2026/00002 could not be collected"),
                ("payment", "Was INV/2026/00002 paid twice?"),
            ],
        )

    def test_a_removed_card_is_told_once(self):
        contract, _move = self._subscribe()
        self._in_two_languages(contract, lambda c: c._lose_payment_token())
        self.assertEqual(self._get_kinds(contract), [("card", "The card was removed")])

    def test_a_payment_without_end_is_told_once(self):
        """What the invoice says about it may be in another language than the job's."""
        contract, move = self._subscribe()
        with self._today("2026-03-01"):
            self._create_payment(invoice_ids=[Command.set(move.ids)])._set_pending()
        with self._today("2026-03-16"):
            move.with_context(lang="fr_FR")._tell_stuck_payment()
        self.assertEqual(
            self._get_kinds(contract), [("payment", "INV/2026/00001 : en cours de paiement ?")]
        )
        contract.activity_ids.action_done()
        with self._today("2026-03-17"):
            move.with_context(lang="en_US")._tell_stuck_payment()
        self.assertFalse(contract.activity_ids)

    def test_a_paid_order_that_cannot_be_confirmed_is_told_once(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.partner.id, "user_id": self.salesman.id}
        )
        tx = self._create_payment()
        for lang in ("fr_FR", "en_US", "fr_FR"):
            self.salesman.lang = lang
            order._ask_about_payment(tx, "The books are closed.")
        self.assertEqual(self._get_kinds(order), [("paid_order", "Payé, mais pas confirmé")])

    # === OPEN ONES OF BEFORE === #
    def _migrate(self):
        path = file_path("sale_subscription/migrations/19.0.1.3.0/post-todo-keys.py")
        spec = spec_from_file_location("post_todo_keys", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        module.migrate(self.env.cr, "19.0.1.2.0")

    def test_open_to_dos_of_before_are_found_again(self):
        contract, move = self._subscribe()
        old = "mail.mail_activity_data_todo"
        contract.activity_schedule(old, summary="Ce contrat n'a pas pu être facturé")
        contract.activity_schedule(
            "sale_subscription.mail_activity_type_payment",
            summary="INV/2026/00001 was not charged",
        )
        contract.activity_schedule(old, summary="Call them")
        self._migrate()
        self.assertEqual(
            self._get_kinds(contract)[:2],
            [
                ("failure", "Ce contrat n'a pas pu être facturé"),
                ("payment", "INV/2026/00001 was not charged"),
            ],
        )
        contract._handle_billing_failure(UserError("The journal is gone."))
        move._hold("Look at it.")
        self.assertEqual(len(contract.activity_ids), 3)
        contract.sudo().billing_error = "The journal is gone."
        contract._clear_billing_failure()
        self.assertEqual(
            contract.activity_ids.mapped("summary"),
            ["INV/2026/00001 was not charged", "Call them"],
        )

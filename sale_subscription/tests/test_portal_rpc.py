import inspect

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.sale_subscription.tests.portal_security_common import (
    PortalSecurityCommon,
    PortalState,
)

MODULE = "odoo.addons.sale_subscription."
# What answers customers without looking whether they may: these only say which dialog to open, and
# dialogs and lists refuse them. Nothing is read or written.
ONLY_ACTIONS = {
    "sale.subscription.action_open_close_wizard",
    "sale.subscription.action_preview_billing",
    "sale.subscription.plan.action_view_subscriptions",
    "sale.subscription.price.update.action_refresh",
    "sale.subscription.price.update.action_view_lines",
    "sale.subscription.template.action_view_contracts",
}
# The same, of the own contract: its page, and lists and dialogs about it.
OWNER_ACTIONS = ONLY_ACTIONS | {
    "sale.subscription.action_open_change_wizard",
    "sale.subscription.action_open_pause_wizard",
    "sale.subscription.action_open_portal_page",
    "sale.subscription.action_view_invoices",
}
ADDON = "sale_subscription"
# What they may read of what this addon defines: whoever adds a field decides if it is for them.
READABLE_FIELDS = {
    "sale.subscription": """
        allowed_plan_ids anchor_date anchor_day billing_start_date card_expiry_date
        charge_end_date client_ref close_date color commercial_partner_id
        company_currency_id company_id create_date create_uid currency_id current_line_ids
        date_start end_date ended_line_ids fiscal_position_id has_problem has_versions
        invoice_count invoice_ids invoicing_mode is_card_expiring journal_id
        last_invoice_date line_ids name needs_customer next_invoice_date
        next_transition_date note option_ids order_ids partner_id partner_invoice_id
        partner_shipping_id pause_ids paused_until payment_term_id payment_token_id
        period_label plan_id pricelist_id recurring_tax recurring_total
        recurring_total_included scheduled_pause_date scheduled_pause_until stage_id state
        tax_totals team_id template_id timing trial_end_date user_id write_date write_uid
    """,
    "sale.subscription.line": """
        allowed_uom_ids anchor_date change_id changed_terms charge_end_date charge_ids
        charge_start_date company_id create_date create_uid currency_id date_end date_start discount
        end_before_change ended_by_id name order_line_id own_terms plan_id predecessor_id
        price_subtotal price_tax price_total price_unit product_id quantity sequence state
        subscription_id successor_ids tax_ids technical_price_unit uom_id write_date
        write_uid
    """,
}
# What a customer may not read of the own contract.
INTERNAL_FIELDS = (
    "change_ids",
    "charge_ids",
    "close_message",
    "close_reason_id",
    "event_ids",
    "is_suspended",
    "is_taken_over",
    "mrr",
    "order_chain_ids",
    "order_count",
    "portal_revision",
    "quotation_ids",
)


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalRpc(PortalState, PortalSecurityCommon):
    """Customers call the server by themselves: nothing but reading their own is possible."""

    def setUp(self):
        super().setUp()
        self.enterContext(
            mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
        )
        self.public = self.env.ref("base.public_user").sudo()
        self.visitors = self.owner | self.stranger | self.public
        self.models = sorted(
            name
            for name, model in self.env.registry.items()
            if name.startswith("sale.subscription") and not model._abstract
        )

    def _call(self, user, model, method, *args, **kwargs):
        return call_kw(self.env(user=user)[model], method, list(args), kwargs)

    # === METHODS === #
    def test_methods(self):
        """Every public method of ours, by owner, stranger and visitor: refused, nothing done."""
        answered, called = {user: set() for user in self.visitors}, 0
        for model in self.models:
            for name in self._get_public_methods(model):
                for user in self.visitors:
                    called += 1
                    if self._is_answered(user, model, name):
                        answered[user].add(f"{model}.{name}")
        self.assertGreater(called, 200)
        self.assertEqual(answered[self.owner], OWNER_ACTIONS)
        self.assertEqual(answered[self.stranger], ONLY_ACTIONS)
        self.assertLessEqual(answered[self.public], ONLY_ACTIONS)

    def test_messages(self):
        """Whoever may read a contract may write to its salesperson."""
        post = ("sale.subscription", "message_post", self.contract.ids)
        self._call(self.owner, *post, body="Hello")
        for user in (self.stranger, self.public):
            with self.assertRaises(AccessError):
                self._call(user, *post, body="Hello")

    def _get_public_methods(self, model):
        """Return the names of the methods that this addon adds to a model and RPC can call."""
        cls = type(self.env[model])
        names = set()
        for name, member in inspect.getmembers(cls, callable):
            if name.startswith("_") or inspect.isclass(member):
                continue
            is_private = any(
                getattr(getattr(parent, name, None), "_api_private", False) for parent in cls.mro()
            )
            is_ours = getattr(member, "__module__", "").startswith(MODULE)
            if is_ours and not is_private and name != "message_post":
                names.add(name)
        return sorted(names)

    def _is_answered(self, user, model, name):
        """Call a method as somebody would, and tell whether it wasn't refused."""
        record = self.env[model].sudo().search([], limit=1) or self.env[model].browse(999999)
        if model == "sale.subscription":
            record = self.contract
        elif model == "sale.subscription.line":
            record = self.contract.line_ids[:1]
        method = getattr(type(self.env[model]), name)
        arguments = [self._get_argument(p) for p in self._get_parameters(method)]
        if not getattr(method, "_api_model", False):
            arguments.insert(0, record.ids)
        options = {"quantity": 3.0} if name == "change_line" else {}
        before = self._get_state()
        savepoint = self.env.cr.savepoint()
        try:
            self._call(user, model, name, *arguments, **options)
            self.assertEqual(self._get_difference(before), set(), f"{model}.{name}")
        except (AccessError, MissingError):
            return False
        except UserError:
            self.assertIn((model, name), {("sale.subscription.event", "write")})
            return False
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
        return True

    @staticmethod
    def _get_parameters(method):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        return [
            p
            for p in parameters
            if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        ]

    def _get_argument(self, parameter):
        """Return something that the method would take of whoever has the rights."""
        known = {
            "line_id": self.contract.line_ids[:1].id,
            "product_id": self.storage.id,
            "plan_id": self.yearly.id,
            "reason_id": self.reason.id,
            "quantity": 3.0,
            "until": "2026-05-01",
            "date": "2026-05-01",
            "when": "now",
            "vals_list": [{}],
            "vals": {},
            "fnames": ["name"],
            "fields": ["name"],
        }
        return known.get(parameter.name, 1)

    # === RECORDS === #
    def test_writing(self):
        for user in self.visitors:
            for model in self.models:
                # Of what there is none yet the right is refused all the same.
                ids = self.env[model].sudo().search([], limit=1).ids or [1]
                for method, args in (
                    ("create", [{}]),
                    ("write", [ids, {"id": 1}]),
                    ("unlink", [ids]),
                    ("copy", [ids]),
                    ("web_save", [ids, {}, {}]),
                ):
                    # The log of events refuses employees, too.
                    error = UserError if model == "sale.subscription.event" else AccessError
                    with (
                        self.subTest(user=user.login, model=model, method=method),
                        self.assertRaises(error),
                    ):
                        self._call(user, model, method, *args)

    def test_searching(self):
        """Customers find their own contracts and lines, and nothing else of ours."""
        for user, mine in ((self.owner, self.contract), (self.stranger, self.foreign_contract)):
            with self.subTest(user=user.login):
                found = self._call(user, "sale.subscription", "search", [])
                self.assertEqual(found, mine.ids)
                found = self._call(user, "sale.subscription.line", "search", [])
                self.assertEqual(sorted(found), sorted(mine.line_ids.ids))
        readable = {"sale.subscription", "sale.subscription.line"}
        for user in self.visitors:
            for model in self.models:
                if self.env[model]._transient:
                    continue
                if user != self.public and model in readable:
                    continue
                for method in ("search_read", "search_count", "name_search"):
                    with (
                        self.subTest(user=user.login, model=model, method=method),
                        self.assertRaises(AccessError),
                    ):
                        args = [] if method == "name_search" else [[]]
                        self._call(user, model, method, *args)

    def test_reading_what_is_another_s(self):
        for model, record in (
            ("sale.subscription", self.foreign_contract),
            ("sale.subscription.line", self.foreign_contract.line_ids),
            ("sale.order", self._get_orders(self.foreign_contract)),
            ("account.move", self.foreign_contract._get_portal_invoices()),
            ("payment.token", self.foreign_card),
        ):
            for fields in (["id"], ["display_name"], []):
                with self.subTest(model=model, fields=fields), self.assertRaises(AccessError):
                    self._call(self.owner, model, "read", record.ids, fields)
        token = self.foreign_contract.access_token
        domain = [("access_token", "=", token)]
        self.assertEqual(self._call(self.owner, "sale.subscription", "search", domain), [])
        with self.assertRaises(AccessError):
            self._call(self.public, "sale.subscription", "search", domain)

    def test_fields_for_employees(self):
        """What the server would tell the owner by RPC is for customers' eyes."""
        Contract = self.env["sale.subscription"].with_user(self.owner)
        readable = set(Contract.fields_get(attributes=["type"]))
        for name in INTERNAL_FIELDS:
            with self.subTest(field=name):
                self.assertIn(name, Contract._fields)
                self.assertNotIn(name, readable)
                with self.assertRaises(AccessError):
                    self._call(self.owner, "sale.subscription", "read", self.contract.ids, [name])
                with self.assertRaises(AccessError):
                    self._call(self.owner, "sale.subscription", "search", [(name, "!=", False)])

    def test_fields_for_customers(self):
        """A field that customers can read is here because somebody thought of it."""
        for model, expected in READABLE_FIELDS.items():
            with self.subTest(model=model):
                fields = self.env[model].with_user(self.owner).fields_get(attributes=["type"])
                known = self.env[model]._fields
                ours = {name for name in fields if known[name]._module == ADDON}
                self.assertEqual(sorted(ours), sorted(expected.split()))

    def test_reading_all_of_the_own(self):
        """What the owner can read of the own contract holds no key to anything else."""
        for model, record in (
            ("sale.subscription", self.contract),
            ("sale.subscription.line", self.contract.line_ids),
        ):
            text = ""
            for name in self.env[model].with_user(self.owner).fields_get(attributes=["type"]):
                try:
                    values = self._call(self.owner, model, "read", record.ids, [name])
                except AccessError:
                    continue  # of records customers may not read
                text += str(values)
            self.assertIn("Seat" if "line" in model else self.contract.name, text)
            for secret in (
                self.foreign_contract.access_token,
                self.contract._get_portal_invoices()[:1].access_token,
                self._get_orders(self.contract)[:1].access_token,
                self.card.provider_ref,
            ):
                self.assertNotIn(secret, text)

from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_security_common import (
    PortalSecurityCommon,
    PortalVisitor,
)
from odoo.addons.sale_subscription.tests.portal_security_requests import PortalRequests
from odoo.addons.sale_subscription.tests.portal_security_table import ORDER, TABLE, VISITORS


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalSecurity(PortalRequests, PortalVisitor, PortalSecurityCommon, HttpCase):
    """Every route × everybody who could come: what becomes of it, and that nothing else does."""

    def test_every_route_is_in_the_table(self):
        """A route without a row here isn't finished."""
        ours = set()
        for rule in self.env["ir.http"].routing_map().iter_rules():
            method = rule.endpoint.func
            for cls in type(method.__self__).mro():
                in_addon = cls.__module__.startswith("odoo.addons.sale_subscription.")
                if in_addon and method.__name__ in cls.__dict__:
                    ours.add(rule.rule)
        self.assertGreater(len(ours), 25)
        # The same pages under their older addresses.
        self.assertEqual(ours - TABLE.keys(), set())

    def test_nobody(self):
        self._walk("nobody")

    def test_wrong_token(self):
        self._walk("wrong token", token="0" * 36)

    def test_token_of_another(self):
        self._walk("other's token", token_of=self.foreign_contract)

    def test_view_link(self):
        self.portal_template.token_access = "view"
        self._walk("view link", token_of=self.contract)

    def test_manage_link(self):
        self._walk("manage link", token_of=self.contract)

    def test_stranger(self):
        self._walk("stranger", self.stranger)

    def test_colleague(self):
        self._walk("colleague", self.colleague)

    def test_owner(self):
        self._walk("owner", self.owner)

    def test_salesperson(self):
        self._walk("salesperson", self.salesman)

    def test_other_salesperson(self):
        self._walk("other salesperson", self.other_salesman)

    def test_customer_of_another_company(self):
        """Who is signed in gets no less by the link than who isn't."""
        self._walk("customer of another company", self.elsewhere, token_of=self.contract)

    # === WALKING === #
    def _walk(self, visitor, user=None, token=None, token_of=None):
        """Make every request of the table as one visitor."""
        column = VISITORS.index(visitor)
        self._sign_in(user)
        self.start = self._get_state()
        for route, rows in TABLE.items():
            for kind, params, need, outcomes in rows:
                with self.subTest(route=route, kind=kind, need=need, **params):
                    savepoint = self.env.cr.savepoint()
                    try:
                        outcome = self._try(route, kind, params, need, token, token_of)
                    finally:
                        savepoint.close(rollback=True)
                        self.env.invalidate_all()
                        self.start = self._get_state_rolled_back_to(self.start)
                    self.assertEqual(outcome, outcomes[column])

    def _try(self, route, kind, params, need, token, token_of):
        """Make one request and return the letter of its outcome."""
        _ids, path, values = self._prepare(route, params, need, token, token_of)
        before = self._get_state(since=self.start)
        outcome = self._send(kind, path, values)
        changed = self._get_difference(before)
        if outcome == "+" and route == ORDER and changed == {"mail_message"}:
            return "v"
        if changed:
            self.assertIn(outcome, "+>c", f"refused, and yet changed: {changed}")
            self.assertNotEqual(kind, "get", f"looking changed {changed}")
            return "!"
        return outcome

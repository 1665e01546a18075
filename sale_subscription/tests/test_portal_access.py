from odoo.tests import tagged

from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon

CHANGES = {"change", "plan", "pause", "close", "card", "details"}


@tagged("post_install", "-at_install")
class TestPortalAccess(SubscriptionPortalCommon):
    """Who may do what with a contract on the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls._create_portal_contract(user_id=cls.salesman.id)

    def _get_operations(self, level="manage"):
        return self.contract._get_portal_operations(level)

    def test_level_of_each_visitor(self):
        public = self.env.ref("base.public_user").sudo()
        other_salesman = self._create_user("sub_other", "sales_team.group_sale_salesman")
        for token_access in ("view", "manage"):
            self.portal_template.token_access = token_access
            for user, level in (
                (self.owner, "manage"),
                (self.colleague, "manage"),
                (self.salesman, "manage"),
                (self.manager, "manage"),
                (self.accountant, "view"),
                (self.stranger, token_access),
                (other_salesman, token_access),
                (public, token_access),
            ):
                with self.subTest(user=user.login, token_access=token_access):
                    self.assertEqual(self.contract._get_portal_level(user), level)

    def test_level_of_who_belongs_to_another_company(self):
        """The link holds for them as for everybody, though they may not read it signed in."""
        contract = self.contract.with_company(self.company)
        elsewhere = self._create_elsewhere()
        employee = self._create_user("sub_elsewhere", "sales_team.group_sale_manager")
        employee.write(
            {"company_ids": elsewhere.company_ids.ids, "company_id": elsewhere.company_id.id}
        )
        for user in (elsewhere, employee):
            with self.subTest(user=user.login):
                self.portal_template.token_access = "view"
                self.assertEqual(contract._get_portal_level(user), "view")
                self.portal_template.token_access = "manage"
                self.assertEqual(contract._get_portal_level(user), "manage")

    def test_who_only_reads_changes_nothing(self):
        self.assertEqual(self._get_operations("view"), set())
        self.assertEqual(self._get_operations(), CHANGES)

    def test_what_the_template_allows(self):
        for values, missing in (
            ({"closable": "no"}, {"close"}),
            ({"portal_pause": False}, {"pause"}),
            ({"portal_access": "restricted"}, {"plan"}),
            ({"portal_access": "upgrade"}, set()),
        ):
            with self.subTest(**values):
                before = {name: self.portal_template[name] for name in values}
                self.portal_template.write(values)
                self.assertEqual(self._get_operations(), CHANGES - missing)
                self.portal_template.write(before)
        self.portal_template.portal_access = "restricted"
        self.contract.option_ids.portal_access = "restricted"
        self.assertNotIn("change", self._get_operations())

    def test_plans(self):
        self.assertEqual(self.contract._get_portal_plans(), self.plans - self.monthly)
        self.portal_template.portal_access = "upgrade"
        self.assertEqual(self.contract._get_portal_plans(), self.yearly | self.quarterly)

    def test_states(self):
        with self._today("2026-03-10"):
            self.contract.action_pause()
            self.assertEqual(self._get_operations(), {"card", "details", "resume", "close"})
            self.contract.is_suspended = True
            self.assertEqual(self._get_operations(), {"card", "details", "close"})
            self.contract.action_resume()
            self.contract.action_close(self.reason.id, when="date", date="2026-05-01")
            self.assertEqual(self._get_operations(), {"card", "details", "withdraw_close"})
            self.reason.voluntary = False
            self.assertEqual(self._get_operations(), {"card", "details"})

    def test_nobody_interferes_with_a_decision(self):
        self.contract.payment_exception = True
        self.assertEqual(self._get_operations(), {"card", "details"})

    def test_renewal_needs_an_end(self):
        self.contract.end_date = "2027-02-28"
        with self._today("2027-02-10"):
            self.assertEqual(self._get_operations(), CHANGES | {"renew"})
            self.portal_template.portal_renew = False
            self.assertEqual(self._get_operations(), CHANGES)

    def test_only_own_changes_are_taken_back(self):
        line = self.contract.line_ids
        with self._today("2026-03-10"):
            self.contract.change_quantity(line.id, 3, when="2026-04-01")
            self.assertFalse(self.contract._get_portal_withdrawable_changes())
            own = self.contract.with_user(self.owner).sudo()
            change = own.change_quantity(line.id, 4, when="2026-05-01")
            self.assertEqual(own._get_portal_withdrawable_changes().ids, [change])

    def test_who_came_by_the_link_speaks_for_the_customer(self):
        public = self.env.ref("base.public_user").sudo()
        message = self.contract.with_user(public).sudo().message_post(body="Hello")
        self.assertEqual(message.author_id, self.partner)
        message = self.contract.with_user(self.owner).sudo().message_post(body="Hello")
        self.assertEqual(message.author_id, self.owner.partner_id)

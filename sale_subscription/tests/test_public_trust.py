from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.public_common import SubscriptionPublicCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-10 12:00:00", tick=True)
class TestPublicTrust(SubscriptionPublicCommon, HttpCase):
    """Whose taxes hold, who hears of a new customer, and what of a form is kept."""

    # === TAXES === #
    def _create_customer_with_branch(self, vat):
        """Create a Belgian customer with an account, and their branch in France."""
        user = self._create_user("nora_vat", "base.group_portal", internal=False)
        user.partner_id.write(self._get_guest(country_id=self.belgium.id))
        # Whether numbers are checked depends on which apps are installed.
        user.partner_id.with_context(no_vat_validation=True).vat = vat
        branch = self.env["res.partner"].create(
            {
                **self._get_guest(name="Branch", country_id=self.env.ref("base.fr").id),
                "parent_id": user.partner_id.id,
                "type": "invoice",
            }
        )
        return user, branch

    def test_an_own_address_abroad_saves_no_domestic_taxes(self):
        """As for orders of the backend: who has a VAT number of our country pays its taxes."""
        self.company.partner_id.with_context(no_vat_validation=True).vat = "BE0477472701"
        self._create_tax_position(self.belgium, 21.0)
        self._create_tax_position(self.env.ref("base.fr"), 0.0)
        user, branch = self._create_customer_with_branch("BE0428759497")
        self.authenticate(user.login, user.login)
        answer = self._rpc_total(branch)
        self.assertIn("12.10", answer["html"])
        order = self._find_order(self._submit(self._open_checkout(), address_id=branch.id))
        self.assertEqual(order.partner_invoice_id, branch)
        self.assertEqual(order.fiscal_position_id.name, "Belgium")
        self.assertEqual((order.amount_untaxed, order.amount_total), (10.0, 12.1))

    def test_an_address_abroad_decides_for_who_has_no_number_of_ours(self):
        self.company.partner_id.with_context(no_vat_validation=True).vat = "BE0477472701"
        self._create_tax_position(self.belgium, 21.0)
        self._create_tax_position(self.env.ref("base.fr"), 0.0)
        user, branch = self._create_customer_with_branch(False)
        self.authenticate(user.login, user.login)
        order = self._find_order(self._submit(self._open_checkout(), address_id=branch.id))
        self.assertEqual(order.fiscal_position_id.name, "France")
        self.assertEqual((order.amount_untaxed, order.amount_total), (10.0, 10.0))

    def _rpc_total(self, address):
        return self.make_jsonrpc_request(
            f"{self.offer._get_public_path()}/total", {"address_id": str(address.id)}
        )

    # === WHO HEARS OF IT === #
    def _subscribe_without_salesperson(self):
        """Subscribe as a visitor; return the contract as the public user acts with it."""
        self.offer.with_user(self.manager).action_publish()
        order = self._subscribe()
        self._pay(order, 11.0)
        contract = order.subscription_ids
        self.assertFalse(contract.user_id)
        contract.team_id = False
        return contract.with_user(self.public_user).sudo()

    def test_who_published_hears_of_customers_without_salesperson(self):
        contract = self._subscribe_without_salesperson()
        message = contract.message_post(body="Hello?", message_type="comment")
        self.assertEqual(message.notified_partner_ids, self.manager.partner_id)
        self.offer.closable = "now"
        contract._do_portal_close(
            {"reason_id": self.reason.id, "when": "now", "date": None, "message": None}, {}
        )
        activity = contract.activity_ids.filtered(lambda a: "closes" in (a.summary or ""))
        self.assertEqual(activity.user_id, self.manager)

    def test_who_hears_of_a_customer(self):
        """Salesperson, leader of the team, who published, who made the template."""
        contract = self._subscribe_without_salesperson()
        self.assertEqual(contract._get_responsible_user(), self.manager)
        contract.team_id = self.env["crm.team"].create(
            {"name": "Web", "user_id": self.accountant.id, "company_id": self.company.id}
        )
        self.assertEqual(contract._get_responsible_user(), self.accountant)
        contract.user_id = self.salesman
        self.assertEqual(contract._get_responsible_user(), self.salesman)
        contract.write({"user_id": False, "team_id": False})
        self.manager.active = False
        self.assertEqual(contract._get_responsible_user(), self.env.user)
        self.assertEqual(self.offer.create_uid, self.env.user)

    # === WHAT IS KEPT === #
    def test_a_choice_that_became_invalid_discards_nothing_else(self):
        hidden = self._open_checkout(
            plan_id=self.yearly.id,
            **{f"option_{self.storage_option.id}": 2, f"option_{self.backup_option.id}": 1},
        )
        self.backup.active = False
        response = self._submit(hidden, **self._get_guest(name="Nora Typed", street="Typed 7"))
        self.assertEqual(response.status_code, 200)
        self.assertFalse(self._find_orders())
        self.assertIn("offered with Team Space any more", response.text)
        self.assertIn('value="Nora Typed"', response.text)
        self.assertIn('value="Typed 7"', response.text)
        kept = self._read_hidden(response.text)
        self.assertEqual(kept["plan_id"], str(self.yearly.id))
        self.assertEqual(kept[f"option_{self.storage_option.id}"], "2")
        self.assertNotIn(f"option_{self.backup_option.id}", kept)
        order = self._find_order(self._submit(kept, **self._get_guest()))
        # A year of the seat and of two storages, plus 10 %.
        self.assertEqual(order.amount_total, 242.0)

    def test_only_the_wrong_part_of_a_choice_is_forgotten(self):
        storage, backup = self.storage_option, self.backup_option
        for arguments, result in (
            ((self.weekly.id, {storage.id: "3"}), (self.monthly, {storage: 3.0})),
            ((self.yearly.id, {storage.id: "11", backup.id: "1"}), (self.yearly, {backup: 1.0})),
            ((self.yearly.id, {"x": "1", storage.id: "nan"}), (self.yearly, {})),
            ((None, "storage"), (self.monthly, {})),
        ):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.offer._read_valid_public_choice(*arguments), result)

from odoo.fields import Command
from odoo.tests import Form, tagged

from odoo.addons.sale_subscription.tests.common import SubscriptionCommon


@tagged("post_install", "-at_install")
class TestContractForm(SubscriptionCommon):
    """A contract typed by hand, as a salesperson does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tag = cls.env["sale.subscription.tag"].create({"name": "Form tag"})
        cls.seats = cls._create_template(
            name="Three seats",
            plan_ids=[Command.set(cls.monthly.ids)],
            line_ids=[Command.create({"product_id": cls.seat.id, "quantity": 3})],
            option_ids=[Command.create({"product_id": cls.support.id, "max_quantity": 1})],
            tag_ids=[Command.set(tag.ids)],
        )

    def _new_form(self, template):
        form = Form(self.env["sale.subscription"].with_user(self.salesman))
        form.partner_id = self.partner
        form.template_id = template
        return form

    def test_template_fills_the_form_once(self):
        form = self._new_form(self.seats)
        self.assertEqual(len(form.line_ids), 1)
        contract = form.save()
        self.assertRecordValues(
            contract.line_ids,
            [{"product_id": self.seat.id, "quantity": 3.0, "price_unit": 10.0}],
        )
        self.assertRecordValues(
            contract.option_ids, [{"product_id": self.support.id, "max_quantity": 1.0}]
        )
        self.assertEqual(contract.tag_ids.name, "Form tag")

    def test_what_the_template_gave_can_be_changed_before_saving(self):
        form = self._new_form(self.seats)
        with form.line_ids.edit(0) as line:
            line.quantity = 5
        self.assertEqual(form.save().line_ids.quantity, 5.0)

    def test_another_template_replaces_the_lines(self):
        other = self._create_template(
            name="Support", line_ids=[Command.create({"product_id": self.support.id})]
        )
        form = self._new_form(self.seats)
        form.template_id = other
        self.assertEqual(form.save().line_ids.product_id, self.support)

    def test_template_without_products_leaves_typed_lines_alone(self):
        form = self._new_form(self.template)
        with form.line_ids.new() as line:
            line.product_id = self.seat
        form.template_id = self._create_template(name="Empty too")
        self.assertEqual(form.save().line_ids.product_id, self.seat)

    def test_customer_is_named_only_where_asked(self):
        contract = self._create_contract()
        self.assertEqual(contract.display_name, contract.name)
        named = contract.with_context(subscription_show_partner=True)
        self.assertEqual(named.display_name, f"{contract.name} - Ada")

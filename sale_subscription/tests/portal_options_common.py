from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon


class PortalOptionsCommon(SubscriptionPortalCommon):
    """Quotations with optional products that customers add by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.seat | cls.storage).subscription_template_id = cls.portal_template
        cls.portal_template.option_ids.write({"min_quantity": 2})

    def _create_optional_order(self, **values):
        order = self._create_order(
            {"product_id": self.seat.id, "sequence": 1},
            {"display_type": "line_section", "name": "More", "is_optional": True, "sequence": 2},
            {"product_id": self.storage.id, "product_uom_qty": 0, "sequence": 3},
            {"product_id": self.setup_fee.id, "product_uom_qty": 0, "sequence": 4},
            require_signature=True,
            require_payment=False,
            **values,
        ).sudo()
        order.action_quotation_sent()
        return order

from odoo import models


class SaleSubscriptionChange(models.Model):
    """Changes as customers read them: in their language, without MRR and names of employees."""

    _inherit = "sale.subscription.change"

    def _get_portal_texts(self):
        """Return what the change does, in the language of the environment.

        The stored description is in the language of whoever made the change, and names products
        as employees know them.

        :return: one text per fact.
        :rtype: list
        """
        self.ensure_one()
        return self.with_context(display_default_code=False)._describe_facts()

    def _describe_facts(self):
        """Return what the change does, one text per fact.

        :rtype: list
        """
        contract = self.subscription_id
        if self.kind == "plan" and self.new_line_ids:
            return [self._get_portal_plan_text()]
        texts, replaced = [], self.old_line_ids.browse()
        for line in self.new_line_ids:
            before = line.predecessor_id
            if before in self.old_line_ids:
                replaced |= before
                texts += self._get_portal_line_texts(before, line)
            else:
                texts.append(contract._describe_addition(line.product_id, line.quantity))
        texts += [contract._describe_removal(line) for line in self.old_line_ids - replaced]
        return texts or [self.description]

    def _get_portal_plan_text(self):
        before, after = self.old_line_ids.plan_id[:1], self.new_line_ids.plan_id[:1]
        if not before:
            return self.env._("Plan: %(plan)s", plan=after.name)
        return self.env._("Plan: %(before)s → %(after)s", before=before.name, after=after.name)

    def _get_portal_line_texts(self, before, after):
        """Return what is different between two versions of a line.

        :rtype: list
        """
        contract = self.subscription_id
        texts = []
        if before.quantity != after.quantity:
            values = {"quantity": after.quantity}
            texts.append(contract._describe_line_change(before, values, "quantity"))
        if (before.price_unit, before.discount) != (after.price_unit, after.discount):
            values = {"price_unit": after.price_unit, "discount": after.discount}
            texts.append(contract._describe_line_change(before, values, "price"))
        return texts

from odoo import models


class SaleSubscriptionLine(models.Model):
    """Lines that are added later than a change of plan is agreed."""

    _inherit = "sale.subscription.line"

    # === GETTERS === #
    def _is_added(self):
        """Tell whether this version is that with which a line begins, or took its place at once.

        :rtype: bool
        """
        self.ensure_one()
        first = self._get_first_version()
        return self.date_start == first.date_start and self.change_id.kind != "plan"

    def _has_contract_rhythm(self):
        """Tell whether plan and anchor are those the contract has today.

        :rtype: bool
        """
        self.ensure_one()
        contract = self.subscription_id
        anchor = self.anchor_date or contract.anchor_date
        return (self.plan_id, anchor) == (contract.plan_id, contract.anchor_date)

    # === BUSINESS METHODS === #
    def _follow_contract_plan(self):
        """Take over the plan and anchor that the contract has on the day this version begins.

        :return: whether anything was different.
        :rtype: bool
        """
        self.ensure_one()
        contract = self.subscription_id
        model = contract._get_plan_model(self.date_start)
        anchors = [line.anchor_date or contract.anchor_date for line in (self, model)]
        if not model or (self.plan_id == model.plan_id and anchors[0] == anchors[1]):
            return False
        values = {}
        if self.plan_id != model.plan_id:
            values = self._prepare_plan_values(model.plan_id, self.date_start)
        values["anchor_date"] = False if model._has_contract_rhythm() else anchors[1]
        self.write({**values, "own_terms": self.own_terms})
        if self.charge_start_date:
            self.charge_start_date = self._get_boundary_from(self.date_start)
        return True

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleOrderTemplate(models.Model):
    _inherit = "sale.order.template"

    subscription_template_id = fields.Many2one(
        comodel_name="sale.subscription.template",
        string="Contract Template",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The kind of contract made from quotations with this template.",
    )
    subscription_plan_id = fields.Many2one(
        comodel_name="sale.subscription.plan",
        string="Plan",
        compute="_compute_subscription_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The plan of recurring lines that don't name their own.",
    )
    allowed_plan_ids = fields.Many2many(
        comodel_name="sale.subscription.plan",
        string="Plans to Choose From",
        compute="_compute_allowed_plan_ids",
        compute_sudo=True,
    )

    # === COMPUTE METHODS === #

    @api.depends("subscription_template_id")
    def _compute_subscription_plan_id(self):
        for template in self:
            contract_template = template.subscription_template_id
            plan = template.subscription_plan_id
            if contract_template and plan not in contract_template.plan_ids:
                template.subscription_plan_id = contract_template._get_default_plan()

    @api.depends("subscription_template_id", "company_id")
    def _compute_allowed_plan_ids(self):
        for template in self:
            template.allowed_plan_ids = template.subscription_template_id.plan_ids or self.env[
                "sale.order.line"
            ]._get_offered_plans(template.company_id or self.env.company)

    # === CONSTRAINT METHODS === #

    @api.constrains(
        "subscription_template_id", "subscription_plan_id", "sale_order_template_line_ids"
    )
    def _check_subscription_plans(self):
        for template in self:
            lines = template.sale_order_template_line_ids
            contract_template = template.subscription_template_id
            if not contract_template:
                continue
            refused = (
                template.subscription_plan_id | lines.subscription_plan_id
            ) - contract_template.with_context(active_test=False).plan_ids
            if refused:
                raise ValidationError(
                    self.env._(
                        "The contract template %(template)s doesn't offer the plan %(plan)s.",
                        template=contract_template.name,
                        plan=refused[0].name,
                    )
                )

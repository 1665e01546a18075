from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.misc import format_date


class SaleSubscriptionChangeWizard(models.TransientModel):
    """Change what a contract delivers, seeing before what it will cost."""

    _name = "sale.subscription.change.wizard"
    _description = "Change Contract"

    subscription_id = fields.Many2one("sale.subscription", required=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    company_id = fields.Many2one(related="subscription_id.company_id")
    # === WHAT === #
    line_ids = fields.One2many(
        "sale.subscription.change.wizard.line",
        "wizard_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    allowed_plan_ids = fields.Many2many(related="subscription_id.allowed_plan_ids")
    plan_id = fields.Many2one(
        "sale.subscription.plan",
        compute="_compute_plan_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    # === WHEN === #
    when = fields.Selection(
        selection=[
            ("policy", "As the template says"),
            ("now", "Now"),
            ("period_end", "At the end of what is invoiced"),
            ("date", "On a date"),
        ],
        required=True,
        default="policy",
        help="Changes that hold now are charged and credited by days, as the template says.",
    )
    date = fields.Date(string="First Day", help="Days in the past are for sales managers only.")
    policy_text = fields.Char(compute="_compute_policy_text")
    is_billed_now = fields.Boolean(
        string="Invoice what is due now",
        compute="_compute_is_billed_now",
        store=True,
        readonly=False,
        precompute=True,
    )
    # === WHAT IT DOES === #
    problem = fields.Char(compute="_compute_effect")
    is_changed = fields.Boolean(compute="_compute_effect")
    changes_html = fields.Html(compute="_compute_effect", string="What Changes")
    period_before = fields.Char(compute="_compute_effect")
    period_after = fields.Char(compute="_compute_effect")
    untaxed_before = fields.Monetary(compute="_compute_effect")
    untaxed_after = fields.Monetary(compute="_compute_effect")
    total_before = fields.Monetary(compute="_compute_effect")
    total_after = fields.Monetary(compute="_compute_effect")
    mrr_before = fields.Monetary(compute="_compute_effect", string="MRR Before")
    mrr_after = fields.Monetary(compute="_compute_effect", string="MRR After")
    mrr_change = fields.Monetary(compute="_compute_effect", string="MRR Change")
    due_untaxed = fields.Monetary(
        compute="_compute_effect", help="Charged now for this change; negative: credited."
    )
    due_tax = fields.Monetary(compute="_compute_effect")
    due_total = fields.Monetary(compute="_compute_effect")
    due_before = fields.Monetary(
        compute="_compute_effect", help="Due already without this change, taxes included."
    )
    next_date_before = fields.Date(compute="_compute_effect")
    next_date_after = fields.Date(compute="_compute_effect")
    next_total_before = fields.Monetary(compute="_compute_effect")
    next_total_after = fields.Monetary(compute="_compute_effect")
    draft_count = fields.Integer(compute="_compute_draft_count")

    # === COMPUTE METHODS === #
    @api.depends("subscription_id")
    def _compute_line_ids(self):
        """List what is in force, in the order of the contract."""
        for wizard in self:
            lines = wizard.subscription_id._get_priced_lines()._sort_by_agreement()
            wizard.line_ids = [Command.clear()] + [
                Command.create({"line_id": line.id}) for line in lines
            ]

    @api.depends("subscription_id")
    def _compute_plan_id(self):
        for wizard in self:
            wizard.plan_id = wizard.subscription_id.plan_id

    @api.depends("subscription_id")
    def _compute_is_billed_now(self):
        for wizard in self:
            wizard.is_billed_now = wizard.subscription_id.invoicing_mode != "manual"

    @api.depends("subscription_id")
    def _compute_policy_text(self):
        for wizard in self:
            template = wizard.subscription_id.template_id
            texts = {
                ("now", "now"): self.env._("Upgrades and downgrades hold at once."),
                ("now", "period_end"): self.env._(
                    "Upgrades hold at once, downgrades at the end of what is invoiced."
                ),
                ("period_end", "now"): self.env._(
                    "Upgrades hold at the end of what is invoiced, downgrades at once."
                ),
                ("period_end", "period_end"): self.env._(
                    "Upgrades and downgrades hold at the end of what is invoiced."
                ),
            }
            wizard.policy_text = texts.get((template.upgrade_when, template.downgrade_when))

    @api.depends("subscription_id")
    def _compute_draft_count(self):
        for wizard in self:
            wizard.draft_count = len(wizard.subscription_id._origin._get_draft_invoices())

    @api.depends(
        "subscription_id",
        "plan_id",
        "when",
        "date",
        "line_ids.line_id",
        "line_ids.product_id",
        "line_ids.quantity",
        "line_ids.price_unit",
        "line_ids.discount",
        "line_ids.is_removed",
    )
    def _compute_effect(self):
        for wizard in self:
            wizard.update(wizard._get_effect_values())

    # === ACTION METHODS === #
    def action_apply(self):
        """Change the contract as chosen, all of it or nothing.

        :return: an action that closes the dialog.
        :rtype: dict
        :raise UserError: if nothing was changed, or something can't be.
        """
        self.ensure_one()
        contract = self.subscription_id
        if not contract._make_changes(self._get_operations()):
            raise UserError(self.env._("Nothing was changed yet."))
        if self.is_billed_now:
            contract.action_bill()
        return {"type": "ir.actions.act_window_close"}

    def action_view_drafts(self):
        """Open the drafts of the contract.

        :rtype: dict
        """
        contract = self.subscription_id
        return contract._get_invoices_action(contract._get_draft_invoices())

    # === GETTERS === #
    def _get_operations(self):
        """Return what is to be done with the contract, what holds earlier first.

        :return: see `sale.subscription._make_changes`.
        :rtype: list
        :raise UserError: if no day was chosen, or one that isn't possible.
        """
        self.ensure_one()
        contract, plan = self.subscription_id._origin, self.plan_id._origin
        plan_day = False
        if plan and plan != contract.plan_id:
            plan_day = self._get_day(contract._is_plan_upgrade(plan))
        added = self.line_ids.filtered("is_added")
        removed = self.line_ids.filtered("is_removed") - added
        kept = self.line_ids - added - removed
        operations = [row._get_operation(plan_day) for row in added | removed]
        if plan_day:
            operations.append(("change_plan", {"plan_id": plan.id}, plan_day))
        # Prices typed are those of the new plan: they come after it.
        operations += [row._get_operation(plan_day) for row in kept]
        return sorted(filter(None, operations), key=lambda operation: operation[2])

    def _get_day(self, is_upgrade):
        """Return the first day on which a change holds.

        :param bool is_upgrade: whether it makes the contract dearer.
        :rtype: date
        :raise UserError: if no day was chosen, or one that isn't possible.
        """
        if self.when == "date" and not self.date:
            raise UserError(self.env._("Choose the first day on which the changes hold."))
        when = self.date if self.when == "date" else self.when
        return self.subscription_id._origin._get_change_day(when, is_upgrade)

    def _get_effect_values(self):
        """Return what the dialog shows about the changes chosen so far.

        :return: values of the computed fields.
        :rtype: dict
        """
        self.ensure_one()
        values = dict.fromkeys(self._get_effect_fields(), False)
        contract = self.subscription_id._origin
        if not contract:
            return values
        try:
            effect = contract._get_effect(self._get_operations())
        except (UserError, ValidationError) as error:
            return {**values, "problem": str(error)}
        before, after = effect["before"], effect["after"]
        for name in ("untaxed", "total", "mrr", "period", "next_date", "next_total"):
            values[f"{name}_before"], values[f"{name}_after"] = before[name], after[name]
        for name in ("due_untaxed", "due_tax", "due_total"):
            values[name] = after[name] - before[name]
        values.update(
            {
                "is_changed": bool(effect["changes"]),
                "changes_html": self._format_changes(effect["changes"]),
                "mrr_change": after["mrr"] - before["mrr"],
                "due_before": before["due_total"],
            }
        )
        return values

    @api.model
    def _get_effect_fields(self):
        """Return the names of the fields that tell what the changes do."""
        return [name for name, field in self._fields.items() if field.compute == "_compute_effect"]

    def _format_changes(self, changes):
        """Return the changes as a list with the day each holds from.

        :param list changes: see `sale.subscription._get_effect`.
        :rtype: Markup
        """
        contract = self.subscription_id
        items = Markup().join(
            Markup("<li>%s</li>")
            % self.env._(
                "From %(date)s: %(change)s (MRR %(mrr)s)",
                date=format_date(self.env, change["date"]),
                change=change["description"],
                mrr=contract._format_signed(change["mrr_change"]),
            )
            for change in changes
        )
        return Markup('<ul class="mb-0 ps-3">%s</ul>') % items if changes else False

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SaleSubscriptionClose(models.TransientModel):
    _name = "sale.subscription.close"
    _description = "Close Subscription"

    subscription_ids = fields.Many2many(
        "sale.subscription",
        required=True,
        default=lambda self: self.env.context.get("active_ids"),
    )
    reason_id = fields.Many2one("sale.subscription.close.reason", required=True)
    when = fields.Selection(
        selection=[
            ("period_end", "At the end of the invoiced period"),
            ("now", "Now"),
            ("date", "On a date"),
        ],
        required=True,
        default="period_end",
    )
    date = fields.Date(help="First day without service.")
    message = fields.Text(help="The customer's words, or yours.")
    draft_invoice_ids = fields.Many2many("account.move", compute="_compute_draft_invoice_ids")
    is_dropping_drafts = fields.Boolean(
        string="Delete drafts not yet confirmed",
        default=True,
        help="What they bill is invoiced anew, less what isn't used until the contract closes.",
    )
    problem = fields.Char(compute="_compute_effect")
    effect = fields.Char(compute="_compute_effect")

    # === COMPUTE METHODS === #
    @api.depends("subscription_ids")
    def _compute_draft_invoice_ids(self):
        for wizard in self:
            wizard.draft_invoice_ids = wizard.subscription_ids._origin._get_draft_invoices()

    @api.depends("subscription_ids", "reason_id", "when", "date", "is_dropping_drafts")
    def _compute_effect(self):
        """Tell what closing means for the money; several contracts at once are too many for it."""
        for wizard in self:
            wizard.problem = wizard.effect = False
            contract = wizard.subscription_ids._origin
            if len(contract) != 1 or (wizard.when == "date" and not wizard.date):
                continue
            try:
                wizard.effect = wizard._describe_effect(contract)
            except (UserError, ValidationError) as error:
                wizard.problem = str(error)

    # === ACTION METHODS === #
    def action_close(self):
        """Close the contracts as chosen.

        :return: an action that closes the dialog.
        :rtype: dict
        """
        self.ensure_one()
        self.subscription_ids.action_close(**self._get_arguments())
        if self.is_dropping_drafts:
            self.subscription_ids._drop_draft_invoices()
        return {"type": "ir.actions.act_window_close"}

    # === GETTERS === #
    def _get_arguments(self):
        """Return how `action_close` is called.

        :rtype: dict
        """
        return {
            "reason_id": self.reason_id._origin.id,
            "when": self.when,
            "date": self.when == "date" and self.date,  # a day chosen before stays in the form
            "message": self.message,
        }

    def _describe_effect(self, contract):
        """Return what is given back or still to be invoiced when a contract closes.

        :param contract: the `sale.subscription`.
        :rtype: str
        """
        arguments = self._get_arguments()
        # The reason has no price; the sentence doesn't wait for it.
        arguments["reason_id"] = arguments["reason_id"] or self.reason_id.search([], limit=1).id
        drops_drafts = bool(self.is_dropping_drafts and self.draft_invoice_ids)
        return contract._describe_close_effect(arguments, drops_drafts)

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SaleSubscriptionPauseWizard(models.TransientModel):
    _name = "sale.subscription.pause.wizard"
    _description = "Pause Contract"

    subscription_id = fields.Many2one("sale.subscription", required=True)
    when = fields.Selection(
        selection=[
            ("now", "Now"),
            ("period_end", "At the end of the invoiced period"),
            ("date", "On a date"),
        ],
        required=True,
        default="now",
    )
    date = fields.Date(string="First Day Paused")
    until = fields.Date(string="Goes On", help="Empty: until somebody resumes it.")
    reason = fields.Text()
    problem = fields.Char(compute="_compute_effect")
    effect = fields.Char(compute="_compute_effect")

    # === COMPUTE METHODS === #
    @api.depends("subscription_id", "when", "date", "until")
    def _compute_effect(self):
        for wizard in self:
            wizard.problem = wizard.effect = False
            contract = wizard.subscription_id._origin
            if not contract:
                continue
            try:
                wizard.effect = contract._describe_pause_effect(**wizard._get_arguments())
            except (UserError, ValidationError) as error:
                wizard.problem = str(error)

    # === ACTION METHODS === #
    def action_pause(self):
        """Pause the contract as chosen.

        :return: an action that closes the dialog.
        :rtype: dict
        """
        self.ensure_one()
        self.subscription_id.action_pause(**self._get_arguments())
        return {"type": "ir.actions.act_window_close"}

    # === GETTERS === #
    def _get_arguments(self):
        """Return how `action_pause` is called.

        :rtype: dict
        :raise UserError: if no day was chosen.
        """
        if self.when == "date" and not self.date:
            raise UserError(self.env._("Choose the first day of the pause."))
        when = self.date if self.when == "date" else self.when
        return {"until": self.until or None, "reason": self.reason or None, "when": when}

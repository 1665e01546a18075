from odoo import api, fields, models
from odoo.exceptions import UserError

from ...const import SUBSCRIPTION_STATES


class SaleSubscriptionStage(models.Model):
    _name = "sale.subscription.stage"
    _description = "Subscription Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        selection=SUBSCRIPTION_STATES,
        required=True,
        default="active",
        help="The stage shows only contracts in this state; a state may have several stages.",
    )
    fold = fields.Boolean(
        string="Folded in Kanban",
        help="The column is folded in the kanban view.",
    )
    description = fields.Text(
        translate=True,
        help="What it means that a contract is in this stage.",
    )

    # === CRUD METHODS === #

    def write(self, vals):
        if "state" in vals:
            self._check_state_unused(vals["state"])
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _check_state_unused(self, state):
        """Refuse to move a stage to another state while contracts are in it.

        :param str state: The state about to be written.
        :raise UserError: When a stage whose state would change holds contracts.
        """
        changed = self.filtered(lambda stage: stage.state != state)
        # sudo: contracts the user may not see would be in the wrong state all the same.
        groups = (
            self.env["sale.subscription"]
            .sudo()
            ._read_group([("stage_id", "in", changed.ids)], ["stage_id"])
        )
        if groups:
            raise UserError(
                self.env._(
                    "There are contracts in the stage %(stage)s: move them to another stage"
                    " before you change its state.",
                    stage=", ".join(stage.name for (stage,) in groups),
                )
            )

    @api.model
    def _get_first(self, state):
        """Return the first stage of a state.

        :param str state: A contract's state.
        :return: The stage, empty when the state has none.
        :rtype: sale.subscription.stage
        """
        return self.search([("state", "=", state)], limit=1)

from odoo import api, models
from odoo.fields import Command


class SaleSubscription(models.Model):
    """What the form does while a contract is written by hand."""

    _inherit = "sale.subscription"

    # === ONCHANGE METHODS === #
    @api.onchange("template_id")
    def _onchange_template_id(self):
        """Show at once what the template includes, so that it can be changed before saving.

        A template without products or options leaves those typed by hand alone.
        """
        template = self.template_id
        if self.state != "draft" or not template:
            return
        if template.line_ids:
            self.line_ids = [
                Command.clear(),
                *(
                    Command.create(line._prepare_subscription_line(self))
                    for line in template.line_ids
                ),
            ]
        if template.option_ids:
            self.option_ids = [
                Command.clear(),
                *(
                    Command.create(option._prepare_subscription_option())
                    for option in template.option_ids
                ),
            ]
        self.tag_ids |= template.tag_ids

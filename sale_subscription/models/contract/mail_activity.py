from odoo import fields, models


class MailActivity(models.Model):
    """To-dos that the machine leaves are known by what they are about, never by their text."""

    _inherit = "mail.activity"

    subscription_key = fields.Char(readonly=True, copy=False)

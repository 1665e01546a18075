from odoo import fields, models

from ...const import PORTAL_ACCESS


class SaleSubscriptionTemplate(models.Model):
    """What customers may do by themselves, signed in or by the secure link."""

    _inherit = "sale.subscription.template"

    portal_access = fields.Selection(
        selection=PORTAL_ACCESS,
        string="Customers May Change",
        required=True,
        default="restricted",
        help="Quantities and plan. What an option allows stands on the option itself.",
    )
    token_access = fields.Selection(
        selection=[("view", "Read"), ("manage", "Read and change")],
        string="Secure Link Allows To",
        required=True,
        default="view",
        help="What somebody may do who opens the contract by its link, without signing in. Paying "
        "and signing are possible in any case. What a change costs is charged to the saved payment "
        "method as invoices are.",
    )
    portal_pause = fields.Boolean(
        string="Customers May Pause",
        help="And let the contract go on again.",
    )
    portal_pause_max_days = fields.Integer(
        string="Longest Pause",
        default=90,
        help="Days a customer may pause the contract for; 0: as long as they like.",
    )
    portal_renew = fields.Boolean(
        string="Customers May Renew",
        help="Before the agreed end customers may open a renewal quotation by themselves.",
    )
    closable = fields.Selection(
        selection=[
            ("no", "Never"),
            ("now", "At once"),
            ("period_end", "At the end of the paid period"),
            ("date", "On a date of their choice"),
        ],
        string="Customers May Close",
        required=True,
        default="period_end",
    )
    close_offer = fields.Selection(
        selection=[
            ("none", "Nothing"),
            ("pause", "A pause"),
            ("downgrade", "A smaller contract"),
            ("both", "A pause or a smaller contract"),
        ],
        string="Offer Instead of Closing",
        required=True,
        default="none",
        help="Shown before a customer closes, as far as the contract allows it.",
    )

    _check_portal_pause = models.Constraint(
        "CHECK(COALESCE(portal_pause_max_days, 0) BETWEEN 0 AND 36500)",
        "The longest pause cannot be negative nor longer than a hundred years.",
    )

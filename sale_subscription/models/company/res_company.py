from datetime import datetime, timedelta

import pytz

from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    subscription_tz = fields.Selection(
        selection="_selection_subscription_tz",
        string="Billing Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="Decides which day it is when contracts are billed.",
    )
    subscription_invoice_grouping = fields.Selection(
        selection=[
            ("contract", "One invoice per contract"),
            ("customer", "One invoice per customer and day"),
        ],
        required=True,
        default="contract",
    )

    subscription_card_expiry_days = fields.Integer(
        string="Tell That a Card Expires",
        default=30,
        help="Days before the card of a contract expires at which its customer gets an email;"
        " 0 for none.",
    )

    @api.model
    def _selection_subscription_tz(self):
        """Return the time zones, as Odoo's user preferences offer them."""
        return self.env["res.partner"]._fields["tz"]._description_selection(self.env)

    def _get_subscription_today(self):
        """Return the day it is in the company's billing time zone.

        :rtype: date
        """
        self.ensure_one()
        # sudo: the calendar of a company isn't a secret, portal visitors need it too.
        zone = pytz.timezone(self.sudo().subscription_tz or "UTC")
        return datetime.now(pytz.utc).astimezone(zone).date()

    def _get_card_expiry_horizon(self):
        """Return the last day for which an expiring card is told today.

        :rtype: date
        """
        self.ensure_one()
        return self._get_subscription_today() + timedelta(days=self.subscription_card_expiry_days)

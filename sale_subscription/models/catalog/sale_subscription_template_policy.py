from odoo import fields, models

CHANGE_WHEN = [
    ("now", "At once"),
    ("period_end", "At the end of the invoiced period"),
]


class SaleSubscriptionTemplate(models.Model):
    """What changing, pausing and ending a contract means for the money."""

    _inherit = "sale.subscription.template"

    upgrade_when = fields.Selection(
        CHANGE_WHEN,
        string="Upgrades Hold",
        required=True,
        default="now",
        help="Proposed when a change makes the contract dearer.",
    )
    downgrade_when = fields.Selection(
        CHANGE_WHEN,
        string="Downgrades Hold",
        required=True,
        default="period_end",
        help="Proposed when a change makes the contract cheaper.",
    )
    prorate_charges = fields.Boolean(
        string="Charge Upgrades by Days",
        default=True,
        help="Otherwise the new price counts from the next period on. What is up or down is judged "
        "against what is paid for those days.",
    )
    prorate_credits = fields.Boolean(
        string="Credit Downgrades by Days",
        default=True,
        help="Also what is paid but unused when a contract is closed or paused. Otherwise what "
        "was paid for a period stays paid.",
    )
    credit_when = fields.Selection(
        [("next_invoice", "With the next invoice"), ("now", "At once, as a credit note")],
        string="Credits Are Given",
        required=True,
        default="next_invoice",
        help="A contract that has ended gets its credit at once in any case.",
    )
    pause_policy = fields.Selection(
        [
            ("credit", "Credit what is paid but unused"),
            ("shift", "Shift the periods by the days paused"),
        ],
        string="Paused Time",
        required=True,
        default="credit",
        help="What happens to days that were invoiced ahead and then fall into a pause. Periods "
        "that begin on a fixed day of the month can't shift: there the days are credited. Where "
        "downgrades aren't credited by days, paused days aren't either.",
    )
    trial_end_action = fields.Selection(
        [
            ("convert", "Invoicing starts"),
            ("close", "The contract closes unless somebody converts it"),
        ],
        string="After the Trial",
        required=True,
        default="convert",
        help="A contract that is to close does so on its first paid day, unless somebody withdraws "
        "its closing before.",
    )
    renewal_notice_days = fields.Integer(
        string="Renewal Notice",
        default=30,
        help="Days before the agreed end on which customer and salesperson are told; 0: never.",
    )
    catch_up_policy = fields.Selection(
        [
            ("period", "One invoice per period"),
            ("together", "One invoice for all of them"),
        ],
        string="Overdue Periods",
        required=True,
        default="period",
        help="When several periods are due at once: after an outage, or for a contract that "
        "started in the past.",
    )

    # === GETTERS === #
    def _get_unpaid_policy(self):
        """Return what becomes of an unpaid invoice: contracts share one only where it's the same.

        :return: days of asking, days until giving up, what is done then, and what undoes it.
        :rtype: tuple
        """
        self.ensure_one()
        return (
            self._get_retry_days(),
            self.auto_close_days,
            self.unpaid_action,
            self.reopen_when_paid,
        )

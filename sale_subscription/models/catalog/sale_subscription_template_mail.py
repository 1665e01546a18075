from odoo import fields, models

# Kind of mail → the template's field with a mail of its own, the mail used without one.
PAYMENT_MAILS = {
    "declined": ("declined_mail_template_id", "mail_template_subscription_declined"),
    "card_needed": ("card_mail_template_id", "mail_template_subscription_card_needed"),
    "reminder": ("reminder_mail_template_id", "mail_template_subscription_reminder"),
    "receipt": (None, "mail_template_subscription_receipt"),
    "closed": ("closing_mail_template_id", "mail_template_subscription_closed"),
    "suspended": ("closing_mail_template_id", "mail_template_subscription_suspended"),
}


class SaleSubscriptionTemplate(models.Model):
    """Which mails customers get about their payments."""

    _inherit = "sale.subscription.template"

    send_receipt = fields.Boolean(
        string="Send Receipts",
        default=True,
        help="Confirm each automatic payment by email. Not needed when the invoice itself is sent "
        "once it is paid.",
    )
    declined_mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Payment Declined",
        domain=[("model", "=", "account.move")],
        ondelete="set null",
        help="Sent when the saved card was charged without success.",
    )
    card_mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="New Card Needed",
        domain=[("model", "=", "account.move")],
        ondelete="set null",
        help="Sent when the bank refuses the saved card for good, or it can't be charged any more.",
    )
    reminder_mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Payment Reminder",
        domain=[("model", "=", "account.move")],
        ondelete="set null",
        help="Sent for unpaid invoices of customers without a saved card. The last one before the "
        "contract ends is a final notice.",
    )
    closing_mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Closed or Suspended",
        domain=[("model", "=", "account.move")],
        ondelete="set null",
        help="Sent when the contract was closed or suspended because an invoice stayed unpaid.",
    )

    # === GETTERS === #
    def _get_payment_mail_template(self, kind):
        """Return the mail of a kind: the one chosen here, else the one that comes with the app.

        :param str kind: a key of `PAYMENT_MAILS`.
        :return: the mail, empty when somebody deleted it.
        :rtype: mail.template
        """
        field, name = PAYMENT_MAILS[kind]
        template = self[field] if field else self.env["mail.template"]
        if template:
            return template
        shipped = self.env.ref(f"sale_subscription.{name}", raise_if_not_found=False)
        return shipped or template

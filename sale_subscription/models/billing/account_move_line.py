from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    subscription_id = fields.Many2one(
        "sale.subscription", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    subscription_charge_ids = fields.One2many(
        "sale.subscription.charge", "invoice_line_id", readonly=True, string="Billed Charges"
    )
    subscription_freed_charge_ids = fields.Many2many(
        "sale.subscription.charge",
        relation="sale_subscription_charge_freed_line_rel",
        column1="line_id",
        column2="charge_id",
        readonly=True,
        copy=False,
        string="Freed Charges",
    )
    subscription_date_from = fields.Date(
        string="Period From", readonly=True, help="First day of service this line bills."
    )
    subscription_date_to = fields.Date(
        string="Period To", readonly=True, help="Last day of service this line bills."
    )

    def unlink(self):
        """Override of `account` to give the charges of deleted lines back to be billed again."""
        # sudo: the ledger follows the invoice, whoever may delete its lines.
        charges = self.sudo().subscription_charge_ids
        result = super().unlink()
        if charges:
            # The database emptied the column; tell what depends on it, then forget the old value.
            charges.modified(["invoice_line_id"])
            charges.invalidate_recordset(["invoice_line_id"])
            charges.subscription_id._update_next_invoice_date()
        return result

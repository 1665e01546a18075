from odoo import fields, models


class AccountMove(models.Model):
    """The ledger follows what an accountant made of a draft before it was confirmed."""

    _inherit = "account.move"

    subscription_replaced_id = fields.Many2one(
        "account.move",
        string="Replaced Invoice",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The reversed invoice this one was made to stand in for.",
    )

    def _take_over_charges(self):
        """Let charges be billed by the invoices that were made in place of reversed ones.

        :return: None
        """
        for move in self:
            # Core copies the lines in the order of their ids, whatever they say.
            pairs = zip(
                self._get_charged_lines(move.subscription_replaced_id),
                self._get_charged_lines(move),
                strict=True,
            )
            for old, new in pairs:
                old.subscription_charge_ids.invoice_line_id = new

    def _post(self, soft=True):
        """Override of `account`: charges say what the confirmed invoice charges."""
        if not self.env.context.get("sale_subscription_batch"):
            # sudo: whoever confirms an invoice keeps billing away meanwhile.
            self.sudo().line_ids.subscription_id._keep_billing_out()
        posted = super()._post(soft)
        if not self.env.context.get("sale_subscription_batch"):
            # sudo: the ledger follows the invoice, whoever confirms it.
            posted.sudo().invoice_line_ids._note_charged_amounts()
            posted.reversed_entry_id._give_held_credits()
        return posted

    def button_cancel(self):
        """Override of `account`: what a cancelled credit note gave back can be given back again."""
        result = super().button_cancel()
        self.reversed_entry_id._give_held_credits()
        return result

    def unlink(self):
        """Override of `account`: what a deleted credit note gave back can be given back again."""
        corrected = self.reversed_entry_id - self
        result = super().unlink()
        corrected._give_held_credits()
        return result

    def _give_held_credits(self):
        """Look anew at credits held back because accountants reversed these invoices."""
        # sudo: the ledger follows the documents, whoever changes them.
        charges = self.sudo().invoice_line_ids.subscription_charge_ids
        charges.subscription_id.charge_ids.filtered(
            lambda charge: charge.is_held_back and charge._get_charges_given_back() & charges
        )._give_held_back()

    def _get_lines_given_back_by_hand(self):
        """Return the lines by which accountants give back what these invoices charge.

        Drafts count: they are going to be confirmed. Core copies contract, product and period to
        the lines of a reversal; their amounts may have been changed. Lines below zero that have a
        contract take credits of the invoice back, which isn't given to the customer.

        :rtype: account.move.line
        """
        notes = self.reversal_move_ids.filtered(
            lambda move: move.state != "cancel" and move.move_type == "out_refund"
        )
        return notes.invoice_line_ids.filtered(
            lambda line: (
                line.display_type == "product"
                and not line.subscription_charge_ids
                and (not line.subscription_id or line._get_charged_amount() > 0)
            )
        )

from odoo import models


class SaleSubscription(models.Model):
    """Contact and billing data that customers correct by themselves."""

    _inherit = "sale.subscription"

    # === GETTERS === #
    def _get_portal_contact_problem(self, partner):
        """Return why customers can't edit a contact of the contract by themselves.

        :param partner: the `res.partner` (sudo).
        :return: a sentence, or False when they can.
        :rtype: str | bool
        """
        self.ensure_one()
        if partner.commercial_partner_id != self.partner_id.commercial_partner_id:
            return self.env._("This address belongs to somebody else: please ask us to change it.")
        users = partner.with_context(active_test=False).user_ids
        if not all(user.share for user in users):
            return self.env._("This address belongs to one of us: please ask us to change it.")
        return False

    def _get_portal_email_problem(self, partner):
        """Return why the visitor must not change the e-mail address of a contact.

        Whoever changes the address of somebody with an account could have the password sent there.
        And whoever was trusted with the link of one contract isn't trusted with the mail of all the
        others of the customer.

        :param partner: the `res.partner` (sudo).
        :return: a sentence, or False when they may.
        :rtype: str | bool
        """
        self.ensure_one()
        if partner.with_context(active_test=False).user_ids - self.env.user:
            return self.env._(
                "This e-mail address belongs to an account: only who signs in with it can change "
                "it."
            )
        if self._is_portal_outsider() and self._get_portal_other_contracts(partner):
            return self.env._(
                "This e-mail address is used for other subscriptions, too: sign in to change it, "
                "or ask us."
            )
        return False

    def _is_portal_outsider(self):
        """Tell whether the visitor is neither of the customer's people nor one of us.

        :rtype: bool
        """
        user = self.env.user
        customers = self.partner_id | self.partner_invoice_id
        return user.share and (
            user._is_public()
            # sudo: who looks may read their own contact's company.
            or user.sudo().partner_id.commercial_partner_id not in customers.commercial_partner_id
        )

    def _get_portal_other_contracts(self, partner):
        """Return the other contracts, of whatever company, whose mail goes to a contact.

        :param partner: the `res.partner` (sudo).
        :rtype: sale.subscription
        """
        return self.search(
            [
                ("id", "!=", self.id),
                "|",
                ("partner_id", "=", partner.id),
                ("partner_invoice_id", "=", partner.id),
            ]
        )

    # === BUSINESS METHODS === #
    def _note_portal_details(self, partner, before, names):
        """Tell in the chatter what a customer changed, by whomever the page was opened.

        :param partner: the `res.partner` (sudo) that was edited.
        :param dict before: field → value before.
        :param names: the fields to compare.
        :return: None
        """
        self.ensure_one()
        labels = [
            partner._fields[name]._description_string(self.env)
            for name in names
            if partner[name] != before[name]
        ]
        if labels:
            self.message_post(
                body=self.env._(
                    "Billing data of %(contact)s changed on the portal: %(fields)s.",
                    contact=partner.display_name,
                    fields=", ".join(labels),
                )
            )

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...todo import leave_todo

# Kinds of to-dos: something about a payment, and a payment in doubt.
PAYMENT = "sale_subscription.mail_activity_type_payment"
DOUBT = "sale_subscription.mail_activity_type_payment_doubt"
DECIDERS = ("sales_team.group_sale_manager", "account.group_account_invoice")


def check_may_decide(env):
    """Refuse to let just anybody say whether money arrived.

    :param env: the environment of who wants to.
    :raise AccessError: unless the user does invoicing or manages sales.
    """
    if not env.su and not any(map(env.user.has_group, DECIDERS)):
        raise AccessError(
            env._("Whether money arrived is decided by invoicing or by a sales manager: ask them.")
        )


class SaleSubscription(models.Model):
    """Payments whose outcome nobody knows: left alone by every job until a person decides."""

    _inherit = "sale.subscription"

    payment_doubt = fields.Text(
        compute="_compute_payment_doubt", compute_sudo=True, groups="base.group_user"
    )

    # === COMPUTE METHODS === #
    @api.depends("payment_exception")
    def _compute_payment_doubt(self):
        """Say which payments nobody knows the outcome of."""
        for contract in self:
            attempts = contract.attempt_ids.filtered(lambda a: a.state == "unknown")
            contract.payment_doubt = "\n".join(a._get_sentence() for a in attempts.sorted("id"))

    # === ACTION METHODS === #
    def action_payment_was_made(self):
        """Decide that the payments in doubt were made: register and reconcile them.

        :return: True
        :raise AccessError: unless the user does invoicing or manages sales.
        :raise UserError: if no payment of the contract is in doubt.
        """
        self._get_doubtful_attempts()._confirm_by_hand()
        return True

    def action_payment_was_not_made(self):
        """Decide that the payments in doubt were not made: they go back to the ladder.

        :return: True
        :raise AccessError: unless the user does invoicing or manages sales.
        :raise UserError: if no payment of the contract is in doubt.
        """
        self._get_doubtful_attempts()._deny_by_hand()
        return True

    # === BUSINESS METHODS === #
    def _get_doubtful_attempts(self):
        """Return the attempts in doubt, for somebody who may decide about them.

        :rtype: sale.subscription.attempt
        """
        self.check_access("read")
        check_may_decide(self.env)
        # sudo: accountants may only read contracts, and nobody writes attempts by hand.
        attempts = self.sudo().attempt_ids.filtered(lambda a: a.state == "unknown")
        if not attempts:
            raise UserError(self.env._("No payment is in doubt: somebody else has decided."))
        return attempts

    def _raise_payment_exception(self, attempt):
        """Stop everything automatic on these contracts and ask a person.

        :param attempt: the `sale.subscription.attempt` in doubt.
        """
        self.sudo().write({"payment_exception": True})  # sudo: see `_check_funnel`
        for contract in self:
            contract.message_post(body=attempt._get_sentence())
        self._schedule_payment_activity(
            ("doubt", attempt.move_id),
            self.env._("Was %(invoice)s paid?", invoice=attempt.move_id.name),
            self.env._(
                "Nobody knows whether the payment was made. Look it up at the payment provider, "
                "then decide on the contract."
            ),
            DOUBT,
        )

    def _clear_payment_exception(self):
        """Let contracts go on of which no payment is in doubt any more."""
        for contract in self.filtered("payment_exception"):
            # sudo: see `_check_funnel`.
            if not contract.sudo().attempt_ids.filtered(lambda a: a.state == "unknown"):
                contract.sudo().payment_exception = False
                contract.activity_unlink([DOUBT])

    def _schedule_payment_activity(self, key, summary, note, activity_type=PAYMENT):
        """Leave one to-do about payments with the salesperson.

        :param tuple key: what it is about, see `leave_todo`: one for each invoice.
        :param str summary: what is to be done.
        :param str note: why.
        :param str activity_type: xmlid of its `mail.activity.type`.
        """
        for contract in self:
            user = contract._get_payment_user()
            leave_todo(contract, activity_type, summary, note, user, *key)

    def _get_payment_user(self):
        """Return who is asked about payments of the contract.

        Whoever made the provider answer, a visitor even, gets no to-do of ours.

        :rtype: res.users
        """
        self.ensure_one()
        return self._get_responsible_user() or self.env.ref("base.user_root")

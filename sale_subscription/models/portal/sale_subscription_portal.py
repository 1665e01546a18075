from odoo import api, models

# What customers may do by themselves. "view": whoever may read the contract; "manage": customers
# who are signed in, and whoever has the link where the template trusts it with changes.
PORTAL_OPERATIONS = {
    "pay": "view",
    # "new_card" lets somebody register a card because one is needed; "card" also replaces, chooses
    # and removes one that works.
    "new_card": "view",
    "card": "manage",
    "details": "manage",
    "change": "manage",
    "plan": "manage",
    "withdraw_change": "manage",
    "pause": "manage",
    "withdraw_pause": "manage",
    "resume": "manage",
    "renew": "manage",
    "close": "manage",
    "withdraw_close": "manage",
}
PORTAL_LEVELS = ("view", "manage")


class SaleSubscription(models.Model):
    """What customers may do with their contract by themselves.

    The controllers check who somebody is (their level: 'view' or 'manage'); what that person may
    do with the contract as it stands is decided here and nowhere else.
    """

    _inherit = "sale.subscription"

    # === ACCESS === #
    @api.private
    def _get_portal_level(self, user):
        """Return what a user may do with a contract that was opened for them.

        :param user: the `res.users` of the request, the public one too.
        :return: 'manage' for the customer's own users and for who may change it in the backend,
            what the template says for whoever came by the secure link, 'view' for other
            employees.
        :rtype: str
        """
        self.ensure_one()
        # The contract acts within its own company, which isn't among those of everybody who gets
        # its link: core refuses even to ask for rights there. Who may read it doesn't depend on it.
        context = {k: v for k, v in self.env.context.items() if k != "allowed_company_ids"}
        contract = self.with_env(self.env(user=user.id, su=False, context=context))
        if not contract.has_access("read"):
            return self.template_id.token_access
        if user.share:
            return "manage"
        return "manage" if contract.has_access("write") else "view"

    def _get_portal_operations(self, level):
        """Return what somebody may do by themselves with the contract as it stands.

        For a module to allow more, it must extend `PORTAL_OPERATIONS` and add a method
        `_can_portal_<operation>`.

        :param str level: 'view' or 'manage', see `_get_portal_level`.
        :return: names of operations.
        :rtype: set[str]
        """
        self.ensure_one()
        levels = PORTAL_LEVELS[: PORTAL_LEVELS.index(level) + 1]
        return {
            operation
            for operation, needed in PORTAL_OPERATIONS.items()
            if needed in levels and getattr(self, f"_can_portal_{operation}")()
        }

    # === WHAT THE CONTRACT ALLOWS === #
    def _is_portal_open(self):
        """Tell whether customers may touch the contract at all: it runs, and nobody is deciding."""
        self.ensure_one()
        return self.state in ("active", "paused") and not self.payment_exception

    def _can_portal_pay(self):
        return bool(self.sudo().amount_open)  # sudo: the customer's own open amount

    def _can_portal_card(self):
        return self.state in ("active", "paused", "closed")

    def _can_portal_details(self):
        return self.state in ("draft", "active", "paused", "closed")

    def _can_portal_change(self):
        return self._is_portal_changeable() and (
            self.template_id.portal_access != "restricted"
            or any(option.portal_access != "restricted" for option in self.option_ids)
        )

    def _can_portal_plan(self):
        return self._is_portal_changeable() and bool(self._get_portal_plans())

    def _is_portal_changeable(self):
        """Tell whether the contract is in a state in which customers may change what it delivers.

        :rtype: bool
        """
        return self._is_portal_open() and self.state == "active" and not self.close_date

    def _can_portal_withdraw_change(self):
        return self._is_portal_open() and bool(self._get_portal_withdrawable_changes())

    def _can_portal_pause(self):
        return (
            self._is_portal_changeable()
            and self.template_id.portal_pause
            and not self._get_scheduled_pauses()
        )

    def _can_portal_withdraw_pause(self):
        # What a salesperson agreed is for the salesperson to take back.
        pauses = self._get_scheduled_pauses()
        return (
            self._is_portal_open()
            and self.template_id.portal_pause
            and bool(pauses)
            and all(pause.create_uid.share for pause in pauses)
        )

    def _can_portal_resume(self):
        # Who doesn't pay doesn't resume: a suspended contract goes on when it is paid.
        return (
            self._is_portal_open()
            and self.state == "paused"
            and self.template_id.portal_pause
            and not self.sudo().is_suspended
        )

    def _can_portal_renew(self):
        return (
            self._is_portal_open()
            and self.template_id.portal_renew
            and bool(self.end_date)
            and not self.close_date
            and not self._is_renewable()  # it does that by itself
            and self._is_renewal_near()
        )

    def _can_portal_close(self):
        return self._is_portal_open() and self.template_id.closable != "no" and not self.close_date

    def _can_portal_withdraw_close(self):
        # sudo: why it closes is for employees; only whether the customer wanted it matters.
        return (
            self._is_portal_open()
            and self.template_id.closable != "no"
            and bool(self.close_date)
            and self.sudo().close_reason_id.voluntary
        )

    # === GETTERS === #
    def _get_portal_plans(self):
        """Return the plans a customer may switch to.

        :rtype: sale.subscription.plan
        """
        self.ensure_one()
        plans = self.template_id.plan_ids - self.plan_id
        access = self.template_id.portal_access
        if access == "upgrade_downgrade":
            return plans
        if access == "upgrade":
            return plans.filtered(self._is_plan_upgrade)
        return plans.browse()

    def _get_portal_withdrawable_changes(self):
        """Return the scheduled changes that customers may take back: their own.

        :rtype: sale.subscription.change
        """
        self.ensure_one()
        # sudo: changes are for employees; customers get what they scheduled themselves.
        changes = self.sudo().scheduled_change_ids
        # What came by an order was agreed by both sides, and is more than these changes.
        return changes.filtered(lambda change: change.user_id.share and not change.order_id)

    # === WHO SAID IT === #
    def _message_compute_author(self, author_id=None, email_from=None):
        """Override of `mail`: who came by the secure link speaks for the customer, as in `sale`."""
        if author_id is None and not email_from and len(self) == 1 and self.env.user._is_public():
            author_id = self.partner_id.id
        return super()._message_compute_author(author_id=author_id, email_from=email_from)

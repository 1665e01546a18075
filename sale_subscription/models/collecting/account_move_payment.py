from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ...engine.dunning import next_day


class AccountMove(models.Model):
    """Collecting subscription invoices, second half: by a person's click, and being paid."""

    _inherit = "account.move"

    # === CHARGING ON REQUEST === #
    def _prepare_requested_attempt(self):
        """Write down a charge that a person asked for.

        :return: the attempt, to be run after a commit; none if it was paid a moment ago.
        :rtype: sale.subscription.attempt
        :raise UserError: if it can't be charged now.
        """
        self.ensure_one()
        self.line_ids.subscription_id._check_can_collect()
        locked = self.try_lock_for_update(allow_referencing=True)
        if locked and not self._is_collectable():
            return self.env["sale.subscription.attempt"]  # charged by others since we looked
        if not locked:
            raise UserError(
                self.env._(
                    "%(invoice)s is being sent, or is being paid right now: please try again in a "
                    "moment.",
                    invoice=self.name,
                )
            )
        if self._is_being_paid():
            raise UserError(
                self.env._(
                    "%(invoice)s is being paid right now: wait for the result.", invoice=self.name
                )
            )
        if problem := self._get_card_problem() or self._get_hold_reason():
            raise UserError(
                self.env._(
                    "%(invoice)s can't be charged: %(problem)s", invoice=self.name, problem=problem
                )
            )
        # Also makes everybody who looked at the invoice before us look again.
        self._write_step(self._prepare_requested_step())
        return self._create_attempt()

    def _prepare_requested_step(self):
        """Return what a charge by a person's click means for the ladder.

        What had been left to a person climbs on from where it stopped.

        :rtype: dict
        """
        values = {"subscription_charge_now": False}
        if self.subscription_hold_reason:
            tomorrow = self.company_id._get_subscription_today() + timedelta(days=1)
            day = next_day(self._get_rungs(), self.subscription_step)
            values.update(
                subscription_hold_reason=False,
                subscription_step_date=day and max(day, tomorrow),
            )
        return values

    def _is_being_paid(self):
        """Tell whether a charge has begun whose end isn't known yet.

        :rtype: bool
        """
        self.ensure_one()
        return self._has_live_attempt() or self._is_customer_paying()

    def _has_live_attempt(self):
        """Tell whether our own charging of this invoice has no end yet.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: customers on the portal can't read attempts, but are kept from paying twice.
        return any(attempt._is_live() for attempt in self.sudo().subscription_attempt_ids)

    def _get_last_decline(self):
        """Return the last charge of this invoice if it was declined.

        :rtype: sale.subscription.attempt
        """
        self.ensure_one()
        # sudo: as in `_has_live_attempt`.
        last = self.sudo().subscription_attempt_ids.sorted("id")[-1:]
        return last.filtered(lambda attempt: attempt.state == "declined")

    # === PAYING ONLINE === #
    def _has_to_be_paid(self):
        """Override of `account_payment`: what is being charged isn't paid by hand as well."""
        return super()._has_to_be_paid() and not self._has_live_attempt()

    def _get_online_payment_error(self):
        """Override of `account_payment` to say why it can't be paid right now."""
        errors = super()._get_online_payment_error()
        if self._has_live_attempt():
            ours = self.env._(
                "Your saved payment method is being charged for this invoice already."
            )
            errors = f"{errors}\n{ours}" if errors else ours
        return errors

    def _get_portal_payment_notice(self):
        """Return what the customer should know about how this invoice is collected.

        :return: a sentence in the language of the environment, False when there is nothing to say.
        :rtype: str | bool
        """
        self.ensure_one()
        # sudo: customers read what concerns them in words, not the attempts themselves.
        move = self.sudo()
        if not move._is_collectable():
            return False
        if move._has_live_attempt():
            return self.env._(
                "Your saved payment method is being charged for this invoice. There is nothing to "
                "do."
            )
        last = move.subscription_attempt_ids.sorted("id")[-1:]
        if last.state != "declined":
            return False
        day = move.subscription_step_date
        if not day or move._get_charge_problem():
            return self.env._("Your saved payment method was declined. Please pay another way.")
        return self.env._(
            "Your saved payment method was declined. It is charged again on %(date)s, unless you "
            "pay another way before.",
            date=format_date(self.env, day),
        )

    def _begin_customer_payment(self):
        """Keep our own charging away while a customer pays.

        The write also makes a charge fail that looked at the invoice before: of two who begin at
        once, one sees the other.

        :raise UserError: if our own charging was first.
        """
        for move in self.filtered(lambda m: m.line_ids.subscription_id):
            if move._has_live_attempt():
                raise UserError(
                    self.env._(
                        "The payment method saved for %(invoice)s is being charged already. "
                        "Please wait for the result.",
                        invoice=move.name,
                    )
                )
            if move.payment_state in ("in_payment", "paid"):
                raise UserError(
                    self.env._("%(invoice)s has been paid meanwhile.", invoice=move.name)
                )
            move._write_step({"subscription_payment_started": fields.Datetime.now()})
            # At once, before the provider is called: if somebody else wrote the invoice meanwhile,
            # this request must fail now and not after the card was charged.
            move.flush_recordset(["subscription_payment_started"])

    # === CHANGING WHAT IS BEING CHARGED === #
    def button_draft(self):
        """Override of `account`: what is being charged stays as it is until that has an end."""
        self._check_no_live_attempt()
        return super().button_draft()

    def button_cancel(self):
        """Override of `account`: see `button_draft`."""
        self._check_no_live_attempt()
        return super().button_cancel()

    def _check_no_live_attempt(self):
        """Refuse to take an invoice back while a card is charged for it.

        :raise UserError: naming the invoice.
        """
        for move in self:
            if move._has_live_attempt():
                raise UserError(
                    self.env._(
                        "A payment of %(invoice)s is under way or in doubt: wait for its result, "
                        "or decide about it on the contract.",
                        invoice=move.name,
                    )
                )

    # === BEING PAID === #
    def _invoice_paid_hook(self):
        """Override of `account`: paid invoices leave the ladder, and contracts go on."""
        result = super()._invoice_paid_hook()
        # sudo: contracts follow their invoices, whoever registers the payment.
        self.sudo().filtered(lambda move: move.line_ids.subscription_id)._follow_payment()
        return result

    def _follow_payment(self):
        """Do what being paid means for the ladder, the mail and the contracts."""
        self._write_step(
            {
                "subscription_step_date": False,
                "subscription_charge_now": False,
                "subscription_hold_reason": False,
                "subscription_was_paid": True,
            }
        )
        waiting = self.filtered(
            lambda move: (
                move.move_type == "out_invoice"
                and not move.is_move_sent
                and not move.sending_data
                and move._get_subscription_invoicing_mode() == "charge_then_send"
            )
        )
        waiting._queue_subscription_mail()
        self.line_ids.subscription_id._go_on_when_paid()

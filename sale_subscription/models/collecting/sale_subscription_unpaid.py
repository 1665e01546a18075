from datetime import timedelta

from odoo import fields, models
from odoo.tools.misc import format_date


class SaleSubscription(models.Model):
    """What becomes of a contract when it isn't paid, and when it is after all."""

    _inherit = "sale.subscription"

    is_suspended = fields.Boolean(
        string="Suspended for Non-payment",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Paused because it wasn't paid; goes on when it is.",
    )

    # === BUSINESS METHODS === #
    def _handle_decline(self, attempt):
        """Tell the customer that a charge was declined, and how it goes on.

        :param attempt: the `sale.subscription.attempt`.
        """
        for contract in self:
            contract.message_post(body=attempt._get_sentence())
        if attempt.is_hard:
            # sudo: see `_check_funnel`. A dead card is dead for all contracts it pays.
            contracts = self.sudo() | attempt.token_id.sudo()._get_running_subscriptions()
            contracts.filtered(lambda c: c.payment_token_id == attempt.token_id).write(
                {"refused_token_id": attempt.token_id.id}
            )
        move = attempt.move_id
        if move._is_collectable() and not attempt._is_by_customer():
            move._send_subscription_mail("card_needed" if attempt.is_hard else "declined", attempt)

    def _handle_payment(self, attempt):
        """Tell contract and customer that a charge succeeded.

        :param attempt: the `sale.subscription.attempt`.
        """
        for contract in self:
            contract.message_post(body=attempt._get_sentence())
        self._clear_payment_exception()
        if self.env.context.get("subscription_surplus"):
            self._ask_about_surplus(attempt.move_id)
            return
        attempt.move_id._send_subscription_mail("receipt", attempt)
        attempt.move_id.filtered(lambda move: move._is_collectable())._continue_ladder()

    def _ask_about_surplus(self, move):
        """Ask what becomes of money that came in for an invoice that was paid already.

        :param move: the `account.move`.
        """
        self._schedule_payment_activity(
            ("paid_twice", move),
            self.env._("Was %(invoice)s paid twice?", invoice=move.name),
            self.env._(
                "An online payment came in for an invoice that had been paid otherwise. The money "
                "is on the customer's account: use it for another invoice or give it back."
            ),
        )

    def _give_up(self, move):
        """Close or suspend contracts because an invoice stays unpaid.

        :param move: the unpaid `account.move`.
        """
        contracts = self.filtered(lambda contract: contract.template_id.auto_close_days)
        resting = contracts.filtered(lambda contract: contract._is_resting_by_agreement())
        kinds = {contract._stop_unpaid(move) for contract in contracts - resting} - {None}
        if resting and not kinds:
            # Looked at again until the agreed pause is over.
            tomorrow = move.company_id._get_subscription_today() + timedelta(days=1)
            move._write_step({"subscription_step_date": tomorrow})
            return
        # What else is open of these contracts isn't charged or reminded any more either.
        moves = move
        for others in (contracts - resting)._get_open_invoices().values():
            moves |= others
        moves._write_step({"subscription_step_date": False, "subscription_charge_now": False})
        for kind in sorted(kinds):
            move._send_subscription_mail(kind)

    def _is_resting_by_agreement(self):
        """Tell whether a contract that would be suspended is paused already, for another reason.

        :rtype: bool
        """
        self.ensure_one()
        suspends = self.template_id.unpaid_action == "suspend"
        return suspends and self.state == "paused" and not self.is_suspended

    def _stop_unpaid(self, move):
        """Close or suspend one contract, as its template says, unless it has stopped already.

        :param move: the unpaid `account.move`.
        :return: the kind of mail that tells it, None if nothing was done.
        :rtype: str | None
        """
        self.ensure_one()
        if self.state not in ("active", "paused"):
            return None
        if self.template_id.unpaid_action != "suspend":
            self._close_unpaid(move)
            return "closed"
        if self.state == "active":
            self._suspend(move)
            return "suspended"
        return None

    def _close_unpaid(self, move):
        """Close one contract for non-payment.

        :param move: the unpaid `account.move`.
        """
        self.ensure_one()
        reason = self.env.ref("sale_subscription.close_reason_non_payment")
        text = self.env._(
            "Closed automatically: %(invoice)s of %(amount)s, due on %(date)s, is unpaid.",
            **self._get_unpaid_terms(move),
        )
        self.action_close(reason.id, when="now", message=text)
        self.message_post(body=text)

    def _suspend(self, move):
        """Pause one contract until it is paid.

        :param move: the unpaid `account.move`.
        """
        self.ensure_one()
        text = self.env._(
            "Suspended automatically: %(invoice)s of %(amount)s, due on %(date)s, is unpaid.",
            **self._get_unpaid_terms(move),
        )
        self.action_pause(reason=text)
        self.sudo().is_suspended = True  # sudo: see `_check_funnel`
        self.message_post(body=text)

    def _get_unpaid_terms(self, move):
        """Return what texts say about an unpaid invoice.

        :rtype: dict
        """
        return {
            "invoice": move.name,
            "amount": move.currency_id.format(move.amount_residual),
            "date": format_date(self.env, move._get_due_date()),
        }

    def _go_on_when_paid(self):
        """Let contracts go on that stopped for an unpaid invoice, once nothing is overdue."""
        for contract in self:
            if not contract._is_stopped_unpaid():
                continue
            today = contract._get_today()
            moves = contract._get_open_invoices().get(contract, self.env["account.move"])
            if any(move._is_due(today) for move in moves):
                continue
            if contract.state == "paused":
                contract.action_resume()
            elif contract.state == "closed":
                contract.action_reopen()
            contract.sudo().is_suspended = False  # sudo: see `_check_funnel`
            contract.message_post(body=self.env._("It was paid: the contract goes on."))

    def _is_stopped_unpaid(self):
        """Tell whether the contract stopped for non-payment and goes on when it is paid.

        :rtype: bool
        """
        self.ensure_one()
        if self.is_suspended:
            return self.state == "paused"
        if self.state != "closed" or not self.template_id.reopen_when_paid:
            return False
        return self.close_reason_id == self.env.ref("sale_subscription.close_reason_non_payment")

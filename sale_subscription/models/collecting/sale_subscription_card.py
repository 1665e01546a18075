from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...const import CHARGE_MODES, RUNNING_STATES
from ...todo import leave_todo

CARD = "sale_subscription.mail_activity_type_card"


class SaleSubscription(models.Model):
    """The card a contract is paid with: whether it can be charged, and what follows from a new one.

    Payment providers save cards as tokens; "card" stands for every saved payment method.
    """

    _inherit = "sale.subscription"

    # Which companies' cards fit is checked here with words of our own: a branch may use those of
    # its parent company.
    payment_token_id = fields.Many2one(
        check_company=False,
        domain="[('company_id', 'parent_of', company_id), "
        "('partner_id', 'child_of', commercial_partner_id)]",
        help="What invoices are paid with when the template charges them.",
    )
    refused_token_id = fields.Many2one(
        "payment.token",
        string="Refused Payment Method",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The bank refused this card for good: it isn't charged again.",
    )
    card_expiry_date = fields.Date(
        string="Card Valid Until", related="payment_token_id.expiry_date", store=True
    )
    card_problem = fields.Char(
        compute="_compute_card_problem",
        compute_sudo=True,
        groups="base.group_user",
        help="Why the saved card can't be charged.",
    )
    is_card_expiring = fields.Boolean(
        string="Card Expires Before Next Invoice",
        compute="_compute_is_card_expiring",
        search="_search_is_card_expiring",
    )

    # === COMPUTE METHODS === #
    @api.depends(
        "payment_token_id",
        "refused_token_id",
        "template_id.invoicing_mode",
        "currency_id",
        "company_id",
        "partner_id",
        "partner_invoice_id",
    )
    def _compute_card_problem(self):
        """Say what is wrong, only where somebody waits for the card to be charged."""
        for contract in self:
            contract.card_problem = contract._is_charged() and contract._get_card_problem()

    @api.depends("card_expiry_date", "next_invoice_date")
    def _compute_is_card_expiring(self):
        for contract in self:
            contract.is_card_expiring = bool(
                contract.card_expiry_date
                and contract.next_invoice_date
                and contract.card_expiry_date < contract.next_invoice_date
            )

    def _search_is_card_expiring(self, operator, value):
        if operator != "in":
            return NotImplemented
        expiring = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s < %s",
                model._field_to_sql(alias, "card_expiry_date", query),
                model._field_to_sql(alias, "next_invoice_date", query),
            ),
            predicate=lambda contract: contract.is_card_expiring,
        )
        known = Domain("card_expiry_date", "!=", False) & Domain("next_invoice_date", "!=", False)
        # `value` is a set of booleans.
        return Domain.OR([known & expiring if wanted else ~(known & expiring) for wanted in value])

    # === CONSTRAINT METHODS === #
    @api.constrains("payment_token_id", "partner_id", "partner_invoice_id", "company_id")
    def _check_payment_token(self):
        """Refuse a card that could never pay this contract."""
        for contract in self.filtered("payment_token_id"):
            if problem := contract._get_token_problem(contract.payment_token_id):
                raise ValidationError(problem)

    # === CRUD METHODS === #
    def write(self, vals):
        """Follow up on a new card, whoever and whatever set it."""
        if "payment_token_id" not in vals:
            return super().write(vals)
        before = {contract: contract.payment_token_id for contract in self}
        result = super().write(vals)
        for contract in self:
            if contract.payment_token_id != before[contract]:
                contract._follow_card_change(before[contract])
        return result

    # === CRON METHODS === #
    @api.model
    def _cron_notify_card_expiry(self):
        """Tell customers by mail that the card of a running contract expires."""
        self._run_job(
            self._get_card_expiry_domain, "_notify_card_expiry", "_handle_card_mail_failure"
        )

    @api.model
    def _get_card_expiry_domain(self):
        """Return the contracts whose customer has to be told that the card expires.

        :rtype: Domain
        """
        # sudo: jobs serve every company
        companies = (
            self.env["res.company"].sudo().search([("subscription_card_expiry_days", ">", 0)])
        )
        return (
            Domain("state", "in", RUNNING_STATES)
            & Domain("template_id.invoicing_mode", "in", CHARGE_MODES)
            & Domain("payment_token_id.is_expiry_notified", "=", False)
            & Domain.OR(
                Domain("company_id", "=", company.id)
                & Domain("card_expiry_date", "<=", company._get_card_expiry_horizon())
                for company in companies
            )
        )

    def _notify_card_expiry(self):
        """Send one mail per card, however many contracts it pays."""
        template = self.env.ref("sale_subscription.mail_template_card_expiring")
        for token, contracts in self.grouped("payment_token_id").items():
            token = token.sudo()  # sudo: only the job knows that the mail went out
            if token.is_expiry_notified:
                continue
            contract = contracts[0]
            if contract.partner_invoice_id.email:
                template.send_mail(contract.id, force_send=False)
                body = self.env._(
                    "The customer was told that the card %(card)s is valid until %(date)s only.",
                    card=token.display_name,
                    date=format_date(self.env, token.expiry_date),
                )
            else:
                body = self.env._(
                    "The card %(card)s is valid until %(date)s only, but %(customer)s has no"
                    " e-mail address to be told.",
                    card=token.display_name,
                    date=format_date(self.env, token.expiry_date),
                    customer=contract.partner_invoice_id.display_name,
                )
            for each in contract._get_contracts_of_card():
                each.message_post(body=body)
            token.is_expiry_notified = True

    def _handle_card_mail_failure(self, error):
        """Leave one to-do where the mail about the card couldn't be made."""
        self.ensure_one()
        self._schedule_card_activity(
            self.env._("The mail about the expiring card could not be sent"),
            self._get_failure_text(error),
        )

    # === BUSINESS METHODS === #
    def _set_payment_token(self, token):
        """Pay these contracts with a card from now on.

        The chatter tells it, an earlier refusal is forgotten and open invoices are charged again.

        :param token: a `payment.token`; an empty one: pay by hand.
        :return: None
        :raise ValidationError: if the card is another customer's, another company's, or its
            provider doesn't take the contract's currency.
        """
        self.write({"payment_token_id": token.id})

    def _take_card(self, token):
        """Use a card the customer saved or paid with, where it fits and one is needed.

        Unlike `_set_payment_token` this never fails: the customer has paid already.

        :param token: a `payment.token`.
        :return: None
        """
        for contract in self:
            if contract.payment_token_id == token or contract._has_card():
                continue
            if problem := contract._get_token_problem(token):
                contract.message_post(
                    body=self.env._("The card wasn't saved on this contract. %s", problem)
                )
            elif token != contract.refused_token_id:
                contract._set_payment_token(token)

    def _follow_card_change(self, old_token):
        """Tell that the card is another one, and try it at once.

        :param old_token: the `payment.token` before, possibly empty.
        :return: None
        """
        self.ensure_one()
        # sudo: nobody writes by hand which card was refused, see `_check_funnel`.
        self.sudo().refused_token_id = False
        # sudo: the name of the customer's card, also for those who may not read cards.
        token, old_token = self.sudo().payment_token_id, old_token.sudo()
        if not token:
            self.message_post(
                body=self.env._("Card %s removed: pays by hand.", old_token.display_name)
            )
            return
        self.message_post(body=self.env._("Card %s saved.", token.display_name))
        self.activity_unlink([CARD])
        self._restart_collecting()

    def _lose_payment_token(self):
        """Fall back to paying by hand because the card was removed, and ask for another one."""
        self._set_payment_token(self.env["payment.token"])
        for contract in self.filtered(lambda c: c.state in RUNNING_STATES):
            contract._schedule_card_activity(
                self.env._("The card was removed"),
                self.env._(
                    "Invoices of %(contract)s wait to be paid by hand. Ask %(customer)s for"
                    " another card.",
                    contract=contract.name,
                    customer=contract.partner_id.display_name,
                ),
            )

    def _schedule_card_activity(self, summary, note):
        """Leave one to-do about the card for the salesperson, however often it fails."""
        self.ensure_one()
        leave_todo(self, CARD, summary, note, self._get_payment_user(), "card")

    # === GETTERS === #
    def _is_charged(self):
        """Tell whether the template wants invoices to be paid by the saved card."""
        self.ensure_one()
        return self.template_id.invoicing_mode in CHARGE_MODES

    def _has_card(self):
        """Tell whether the contract has a card that can be charged."""
        return not self._get_card_problem()

    def _get_card_problem(self):
        """Return why the contract's card can't be charged.

        :return: a sentence, or False when it can be charged.
        :rtype: str | bool
        """
        self.ensure_one()
        token = self.payment_token_id
        if not token:
            return self.env._("No card is saved.")
        # sudo: whoever bills may know that the bank refused the card.
        if token == self.sudo().refused_token_id:
            return self.env._(
                "The bank refused the card %(card)s for good: a new one is needed.",
                card=token.sudo().display_name,  # sudo: see `_follow_card_change`
            )
        return self._get_token_problem(token)

    def _get_token_problem(self, token):
        """Return why a card can't pay this contract, whether it is the contract's or not.

        :param token: a `payment.token`.
        :return: a sentence, or False when it fits.
        :rtype: str | bool
        """
        self.ensure_one()
        return token._get_charge_problem(
            self.company_id, self.currency_id, self.partner_id | self.partner_invoice_id
        )

    def _get_contracts_of_card(self):
        """Return the running contracts that are paid with the same card, this one first.

        :rtype: sale.subscription
        """
        self.ensure_one()
        # sudo: the customer is told of all their contracts, whoever looks after them.
        return self | self.sudo().payment_token_id._get_running_subscriptions()

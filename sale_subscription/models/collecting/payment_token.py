import re
from calendar import monthrange
from datetime import date

from odoo import api, fields, models
from odoo.fields import Domain

from ...const import RUNNING_STATES


class PaymentToken(models.Model):
    """Saved cards: what contracts need of them, who uses them, and how long they are valid."""

    _inherit = "payment.token"

    subscription_ids = fields.One2many(
        "sale.subscription", "payment_token_id", string="Subscriptions", groups="base.group_user"
    )
    expiry_date = fields.Date(
        string="Card Valid Until",
        help="Last day on which the card can be charged. Filled when the payment provider tells "
        "it, otherwise by hand.",
    )
    is_expiry_notified = fields.Boolean(
        string="Told That It Expires",
        compute="_compute_is_expiry_notified",
        store=True,
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The customer was told by email that this card expires; a new date starts anew.",
    )

    # === COMPUTE METHODS === #
    @api.depends("expiry_date")
    def _compute_is_expiry_notified(self):
        """Forget the mail when the date changes: it told another one."""
        self.is_expiry_notified = False

    # === CRUD METHODS === #
    def write(self, vals):
        """Let accountants correct how long a card is valid, and nothing else on it."""
        if (
            vals.keys() == {"expiry_date"}
            and not self.env.su
            and self.env.user.has_group("account.group_account_invoice")
        ):
            self.check_access("read")
            self = self.sudo()  # sudo: only for this one field, see the condition
        return super().write(vals)

    # === BUSINESS METHODS === #
    def get_linked_records_info(self):
        """Override of `payment` to name the contracts that depend on the card."""
        self.ensure_one()
        info = super().get_linked_records_info()
        self.check_access("read")
        # sudo: who may see the card may know what it pays, also contracts of their colleagues.
        for contract in self.sudo()._get_running_subscriptions():
            info.append(
                {
                    "description": self.env._("Subscription"),
                    "id": contract.id,
                    "name": contract.name,
                    "url": contract.access_url,
                }
            )
        return info

    def _handle_archiving(self):
        """Override of `payment`: contracts don't keep a card that can't be charged any more."""
        super()._handle_archiving()
        for token in self:
            # `payment` calls this with sudo: a customer may remove a card in use.
            contracts = token.subscription_ids
            if contracts:
                contracts._lose_payment_token()

    def _get_available_tokens(self, *args, **kwargs):
        """Override of `payment`: whoever only has a link isn't offered the cards of subscribers."""
        tokens = super()._get_available_tokens(*args, **kwargs)
        return tokens - tokens._filter_of_subscribers() if self.env.user._is_public() else tokens

    def _filter_of_subscribers(self):
        """Return the cards of customers who have or had contracts, running or not.

        Only these are kept from visitors: for customers of other apps nothing changes.

        :rtype: payment.token
        """
        owners = self.partner_id.commercial_partner_id
        # sudo: a visitor who pays has no right on contracts; none of them leaves here.
        contracts = (
            self.env["sale.subscription"]
            .sudo()
            .search(
                Domain("partner_id.commercial_partner_id", "in", owners.ids)
                | Domain("partner_invoice_id.commercial_partner_id", "in", owners.ids)
            )
        )
        subscribers = (contracts.partner_id | contracts.partner_invoice_id).commercial_partner_id
        return self.filtered(lambda token: token.partner_id.commercial_partner_id in subscribers)

    def _get_running_subscriptions(self):
        """Return the contracts that run or wait to start and are paid by the card.

        :rtype: sale.subscription
        """
        return self.subscription_ids.filtered(lambda c: c.state in ("draft", *RUNNING_STATES))

    def _get_charge_problem(self, company, currency, partners):
        """Return why the card can't pay invoices of a customer.

        For a module to know of further reasons, it must override this method and call super.

        :param company: the `res.company` that sends the invoices.
        :param currency: the `res.currency` of the invoices.
        :param partners: the customers whose cards may be used (`res.partner`).
        :return: a sentence, or False when it can be charged.
        :rtype: str | bool
        """
        self.ensure_one()
        token = self.sudo()  # sudo: providers are for administrators only
        provider = token.provider_id
        names = {"card": token.display_name, "provider": provider.name}
        if token.partner_id.commercial_partner_id not in partners.commercial_partner_id:
            return self.env._("The card %(card)s belongs to another customer.", **names)
        # A branch may use the payment providers of the companies above it.
        if token.company_id not in company.sudo().parent_ids:
            return self.env._(
                "The card %(card)s was saved for %(other)s and can't pay %(company)s.",
                other=token.company_id.name,
                company=company.sudo().name,
                **names,
            )
        if not token.active:
            return self.env._("The card %(card)s was removed.", **names)
        if provider.state == "disabled":
            return self.env._(
                "The card %(card)s can't be charged: the payment provider %(provider)s is "
                "switched off.",
                **names,
            )
        currencies = (
            provider.available_currency_ids,
            token.payment_method_id.supported_currency_ids,
        )
        if any(allowed and currency not in allowed for allowed in currencies):
            return self.env._(
                "The card %(card)s can't be charged in %(currency)s: the payment provider "
                "%(provider)s doesn't take it.",
                currency=currency.name,
                **names,
            )
        return False

    # === BUSINESS METHODS - EXPIRY === #
    @api.model
    def _get_expiry_from_payment_data(self, provider_code, payment_data):
        """Return until when a card is valid, as far as its payment provider tells.

        Reads the shapes that providers use. For a module to read others, it must override this
        method and call super.

        :param str provider_code: the code of the payment provider.
        :param dict payment_data: what the provider sent when the card was saved.
        :return: the last day of validity, or False when it isn't told.
        :rtype: date | bool
        """
        for data in self._get_card_dicts(payment_data):
            month, year = data.get("exp_month"), data.get("exp_year")
            if not (month and year):
                text = data.get("expiryDate") or data.get("expiry_date") or data.get("expiry")
                month, year = self._split_expiry(text)
            day = self._get_last_day(month, year)
            if day:
                return day
        return False

    @api.model
    def _get_card_dicts(self, payment_data):
        """Return the parts of a provider's answer in which it may describe the card."""
        if not isinstance(payment_data, dict):
            return []
        method = payment_data.get("payment_method")
        parts = [payment_data, payment_data.get("additionalData"), payment_data.get("card"), method]
        if isinstance(method, dict):
            parts.append(method.get("card"))
        return [part for part in parts if isinstance(part, dict)]

    @api.model
    def _split_expiry(self, text):
        """Split "3/2030", "03/30" or "2030-03" into month and year; nothing else is understood."""
        if not isinstance(text, str):
            return None, None
        if match := re.fullmatch(r"(\d{1,2})\s*/\s*(\d{2}|\d{4})", text.strip()):
            return match.groups()
        if match := re.fullmatch(r"(\d{4})-(\d{2})", text.strip()):
            return match.group(2), match.group(1)
        return None, None

    @api.model
    def _get_last_day(self, month, year):
        """Return the last day of a card's month, False when it is no month."""
        try:
            month, year = int(month), int(year)
        except (TypeError, ValueError):
            return False
        year += 2000 if year < 100 else 0
        if not (1 <= month <= 12 and 2000 <= year <= 2200):
            return False
        return date(year, month, monthrange(year, month)[1])

import math

from odoo.exceptions import AccessError, ValidationError
from odoo.http import request

from odoo.addons.payment.controllers.portal import PaymentPortal

# What a payment form sends as id of a record, and where core looks it up.
OPTION_IDS = {"provider_id": "payment.provider", "payment_method_id": "payment.method"}


class SavedCardPortal(PaymentPortal):
    """Paying with a saved card: for who is signed in as its owner, never for who has a link.

    Links to orders, invoices and payments are mailed, forwarded and printed. Core lets whoever
    opens one pay with the customer's saved cards.
    """

    def _create_transaction(
        self, *args, flow=None, token_id=None, custom_create_values=None, **kwargs
    ):
        """Override of `payment` to refuse cards that the visitor may not use.

        All routes that begin a payment, those of orders and invoices too, come through here.
        """
        kwargs = self._check_payment_values(flow, kwargs)
        if flow == "token":
            token_id = self._cast_as_int(token_id)
            self._check_may_use_card(token_id, custom_create_values or {})
        return super()._create_transaction(
            *args,
            flow=flow,
            token_id=token_id,
            custom_create_values=custom_create_values,
            **kwargs,
        )

    @staticmethod
    def _check_payment_values(flow, values):
        """Refuse what no payment form sends, in words; core would stumble over it.

        :param str flow: 'direct', 'redirect' or 'token'.
        :param dict values: the other arguments of `_create_transaction`, by name.
        :return: the arguments, with those that are missing.
        :rtype: dict
        :raise ValidationError: when something isn't what it should be, or there is no such method.
        """
        missing = {"amount": None, "landing_route": None, "tokenization_requested": False}
        values = {**missing, **values}
        amount = values["amount"]
        is_amount = amount is None or (
            isinstance(amount, (int, float))
            and not isinstance(amount, bool)
            and math.isfinite(amount)
            and abs(amount) < 1e12
        )
        is_route = isinstance(values["landing_route"], (str, type(None)))
        # sudo: visitors don't read providers and methods; only whether there is one.
        Contract = request.env["sale.subscription"].sudo()
        exists = flow == "token" or all(
            Contract._read_record(model, values.get(name)) for name, model in OPTION_IDS.items()
        )
        if flow not in ("direct", "redirect", "token") or not (is_amount and is_route and exists):
            raise ValidationError(
                request.env._("This payment isn't possible. Please reload the page.")
            )
        return values

    def _check_may_use_card(self, token_id, custom_create_values):
        """Refuse the card of somebody else, and any card to who isn't signed in.

        :param int token_id: id of the `payment.token` chosen.
        :param dict custom_create_values: says what is being paid, see `_create_transaction`.
        :raise AccessError: when it is for contracts, or the card's owner has some.
        """
        # sudo: visitors can't read cards; nothing of this one leaves here.
        token_sudo = request.env["payment.token"].sudo().browse(token_id).exists()
        is_ours = self._is_for_contracts(custom_create_values)
        if not is_ours and not token_sudo._filter_of_subscribers():
            return
        user = request.env.user
        if user._is_public():
            raise AccessError(request.env._("Please sign in to pay with a saved card."))
        partner = user.partner_id
        if token_sudo.partner_id not in partner | partner.commercial_partner_id:
            raise AccessError(request.env._("This card was saved by somebody else."))

    @staticmethod
    def _is_for_contracts(custom_create_values):
        """Tell whether a payment pays orders with recurring lines or invoices of contracts.

        :param dict custom_create_values: see `_create_transaction`.
        :rtype: bool
        """
        # sudo: the routes have checked that the visitor may pay these.
        Transaction = request.env["payment.transaction"].sudo()
        paid = Transaction.new(
            {
                name: custom_create_values[name]
                for name in ("sale_order_ids", "invoice_ids")
                if name in custom_create_values
            }
        )
        return bool(
            paid.invoice_ids._origin.line_ids.subscription_id
            or any(order._get_recurring_lines() for order in paid.sale_order_ids._origin)
        )

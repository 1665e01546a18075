from odoo import api, fields, models

# Providers of core that set a transaction to "error" when the bank refused it, as their code
# shows. Others say "error" also when they don't know: then a person has to look.
REFUSING_WITH_ERROR = (
    "adyen",
    "flutterwave",
    "mercado_pago",
    "razorpay",
    "stripe",
    "worldline",
    "xendit",
)


class PaymentProvider(models.Model):
    """How to understand a provider's answers when a saved payment method is charged."""

    _inherit = "payment.provider"

    subscription_error_is_refusal = fields.Boolean(
        string="Errors Are Refusals",
        compute="_compute_subscription_error_is_refusal",
        store=True,
        readonly=False,
        help="When a saved payment method is charged and this provider answers with an error: "
        "ticked, the payment was refused and is tried again as the contract's template says; not "
        "ticked, nobody knows, and the contract waits for a decision.",
    )

    # === COMPUTE METHODS === #
    @api.depends("code")
    def _compute_subscription_error_is_refusal(self):
        for provider in self:
            provider.subscription_error_is_refusal = provider.code in REFUSING_WITH_ERROR

    # === BUSINESS METHODS === #
    def _log_response(self, response, *, reference=None):
        """Override of `payment` to note whether the request was refused or only failed."""
        if response.status_code >= 400:
            self.env["payment.transaction"]._note_answer(self._get_answer(response.status_code))
        return super()._log_response(response, reference=reference)

    @api.model
    def _get_answer(self, status_code):
        """Return what a status of 400 and more says about a charge.

        :param int status_code: of the provider's response.
        :return: see `payment.transaction._note_answer`.
        :rtype: str
        """
        if status_code in (401, 403):  # a wrong key: no customer's fault
            return "unauthorized"
        # 4xx: the provider understood and said no. 5xx, and 408, 409, 425, 429: who knows.
        if status_code < 500 and status_code not in (408, 409, 425, 429):
            return "refused"
        return "failed"

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
            # 4xx: the provider understood and said no. 5xx, and 408, 409, 425, 429: who knows.
            clear = response.status_code < 500 and response.status_code not in (408, 409, 425, 429)
            self.env["payment.transaction"]._note_answer("refused" if clear else "failed")
        return super()._log_response(response, reference=reference)

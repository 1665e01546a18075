"""Most customers of the demo data pay, some late, a few never."""

from datetime import timedelta


class Payments:
    """Registers the payments of past invoices, one batch per month.

    A customer pays every other month what fell due meanwhile, with one payment: half of them in
    odd months, the others in even ones.
    """

    def __init__(self, env):
        self.env = env
        self.refusals = {}

    def refuse(self, contract, since):
        """Leave a contract's invoices from a day on unpaid."""
        self.refusals[contract] = since

    def register(self, day, everybody=False):
        """Register what customers paid on a day.

        :param date day: the day of the payments.
        :param bool everybody: whether all customers pay, not only those whose turn it is.
        :return: None
        """
        lines = self._get_open_lines(day)
        if not everybody:
            lines = lines.filtered(lambda line: (line.partner_id.id + day.month) % 2)
        if lines:
            wizard = (
                self.env["account.payment.register"]
                .with_context(active_model="account.move.line", active_ids=lines.ids)
                .create({"payment_date": day, "group_payment": True})
            )
            wizard._create_payments()

    def _get_open_lines(self, day):
        """Return the receivable lines of invoices that are paid on a day.

        :rtype: account.move.line
        """
        invoices = self.env["account.move"].search(
            [
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("invoice_line_ids.subscription_id", "!=", False),
                ("invoice_date_due", "<=", day - timedelta(days=3)),
            ]
        )
        return invoices.filtered(self._is_paid).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def _is_paid(self, invoice):
        """Tell whether the customer ever pays an invoice."""
        for contract in invoice.line_ids.subscription_id:
            since = self.refusals.get(contract)
            if since and invoice.invoice_date >= since:
                return False
        return True

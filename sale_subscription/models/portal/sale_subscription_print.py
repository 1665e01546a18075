from datetime import timedelta

from odoo import models
from odoo.tools.misc import format_date


class SaleSubscription(models.Model):
    """What the printed contract says beside its lines."""

    _inherit = "sale.subscription"

    def _get_contract_terms(self):
        """Return what is agreed about time and payment, in the language of the environment.

        For a module to print more, it must extend this list.

        :return: sentences.
        :rtype: list
        """
        self.ensure_one()
        return [*self._get_duration_terms(), *self._get_payment_terms()]

    def _get_duration_terms(self):
        start = format_date(self.env, self.date_start)
        if self.close_date:
            return [
                self.env._(
                    "The contract runs from %(start)s to %(end)s.",
                    start=start,
                    end=format_date(self.env, self.close_date - timedelta(days=1)),
                )
            ]
        if not self.end_date:
            return [self.env._("The contract runs from %(start)s without an end.", start=start)]
        end = format_date(self.env, self.end_date)
        terms = [self.env._("The contract runs from %(start)s to %(end)s.", start=start, end=end)]
        if self._is_renewable():
            template = self.template_id
            duration = self.env["sale.subscription.plan"]._get_period_label(
                template.duration_unit, template.duration_count
            )
            terms.append(
                self.env._("After that it renews by itself, each time by %(time)s.", time=duration)
            )
        return terms

    def _get_payment_terms(self):
        terms = [
            self.env._("Each period is paid in advance.")
            if self.timing == "advance"
            else self.env._("Each period is paid at its end.")
        ]
        if self.anchor_day:
            terms.append(
                self.env._("Periods begin on day %(day)s of the month.", day=self.anchor_day)
            )
        if self.payment_term_id:
            terms.append(self.env._("Payment terms: %(terms)s", terms=self.payment_term_id.name))
        if self._is_charged():
            terms.append(self.env._("Invoices are charged to the saved payment method."))
        return terms

    def _get_signed_order(self):
        """Return the last order of the contract that the customer signed.

        :rtype: sale.order
        """
        self.ensure_one()
        # sudo: who may print the contract may see its signature.
        signed = self.sudo().order_ids.filtered(lambda o: o.signature and o.state == "sale")
        return signed.sorted("signed_on")[-1:]

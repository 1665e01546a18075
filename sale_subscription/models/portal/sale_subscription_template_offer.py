from fractions import Fraction

from odoo import models
from odoo.tools.misc import format_date


class SaleSubscriptionTemplate(models.Model):
    """What the public page of a template says: prices, savings, totals and terms.

    Every figure comes from an order made in memory, so what is shown is what is paid later.
    """

    _inherit = "sale.subscription.template"

    # === PRICES === #
    def _get_public_offer(self, partner):
        """Return what each plan costs, the shortest first, and what the options cost with it.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :return: one dict per plan: `plan` (record), `price` (per period, as the company shows
            prices), `currency` (record), `tax_note` (text), `options` (option id → text), and of
            longer plans `saving` (per period) and `saving_percent` compared with the shortest one
            (whole, rounded down; 0 where nothing is saved).
        :rtype: list[dict]
        """
        self.ensure_one()
        plans = self._get_plans_by_length()
        offers = [self._get_public_plan_offer(plan, partner) for plan in plans]
        for offer in offers:
            self._add_public_saving(offer, offers[0])
        return offers

    def _get_public_lead(self, partner):
        """Return what the shortest plan costs: the price in the list of all templates.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :return: see `_get_public_plan_offer`.
        :rtype: dict
        """
        self.ensure_one()
        return self._get_public_plan_offer(self._get_plans_by_length()[0], partner)

    def _get_plans_by_length(self):
        """Return the plans, the shortest period first.

        :rtype: sale.subscription.plan
        """
        self.ensure_one()
        return self.plan_ids.sorted(lambda plan: (1 / plan._get_mrr(1), plan.sequence, plan.id))

    def _get_public_plan_offer(self, plan, partner):
        """Return what one plan costs with what is included and the least of each option.

        :return: see `_get_public_offer`, without the savings.
        :rtype: dict
        """
        self.ensure_one()
        options = self._get_public_options()
        least = {option: option.min_quantity for option in options if option.min_quantity}
        order = self._new_public_order(partner, plan, least)
        sums = order._sum_lines(order._get_recurring_lines())
        singles = self._new_public_order(partner, plan, dict.fromkeys(options, 1.0))
        lines = singles.order_line[len(singles.order_line) - len(options) :]
        return {
            "plan": plan,
            "currency": order.currency_id,
            "price": self._get_shown_amount(sums),
            "tax_note": self._get_tax_note(sums),
            "options": {
                option.id: self._get_option_price_text(line)
                for option, line in zip(options, lines, strict=True)
            },
        }

    def _get_option_price_text(self, line):
        """Return what one unit of an option costs, in words.

        :param line: an order line of one unit, in memory.
        :rtype: str
        """
        price = line.currency_id.format(self._get_shown_amount(line.order_id._sum_lines(line)))
        if not line.subscription_plan_id:
            return self.env._("%(price)s once", price=price)
        return self.env._(
            "%(price)s per %(period)s", price=price, period=line.subscription_plan_id.period_label
        )

    def _add_public_saving(self, offer, shortest):
        """Add to a plan's offer what it saves compared with the shortest plan.

        :param dict offer: see `_get_public_offer`; gets `saving` and `saving_percent`.
        :param dict shortest: the offer of the shortest plan.
        """
        scale = shortest["plan"]._get_scale_to(offer["plan"])
        full = Fraction(str(shortest["price"])) * scale
        saved = full - Fraction(str(offer["price"]))
        percent = int(saved * 100 / full) if full > 0 else 0
        offer["saving_percent"] = max(percent, 0)
        offer["saving"] = offer["currency"].round(float(saved)) if percent > 0 else 0.0

    def _is_tax_shown_in_prices(self):
        """Tell whether the company shows prices with taxes.

        :rtype: bool
        """
        self.ensure_one()
        return self._get_public_company().account_price_include == "tax_included"

    def _get_shown_amount(self, sums):
        """Return the one amount that is shown as the price.

        :param dict sums: see `sale.order._sum_lines`.
        :rtype: float
        """
        return sums["total" if self._is_tax_shown_in_prices() else "untaxed"]

    def _get_tax_note(self, sums):
        """Return what stands beside a price about taxes; nothing where there are none.

        :param dict sums: see `sale.order._sum_lines`.
        :rtype: str
        """
        if not sums["tax"]:
            return ""
        if self._is_tax_shown_in_prices():
            return self.env._("taxes included")
        return self.env._("plus taxes")

    # === TOTAL === #
    def _get_public_total(self, partner, plan, quantities, address=None):
        """Return what a choice costs: per period, today and next.

        :param partner: the customer, or who stands for a visitor (`res.partner`).
        :param plan: the plan (`sale.subscription.plan`).
        :param dict quantities: option record → quantity.
        :param address: see `_prepare_public_order`.
        :return: `order` (in memory), `totals` (see `sale.order._get_subscription_totals`), `today`
            (amount) and `next` (see `sale.order._get_next_payment`).
        :rtype: dict
        """
        order = self._new_public_order(partner, plan, quantities, address)
        totals = order._get_subscription_totals()
        upcoming = order._get_next_payment()
        if upcoming:
            upcoming["text"] = format_date(self.env, upcoming["date"])
        return {
            "order": order,
            "totals": totals,
            "today": totals["due_first"]["total"] if totals else 0.0,
            "next": upcoming,
        }

    # === TERMS === #
    def _get_public_terms(self):
        """Return how long a contract runs and how it ends, in words.

        :rtype: list[str]
        """
        self.ensure_one()
        return [
            *self._get_trial_terms(),
            *self._get_rhythm_terms(),
            *self._get_duration_terms(),
            *self._get_closing_terms(),
        ]

    def _get_trial_terms(self):
        if not self.trial_days:
            return []
        if self.trial_end_action == "close":
            return [
                self.env._(
                    "The first %(days)s days are free. Then it ends by itself unless you tell us to"
                    " go on.",
                    days=self.trial_days,
                )
            ]
        return [
            self.env._(
                "The first %(days)s days are free, then payments start.", days=self.trial_days
            )
        ]

    def _get_rhythm_terms(self):
        terms = []
        if self.timing == "arrears":
            terms.append(self.env._("Each period is invoiced at its end."))
        else:
            terms.append(self.env._("Each period is paid in advance."))
        if self.anchor == "day":
            terms.append(
                self.env._(
                    "Periods start on day %(day)s of the month; the first one is charged by days.",
                    day=self.anchor_day,
                )
            )
        return terms

    def _get_duration_terms(self):
        if not self.duration_count:
            return [self.env._("It runs until it is closed.")]
        duration = self._get_duration_label()
        if self.auto_renew:
            return [
                self.env._(
                    "It runs for %(duration)s and then renews by itself for as long again.",
                    duration=duration,
                )
            ]
        return [self.env._("It runs for %(duration)s and then ends by itself.", duration=duration)]

    def _get_duration_label(self):
        if self.duration_count != 1:
            return self.plan_ids._get_period_label(self.duration_unit, self.duration_count)
        return {
            "day": self.env._("one day"),
            "week": self.env._("one week"),
            "month": self.env._("one month"),
            "year": self.env._("one year"),
        }[self.duration_unit]

    def _get_closing_terms(self):
        return [
            {
                "no": self.env._("Please write to us to close it."),
                "now": self.env._("You can close it online at any time, with immediate effect."),
                "period_end": self.env._(
                    "You can close it online at any time, to the end of the paid period."
                ),
                "date": self.env._("You can close it online, on a day of your choice."),
            }[self.closable]
        ]

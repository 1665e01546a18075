from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date, formatLang

RENEWAL_ACTIVITY = "sale_subscription.mail_activity_type_renewal"


class SaleSubscription(models.Model):
    """The agreed duration goes on by a quotation: the same contract, with its history."""

    _inherit = "sale.subscription"

    # === ACTION METHODS === #
    def action_renew(self, refresh_prices=False):
        """Open a quotation that lets the contract go on after its end.

        An open renewal quotation is opened again instead of making a second one.

        :param bool refresh_prices: take the price list's prices and discounts of the renewal day
            instead of the contract's.
        :return: a window action; its `res_id` is the quotation.
        :rtype: dict
        :raise UserError: if the contract isn't running, or its closing is scheduled.
        """
        self._check_one()
        self.check_access("write")
        self._check_renewable_by_order()
        order = self._get_open_renewal()
        if not order:
            order = self._create_renewal_order()
        if refresh_prices:
            order._recompute_prices()
        return order._get_own_action()

    # === BUSINESS METHODS - QUOTATION === #
    def _create_renewal_order(self):
        """Make the quotation with the lines that deliver on the renewal day.

        :rtype: sale.order
        """
        lines = self._get_lines_on(self._get_renewal_day())
        order = self._create_change_order("renewal", [line._prepare_renewal() for line in lines])
        # sudo: nobody writes by hand which lines a quotation renews.
        order.sudo().subscription_renewed_line_ids = lines
        return order

    def _prepare_change_order(self, operation):
        """Let a renewal have the plan that runs on the renewal day."""
        values = super()._prepare_change_order(operation)
        if operation == "renewal":
            plans = self._get_lines_on(self._get_renewal_day()).plan_id
            values["subscription_plan_id"] = plans.id if len(plans) == 1 else self.plan_id.id
        return values

    def _check_renewable_by_order(self):
        """Refuse to renew what has ended or is about to be closed.

        :raise UserError: saying what to do first.
        """
        self.ensure_one()
        if self.state == "closed":
            raise UserError(self.env._("%s is closed: reopen it first, then renew it.", self.name))
        self._check_operation("renew")
        if self.close_date:
            raise UserError(
                self.env._(
                    "%(contract)s closes on %(date)s: withdraw the closing first, then renew it.",
                    contract=self.name,
                    date=format_date(self.env, self.close_date),
                )
            )

    def _check_renewal(self, order):
        """Refuse a quotation that renews what isn't there any more.

        :param order: the `sale.order`.
        :raise UserError: saying what to do.
        """
        self._check_renewable_by_order()
        if self._get_lines_on(self._get_renewal_day()) != order.subscription_renewed_line_ids:
            raise UserError(
                self.env._(
                    "The contract %(contract)s was changed after this quotation was made: cancel "
                    "it and renew the contract again.",
                    contract=self.name,
                )
            )

    # === BUSINESS METHODS - RENEWING === #
    def _apply_renewal(self, order):
        """Prolong the contract and let its lines be those of the order from then on.

        :param order: the confirmed `sale.order`.
        :return: None
        :raise UserError: if the contract can't be renewed like that.
        """
        self.ensure_one()
        self._check_renewal(order)
        day, end_before = self._get_renewal_day(), self.end_date
        total_before = self._get_total_on(day)
        renewed_until = self._get_renewed_end()
        if end_before:
            self.end_date = renewed_until
        # sudo: nobody writes by hand what a renewal did.
        order.sudo().write(
            {
                "subscription_renewal_date": day,
                "subscription_renewed_until": renewed_until,
                "subscription_end_before": end_before,
            }
        )
        self._apply_renewed_lines(order, day)
        self.to_renew = False
        self.activity_unlink([RENEWAL_ACTIVITY])
        self.message_post(body=self._get_renewal_text(order, total_before))

    def _apply_renewed_lines(self, order, day):
        """Let every line that the order says differently start anew, or end.

        :param order: the `sale.order`.
        :param date day: the first day of the renewed time.
        """
        renewed, added = order._match_renewed_lines()
        differences = {line: line._get_renewed_values(sold) for line, sold in renewed.items()}
        ended = self._get_lines_on(day) - self.line_ids.browse(line.id for line in renewed)
        differs = {line: values for line, values in differences.items() if values}
        if not (differs or ended or added):
            return
        resized = [line for line, values in differs.items() if "quantity" in values]
        products = ended.product_id.union(added.product_id, *(line.product_id for line in resized))
        texts = [self._describe_renewed(line, values) for line, values in differs.items()]
        texts += [self._describe_removal(line) for line in ended]
        texts += [self._describe_addition(sold.product_id, sold.product_uom_qty) for sold in added]
        change = self._create_change(
            "renewal", day, self._describe_order(order, texts), order=order
        )
        commands = []
        for line, values in differs.items():
            values = {**values, "order_line_id": renewed[line].id}
            commands += line._prepare_succession(day, values, change, prorate=True)
        commands += [
            Command.create(self._prepare_order_version(sold, day, change, prorate=True))
            for sold in added
        ]
        with self._writing_lines_together():
            for line in ended:
                line._cut_off_later(change, prorate=True)
                commands += line._prepare_end(day, change, prorate=True)
            self.write({"line_ids": commands})
            self._finish_change(change)
        self._check_quotas(products, day)

    def _can_unrenew(self, order):
        """Tell whether the time an order renewed hasn't begun and wasn't invoiced.

        :rtype: bool
        """
        self.ensure_one()
        coverage = self.line_ids._get_coverage()
        paid_until = [stretches[-1][1] for stretches in coverage.values() if stretches]
        day = order.subscription_renewal_date
        is_latest = self.end_date == order.subscription_renewed_until
        return bool(
            self._get_today() < day
            and max(paid_until, default=day) <= day
            and (is_latest or not order.subscription_end_before)
        )

    def _unrenew(self, order):
        """Let the contract end where it ended before a cancelled renewal.

        :param order: the `sale.order`.
        """
        self.ensure_one()
        if order.subscription_end_before:
            self.end_date = order.subscription_end_before
            self._remember_renewal_notice()
        # sudo: see `_apply_renewal`.
        order.sudo().write(
            {
                "subscription_renewal_date": False,
                "subscription_renewed_until": False,
                "subscription_end_before": False,
            }
        )

    # === GETTERS === #
    def _get_open_renewal(self):
        """Return the renewal quotation that waits to be confirmed and still fits.

        :rtype: sale.order
        """
        self.ensure_one()
        return self.quotation_ids.filtered(
            lambda order: (
                order.subscription_operation == "renewal"
                and order.state in ("draft", "sent")
                and not self._get_order_problem(order)
            )
        )[-1:]

    def _get_renewal_day(self):
        """Return the first day of the renewed time: after the end, else of the next period.

        :rtype: date
        """
        self.ensure_one()
        if self.end_date:
            return fields.Date.add(self.end_date, days=1)
        return self._get_period_end()

    def _get_renewed_end(self):
        """Return the last day once the contract is renewed.

        :return: False for a contract without end; also where the template knows no duration to
            prolong it by.
        :rtype: date | bool
        """
        self.ensure_one()
        if not self.end_date or not self.template_id.duration_count:
            return False
        return self._get_prolonged_end()

    def _get_total_on(self, day):
        """Return what a period costs, taxes included, with the lines that deliver on a day.

        :rtype: float
        """
        self.ensure_one()
        return self._get_tax_totals(self._get_lines_on(day))["total_amount_currency"]

    # === TEXTS === #
    def _describe_renewed(self, line, values):
        """Return what a renewal changes about a line.

        :param dict values: see `sale.subscription.line._get_renewed_values`.
        :rtype: str
        """
        texts = [
            self._describe_line_change(
                line, {name: values[name] for name in names & values.keys()}, kind
            )
            for kind, names in (("quantity", {"quantity"}), ("price", {"price_unit", "discount"}))
            if names & values.keys()
        ]
        other = self.env._("%(product)s: conditions changed", product=line.product_id.display_name)
        return "; ".join(texts or [other])

    def _get_renewal_text(self, order, total_before):
        """Return the sentence that tells of a renewal, with amounts and dates.

        :rtype: str
        """
        day = order.subscription_renewal_date
        values = {
            "order": order.name,
            "day": format_date(self.env, day),
            "before": formatLang(self.env, total_before, currency_obj=self.currency_id),
            "after": formatLang(self.env, self._get_total_on(day), currency_obj=self.currency_id),
            "period": self.period_label,
        }
        if not order.subscription_renewed_until:
            return self.env._(
                "Renewed by %(order)s without an end: from %(day)s on %(after)s per %(period)s, "
                "before %(before)s.",
                **values,
            )
        return self.env._(
            "Renewed by %(order)s until %(end)s: from %(day)s on %(after)s per %(period)s, before "
            "%(before)s.",
            end=format_date(self.env, order.subscription_renewed_until),
            **values,
        )

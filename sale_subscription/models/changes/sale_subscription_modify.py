from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.misc import format_date, formatLang


class SaleSubscription(models.Model):
    """Changing what a contract delivers: its lines end and start anew, nothing billed is edited."""

    _inherit = "sale.subscription"

    change_ids = fields.One2many(
        "sale.subscription.change", "subscription_id", string="Changes", groups="base.group_user"
    )
    scheduled_change_ids = fields.One2many(
        "sale.subscription.change",
        string="Scheduled Changes",
        compute="_compute_scheduled_change_ids",
        groups="base.group_user",
    )

    # === COMPUTE METHODS === #
    @api.depends("change_ids.date_effective", "change_ids.is_withdrawn")
    def _compute_scheduled_change_ids(self):
        for contract in self:
            scheduled = contract.change_ids.filtered(lambda c: c.state == "scheduled")
            contract.scheduled_change_ids = scheduled.sorted("date_effective")

    # === PUBLIC METHODS === #
    def change_quantity(self, line_id, quantity, when="now"):
        """Change the quantity of a line.

        :param int line_id: id of any version of the line.
        :param float quantity: the new quantity, above 0.
        :param when: 'now' (charged and credited by days, as the template says), 'period_end' (the
            end of what is billed), 'policy' (now or later as the template says for upgrades and
            downgrades) or a day (ISO string or date; in the past for sales managers only).
        :return: id of the `sale.subscription.change`, False when nothing was to be changed.
        :rtype: int
        :raise UserError: if the contract can't be changed, the line isn't one of it or the quantity
            is no number above 0 or outside an option's quota.
        """
        quantity = self._read_number(quantity)
        if quantity <= 0:
            raise UserError(
                self.env._("A quantity is above 0. To have nothing of it, remove the line.")
            )
        return self._change_line(line_id, {"quantity": quantity}, when, "quantity")

    def change_price(self, line_id, price_unit, discount=None, when="period_end"):
        """Change the price of a line.

        :param int line_id: id of any version of the line.
        :param float price_unit: price of one unit for one period, in the contract's currency.
        :param float discount: percent; None keeps the present one.
        :param when: see `change_quantity`.
        :return: id of the `sale.subscription.change`, False when nothing was to be changed.
        :rtype: int
        :raise UserError: see `change_quantity`.
        """
        values = {"price_unit": self._read_number(price_unit)}
        if discount is not None:
            values["discount"] = self._read_number(discount)
        return self._change_line(line_id, values, when, "price")

    def add_product(self, product_id, quantity=1.0, when="now"):
        """Add a recurring product, at the price list's price.

        :param int product_id: the product.
        :param float quantity: how much of it, above 0.
        :param when: see `change_quantity`.
        :return: id of the new line.
        :rtype: int
        :raise UserError: if there is no such recurring product, and see `change_quantity`.
        """
        self._begin_change()
        product = self._read_record("product.product", product_id)
        if not product or not product.recurring_invoice:
            raise UserError(
                self.env._("There is no recurring product with the id %(id)s.", id=product_id)
            )
        quantity = self._read_number(quantity)
        if quantity <= 0:
            raise UserError(self.env._("A quantity is above 0."))
        day = self._get_change_day(when, is_upgrade=True)
        values = self._prepare_added_line(product, quantity)
        line = self._add_line(values, day)
        return line.id

    def remove_line(self, line_id, when="period_end"):
        """End a line.

        :param int line_id: id of any version of the line.
        :param when: see `change_quantity`; the first day without it.
        :return: id of the `sale.subscription.change`.
        :rtype: int
        :raise UserError: see `change_quantity`.
        """
        self._begin_change()
        day = self._get_change_day(when, is_upgrade=False)
        line = self._get_changed_version(line_id, day)
        day = max(day, line.date_start)
        product = line.product_id  # the version itself may not last
        is_unused = line._is_unused(day)
        # What was never used is gone at once: there is nothing to withdraw later.
        since = self._get_today() if is_unused else day
        change = self._create_change("remove", since, self._describe_removal(line))
        prorate = self._is_prorated(is_upgrade=False)
        with self._writing_lines_together():
            if is_unused:
                line._drop_unused()
            else:
                line._cut_off_later(change, prorate)
                self.write({"line_ids": line._prepare_end(day, change, prorate)})
            self._finish_change(change)
        self._check_quotas(product, day)
        return change.id

    # === BUSINESS METHODS - CHANGING === #
    def _begin_change(self):
        """Check rights and state, and keep billing away meanwhile.

        :raise UserError: if the contract can't be changed now.
        """
        self._check_one()
        self.check_access("write")
        self._check_operation("change")
        self._lock_against_billing()

    def _change_line(self, line_id, values, when, kind):
        """Let another version of a line go on from a day.

        :param int line_id: id of any version of the line.
        :param dict values: what is different.
        :param when: see `change_quantity`.
        :param str kind: 'quantity' or 'price'.
        :return: id of the change, False when nothing was to be changed.
        :rtype: int | bool
        """
        self._begin_change()
        line = self._get_changed_version(line_id, None)
        is_upgrade = line._is_raised_by(values)
        day = self._get_change_day(when, is_upgrade)
        line = self._get_changed_version(line_id, day)
        # One that begins later can't be different before.
        day = max(day, line.date_start)
        if not any(line._is_changed_by(name, value) for name, value in values.items()):
            return False
        product = line.product_id  # the version itself may not last
        change = self._create_change(kind, day, self._describe_line_change(line, values, kind))
        prorate = line._is_prorated_by(values, day)
        with self._writing_lines_together():
            self.write({"line_ids": line._prepare_replacement(day, values, change, prorate)})
            self._finish_change(change, prorate)
        if "quantity" in values:
            self._check_quotas(product, day)
        return change.id

    def _add_line(self, values, day, order=None):
        """Add a line from a day on, as a change.

        :param dict values: values of a `sale.subscription.line`.
        :param date day: first day of service.
        :param order: the `sale.order` that brings it.
        :rtype: sale.subscription.line
        """
        product = self.env["product.product"].browse(values["product_id"])
        quantity = values.get("quantity", 1.0)
        change = self._create_change("add", day, self._describe_addition(product, quantity), order)
        values = {**self._get_plan_terms(day), **values, "change_id": change.id, "date_start": day}
        with self._writing_lines_together():
            line = self.env["sale.subscription.line"].create({**values, "subscription_id": self.id})
            if self.state != "draft":
                self._settle_addition(line, day)
            self._continue_in_later_plans(line)
            self._finish_change(change)
        self._check_quotas(product, day)
        return line

    def _settle_addition(self, line, day):
        """Decide from when an added line is charged: what is paid already isn't charged again.

        :param line: the `sale.subscription.line` added.
        :param date day: its first day.
        """
        self.ensure_one()
        prorate = line._is_prorated_by({}, day)
        if line._get_paid_version(day):
            start, commands = line._prepare_paid_from(day, prorate)
            self.write(
                {"line_ids": [*commands, Command.update(line.id, {"charge_start_date": start})]}
            )
        elif not prorate:
            line.charge_start_date = line._get_boundary_from(day)

    def _prepare_added_line(self, product, quantity):
        """Return the values of the line that delivers an added product.

        :rtype: dict
        """
        option = self.option_ids.filtered(lambda o: o.product_id == product)
        if option:
            return option._prepare_subscription_line(quantity)
        return {"product_id": product.id, "quantity": quantity, "sequence": 100}

    def _create_change(self, kind, day, description, order=None):
        """Write down a change that is about to be made.

        :rtype: sale.subscription.change
        """
        # sudo: changes are written by these methods only.
        return (
            self.env["sale.subscription.change"]
            .sudo()
            .create(
                {
                    "subscription_id": self.id,
                    "kind": kind,
                    # A draft is simply edited: there is nothing to withdraw later.
                    "date_effective": self._get_today() if self.state == "draft" else day,
                    "description": description,
                    # What it is without the change; `_finish_change` adds what it is with it.
                    "mrr_change": -self._get_rounded_mrr(day),
                    "user_id": self.env.uid,
                    "order_id": order.id if order else False,
                }
            )
        )

    def _finish_change(self, change, prorate=True):
        """Let later versions follow, tell the chatter and keep what the change does to MRR.

        :param change: the `sale.subscription.change` made.
        :param bool prorate: whether it is charged and credited by days.
        :return: id of the change.
        :rtype: int
        """
        self.line_ids._settle_terms(change, prorate)
        self._update_next_invoice_date()
        change.mrr_change += self._get_rounded_mrr(change.date_effective)
        if self.state != "draft":
            self.message_post(
                body=self.env._(
                    "From %(date)s: %(change)s (MRR %(mrr)s)",
                    date=format_date(self.env, change.date_effective),
                    change=change.description,
                    mrr=self._format_signed(change.mrr_change),
                )
            )
        return change.id

    # === GETTERS === #
    def _get_change_day(self, when, is_upgrade):
        """Return the day a change takes effect.

        :param when: see `change_quantity`.
        :param bool is_upgrade: whether the contract gets dearer.
        :rtype: date
        """
        self.ensure_one()
        if when == "policy":
            when = self._get_policy_when(is_upgrade)
        day = self._get_effective_date(when)
        if self.state == "draft":
            return self.date_start
        end = self._get_service_end()
        if end and day >= end:
            raise UserError(
                self.env._(
                    "The contract ends on %(date)s: nothing can be changed from then on.",
                    date=format_date(self.env, end),
                )
            )
        return max(day, self.date_start)

    def _get_policy_when(self, is_upgrade):
        """Return when the template lets changes take effect.

        :rtype: str
        """
        template = self.template_id
        return template.upgrade_when if is_upgrade else template.downgrade_when

    def _get_changed_version(self, line_id, day):
        """Return the version of a line to change.

        :param int line_id: id of any version of the line.
        :param date day: the day of the change; None: today.
        :rtype: sale.subscription.line
        :raise UserError: if it isn't a line of this contract, or ended.
        """
        line = self._read_record("sale.subscription.line", line_id)
        if not line or line.subscription_id != self:
            raise UserError(
                self.env._(
                    "%(contract)s has no line with the id %(id)s.",
                    contract=self.name,
                    id=line_id,
                )
            )
        day = day or max(self._get_today(), self.date_start)
        version = line._get_version_on(day)
        if not version:
            raise UserError(
                self.env._(
                    "“%(line)s” has ended by then: add it anew.",
                    line=line.product_id.display_name,
                )
            )
        return version

    def _get_rounded_mrr(self, day):
        """Return the MRR on a day, as the log rounds it.

        :rtype: float
        """
        return self.currency_id.round(float(self._get_exact_mrr(day)))

    def _format_signed(self, amount):
        """Format an amount with its sign.

        :rtype: str
        """
        text = formatLang(self.env, abs(amount), currency_obj=self.currency_id)
        return f"−{text}" if amount < 0 else f"+{text}"

    # === TEXTS === #
    def _describe_line_change(self, line, values, kind):
        """Return what becomes of a line, in a sentence.

        :rtype: str
        """
        product = line.product_id.display_name
        if kind == "quantity":
            return self.env._(
                "%(product)s: quantity %(before)s → %(after)s",
                product=product,
                before=formatLang(self.env, line.quantity, dp="Product Unit"),
                after=formatLang(self.env, values["quantity"], dp="Product Unit"),
            )
        return self.env._(
            "%(product)s: price %(before)s → %(after)s",
            product=product,
            before=self._format_price(line.price_unit, line.discount),
            after=self._format_price(
                values.get("price_unit", line.price_unit), values.get("discount", line.discount)
            ),
        )

    def _format_price(self, price_unit, discount):
        """Format a price with its discount, if it has one.

        :rtype: str
        """
        price = formatLang(self.env, price_unit, currency_obj=self.currency_id)
        if not discount:
            return price
        return self.env._(
            "%(price)s less %(discount)s %%",
            price=price,
            discount=formatLang(self.env, discount, dp="Discount"),
        )

    def _describe_addition(self, product, quantity):
        return self.env._(
            "%(product)s: %(quantity)s added",
            product=product.display_name,
            quantity=formatLang(self.env, quantity, dp="Product Unit"),
        )

    def _describe_removal(self, line):
        return self.env._("%(product)s: removed", product=line.product_id.display_name)

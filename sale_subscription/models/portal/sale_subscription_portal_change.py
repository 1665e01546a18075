from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, float_round
from odoo.tools.misc import format_date, formatLang

# More than this of one product is a typing error, or a matter for the salesperson.
MAX_PORTAL_QUANTITY = 100_000


class SaleSubscription(models.Model):
    """What customers may change by themselves: the rows of the form, and reading what they want.

    A row is a dict: `key` (name of its input), `name`, `lines` (the versions in force that deliver
    it), `option` (empty for what is no option), `quantity` (now), `minimum`, `maximum`, `step`,
    `uom`, `price` (of one unit for one period), `is_fixed` (nothing to be changed here) and `note`
    (why, or the quota, in words).
    """

    _inherit = "sale.subscription"

    portal_revision = fields.Integer(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="How often customers did something with the contract by themselves.",
    )

    # === THE FORM === #
    def _get_portal_rows(self):
        """Return what the form lists: base lines, then the options that can be had.

        :return: rows, see the class.
        :rtype: list[dict]
        """
        self.ensure_one()
        lines = self._get_priced_lines()._sort_by_agreement()
        options = self.option_ids.sorted(lambda option: (option.sequence, option.id))
        rows = [
            self._prepare_line_row(line)
            for line in lines
            if line.product_id not in options.product_id
        ]
        for option in options:
            delivered = lines.filtered(lambda li, option=option: li.product_id == option.product_id)
            product = option.product_id
            is_sold = product.active and product.sale_ok
            if delivered or (option.portal_access != "restricted" and is_sold):
                rows.append(self._prepare_option_row(option, delivered))
        return rows

    def _prepare_line_row(self, line):
        """Return the row of a line that is no option: customers keep at least one of it.

        :param line: the version in force.
        :rtype: dict
        """
        row = self._prepare_row(f"line_{line.id}", line.product_id, line)
        access = self.template_id.portal_access
        row["minimum"] = row["quantity"] if access == "upgrade" else min(1.0, row["quantity"])
        return self._close_row(row, access)

    def _prepare_option_row(self, option, lines):
        """Return the row of an option, had or not.

        :param option: the `sale.subscription.option`.
        :param lines: the versions in force that deliver it.
        :rtype: dict
        """
        row = self._prepare_row(f"option_{option.id}", option.product_id, lines)
        row.update(
            option=option,
            uom=option.uom_id,
            maximum=option.max_quantity or row["maximum"],
        )
        if not lines:
            quantity = option.min_quantity or 1.0
            row["price"] = self._get_added_price(option.product_id, quantity, self.plan_id)
        if option.portal_access == "upgrade":
            row["minimum"] = row["quantity"]
        elif lines:
            row["minimum"] = option.min_quantity
        row["note"] = self._describe_quota(row)
        return self._close_row(row, option.portal_access)

    def _prepare_row(self, key, product, lines):
        """Return what rows have in common."""
        return {
            "key": key,
            "product": product,
            "name": product._get_customer_name(),
            "lines": lines,
            "option": self.env["sale.subscription.option"],
            "quantity": sum(lines.mapped("quantity")),
            "minimum": 0.0,
            "maximum": MAX_PORTAL_QUANTITY,
            "uom": lines[:1].uom_id or product.uom_id,
            "price": lines[:1].price_unit * (100 - lines[:1].discount) / 100,
            "is_fixed": False,
            "note": False,
        }

    def _close_row(self, row, access):
        """Say in which steps a row can be changed, or why it can't.

        :param str access: a key of `const.PORTAL_ACCESS`.
        :rtype: dict
        """
        numbers = (row["quantity"], row["minimum"], row["option"].min_quantity)
        is_whole = all(float(number).is_integer() for number in numbers)
        row["step"] = 1.0 if is_whole else row["uom"].rounding
        row["access"] = access
        row["price_text"] = self._describe_portal_price(row)
        row["less"] = self.env._("Less of %s", row["name"])
        row["more"] = self.env._("More of %s", row["name"])
        if access == "restricted":
            row.update(is_fixed=True, note=self.env._("To change it, please ask us."))
        for line in row["lines"]:
            if scheduled := self._describe_scheduled(line):
                row.update(is_fixed=True, note=scheduled)
        return row

    def _describe_portal_price(self, row):
        """Return what one unit costs.

        :rtype: str
        """
        values = {
            "price": self._format_amount(row["price"]),
            "period": (row["lines"][:1].plan_id or self.plan_id).period_label,
            "unit": row["uom"].name,
        }
        if row["uom"] == row["product"].uom_id:
            return self.env._("%(price)s per %(period)s", **values)
        return self.env._("%(price)s per %(period)s and %(unit)s", **values)

    def _describe_quota(self, row):
        """Return how much of an option can be had; where it is only raised, no less than now.

        :param dict row: see the class.
        :rtype: str | bool
        """
        lowest = max(row["minimum"], row["option"].min_quantity)
        highest = row["option"].max_quantity
        minimum = self._format_portal_quantity(lowest)
        maximum = self._format_portal_quantity(highest)
        if highest and row["minimum"] >= highest:  # no more of it, whatever less there may be
            return self.env._("At most %s.", maximum)
        if lowest and highest:
            return self.env._("From %(minimum)s to %(maximum)s.", minimum=minimum, maximum=maximum)
        if highest:
            return self.env._("At most %s.", maximum)
        return bool(lowest) and self.env._("At least %s.", minimum)

    def _describe_scheduled(self, line):
        """Return what is agreed already about the quantity of a line, for later.

        :rtype: str | bool
        """
        versions = self._get_later_versions(line, line.date_start)
        for version in versions:
            if float_compare(version.quantity, line.quantity, precision_digits=9):
                return self.env._(
                    "Changes to %(quantity)s on %(date)s; until then it stays as it is.",
                    quantity=formatLang(self.env, version.quantity, dp="Product Unit"),
                    date=format_date(self.env, version.date_start),
                )
        end = (versions[-1:] or line).date_end
        return bool(end) and self.env._("Ends on %(date)s.", date=format_date(self.env, end))

    def _get_later_versions(self, line, day):
        """Return the versions of a line that begin after a day, the next one first.

        :rtype: sale.subscription.line
        """
        return line._get_chain().filtered(
            lambda version: (
                version.date_start > day
                and (not version.date_end or version.date_end >= version.date_start)
            )
        )

    def _get_portal_plan_rows(self):
        """Return the plans the form offers, the present one first.

        :return: dicts with `plan`, `price_text` (a period's price, taxes included) and
            `is_current`; empty where there is nothing to choose.
        :rtype: list[dict]
        """
        self.ensure_one()
        plans = self._get_portal_plans()
        if not plans or self._get_scheduled_plan_change():
            return []
        return [
            {
                "plan": plan,
                "price_text": self.env._(
                    "%(price)s per %(period)s",
                    price=self._format_amount(self._get_total_in_plan(plan)),
                    period=plan.period_label,
                ),
                "is_current": plan == self.plan_id,
            }
            for plan in self.plan_id | plans
        ]

    def _get_scheduled_plan_change(self):
        """Return the change to another plan whose day hasn't come.

        :rtype: sale.subscription.change
        """
        # sudo: changes are for employees; only whether there is one matters.
        return self.sudo().scheduled_change_ids.filtered(lambda change: change.kind == "plan")

    def _get_total_in_plan(self, plan):
        """Return what a period costs, taxes included, if today's lines had another plan.

        :rtype: float
        """
        base_lines = []
        today = self._get_today()
        for line in self._get_priced_lines():
            price = line.price_unit
            if plan != line.plan_id:
                price = line._prepare_plan_values(plan, today)["price_unit"]
            base_lines.append(line._prepare_base_line_for_taxes_computation(price_unit=price))
        return self._get_tax_totals_of(base_lines)["total_amount_currency"]

    # === READING WHAT IS WANTED === #
    def _read_portal_wish(self, raw):
        """Read what the customer chose; what stays as it is isn't mentioned.

        :param dict raw: name of an input (`line_<id>`, `option_<id>`, `plan_id`) → what came in.
        :return: `[(row, quantity)]` and the other plan, if one was chosen.
        :rtype: tuple[list, sale.subscription.plan]
        :raise UserError: if something isn't possible, in words for the customer.
        """
        rows = {row["key"]: row for row in self._get_portal_rows()}
        wanted = []
        left = {key: row["quantity"] for key, row in rows.items()}
        for key, value in raw.items():
            if key == "plan_id":
                continue
            row = rows.get(key)
            if not row:
                raise UserError(
                    self.env._(
                        "Something you chose isn't part of your subscription. Please reload the "
                        "page."
                    )
                )
            quantity = self._read_number(value)
            if float_compare(quantity, row["quantity"], precision_digits=9) == 0:
                continue
            self._check_portal_quantity(row, quantity)
            wanted.append((row, quantity))
            left[key] = quantity
        if wanted and not any(left.values()):
            raise UserError(
                self.env._("Something has to stay. To end all of it, close the subscription.")
            )
        return wanted, self._read_portal_plan(raw.get("plan_id"))

    def _check_portal_quantity(self, row, quantity):
        """Refuse a quantity that customers can't choose by themselves.

        :param dict row: see the class.
        :param float quantity: what they want.
        :raise UserError: saying what is possible.
        """
        names = {"product": row["name"]}
        quota = max(row["minimum"], row["option"].min_quantity)
        if row["is_fixed"]:
            raise UserError(self.env._("%(product)s can't be changed here.", **names))
        if row["access"] == "upgrade" and quantity < row["quantity"]:
            raise UserError(
                self.env._(
                    "%(product)s can be raised here, but not lowered. Please ask us.", **names
                )
            )
        if quantity < row["minimum"] or (quantity and quantity < quota):
            minimum = formatLang(self.env, quota, dp="Product Unit")
            raise UserError(
                self.env._("%(product)s: at least %(minimum)s.", minimum=minimum, **names)
            )
        if quantity > row["maximum"]:
            maximum = formatLang(self.env, row["maximum"], dp="Product Unit")
            raise UserError(
                self.env._("%(product)s: at most %(maximum)s.", maximum=maximum, **names)
            )
        rounded = float_round(quantity, precision_rounding=row["step"])
        if float_compare(quantity, rounded, precision_digits=9):
            raise UserError(
                self.env._("%(product)s: please choose a whole number.", **names)
                if row["step"] == 1
                else self.env._("%(product)s: that is too small a part of it.", **names)
            )

    def _read_portal_plan(self, value):
        """Return the plan the customer switches to; empty for the present one.

        :param value: what came in as its id.
        :rtype: sale.subscription.plan
        :raise UserError: if it isn't one of those offered.
        """
        plan_id = self._read_portal_id(value)
        if plan_id == self.plan_id.id or value in (None, False, ""):
            return self.plan_id.browse()
        for row in self._get_portal_plan_rows():
            if row["plan"].id == plan_id:
                return row["plan"]
        raise UserError(self.env._("Your subscription can't switch to this plan."))

    def _read_portal_id(self, value):
        """Return an id that came in from a form as text, None for anything else.

        :rtype: int | None
        """
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 11:
            value = int(value)
        return self._to_id(value)

    # === WHAT IS TO BE DONE === #
    def _prepare_portal_changes(self, wanted, plan):
        """Return what is to be done, what holds earlier first.

        :param list wanted: see `_read_portal_wish`, as is `plan`.
        :return: see `_make_changes`.
        :rtype: list
        :raise UserError: if the contract can't be changed on those days.
        """
        plan_day = plan and self._get_change_day("policy", self._is_plan_upgrade(plan))
        prepared = [
            operation
            for row, quantity in wanted
            for operation in self._prepare_row_changes(row, quantity, plan_day)
        ]
        operations = [o for o in prepared if o[0] != "change_quantity"]
        if plan:
            operations.append(("change_plan", {"plan_id": plan.id}, plan_day))
        operations += [o for o in prepared if o[0] == "change_quantity"]
        return sorted(operations, key=lambda operation: operation[2])

    def _prepare_row_changes(self, row, quantity, plan_day):
        """Return what brings one row to another quantity.

        :param dict row: see the class.
        :param float quantity: the quantity wanted.
        :param plan_day: first day of another plan; False without one.
        :return: see `_make_changes`.
        :rtype: list
        """
        is_upgrade = quantity > row["quantity"]
        day = self._get_change_day("policy", is_upgrade)
        if plan_day and not is_upgrade:
            day = plan_day  # nothing of the new plan is invoiced yet
        if not row["lines"]:
            return [("add_product", {"product_id": row["product"].id, "quantity": quantity}, day)]
        operations, difference = [], quantity - row["quantity"]
        for line in reversed(row["lines"]):
            if not difference:
                break
            # The first version is there whatever happens to the others.
            line_id = line._get_first_version().id
            wanted = line.quantity + difference
            if wanted <= 0:
                operations.append(("remove_line", {"line_id": line_id}, day))
            else:
                days = [day, *self._get_later_versions(line, day).mapped("date_start")]
                arguments = {"line_id": line_id, "quantity": wanted}
                operations += [("change_quantity", arguments, start) for start in days]
            difference = min(wanted, 0.0)
        return operations

    # === TIME === #
    def _get_last_day(self, day):
        """Return the day before one, as customers read ends; False for no day.

        :rtype: date | bool
        """
        return day and day - timedelta(days=1)

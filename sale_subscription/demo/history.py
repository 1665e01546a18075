"""Eighteen months of history, made by the engine itself: the story is told in `story`."""

from datetime import datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Date

from .payments import Payments
from .story import STORY

MONTHS = 18

# Euros per dollar at the first of each month, the current one last.
EURO_RATES = (
    0.921, 0.926, 0.918, 0.913, 0.902, 0.897, 0.909, 0.922, 0.938, 0.951,
    0.962, 0.957, 0.944, 0.931, 0.919, 0.908, 0.899, 0.893, 0.888, 0.891,
)  # fmt: skip

# Nothing of the past is announced to anybody: no tracking, no followers, no notifications.
QUIET = {
    "tracking_disable": True,
    "mail_activity_quick_update": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notify_force_send": False,
    "mail_post_autofollow": False,
}


class SaleSubscriptionDemo(models.AbstractModel):
    """Only used while demo data are installed; nothing else calls it."""

    _name = "sale.subscription.demo"
    _description = "Subscription Demo Data"

    @api.model
    def _load_history(self):
        """Live through the last eighteen months: sign, bill, change, pause, close, get paid.

        :return: None
        """
        History(self.with_context(**QUIET).env).play()


class History:
    """The story, played in order of time; every step gets its date as an argument."""

    def __init__(self, env):
        self.env = env
        self.today = env.company._get_subscription_today()
        self.contracts = {}
        self.payments = Payments(env)

    def play(self):
        """Play month by month: what happened, what fell due, what was paid."""
        self._load_rates()
        steps = self._get_steps()
        for month_end in self._get_month_ends():
            while steps and steps[0][0] <= month_end:
                day, agreement, what, arguments = steps.pop(0)
                getattr(self, f"_{what}")(agreement, day, **arguments)
            self._renew(month_end)
            self._bill(self.env["sale.subscription"].union(*self.contracts.values()), month_end)
            self.payments.register(month_end, everybody=month_end == self.today)
        for day, agreement, what, arguments in steps:
            getattr(self, f"_{what}")(agreement, day, **arguments)
        self._finish()

    # === TIME === #
    def _get_date(self, ago):
        """Return a date given as days or as a `relativedelta` ago."""
        return self.today - (ago if isinstance(ago, relativedelta) else timedelta(days=ago))

    def _get_month_ends(self):
        """Return the last days of the past months, and today."""
        ends = [self.today + relativedelta(day=31, months=-back) for back in range(MONTHS, 0, -1)]
        return [*ends, self.today]

    def _get_steps(self):
        """Return everything that happens, oldest first: `(day, agreement, what, arguments)`."""
        steps = []
        for agreement in STORY:
            steps.append((self._get_date(agreement.start), agreement, agreement.how, {}))
            for ago, what, arguments in agreement.steps:
                steps.append((self._get_date(ago), agreement, what, arguments))
        return sorted(steps, key=lambda step: step[0])

    def _load_rates(self):
        """Let the euro float: its rates of the past months, where none is known.

        They outlive the module: after uninstalling it, it can be installed again.
        """
        euro = self.env.ref("base.EUR")
        if self.env.company.currency_id == euro:
            return
        company, Rate = self.env.company.root_id, self.env["res.currency.rate"]
        known = Rate.search([("currency_id", "=", euro.id), ("company_id", "=", company.id)])
        first = self.today + relativedelta(day=1)
        days = [first - relativedelta(months=back) for back in range(len(EURO_RATES))]
        Rate.create(
            {"currency_id": euro.id, "company_id": company.id, "name": day, "rate": rate}
            for day, rate in zip(reversed(days), EURO_RATES, strict=True)
            if day not in known.mapped("name")
        )

    # === SIGNING === #
    def _ref(self, name):
        return self.env.ref(f"sale_subscription.{name}")

    def _subscribe(self, agreement, day):
        """Make a contract from its template."""
        contract = self._ref(f"template_{agreement.template}").subscribe(
            self._ref(f"partner_{agreement.customer}").id,
            plan_id=self._ref(f"plan_{agreement.plan}").id,
            options={
                self._ref(f"product_{name}").id: quantity
                for name, quantity in agreement.products.items()
            },
            start=day,
        )
        self._sign(agreement, contract, day)

    def _draft(self, agreement, day):
        """Prepare a contract that starts in some days."""
        contract = self.env["sale.subscription"].create(
            {
                "partner_id": self._ref(f"partner_{agreement.customer}").id,
                "template_id": self._ref(f"template_{agreement.template}").id,
                "plan_id": self._ref(f"plan_{agreement.plan}").id,
                "date_start": day,
            }
        )
        self._sign(agreement, contract, min(day, self.today))

    def _quotation(self, agreement, day):
        """Send a quotation that nobody answered yet."""
        order = self._create_order(agreement, day)
        order.state = "sent"
        order.validity_date = day + timedelta(days=30)
        return order

    def _order(self, agreement, day):
        """Confirm a quotation on the day it was signed."""
        order = self._create_order(agreement, day - timedelta(days=6))
        # The contract has no start of its own then: it takes the default.
        order.with_context(default_date_start=day).action_confirm()
        order.date_order = datetime.combine(day, time(10))
        self._sign(agreement, order.subscription_ids, day)

    def _create_order(self, agreement, day):
        partner = self._ref(f"partner_{agreement.customer}")
        return self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": partner.user_id.id,
                "date_order": datetime.combine(day, time(9, 30)),
                "subscription_template_id": self._ref(f"template_{agreement.template}").id,
                "subscription_plan_id": self._ref(f"plan_{agreement.plan}").id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self._ref(f"product_{name}").id,
                            "product_uom_qty": quantity,
                        }
                    )
                    for name, quantity in agreement.products.items()
                ],
            }
        )

    def _sign(self, agreement, contract, day):
        """Remember a new contract and give it what only this customer has."""
        self.contracts[id(agreement)] = contract
        values = dict(agreement.values)
        if "journal" in values:
            values["journal_id"] = self._ref(values.pop("journal")).id
        if agreement.tags:
            values["tag_ids"] = [Command.link(self._ref(f"tag_{tag}").id) for tag in agreement.tags]
        if values:
            contract.write(values)
        if agreement.activity:
            days, summary = agreement.activity
            contract.activity_schedule(
                "mail.mail_activity_data_call",
                self.today + timedelta(days=days),
                summary=summary,
                user_id=contract.user_id.id,
            )
        if agreement.unpaid_since is not None:
            self.payments.refuse(contract, self._get_date(agreement.unpaid_since))
        self._note(contract, day, f"Contract made: {contract.template_id.name}.")

    # === BILLING === #
    def _bill(self, contracts, until):
        """Bill what is due in one go; when it fails, find the culprits as the billing job does."""
        due = contracts.filtered(
            lambda c: (
                c.state in ("active", "paused", "closed")
                and c.next_invoice_date
                and c.next_invoice_date <= until
                and not c.billing_error
            )
        )
        if not due:
            return
        try:
            with self.env.cr.savepoint():
                due.action_bill(until)
        except UserError as error:
            if len(due) == 1:
                due._handle_billing_failure(error)
                return
            middle = len(due) // 2
            self._bill(due[:middle], until)
            self._bill(due[middle:], until)

    def _renew(self, until):
        """Renew the contracts whose agreed year ended this month."""
        for contract in self.env["sale.subscription"].union(*self.contracts.values()):
            if contract.state not in ("active", "paused") or contract.close_date:
                continue
            day, before = contract.end_date, contract.message_ids
            contract._renew_if_due(until)
            for message in contract.message_ids - before:
                message.date = datetime.combine(day + timedelta(days=1), time(4))

    # === CHANGES === #
    def _prepare(self, agreement, day):
        """Return an agreement's contract, billed up to the eve of a change."""
        contract = self.contracts[id(agreement)]
        self._bill(contract, day - timedelta(days=1))
        return contract

    def _get_line(self, contract, product):
        """Return the open version of a product's line."""
        return contract.line_ids.filtered(
            lambda line: line.product_id == self._ref(f"product_{product}") and not line.date_end
        )

    def _replace(self, contract, line, day, **changes):
        """End a version and start its successor in one go."""
        values = line.copy_data(
            {"date_start": day, "date_end": False, "predecessor_id": line.id, **changes}
        )[0]
        values.pop("subscription_id")
        contract.line_ids = [
            Command.update(line.id, {"date_end": day - timedelta(days=1)}),
            Command.create(values),
        ]

    def _quantity(self, agreement, day, product, to):
        contract = self._prepare(agreement, day)
        line = self._get_line(contract, product)
        self._note(contract, day, f"{line.product_id.name}: {to:g} instead of {line.quantity:g}.")
        self._replace(contract, line, day, quantity=to)

    def _price(self, agreement, day, product, to):
        contract = self._prepare(agreement, day)
        line = self._get_line(contract, product)
        self._note(
            contract,
            day,
            f"{line.product_id.name}: new price {to:.2f}, before {line.price_unit:.2f}.",
        )
        self._replace(contract, line, day, price_unit=to)

    def _add(self, agreement, day, product, quantity=1):
        contract = self._prepare(agreement, day)
        product = self._ref(f"product_{product}")
        contract.line_ids = [
            Command.create(
                {"product_id": product.id, "quantity": quantity, "date_start": day, "sequence": 200}
            )
        ]
        self._note(contract, day, f"Added: {quantity:g} × {product.name}.")

    def _drop(self, agreement, day, product):
        contract = self._prepare(agreement, day)
        line = self._get_line(contract, product)
        line.date_end = day - timedelta(days=1)
        self._note(contract, day, f"Removed: {line.product_id.name}.")

    def _pause(self, agreement, day, until, reason):
        contract = self._prepare(agreement, day)
        until = self._get_date(until) if until is not None else None
        contract.action_pause(until=until, reason=reason, when=day)
        self._note(contract, day, f"Paused. {reason}")

    def _close(self, agreement, day, reason, message=None, when=None):
        contract = self._prepare(agreement, day)
        reason = self._ref(f"close_reason_{reason}")
        if when == "period_end":
            contract.action_close(reason.id, when=when, message=message)
        else:
            end = day if when is None else self._get_date(when)
            contract.action_close(reason.id, when="date", date=end, message=message)
            self._bill(contract, day)
        self._note(contract, day, f"Closing agreed. {reason.name}. {message or ''}")

    def _reopen(self, agreement, day):
        contract = self._prepare(agreement, day)
        contract.action_reopen()
        self._note(contract, day, "Won back with a new offer.")

    def _cancel(self, agreement, day):
        contract = self.contracts[id(agreement)]
        contract.order_ids.action_cancel()
        self._note(contract, day, "Ordered by mistake.")

    def _archive_journal(self, agreement, day):
        """The bookkeeper gives up a journal that a contract still uses."""
        contract = self._prepare(agreement, day)
        contract.journal_id.active = False

    # === END === #
    def _note(self, contract, day, text):
        """Leave a note that is dated like the step it tells of."""
        contract.message_post(
            body=text.strip(),
            author_id=(contract.user_id or self.env.user).partner_id.id,
            subtype_xmlid="mail.mt_note",
            date=datetime.combine(day, time(9 + contract.id % 8, contract.id * 7 % 60)),
        )

    def _finish(self):
        """Bring states, dates and MRR up to today, as the daily job would."""
        contracts = self.env["sale.subscription"].union(*self.contracts.values())
        contracts._apply_due_transitions()
        self._bill(contracts, Date.to_date(self.today))

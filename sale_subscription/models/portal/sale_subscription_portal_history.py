from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.misc import formatLang


class SaleSubscription(models.Model):
    """The rest of the customer's page: lines, options, changes, history and documents."""

    _inherit = "sale.subscription"

    # === CONTENT === #
    def _get_portal_title(self):
        """Return what the contract is about, by the products that are in it today.

        :rtype: str
        """
        self.ensure_one()
        names = self._get_portal_lines().product_id.mapped("name")
        return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")

    def _get_portal_lines(self):
        """Return the line versions that the customer has today, or starts with.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        return self._get_priced_lines().sorted(lambda line: (line.sequence, line.id))

    def _format_portal_quantity(self, quantity):
        """Format a quantity without decimals where it has none.

        :rtype: str
        """
        if quantity == int(quantity):
            return formatLang(self.env, quantity, digits=0)
        return formatLang(self.env, quantity, dp="Product Unit")

    def _get_portal_options(self):
        """Return what the customer may additionally have, and how much of it they have.

        :return: dicts with `option`, `quantity` (which they have) and `access` (in words).
        :rtype: list
        """
        self.ensure_one()
        lines = self._get_priced_lines()
        access = {
            "upgrade": self.env._("You may add more."),
            "upgrade_downgrade": self.env._("You may add and remove it."),
        }
        return [
            {
                "option": option,
                "quantity": sum(
                    line.quantity for line in lines if line.product_id == option.product_id
                ),
                "access": access.get(option.portal_access, ""),
            }
            for option in self.option_ids
        ]

    # === CHANGES === #
    def _get_portal_scheduled(self):
        """Return the changes whose day hasn't come.

        :return: dicts with `change`, `date`, `texts` and `is_own` (the customer may take it back).
        :rtype: list
        """
        self.ensure_one()
        own = self._get_portal_withdrawable_changes()
        return [
            {
                "change": change,
                "date": change.date_effective,
                "texts": change._get_portal_texts(),
                "is_own": change in own,
            }
            for change in self.scheduled_change_ids
        ]

    # === HISTORY === #
    def _get_portal_history(self):
        """Return what happened to the contract, the newest first.

        Chosen facts only: notes of employees, MRR and reasons stay inside.

        :return: dicts with `date`, `order` (which of a day came first), `texts` and `icon` (a Font
            Awesome class); facts about an invoice also have `invoice`.
        :rtype: list
        """
        self.ensure_one()
        facts = [
            *self._get_portal_life_facts(),
            *self._get_portal_pause_facts(),
            *self._get_portal_change_facts(),
            *self._get_portal_invoice_facts(),
        ]
        facts.sort(key=lambda fact: (fact["date"], fact["order"]), reverse=True)
        return self._join_portal_invoice_facts(facts)

    @api.model
    def _get_fact_order(self, record, step=0):
        """Return what puts facts of one day into the order in which they came about.

        Records made by one click are of the same moment: a pause ends after it began, and an
        invoice follows from what was changed.

        :param record: what the fact is about.
        :param int step: which comes later among those of one moment.
        :rtype: tuple
        """
        return (1, record.create_date, step, record.id)

    def _join_portal_invoice_facts(self, facts):
        """Let invoices in a row be one fact: what else happened must not drown among them.

        :param list facts: see `_get_portal_history`.
        :rtype: list
        """
        runs = []
        for fact in facts:
            if runs and "invoice" in fact and "invoice" in runs[-1][-1]:
                runs[-1].append(fact)
            else:
                runs.append([fact])
        joined = []
        for run in runs:
            if len(run) < 3:
                joined += run
                continue
            text = self.env._(
                "%(count)s invoices, %(first)s to %(last)s",
                count=len(run),
                first=run[-1]["invoice"].name,
                last=run[0]["invoice"].name,
            )
            joined.append({**run[0], "texts": [text]})
        return joined

    def _get_portal_life_facts(self):
        today = self._get_today()
        facts = []
        if self.state not in ("draft", "cancelled") and self.date_start <= today:
            facts.append(
                {
                    "date": self.date_start,
                    "order": (0,),  # before whatever else happened on its day
                    "texts": [self.env._("The contract started.")],
                    "icon": "fa-play",
                }
            )
        if self.state == "closed" and self.close_date:
            last_day = self.close_date - timedelta(days=1)
            facts.append(
                {
                    "date": max(last_day, self.date_start),
                    "order": (2,),  # after it
                    "texts": [self.env._("The contract ended.")],
                    "icon": "fa-stop",
                }
            )
        return facts

    def _get_portal_pause_facts(self):
        today = self._get_today()
        facts = []
        for pause in self.pause_ids:
            if pause.date_from <= today:
                facts.append(
                    {
                        "date": pause.date_from,
                        "order": self._get_fact_order(pause),
                        "texts": [self.env._("The contract was paused.")],
                        "icon": "fa-pause",
                    }
                )
            if pause.date_until and pause.date_until <= today:
                facts.append(
                    {
                        "date": pause.date_until,
                        "order": self._get_fact_order(pause, 1),
                        "texts": [self.env._("The contract went on.")],
                        "icon": "fa-play",
                    }
                )
        return facts

    def _get_portal_change_facts(self):
        return [
            {
                "date": change.date_effective,
                "order": self._get_fact_order(change, 2),
                "texts": change._get_portal_texts(),
                "icon": "fa-pencil",
            }
            for change in self.change_ids
            if change.state == "done"
        ]

    def _get_portal_invoice_facts(self):
        facts = []
        for move in self._get_portal_invoices():
            terms = {"name": move.name, "amount": move.currency_id.format(move.amount_total)}
            text = (
                self.env._("Credit note %(name)s over %(amount)s", **terms)
                if move.move_type == "out_refund"
                else self.env._("Invoice %(name)s over %(amount)s", **terms)
            )
            fact = {
                "date": move.invoice_date,
                "order": self._get_fact_order(move, 3),
                "texts": [text],
                "icon": "fa-file-text-o",
            }
            if move.move_type == "out_invoice":
                fact["invoice"] = move
            facts.append(fact)
        return facts

    # === DOCUMENTS === #
    def _get_portal_orders(self):
        """Return the contract's orders, and the quotations that were sent to the customer.

        :rtype: sale.order
        """
        self.ensure_one()
        return self.env["sale.order"].search(
            (Domain("subscription_ids", "in", self.ids) & Domain("state", "=", "sale"))
            | (
                Domain("subscription_origin_id", "=", self.id)
                & Domain("state", "in", ("sent", "sale"))
            ),
            order="date_order desc, id desc",
        )

    def _get_portal_invoices(self):
        """Return the contract's posted invoices and credit notes, the newest first.

        :rtype: account.move
        """
        self.ensure_one()
        return self.invoice_ids.filtered(lambda move: move.state == "posted").sorted(
            lambda move: (move.invoice_date, move.id), reverse=True
        )

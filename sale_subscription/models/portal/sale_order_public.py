from odoo import api, fields, models
from odoo.fields import Command


class SaleOrder(models.Model):
    """Orders that visitors made by themselves on the public page of a template."""

    _inherit = "sale.order"

    is_self_subscription = fields.Boolean(
        string="Self-Subscription",
        readonly=True,
        copy=False,
        index=True,
        help="The customer made this order on the public page of the contract template.",
    )
    self_subscription_key = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Tells the visits of the public page apart, so that none makes two orders.",
    )

    _self_subscription_key_uniq = models.UniqueIndex(
        "(self_subscription_key) WHERE self_subscription_key IS NOT NULL",
        "This order exists already.",
    )

    # === BUSINESS METHODS === #
    @api.model
    def _find_self_subscription(self, key):
        """Return the order made under a key.

        :param str key: see `_create_public_order`.
        :return: the order (sudo), empty when there is none.
        :rtype: sale.order
        """
        if not key:
            return self.sudo().browse()
        # sudo: the key is known to the session that made the order, and to nobody else.
        return self.sudo().search([("self_subscription_key", "=", key)], limit=1)

    def _can_visitor_change(self):
        """Tell whether who made the order on the public page may still choose something else.

        :rtype: bool
        """
        self.ensure_one()
        is_paying = self.transaction_ids.filtered(
            lambda tx: tx.state in ("pending", "authorized", "done")
        )
        return (
            self.is_self_subscription
            and self.state in ("draft", "sent")
            and not self.is_expired
            and not is_paying
            and not self._is_being_paid_by_card()
        )

    def _update_public_order(self, partner, plan, quantities, address=None):
        """Put another choice into the order that a visitor made before.

        A signature under something else is taken back.

        :param partner: the customer (`res.partner`).
        :param plan: the plan (`sale.subscription.plan`).
        :param dict quantities: option record → quantity.
        :param address: see `sale.subscription.template._prepare_public_order`.
        """
        self.ensure_one()
        template = self.subscription_template_id.with_company(self.company_id)
        values = template._prepare_public_order(partner, plan, quantities, address or partner)
        values["order_line"].insert(0, Command.clear())
        # Who looks after the order may have changed meanwhile, and stays.
        for name in ("company_id", "user_id", "team_id"):
            values.pop(name, None)
        self.write({**values, "signature": False, "signed_by": False, "signed_on": False})
        self._set_public_confirmation()

    def _set_public_confirmation(self):
        """Let the customer confirm by paying or saving a card; where that can't be, by signing."""
        self.ensure_one()
        wants_money = self._is_card_required() or bool(self._get_due_first()["total"])
        pays = wants_money and self._is_online_payment_possible()
        template = self.subscription_template_id
        self.write(
            {
                "require_payment": pays,
                "prepayment_percent": 1.0,
                "require_signature": template.public_signature or not pays,
            }
        )

    def _is_online_payment_possible(self):
        """Tell whether some provider takes what is due first, or the card that is wanted.

        :rtype: bool
        """
        self.ensure_one()
        due = self._get_due_first()["total"]
        # sudo: visitors may not read providers; whether there is one is no secret.
        providers = (
            self.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(
                self.company_id.id,
                self.partner_id.id,
                due,
                currency_id=self.currency_id.id,
                force_tokenization=self._is_card_required(),
                is_validation=not due,
                sale_order_id=self._origin.id or None,
            )
        )
        return bool(providers)

    def _get_confirmation_template(self):
        """Override of `sale`: who subscribed by themselves gets the link to their contract."""
        self.ensure_one()
        template = self.is_self_subscription and self.env.ref(
            "sale_subscription.mail_template_self_subscription", raise_if_not_found=False
        )
        return template or super()._get_confirmation_template()

    # === GETTERS === #
    def _get_next_payment(self):
        """Return what follows after what is due first, when the order is confirmed today.

        :return: `date` and `total` in the order's currency; False when nothing follows.
        :rtype: dict | bool
        """
        self.ensure_one()
        lines = self._get_recurring_lines()
        template, plan = lines.subscription_template_id[:1], lines.subscription_plan_id[:1]
        if not plan or (template.trial_days and template.trial_end_action == "close"):
            return False
        schedule = self._get_first_schedule(template, plan)
        start, today = schedule["start"], schedule["today"]
        is_later = schedule["timing"] == "advance" and start > today
        day = start if is_later else schedule["recurrence"].period_containing(start)[1]
        base_lines = []
        for line in lines:
            first = line._get_first_base_lines(schedule)
            base_lines += line._get_first_base_lines({**schedule, "today": day})[len(first) :]
        if not base_lines:
            return False
        if not any(line._get_first_base_lines(schedule) for line in lines):
            # What is sold once waits for the first invoice.
            base_lines += [
                line._prepare_base_line_for_taxes_computation()
                for line in self._get_one_time_lines()
                if line.product_id.invoice_policy != "delivery"
            ]
        return {"date": day, "total": self._sum_base_lines(base_lines)["total"]}

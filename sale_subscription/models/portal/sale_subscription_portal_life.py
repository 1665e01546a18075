from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

CLOSE_ACTIVITY = "sale_subscription.mail_activity_type_close"
CLOSE_MAIL = "sale_subscription.mail_template_portal_close"
# Later closings are typing errors, or wait until then.
MAX_CLOSE_AHEAD = timedelta(days=732)


class SaleSubscription(models.Model):
    """Pausing, resuming, renewing and closing by the customer.

    Pausing, resuming and closing are steps: a page says in words what the step means for service
    and money, and the customer confirms exactly that. Each has `_read_portal_<step>`,
    `_describe_portal_<step>` and `_do_portal_<step>`.
    """

    _inherit = "sale.subscription"

    # === STEPS === #
    def _preview_portal_step(self, step, raw):
        """Tell what a step would do; writes nothing.

        :param str step: 'pause', 'resume' or 'close'.
        :param dict raw: what came in from the form.
        :return: `problem` (in words, or False), `effect` (sentences) and `fingerprint`.
        :rtype: dict
        """
        self.ensure_one()
        try:
            arguments = getattr(self, f"_read_portal_{step}")(raw)
            effect = getattr(self, f"_describe_portal_{step}")(arguments)
        except UserError as error:
            return {"problem": str(error), "effect": []}
        fingerprint = self._get_portal_fingerprint(step, effect)
        return {"problem": False, "effect": effect, "fingerprint": fingerprint}

    def _confirm_portal_step(self, step, raw, fingerprint):
        """Take a step as the customer chose and saw.

        :param str step: see `_preview_portal_step`, as is `raw`.
        :param str fingerprint: of what the customer confirmed.
        :return: the sentence that tells it, and the invoices made.
        :rtype: tuple[str, account.move]
        :raise UserError: if it isn't possible (any more), or means something else by now.
        """
        self._lock_for_portal()
        panel = self._preview_portal_step(step, raw)
        if panel["problem"]:
            raise UserError(panel["problem"])
        self._check_portal_fingerprint(panel, fingerprint)
        arguments = getattr(self, f"_read_portal_{step}")(raw)
        result = getattr(self, f"_do_portal_{step}")(arguments, raw)
        self._count_portal_operation()
        return result

    def _get_portal_step_defaults(self, step):
        """Return what a step's form proposes.

        :param str step: see `_preview_portal_step`.
        :rtype: dict
        """
        today = self._get_today()
        if step == "pause":
            latest = self._get_portal_pause_limit("now")
            month = fields.Date.add(today, months=1)
            until = min(month, latest) if latest else False
            return {"when": "now", "until": until and until.isoformat()}
        if step == "close" and self.template_id.closable == "date":
            return {"date": self._get_period_end().isoformat()}
        return {}

    def _say_for_customer(self, *sentences):
        """Write a message of the customer, who did something on the portal, to the salesperson.

        :param sentences: what was done, and the customer's own words.
        """
        body = Markup().join(Markup("<p>%s</p>") % text for text in sentences if text)
        self.message_post(body=body, message_type="comment", subtype_xmlid="mail.mt_comment")

    # === PAUSING === #
    def _read_portal_pause(self, raw):
        """Read until when and why the contract is to pause.

        :param dict raw: `when`, `until` and `reason`.
        :return: arguments of `action_pause`.
        :rtype: dict
        :raise UserError: if the dates aren't possible, in words for the customer.
        """
        if raw.get("when") not in ("now", "period_end"):
            raise UserError(self.env._("Choose when the pause begins."))
        start = self._get_effective_date(raw["when"])
        until = self._read_date(raw.get("until") or None)
        latest = self._get_portal_pause_limit(raw["when"])
        if latest and not until:
            raise UserError(self.env._("Choose the day on which your subscription goes on."))
        if until and until <= start:
            raise UserError(self.env._("A pause must end after it begins."))
        if latest and until > latest:
            raise UserError(
                self.env._("You can pause until %s at most.", format_date(self.env, latest))
            )
        end = self._get_service_end()
        if end and start >= end:
            raise UserError(self.env._("Your subscription ends before that."))
        reason = self._read_text(raw.get("reason"), self.env._("Reason"))
        return {"when": raw["when"], "until": until, "reason": reason or None}

    def _get_portal_pause_limit(self, when):
        """Return the last day on which a pause must end.

        :param str when: 'now' or 'period_end'.
        :rtype: date | None
        """
        days = self.template_id.portal_pause_max_days
        return self._get_effective_date(when) + timedelta(days=days) if days else None

    def _describe_portal_pause(self, arguments):
        start = format_date(self.env, self._get_effective_date(arguments["when"]))
        if arguments["until"]:
            rest = self.env._(
                "Your subscription rests from %(start)s on and goes on by itself on %(end)s.",
                start=start,
                end=format_date(self.env, arguments["until"]),
            )
        else:
            rest = self.env._(
                "Your subscription rests from %s on, until you let it go on again.", start
            )
        return [rest, self._describe_pause_effect(**arguments)]

    def _do_portal_pause(self, arguments, raw):
        rest = self._describe_portal_pause(arguments)[0]
        self.action_pause(**arguments)
        self._say_for_customer(self.env._("Paused on the portal."), rest, arguments["reason"])
        return rest, self.env["account.move"]

    # === RESUMING === #
    def _read_portal_resume(self, raw):
        return {}

    def _describe_portal_resume(self, arguments):
        return [self._describe_resume_effect()]

    def _do_portal_resume(self, arguments, raw):
        self.action_resume()
        text = self.env._("Your subscription goes on.")
        self._say_for_customer(self.env._("Resumed on the portal."))
        return text, self._bill_for_portal()

    # === RENEWING === #
    def _is_renewal_near(self):
        """Tell whether the agreed end is near enough to renew by hand.

        :rtype: bool
        """
        self.ensure_one()
        days = self.template_id.renewal_notice_days
        # sudo: customers can't read the mark, but may act on it.
        if not days or self.sudo().to_renew:
            return True
        return self._get_today() >= self.end_date - timedelta(days=days)

    def _renew_for_portal(self):
        """Return the quotation with which the customer renews the contract.

        One that was sent, or that the customer opened before, is used again.

        :rtype: sale.order
        :raise UserError: if a salesperson is preparing one, and see `action_renew`.
        """
        self._lock_for_portal()
        order = self._get_open_renewal()
        if order.is_expired:
            # What was offered for a time is over; what the contract costs is offered anew.
            order.sudo()._action_cancel()  # sudo: customers can't write orders
            order = order.browse()
        if order.state == "draft":
            raise UserError(
                self.env._("We are preparing your renewal already. You get it by email soon.")
            )
        if not order:
            order = order.browse(self.action_renew()["res_id"])
            order.action_quotation_sent()
            self._say_for_customer(
                self.env._("Asked for a renewal on the portal: %(order)s.", order=order.name)
            )
            self._count_portal_operation()
        return order

    # === CLOSING === #
    def _get_portal_close_reasons(self):
        """Return the reasons that customers can give.

        :rtype: sale.subscription.close.reason
        """
        # sudo: reasons are for employees; customers get those they can choose.
        Reason = self.env["sale.subscription.close.reason"].sudo()
        # Who may close must be able to, also when a manager keeps every reason inside.
        return Reason.search([("is_for_customers", "=", True)]) or Reason.search([])

    def _get_portal_close_offers(self, operations):
        """Return what is offered before a customer closes.

        :param set operations: see `_get_portal_operations`.
        :return: 'pause' and 'downgrade', as far as both template and contract allow them.
        :rtype: set[str]
        """
        self.ensure_one()
        offer = self.template_id.close_offer
        offers = set()
        if offer in ("pause", "both") and "pause" in operations:
            offers.add("pause")
        may_change = bool({"change", "plan"} & operations)
        if offer in ("downgrade", "both") and may_change and self._is_portal_downgradable():
            offers.add("downgrade")
        return offers

    def _is_portal_downgradable(self):
        """Tell whether the customer can make the contract smaller.

        :rtype: bool
        """
        if self.template_id.portal_access == "upgrade_downgrade" and self._get_portal_plan_rows():
            return True
        return any(
            not row["is_fixed"] and row["minimum"] < row["quantity"]
            for row in self._get_portal_rows()
        )

    def _read_portal_close(self, raw):
        """Read when and why the contract is to close.

        :param dict raw: `reason_id`, `date` and `message`.
        :return: arguments of `action_close`; `reason_id` is None as long as none was chosen.
        :rtype: dict
        :raise UserError: if the day isn't possible, in words for the customer.
        """
        when = self.template_id.closable
        day = self._read_portal_close_date(raw.get("date")) if when == "date" else None
        effective = max(day or self._get_effective_date(when), self.date_start)
        end = self._get_service_end()
        if end and effective >= end:
            raise UserError(
                self.env._(
                    "Your subscription ends on %s by itself: there is nothing to close.",
                    format_date(self.env, self._get_last_day(end)),
                )
            )
        reason_id = self._read_portal_id(raw.get("reason_id"))
        if reason_id not in self._get_portal_close_reasons().ids:
            reason_id = None
        message = self._read_text(raw.get("message"), self.env._("Your message"))
        return {"reason_id": reason_id, "when": when, "date": day, "message": message or None}

    def _read_portal_close_date(self, value):
        """Return the first day without service that the customer chose.

        :rtype: date
        :raise UserError: if there is none, or it is past or far away.
        """
        day = self._read_date(value or None)
        today = self._get_today()
        if not day:
            raise UserError(self.env._("Choose the day on which your subscription ends."))
        if day < today:
            raise UserError(self.env._("Your subscription can't end in the past."))
        if day > today + MAX_CLOSE_AHEAD:
            raise UserError(self.env._("That day is too far away to decide it now."))
        return day

    def _describe_portal_close(self, arguments):
        service = self._describe_portal_end(arguments["date"] or arguments["when"])
        # The reason has no price; the sentences don't wait for it.
        reason_id = arguments["reason_id"] or self._get_portal_close_reasons()[:1].id
        return [service, self._describe_close_effect({**arguments, "reason_id": reason_id})]

    def _describe_portal_end(self, when):
        """Return the day on which service ends, if the contract is closed.

        :param when: see `_get_effective_date`.
        :rtype: str
        """
        day = max(self._get_effective_date(when), self.date_start)
        if day <= self._get_today():
            return self.env._(
                "Your subscription ends at once: %s is the first day without it.",
                format_date(self.env, day),
            )
        return self.env._(
            "Your subscription ends after %s, its last day.",
            format_date(self.env, self._get_last_day(day)),
        )

    def _describe_portal_close_day(self):
        """Return when the contract ends if the customer closes it, before they do.

        :rtype: str
        """
        self.ensure_one()
        when = self.template_id.closable
        if when != "date":
            return self._describe_portal_end(when)
        return self.env._(
            "You choose the day on which your subscription ends. What is invoiced lasts until %s.",
            format_date(self.env, self._get_last_day(self._get_period_end())),
        )

    def _do_portal_close(self, arguments, raw):
        if not arguments["reason_id"]:
            raise UserError(self.env._("Please choose a reason."))
        self.action_close(**arguments)
        self._tell_portal_close()
        is_closed = self.state == "closed"
        moves = self._bill_for_portal() if is_closed else self.env["account.move"]
        if is_closed:
            return self.env._(
                "Your subscription is closed. Thank you for your time with us."
            ), moves
        last = format_date(self.env, self._get_last_day(self.close_date))
        return self.env._("Your subscription ends after %s, its last day.", last), moves

    def _tell_portal_close(self):
        """Tell the salesperson by message and to-do, and confirm it to the customer by mail."""
        # sudo: see `_get_portal_close_reasons`
        contract = self.sudo()
        self._say_for_customer(
            self.env._(
                "Closed on the portal, last day %(date)s. Reason: %(reason)s",
                date=format_date(self.env, self._get_last_day(self.close_date)),
                reason=contract.close_reason_id.name,
            ),
            contract.close_message,
        )
        seller = contract._get_responsible_user() or self.env.ref("base.user_root")
        own = contract.with_context(lang=seller.lang)
        own.activity_schedule(
            CLOSE_ACTIVITY,
            summary=own.env._(
                "%(customer)s closes: %(reason)s",
                customer=own.partner_id.display_name,
                reason=own.close_reason_id.name,
            ),
            note=Markup("<p>%s</p>") % (own.close_message or ""),
            user_id=seller.id,
        )
        template = self.env.ref(CLOSE_MAIL, raise_if_not_found=False)
        if template and self.partner_id.email:
            # sudo: templates are for employees
            template.sudo().send_mail(self.id, force_send=False)

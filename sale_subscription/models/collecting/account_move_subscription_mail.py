import base64

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    """The mails customers get about the payment of their subscription invoices."""

    _inherit = "account.move"

    # === BUSINESS METHODS === #
    def _send_subscription_mail(self, kind, attempt=None):
        """Queue one mail about the payment of this invoice to its customer, in their language.

        The mail is logged on the invoice and told of in a line on its contracts. It must never
        stand in the way of collecting: what keeps it from being sent is noted there instead.

        :param str kind: 'declined', 'card_needed', 'reminder', 'receipt', 'closed' or 'suspended'.
        :param attempt: the `sale.subscription.attempt` the mail is about, if it is about one.
        :return: what was posted on the invoice; empty when no mail was queued.
        :rtype: mail.message
        """
        # sudo: whoever collects needs no right to read cards, nor the contracts of colleagues that
        # share the invoice.
        move = self.sudo()
        move.ensure_one()
        nothing = self.env["mail.message"]
        if kind == "receipt" and not move._needs_subscription_receipt():
            return nothing
        template = move._get_subscription_mail_template(kind)
        if not template:
            move._log_subscription_mail(
                self.env._("No email was sent: the template for it was deleted.")
            )
            return nothing
        try:
            with self.env.cr.savepoint():
                values = move._prepare_subscription_mail(template, kind, attempt)
                recipients = move.env["res.partner"].browse(values["partner_ids"])
                message = nothing
                if any(recipients.mapped("email")):
                    message = move._post_subscription_mail(values)
        except UserError as error:  # a template that somebody changed and that can't be rendered
            move._log_subscription_mail(
                self.env._(
                    "The email “%(mail)s” could not be sent: %(error)s",
                    mail=template.name,
                    error=str(error),
                )
            )
            return nothing
        if message:
            move._log_subscription_mail(move._get_subscription_mail_note(kind), on_move=False)
        else:
            move._log_subscription_mail(
                self.env._(
                    "The email “%(mail)s” was not sent: %(customer)s has no email address.",
                    mail=template.name,
                    customer=move.partner_id.display_name,
                )
            )
        return message

    def _needs_subscription_receipt(self):
        """Tell whether the customer learns of an automatic payment by a receipt.

        An invoice that leaves once it is paid says so itself.

        :rtype: bool
        """
        self.ensure_one()
        sent_when_paid = self._get_subscription_invoicing_mode() == "charge_then_send"
        return not sent_when_paid and self._get_subscription_template().send_receipt

    def _prepare_subscription_mail(self, template, kind, attempt):
        """Return what `message_post` needs to mail the customer.

        :param template: the `mail.template`.
        :param str kind: see `_send_subscription_mail`.
        :param attempt: see `_send_subscription_mail`.
        :rtype: dict
        """
        self.ensure_one()
        lang = template._render_lang(self.ids)[self.id] or self.env.lang
        move = self.with_context(lang=lang)
        context = move._get_subscription_mail_context(kind, attempt)
        rendered = template.with_context(**context)._generate_template(
            self.ids,
            (
                "attachment_ids",
                "auto_delete",
                "body_html",
                "email_cc",
                "email_from",
                "email_layout_xmlid",
                "email_to",
                "mail_server_id",
                "partner_to",
                "reply_to",
                "report_template_ids",
                "subject",
            ),
            find_or_create_partners=True,
        )[self.id]
        author = self.invoice_user_id.partner_id or self.company_id.partner_id
        layout = self.env["account.move.send"]._get_mail_layout()
        return {
            "subject": rendered["subject"],
            "body": Markup(rendered["body_html"]),
            "author_id": author.id,
            # None: Odoo takes the author's address.
            "email_from": rendered.get("email_from") or None,
            "partner_ids": list(rendered.get("partner_ids") or ()),
            "attachment_ids": list(rendered.get("attachment_ids") or ()),
            "attachments": [
                (name, base64.b64decode(content))
                for name, content in rendered.get("attachments") or ()
            ],
            "email_layout_xmlid": rendered.get("email_layout_xmlid") or layout,
            "mail_server_id": rendered.get("mail_server_id"),
            "mail_auto_delete": rendered["auto_delete"],
            "force_email_lang": lang,
        }

    def _post_subscription_mail(self, values):
        """Log a mail on the invoice and queue it for its recipients, and for nobody else.

        :param dict values: see `_prepare_subscription_mail`.
        :rtype: mail.message
        """
        self.ensure_one()
        # The mail has a button of its own, that leads to the payment and not to the document.
        message = self.with_context(
            email_notification_allow_header=False,
            email_notification_force_footer=True,
        ).message_post(
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            # Links in it open the contract: who only has the invoice's link must not find them
            # among its messages.
            is_internal=True,
            email_add_signature=False,
            notify_skip_followers=True,
            notify_author_mention=True,
            force_send=False,
            **values,
        )
        # The queue runs by the hour otherwise; a customer should hear at once.
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        return message

    def _log_subscription_mail(self, text, on_move=True):
        """Note on the contracts, and on the invoice, what became of a mail.

        :param str text: whole sentence.
        :param bool on_move: False when the mail itself is logged on the invoice.
        """
        self.ensure_one()
        if on_move:
            self.message_post(body=text)
        for contract in self.subscription_ids:
            contract.message_post(body=text)

    # === GETTERS === #
    def _get_subscription_mail_template(self, kind):
        """Return the template of a mail about payments.

        For a module to choose by anything else than the subscription template, it must override
        this method.

        :param str kind: see `_send_subscription_mail`.
        :rtype: mail.template
        """
        return self._get_subscription_template()._get_payment_mail_template(kind)

    def _get_subscription_mail_context(self, kind, attempt=None):
        """Return what mails about payments may show; templates read it as `ctx.get('…')`.

        For a module to show more in its own templates, it must override this method and add to
        the result. The environment's language is the customer's.

        :param str kind: see `_send_subscription_mail`.
        :param attempt: see `_send_subscription_mail`.
        :return: `mail_kind`; `attempt`; `contract_names`: text; `card_name`: text or False;
            `declined_reason`: what the bank said, or False; `payment_date`: day of the attempt, in
            the company's time zone; `next_attempt_date`: day of the next
            attempt or reminder, False if there is none; `closing_date`: day on which the contracts
            end if nothing is paid, False for never; `unpaid_action`: 'close' or 'suspend';
            `reopen_when_paid`: whether paying brings them back; `is_last_notice`: whether nothing
            comes between this mail and that day; `card_url`: where another card can be saved
            without an account, False where cards aren't charged.
        :rtype: dict
        """
        self.ensure_one()
        template = self._get_subscription_template()
        closing_date = self._get_subscription_closing_date()
        next_date = self._get_subscription_next_attempt_date(closing_date)
        return {
            "mail_kind": kind,
            "attempt": attempt and attempt.sudo(),  # sudo: see `_send_subscription_mail`
            "contract_names": ", ".join(self.subscription_ids.mapped("name")),
            "card_name": self._get_subscription_card_name(attempt),
            "declined_reason": bool(attempt) and (attempt.sudo().message or "").strip(),
            "next_attempt_date": next_date,
            "payment_date": attempt and self._get_subscription_payment_date(attempt),
            "closing_date": closing_date,
            "unpaid_action": template.unpaid_action,
            "reopen_when_paid": template.reopen_when_paid,
            "is_last_notice": bool(closing_date) and not next_date,
            "card_url": self._get_subscription_card_url(),
        }

    def _get_subscription_card_url(self):
        """Return the page on which the customer saves another card for this invoice.

        :return: a full address with the token of the contract, or False.
        :rtype: str | bool
        """
        # sudo: whoever has the mail sent needn't see contracts; the link is for the customer.
        contracts = self.sudo().line_ids.subscription_id
        contract = contracts.filtered(lambda c: c._needs_new_card())[:1]
        if not contract:
            return False
        return contract.get_base_url() + contract._get_portal_payment_url("payment-method")

    def _get_subscription_card_name(self, attempt):
        """Return how the customer knows the card that was charged.

        :param attempt: the `sale.subscription.attempt`, or None.
        :return: e.g. “Visa •••• 4242”; False without a card.
        :rtype: str | bool
        """
        # sudo: cards belong to the customer; here they only get a name.
        token = attempt and attempt.sudo().token_id.with_context(lang=self.env.lang)
        if not token:
            return False
        return f"{token.payment_method_id.name} {token.display_name}"

    def _get_subscription_payment_date(self, attempt):
        """Return the day a card was charged, where the company is.

        :param attempt: the `sale.subscription.attempt`.
        :rtype: date
        """
        here = self.with_context(tz=self.company_id.subscription_tz or "UTC")
        return fields.Datetime.context_timestamp(here, attempt.sudo().date).date()

    def _get_subscription_closing_date(self):
        """Return the day on which the contracts end if this invoice stays unpaid.

        :return: never a past day; False when contracts don't end for that, and while nobody
            collects the invoice (it waits for a decision, or is settled).
        :rtype: date | bool
        """
        self.ensure_one()
        day = self.subscription_step_date and self._get_give_up_date()
        return day and max(day, self.company_id._get_subscription_today())

    def _get_subscription_next_attempt_date(self, closing_date):
        """Return the day of the next attempt or reminder.

        :param closing_date: see `_get_subscription_closing_date`.
        :return: False when none comes before the contracts end.
        :rtype: date | bool
        """
        self.ensure_one()
        day = self.subscription_step_date
        if not day or day <= self.company_id._get_subscription_today():
            return False
        return False if closing_date and day >= closing_date else day

    def _get_subscription_mail_note(self, kind):
        """Return the line on the contracts that tells of a mail.

        :param str kind: see `_send_subscription_mail`.
        :rtype: str
        """
        self.ensure_one()
        names = {"customer": self.partner_id.display_name, "invoice": self.name}
        notes = {
            "declined": self.env._(
                "Told %(customer)s by email that the payment of %(invoice)s was declined.", **names
            ),
            "card_needed": self.env._(
                "Asked %(customer)s by email for a new card to pay %(invoice)s.", **names
            ),
            "reminder": self.env._(
                "Payment reminder for %(invoice)s sent to %(customer)s.", **names
            ),
            "receipt": self.env._(
                "Receipt for the payment of %(invoice)s sent to %(customer)s.", **names
            ),
            "closed": self.env._(
                "Told %(customer)s by email that the contract is closed because %(invoice)s was "
                "not paid.",
                **names,
            ),
            "suspended": self.env._(
                "Told %(customer)s by email that the contract is suspended because %(invoice)s was "
                "not paid.",
                **names,
            ),
        }
        return notes[kind]

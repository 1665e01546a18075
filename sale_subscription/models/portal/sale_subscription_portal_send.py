from odoo import models


class SaleSubscription(models.Model):
    """Sending the contract to its customer, and mails about it."""

    _inherit = "sale.subscription"

    def action_send_contract(self):
        """Open the e-mail composer with the contract's mail: its link, and the contract as PDF.

        :rtype: dict
        """
        self._check_one()
        self.check_access("write")
        self._portal_ensure_token()
        template = self.env.ref(
            "sale_subscription.mail_template_contract_send", raise_if_not_found=False
        )
        return {
            "name": self.env._("Send"),
            "type": "ir.actions.act_window",
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id if template else False,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "email_notification_allow_footer": True,
                "hide_mail_template_management_options": True,
                "force_email": True,
            },
        }

    def message_post(self, *, message_type="notification", partner_ids=None, **kwargs):
        """Override of `mail`: what customers write reaches an employee, a follower or not."""
        if message_type == "comment" and len(self) == 1 and self.env.user.share:
            # sudo: customers needn't read users to write to theirs.
            partner_ids = [
                *(partner_ids or []),
                *self.sudo()._get_responsible_user().partner_id.ids,
            ]
        return super().message_post(message_type=message_type, partner_ids=partner_ids, **kwargs)

    def _get_responsible_user(self):
        """Fall back to who published the template.

        Who subscribed by themselves on a public page has no salesperson unless one was set there.
        """
        # sudo: see super.
        template = self.sudo().template_id
        return super()._get_responsible_user() or template._get_public_responsible(self.company_id)

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """Override of `mail`: the customer's button opens the contract's page without signing in.

        `portal` makes the link; it is named here after what it opens.
        """
        groups = super()._notify_get_recipients_groups(
            message, model_description, msg_vals=msg_vals
        )
        for name, _is_in_group, options in groups:
            if name == "portal_customer":
                options["button_access"]["title"] = self.env._("View Subscription")
        return groups

    # === PRINTING === #
    def _get_report_base_filename(self):
        """Override of `portal`: the name of the printed contract.

        :rtype: str
        """
        self.ensure_one()
        return self.env._("Contract %s", self.name)

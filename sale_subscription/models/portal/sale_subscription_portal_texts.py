from odoo import models
from odoo.tools.misc import format_date


class SaleSubscription(models.Model):
    """What the contract's page says beside the buttons with which customers do something."""

    _inherit = "sale.subscription"

    # === WHAT THE PAGE SAYS === #
    def _get_portal_life_texts(self):
        """Return what the page says beside the buttons that pause, renew and close.

        :return: `close` (scheduled), `ended`, `renew` (until when it is agreed), `pause`
            (scheduled), `period_end` and `pause_limit`.
        :rtype: dict
        """
        self.ensure_one()
        last = self.close_date and format_date(self.env, self._get_last_day(self.close_date))
        days = self.template_id.portal_pause_max_days
        return {
            "close": self.env._("Your subscription ends after %s, its last day.", last),
            "ended": self.env._("This subscription ended on %s.", last),
            "renew": self.env._(
                "The agreed time ends on %s.", format_date(self.env, self.end_date)
            ),
            "pause": self._describe_portal_scheduled_pause(),
            "period_end": self.env._(
                "At the end of what is invoiced, on %s",
                format_date(self.env, self._get_period_end()),
            ),
            "pause_limit": self.env._("A pause lasts at most %s days.", days)
            if days
            else self.env._("Leave it empty to decide later."),
        }

    def _describe_portal_scheduled_pause(self):
        """Return when the contract is going to rest.

        :rtype: str
        """
        start = format_date(self.env, self.scheduled_pause_date)
        if not self.scheduled_pause_until:
            return self.env._("Your subscription rests from %s on.", start)
        return self.env._(
            "Your subscription rests from %(start)s on and goes on by itself on %(end)s.",
            start=start,
            end=format_date(self.env, self.scheduled_pause_until),
        )

    def _get_portal_end_text(self):
        """Return what the list says of a running contract that is going to close.

        :rtype: str | bool
        """
        self.ensure_one()
        if self.state not in ("active", "paused") or not self.close_date:
            return False
        return self.env._("Ends on %s", format_date(self.env, self._get_last_day(self.close_date)))

    # === AFTER THE END === #
    def _get_portal_again_url(self, site_company):
        """Return the public page on which the customer can subscribe to the same again.

        :param site_company: the `res.company` of the site, whose templates it shows.
        :return: False where the site doesn't sell it, or sells it for another company.
        :rtype: str | bool
        """
        self.ensure_one()
        # sudo: visitors may not read templates; whether it is published is no secret.
        template = self.template_id.sudo().with_company(site_company)
        is_sold = template in template._find_public(template.id)
        is_same = template._get_public_company() == self.company_id
        return is_sold and is_same and template._get_public_path()

    def _get_portal_contact_email(self):
        """Return whom a customer writes to about the contract.

        :rtype: str | bool
        """
        return self.user_id.email or self.company_id.email

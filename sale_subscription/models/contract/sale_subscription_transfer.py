from odoo import api, models

from ...const import RUNNING_STATES
from .mrr_log import HANDS
from .sale_subscription_schedule import LINES_TOGETHER

#: Fields of a contract that say in whose hands it is.
HAND_FIELDS = {"user_id", "team_id", "template_id", "plan_id", "partner_id"}


class SaleSubscription(models.Model):
    """Hand-overs: a contract that changes salesperson, team, template, plan or customer.

    What it is worth leaves the old hands and comes into the new ones on the same day, before
    anything else moves, so that the sum of any segment's events is that segment's MRR.
    """

    _inherit = "sale.subscription"

    def write(self, vals):
        result = super().write(vals)
        if HAND_FIELDS & vals.keys():
            waiting = self.env.cr.precommit.data.get(LINES_TOGETHER, ())
            self.filtered(
                lambda contract: contract.state in RUNNING_STATES and contract.id not in waiting
            )._sync_mrr()
        return result

    # === BUSINESS METHODS - TRANSFER === #
    def _prepare_transfer_events(self, day, log):
        """Return the pair of events by which a contract changes hands.

        :param date day: the day it does.
        :param MrrLog log: what the log says so far; it goes on in the new hands.
        :return: values of two `sale.subscription.event`.
        :rtype: list
        """
        self.ensure_one()
        paying = int(self.mrr > 0)
        pair = []
        for sign, hands in ((-1, log.hands), (1, self._get_hands())):
            pair.append(
                {
                    **self._prepare_event(day, "transfer", hands),
                    "amount": sign * self.mrr,
                    "amount_company": sign * self.mrr_company,
                    "mrr": self.mrr if sign > 0 else 0.0,
                    "cohort_date": log.cohort_date,
                    "running_delta": sign,
                    "paying_delta": sign * paying,
                }
            )
        for event in pair:
            log.add(event)
        return pair

    def _is_handed_over(self, log):
        """Tell whether a contract that runs, paused or not, is in other hands than the log says.

        :param MrrLog log: what the log says so far.
        """
        self.ensure_one()
        known, hands = self._get_logged_hands(log), self._get_hands()
        return any(known[name] != hands[name] for name in HANDS)

    def _get_logged_hands(self, log):
        """Return in whose hands the log has the contract; one that doesn't run is in its present.

        :param MrrLog log: what the log says so far.
        :rtype: dict
        """
        self.ensure_one()
        return log.hands if log.is_running or self.mrr else self._get_hands()

    def _get_transfer_day(self, log, day):
        """Return the day on which the contract came into the hands it is in.

        :param MrrLog log: what the log says so far.
        :param date day: the day the log is brought up to.
        :return: that day, unless the change was agreed for an earlier one.
        :rtype: date
        """
        self.ensure_one()
        return day

    @api.model
    def _sync_merged_customers(self, keys):
        """Move what the contracts of customers are worth to those they were merged into.

        :param keys: ids the customers had.
        """
        # sudo: a customer's contracts move as a whole, whoever may see them.
        events = self.env["sale.subscription.event"].sudo()
        contracts = events.search([("customer_key", "in", list(keys))]).subscription_id
        contracts.filtered(lambda contract: contract.state in RUNNING_STATES)._sync_mrr()

    # === GETTERS === #
    def _get_hands(self):
        """Return in whose hands the contract is, as an event remembers it.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "user_id": self.user_id.id,
            "team_id": self.team_id.id,
            "template_id": self.template_id.id,
            "plan_id": self.plan_id.id,
            "customer_key": self.commercial_partner_id.id,
            "partner_id": self.commercial_partner_id.id,
        }

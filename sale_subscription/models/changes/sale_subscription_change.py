from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...const import CHANGE_KINDS, CHANGE_STATES


class SaleSubscriptionChange(models.Model):
    """What was changed on a contract, by whom and from when.

    The versions of its lines say what is owed; a change says which of them belong together. Until
    its day has come it can be withdrawn: its versions go, and those they replaced go on.
    """

    _name = "sale.subscription.change"
    _description = "Contract Change"
    _order = "date_effective desc, id desc"
    _rec_name = "description"

    subscription_id = fields.Many2one(
        "sale.subscription", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="subscription_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="subscription_id.currency_id")
    kind = fields.Selection(CHANGE_KINDS, required=True, readonly=True)
    date_effective = fields.Date(
        string="From", required=True, readonly=True, index=True, help="First day it holds."
    )
    description = fields.Char(required=True, readonly=True)
    mrr_change = fields.Monetary(
        string="MRR Change", readonly=True, help="By how much it moves the contract's MRR."
    )
    user_id = fields.Many2one("res.users", string="Made By", readonly=True)
    order_id = fields.Many2one(
        "sale.order", string="By Order", readonly=True, index="btree_not_null"
    )
    new_line_ids = fields.One2many("sale.subscription.line", "change_id", string="New Versions")
    old_line_ids = fields.One2many(
        "sale.subscription.line", "ended_by_id", string="Versions Replaced"
    )
    is_withdrawn = fields.Boolean(readonly=True)
    is_void = fields.Boolean(
        readonly=True, help="The contract ended before its day. Reopened, it is in effect again."
    )
    state = fields.Selection(CHANGE_STATES, compute="_compute_state", search="_search_state")

    # === COMPUTE METHODS === #
    @api.depends("date_effective", "is_withdrawn", "is_void")
    def _compute_state(self):
        for change in self:
            today = change.subscription_id._get_today()
            is_ahead = change.date_effective and change.date_effective > today
            is_gone = change.is_withdrawn or change.is_void
            change.state = "withdrawn" if is_gone else "scheduled" if is_ahead else "done"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        ahead = ~self.env["sale.subscription"]._get_domain_by_company("date_effective")
        gone = Domain("is_withdrawn", "=", True) | Domain("is_void", "=", True)
        domains = {"withdrawn": gone, "scheduled": ~gone & ahead, "done": ~gone & ~ahead}
        return Domain.OR(domains[state] for state in value if state in domains)

    # === ACTION METHODS === #
    def action_withdraw(self):
        """Take scheduled changes back.

        :return: True
        :raise UserError: if a change is in effect or was withdrawn already.
        """
        self.subscription_id.check_access("write")
        changed = [change._get_quota_change() for change in self]
        # Later ones first: they may build on earlier ones.
        for change in self.sorted(lambda c: (c.date_effective, c.id), reverse=True):
            if change.state != "scheduled":
                raise UserError(
                    self.env._(
                        "“%(change)s” is in effect or was withdrawn already: change it anew.",
                        change=change.description,
                    )
                )
            # sudo: changes are written by the contract's own methods only.
            change.sudo()._withdraw()
        for contract, products, day in changed:
            contract._check_quotas(products, day)
        return True

    # === BUSINESS METHODS === #
    def _withdraw(self):
        """Remove the versions this change made and let those it replaced go on."""
        self.ensure_one()
        contract = self.subscription_id
        made = self._get_made_versions()
        on_same_day = self._get_later_versions_of_day(made)
        if made.charge_ids or not all(on_same_day.mapped("changed_terms")):
            raise UserError(
                self.env._(
                    "“%(change)s” was invoiced ahead or changed again: change it anew.",
                    change=self.description,
                )
            )
        emptied = (made.change_id | made.ended_by_id) - self
        chains = [line._get_chain() - made for line in self.old_line_ids]
        commands = on_same_day._disown_terms(made)
        commands += [fields.Command.delete(line.id) for line in made]
        commands += [
            fields.Command.update(line.id, self._get_restored_end(line))
            for line in self.old_line_ids
        ]
        commands += [
            fields.Command.update(line.id, {"charge_end_date": day})
            for line, day in self._get_uncut_ends().items()
        ]
        for line in self.old_line_ids:
            if line._get_follower(self).date_start == line.date_start:
                commands += line._get_follower(self)._prepare_restored_paid(line)
        with contract._writing_lines_together():
            contract.write({"line_ids": commands})
            contract.line_ids._settle_terms()
            contract._settle_added_plans()
            for chain in chains:
                chain.exists()._settle_paid_days()
        self._note_withdrawal()
        emptied._withdraw_if_empty()
        contract.change_ids._update_mrr_change()

    def _withdraw_if_empty(self):
        """Withdraw scheduled changes of which nothing is left, because its line ends before."""
        for change in self.filtered(lambda change: change.state == "scheduled"):
            if not change.new_line_ids and not change.old_line_ids:
                change.sudo()._note_withdrawal()  # sudo: see `action_withdraw`

    def _note_withdrawal(self):
        """Write down that a change was withdrawn, and tell the chatter."""
        self.ensure_one()
        self.is_withdrawn = True
        self.subscription_id.message_post(
            body=self.env._("Withdrawn: %(change)s", change=self.description)
        )

    def _update_mrr_change(self):
        """Tell anew by how much scheduled changes move MRR: what they start from is different."""
        for change in self.filtered(lambda change: change.state == "scheduled"):
            contract, day = change.subscription_id, change.date_effective
            if not contract._is_paid_time(day):
                continue
            total = contract._get_exact_mrr(day)
            before = total - sum((line._get_exact_mrr() for line in change._get_started_lines()), 0)
            before += sum((line._get_exact_mrr() for line in change._get_stopped_lines()), 0)
            rounded = [contract.currency_id.round(float(mrr)) for mrr in (total, before)]
            # sudo: changes are written by the contract's own methods only.
            change.sudo().mrr_change = rounded[0] - rounded[1]

    def _get_started_lines(self):
        """Return the versions that deliver from this change on.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        return self.new_line_ids.filtered(lambda line: line.date_start == self.date_effective)

    def _get_stopped_lines(self):
        """Return the versions that deliver until this change.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        day = self.date_effective
        stopped = self.old_line_ids.browse()
        for line in self.old_line_ids | self._get_started_lines().predecessor_id:
            last = line._get_chain().filtered(
                lambda v: v.date_start < day and not v._is_replaced_at_once()
            )[-1:]
            stopped |= line if line.date_start == day else last
        return stopped

    # === GETTERS === #
    def _get_quota_change(self):
        """Return of what there may be more or less without this change.

        :return: contract, `product.product` and from when; no product where only prices move.
        :rtype: tuple
        """
        self.ensure_one()
        lines = self.new_line_ids | self.old_line_ids
        if self.kind in ("price", "plan"):
            lines = lines.browse()
        return self.subscription_id, lines.product_id, self.date_effective

    def _get_made_versions(self):
        """Return the versions that go with this change: its own, and all of a line it added.

        :rtype: sale.subscription.line
        """
        self.ensure_one()
        made = self.new_line_ids
        for line in self.new_line_ids:
            if not line.predecessor_id:
                made |= line._get_chain()
        return made

    def _get_later_versions_of_day(self, made):
        """Return the versions that took the place of some on the day these began.

        :param made: the `sale.subscription.line` this change made.
        :rtype: sale.subscription.line
        """
        later, newest = made.browse(), made
        while newest:
            newest = newest.successor_ids.filtered(
                lambda line: line.date_start == line.predecessor_id.date_start
            )
            newest -= later  # so that it ends, too, where links form a circle
            later |= newest
        return later - made

    def _get_uncut_ends(self):
        """Return until when versions stay charged that this change, by days, gave back.

        :return: version ended without credit by an earlier change → first day not charged.
        :rtype: dict
        """
        self.ensure_one()
        ends = {}
        for line in self.old_line_ids:
            for earlier in line._get_chain().filtered("charge_end_date") - self.old_line_ids:
                successor = earlier._get_follower(earlier.ended_by_id)
                if successor and earlier.charge_end_date == self.date_effective:
                    ends[earlier] = successor.charge_start_date or earlier.charge_end_date
        return ends

    def _get_restored_end(self, line):
        """Return the end a version has without this change.

        :param line: a `sale.subscription.line` that this change ended.
        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        if successor := line._get_follower(self):
            return successor._get_given_back_end()
        return {"date_end": line.end_before_change, **self.new_line_ids.browse()._get_end_terms()}

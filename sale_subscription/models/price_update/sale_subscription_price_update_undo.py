from odoo import models


class SaleSubscriptionPriceUpdateLine(models.Model):
    """How applied lines are taken back, a batch at a time."""

    _inherit = "sale.subscription.price.update.line"

    # === BUSINESS METHODS === #
    def _undo(self):
        """Take back the changes that don't hold yet. The caller holds the locks."""
        replaced, rewritten, built_on = self.browse(), self.browse(), self.browse()
        for line in self:
            if line.change_id.is_withdrawn:  # by hand, on the contract
                line.write({"state": "undone", "reason": False})
            elif problem := line._get_undo_problem():
                line.write({"state": "done", "reason": problem})
            elif line.change_id.new_line_ids.successor_ids:
                built_on |= line
            elif line.change_id.new_line_ids:
                replaced |= line
            else:
                rewritten |= line
        with self.subscription_id._writing_lines_together():
            replaced._restore_versions()
            rewritten._restore_terms()
            self.subscription_id.line_ids._settle_terms()
        for change in built_on.change_id:
            change._withdraw()
        ready = replaced | rewritten
        ready.change_id.is_withdrawn = True
        (ready | built_on).write({"state": "undone", "reason": False})
        ready._log_undone()

    def _get_undo_problem(self):
        """Return why a change stays.

        :return: a sentence, or False.
        :rtype: str | bool
        """
        self.ensure_one()
        change, version = self.change_id, self.line_id
        if change.state != "scheduled":
            return self.env._("In effect already: it stays.")
        successors = change.new_line_ids
        if successors:
            is_used = successors.charge_ids
        else:
            is_used = (
                not version
                or version._is_charged()
                or self.update_id._is_change(version, self.new_price, self.new_discount)
            )
        if is_used:
            return self.env._("It was invoiced ahead or changed again: change it on the contract.")
        return False

    def _restore_versions(self):
        """Remove the versions with the new prices and let those they replaced go on."""
        changes = self.change_id
        ends = {line: line.ended_by_id._get_restored_end(line) for line in changes.old_line_ids}
        for change in changes:
            # What an earlier change left paid and this one gave back stays paid again.
            for version, day in change._get_uncut_ends().items():
                version.charge_end_date = day
        # Nothing is written version by version that is the same for most of them.
        for _end, versions in changes.old_line_ids.grouped(lambda v: str(ends[v])).items():
            versions.write(ends[versions[0]])
        changes.new_line_ids.unlink()

    def _restore_terms(self):
        """Bring the old prices back to versions that haven't begun."""
        for line in self:
            line.line_id.write({"price_unit": line.old_price, "discount": line.old_discount})

    def _log_undone(self):
        """Tell the contracts' chatters what was taken back."""
        self._log_on_contracts(
            {
                line: self.env._(
                    "Withdrawn: %(change)s, by the price update %(update)s",
                    change=line.change_id.description,
                    update=line.update_id.name,
                )
                for line in self
            }
        )

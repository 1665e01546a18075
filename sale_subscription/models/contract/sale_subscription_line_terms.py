from odoo import fields, models
from odoo.fields import Command

# What one version of a line can have differently from another.
TERMS = (
    "quantity",
    "uom_id",
    "price_unit",
    "technical_price_unit",
    "discount",
    "plan_id",
    "anchor_date",
    "name",
    "tax_ids",
    "analytic_distribution",
)


class SaleSubscriptionLine(models.Model):
    """Which terms a version has of its own; in all others it follows the version before it."""

    _inherit = "sale.subscription.line"

    own_terms = fields.Char(
        readonly=True,
        copy=False,
        help="Names of the fields that the change which made this version was about. Other fields "
        "follow when the version before it changes. Empty: all are its own.",
    )

    changed_terms = fields.Char(
        readonly=True,
        copy=False,
        help="Names of the fields that the change itself was about which made this version; "
        "`own_terms` also has those of changes whose place it took on the same day.",
    )

    # === GETTERS === #
    def _get_own_terms(self):
        """Return the names of the fields that don't follow the version before.

        :rtype: set
        """
        self.ensure_one()
        return set(self.own_terms.split(",") if self.own_terms else TERMS)

    def _get_different_terms(self):
        """Return the names of the terms in which this version differs from what ran before it.

        :rtype: set
        """
        self.ensure_one()
        earlier = self._get_earlier_versions()
        before = earlier.filtered(lambda line: line.date_start != self.date_start)
        old = (before or earlier[-1:])[:1]
        return {
            name
            for name in TERMS
            if self._is_changed_by(name, self._fields[name].convert_to_write(old[name], old))
        }

    def _join_terms(self, values, versions=()):
        """Return the names of a version's own terms as they are stored.

        :param values: names of fields, or a dict of them.
        :param versions: versions whose own terms are added.
        :rtype: str
        """
        names = set(values) & set(TERMS)
        for version in versions:
            names |= version._get_own_terms()
        return ",".join(sorted(names))

    def _add_own_terms(self, values):
        """Return values that rewrite this version, and what of them is its own from now on.

        :rtype: dict
        """
        self.ensure_one()
        if not self.own_terms:
            return values
        return {**values, **self._get_claimed_terms(values)}

    def _get_claimed_terms(self, values):
        """Return what says that other values are this version's own.

        :param values: names of fields, or a dict of them.
        :return: values of a `sale.subscription.line`.
        :rtype: dict
        """
        self.ensure_one()
        changed = set((self.changed_terms or "").split(",")) | set(values)
        return {
            "own_terms": self._join_terms(values, self),
            "changed_terms": self.changed_terms and self._join_terms(changed),
        }

    def _get_chains(self):
        """Return the versions line by line, each line by date; only lines that were changed.

        :rtype: list[sale.subscription.line]
        """
        chains = {}
        for version in self.sorted(lambda line: (line.date_start, line.id)):
            first = version._get_first_version()
            chains[first] = chains.get(first, self.browse()) | version
        return [chain for chain in chains.values() if len(chain) > 1]

    def _is_replaced_at_once(self):
        """Tell whether another version took this one's place on its first day.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.date_end and self.date_end < self.date_start)

    def _get_followed_values(self, previous):
        """Return what this version has to take over from the one before it.

        :param previous: the `sale.subscription.line` that delivers until this one begins.
        :rtype: dict
        """
        self.ensure_one()
        values = {}
        for name in TERMS:
            if name not in self._get_own_terms():
                value = self._fields[name].convert_to_write(previous[name], previous)
                if self._is_changed_by(name, value):
                    values[name] = value
        return values

    # === BUSINESS METHODS === #
    def _cut_off_later(self, change, prorate):
        """Take back what was agreed for this line after this version; it ends for good.

        :param change: the `sale.subscription.change` that ends it.
        :param bool prorate: whether what was invoiced of it is credited.
        """
        self.ensure_one()
        contract = self.subscription_id
        later = self._get_chain().filtered(
            lambda line: (line.date_start, line.id) > (self.date_start, self.id)
        )
        if not later:
            return
        charged = later.filtered(lambda line: line._is_charged())
        changes = (later - charged).change_id
        commands = [Command.delete(line.id) for line in later - charged]
        if charged:
            for line in charged.filtered(lambda line: not line._is_replaced_at_once()):
                commands += line._prepare_end(line.date_start, change, prorate)
        else:
            commands.append(Command.update(self.id, later[-1]._get_given_back_end()))
        contract.write({"line_ids": commands})
        changes._withdraw_if_empty()

    def _is_unused(self, day):
        """Tell whether nothing of this line, in any version, runs before a day or was charged.

        :param date day: the day asked for.
        :rtype: bool
        """
        self.ensure_one()
        chain = self._get_chain()
        return day <= chain[0].date_start and not any(line._is_charged() for line in chain)

    def _drop_unused(self):
        """Delete all versions of a line never used, and withdraw what was agreed for it only."""
        self.ensure_one()
        chain = self._get_chain()
        changes = chain.change_id | chain.ended_by_id
        chain.unlink()
        changes._withdraw_if_empty()

    def _claim_terms(self, vals):
        """Let what somebody wrote on versions be their own, and versions after them follow.

        :param dict vals: values that were written; with `own_terms` by who knows what is whose.
        """
        if "own_terms" in vals or not set(TERMS) & vals.keys():
            return
        for line in self.filtered("own_terms"):
            line.write(line._get_claimed_terms(vals))
        replaced = self.filtered("date_end")  # only they can have successors
        if replaced.successor_ids:
            with replaced.subscription_id._writing_lines_together():
                replaced.subscription_id.line_ids._settle_terms()

    def _disown_terms(self, withdrawn):
        """Let go what these versions took over from others on their day that are withdrawn.

        :param withdrawn: the `sale.subscription.line` about to go.
        :return: commands for these versions.
        :rtype: list
        """
        commands, own = [], {}
        for line in self.sorted("id"):
            before = (line._get_earlier_versions() - withdrawn)[:1]
            names = set(line.changed_terms.split(","))
            if before.date_start == line.date_start:
                names |= own.get(before) or before._get_own_terms()
            own[line] = names
            commands.append(Command.update(line.id, {"own_terms": line._join_terms(names)}))
        return commands

    def _keep_anchor(self, is_own=False):
        """Count these versions' periods from where they are counted now; the contract's moves.

        :param bool is_own: they don't follow when the version before them counts otherwise.
        """
        for line in self:
            own_terms = line.own_terms
            if own_terms and is_own:
                own_terms = line._join_terms({"anchor_date"}, line)
            anchor = line.anchor_date or line.subscription_id.anchor_date
            line.write({"anchor_date": anchor, "own_terms": own_terms})

    def _settle_terms(self, changes=None, prorate=True):
        """Let every version follow the one before it in all that isn't its own.

        :param changes: the `sale.subscription.change` this comes from, if any does.
        :param bool prorate: whether days until the next period are charged and credited.
        """
        changes = changes or self.env["sale.subscription.change"]
        for chain in self._get_chains():
            previous = followed = self.browse()
            for version in chain:
                if version._is_replaced_at_once():
                    continue
                if previous and version._follow(previous, changes, prorate):
                    followed |= version
                # Where it was invoiced already its successor has the new terms.
                previous = (
                    version.successor_ids.filtered(
                        lambda line, version=version: line.date_start == version.date_start
                    )[-1:]
                    or version
                )
            if followed or changes:
                others = (chain.change_id | chain.ended_by_id) - changes
                others._update_mrr_change()

    def _follow(self, previous, changes, prorate):
        """Take over from the version before what isn't this version's own.

        What was invoiced isn't rewritten: a successor takes its place. Neither is what begins
        within a period that the change leaves as it was.

        :param previous: the `sale.subscription.line` that delivers until this one begins.
        :param changes: see `_settle_terms`.
        :param bool prorate: see `_settle_terms`.
        :return: whether anything was different.
        :rtype: bool
        """
        self.ensure_one()
        values = self._get_followed_values(previous)
        if not values:
            return False
        is_fixed = self._is_charged() and self._get_version_fields() & values.keys()
        if len(changes) == 1 and not prorate:
            is_fixed |= self._get_boundary_from(changes.date_effective) > self.date_start
        if not is_fixed:
            self.write({**values, "own_terms": self.own_terms})
        elif len(changes) == 1:
            successor = self._prepare_successor(self.date_start, values, changes, prorate)
            successor["own_terms"] = self.own_terms
            successor["changed_terms"] = self.changed_terms
            commands = self._prepare_end(self.date_start, changes, prorate)
            self.subscription_id.write({"line_ids": [*commands, Command.create(successor)]})
        return True

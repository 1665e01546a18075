"""Which prices lines have in the plans they follow, and that all lines have one plan."""


class LifePlans:
    """A mixin of tests, before `LifeOperations` and `LifeBooks`: what is added follows plans."""

    def _do_add(self, contract, today, quantity, when):
        super()._do_add(contract, today, quantity, when)
        self._note_followed_plans(today)

    def _do_plan(self, contract, today, index, when):
        super()._do_plan(contract, today, index, when)
        self._note_followed_plans(today)

    def _do_withdraw(self, contract, today, index):
        super()._do_withdraw(contract, today, index)
        self._note_followed_plans(today)

    def _note_followed_plans(self, today):
        """Note the prices that additions got by plans agreed before or after them."""
        for root, entries in self.timeline.items():
            if not root.exists() or not root.change_id:
                continue
            chain = root._get_chain()
            if root.date_start > today:
                entries = [self._update_entry(root, chain, entry) for entry in entries]
            noted = {change for _day, change, _values in entries}
            entries += [
                (line.date_start, line.change_id, {"price_unit": line.price_unit})
                for line in chain
                if line.change_id.kind == "plan" and line.change_id not in noted
            ]
            self.timeline[root] = entries

    def _update_entry(self, root, chain, entry):
        """Return what was agreed for the first day of an addition, at the price of its plan."""
        day, change, values = entry
        version = change and (change.new_line_ids & chain)[-1:]
        if not version or day != root.date_start or "price_unit" not in values:
            return entry
        return day, change, {**values, "price_unit": version.price_unit}

    def _check_terms(self, contract):
        super()._check_terms(contract)
        for day in set(contract.line_ids.mapped("date_start")):
            lines = contract.line_ids.filtered(lambda line, day=day: line._is_in_force(day))
            self.assertLessEqual(len(lines.plan_id), 1, f"several plans on {day}")

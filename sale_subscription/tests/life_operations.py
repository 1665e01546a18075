"""What a random life does to a contract, and what is noted of it to be compared later."""

from datetime import date, timedelta

from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.fields import Command

START = date(2026, 1, 31)
END = date(2028, 1, 31)
TERMS = ("quantity", "price_unit", "discount")

# In the past, too: up to six weeks back.
WHEN = st.one_of(st.sampled_from(["now", "period_end", "policy"]), st.integers(-42, 90))
DAY = st.one_of(st.sampled_from(["now", "period_end"]), st.integers(-42, 90))
LINE = st.integers(0, 5)
OPERATIONS = st.one_of(
    st.tuples(st.just("pass_days"), st.integers(1, 75)),
    st.tuples(st.just("quantity"), LINE, st.integers(1, 6), WHEN),
    st.tuples(st.just("price"), LINE, st.integers(1, 9999), WHEN),
    st.tuples(st.just("discount"), LINE, st.sampled_from([0, 10, 12.5, 33.33, 100]), WHEN),
    st.tuples(st.just("add"), st.integers(1, 4), WHEN),
    st.tuples(st.just("remove"), LINE, WHEN),
    st.tuples(st.just("plan"), st.integers(0, 3), WHEN),
    st.tuples(st.just("upsell"), st.booleans(), st.integers(1, 3)),
    st.tuples(st.just("renewal"), st.integers(0, 2)),
    st.tuples(st.just("pause"), st.one_of(st.none(), st.integers(1, 60)), DAY),
    st.tuples(st.just("resume")),
    st.tuples(st.just("close"), DAY),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("withdraw"), st.integers(0, 3)),
    st.tuples(st.just("one_time"), st.integers(-500, 5000)),
    st.tuples(st.just("price_update"), st.sampled_from([-10, 3, 7.77]), st.integers(0, 90)),
    st.tuples(st.just("undo_update")),
    st.tuples(st.just("cancel_draft")),
    st.tuples(st.just("reset_cancelled")),
)


class LifeOperations:
    """A mixin of tests: `self.timeline` says what was agreed for each line, in order."""

    def _begin(self, contract):
        """Note what the contract consists of at the start."""
        # Root version → list of (day, change, values); root → (day, change) where it was removed.
        self.timeline, self.removals = {}, {}
        self.updates = self.env["sale.subscription.price.update"]
        for line in contract.line_ids:
            self._note(line, line.date_start, None, {name: line[name] for name in TERMS})

    def _note(self, line, day, change, values):
        root = line._get_first_version()
        day = max(day, root.date_start)
        self.timeline.setdefault(root, []).append((day, change, values))

    def _forget_withdrawn(self):
        """Drop what withdrawn changes had agreed."""
        for root, entries in self.timeline.items():
            self.timeline[root] = [e for e in entries if not (e[1] and e[1].is_withdrawn)]
        self.removals = {
            root: (day, change)
            for root, (day, change) in self.removals.items()
            if not change.is_withdrawn
        }

    # === ARGUMENTS === #
    def _get_when(self, today, when):
        return str(today + timedelta(days=when)) if isinstance(when, int) else when

    def _get_line(self, contract, index):
        lines = contract.line_ids.sorted("id")
        if not lines:
            raise UserError("Nothing is left to change.")
        return lines[index % len(lines)]

    def _get_changes(self, contract, before):
        return (contract.change_ids - before).sorted("id")

    # === OPERATIONS === #
    def _do_pass_days(self, contract, today):
        """The days have passed before."""

    def _do_quantity(self, contract, today, index, quantity, when):
        line = self._get_line(contract, index)
        change = contract.change_quantity(line.id, quantity, when=self._get_when(today, when))
        self._note_change(line, change, {"quantity": quantity})

    def _do_price(self, contract, today, index, cents, when):
        line = self._get_line(contract, index)
        price = contract.currency_id.round(cents / 100)
        change = contract.change_price(line.id, price, when=self._get_when(today, when))
        self._note_change(line, change, {"price_unit": price})

    def _do_discount(self, contract, today, index, discount, when):
        line = self._get_line(contract, index)
        change = contract.change_line(line.id, discount=discount, when=self._get_when(today, when))
        self._note_change(line, change, {"discount": discount})

    def _note_change(self, line, change_id, values):
        if change_id:
            change = self.env["sale.subscription.change"].browse(change_id)
            self._note(line, change.date_effective, change, values)

    def _do_add(self, contract, today, quantity, when):
        line_id = contract.add_product(self.support.id, quantity, when=self._get_when(today, when))
        self._note_added(contract.line_ids.browse(line_id))

    def _note_added(self, line):
        values = {name: line[name] for name in TERMS}
        self._note(line, line.date_start, line.change_id, values)

    def _do_remove(self, contract, today, index, when):
        line = self._get_line(contract, index)
        root = line._get_first_version()
        change_id = contract.remove_line(line.id, when=self._get_when(today, when))
        change = self.env["sale.subscription.change"].browse(change_id)
        if not root.exists():
            self.timeline.pop(root)
            self.removals.pop(root, None)
            return
        day = max(change.date_effective, root.date_start)
        self.removals[root] = (day, change)
        # What was agreed for later ended with it.
        kept = [entry for entry in self.timeline[root] if entry[0] <= day]
        self.timeline[root] = kept

    def _do_plan(self, contract, today, index, when):
        before = contract.change_ids
        contract.change_plan(self.plan_list[index].id, when=self._get_when(today, when))
        for change in self._get_changes(contract, before):
            for line in contract.line_ids.filtered(
                lambda line, day=change.date_effective: line._is_in_force(day)
            ):
                values = {"price_unit": line.price_unit}
                self._note(line, change.date_effective, change, values)

    def _do_upsell(self, contract, today, same, quantity):
        order = self.env["sale.order"].browse(contract.action_upsell()["res_id"])
        line = contract._get_lines_on(today)[:1]
        values = {"product_id": self.support.id, "product_uom_qty": quantity}
        if same and line:
            values = {**line._prepare_renewal(), "product_uom_qty": quantity}
            values.pop("subscription_renewed_line_id")
        order.order_line = [Command.create(values)]
        before = contract.change_ids
        order.action_confirm()
        for new in self._get_changes(contract, before).new_line_ids:
            if new.predecessor_id:
                self._note(new, new.date_start, new.change_id, {"quantity": new.quantity})
            else:
                self._note_added(new)

    def _do_renewal(self, contract, today, more):
        order = self.env["sale.order"].browse(contract.action_renew()["res_id"])
        order.order_line[:1].product_uom_qty += more
        before = contract.change_ids
        order.action_confirm()
        changes = self._get_changes(contract, before)
        for new in changes.new_line_ids.filtered(lambda line: line.change_id in changes):
            if new.date_start == new.change_id.date_effective:
                # Core may have refreshed the price of the quotation with its quantity.
                names = new._get_own_terms() & set(TERMS)
                values = {name: new[name] for name in names}
                self._note(new, new.date_start, new.change_id, values)

    def _do_pause(self, contract, today, days, when):
        # From any day, and over again before or after the next days pass.
        start = contract._get_effective_date(self._get_when(today, when))
        until = str(start + timedelta(days=days)) if days else None
        contract.action_pause(until=until, when=str(start))

    def _do_resume(self, contract, today):
        contract.action_resume()

    def _do_close(self, contract, today, when):
        when = self._get_when(today, when)
        if when in ("now", "period_end"):
            contract.action_close(self.reason.id, when=when)
        else:
            contract.action_close(self.reason.id, when="date", date=when)

    def _do_reopen(self, contract, today):
        contract.action_reopen()

    def _do_withdraw(self, contract, today, index):
        changes = contract.scheduled_change_ids
        if changes:
            changes[index % len(changes)].action_withdraw()

    def _do_one_time(self, contract, today, cents):
        price = contract.currency_id.round(cents / 100)
        contract.add_one_time_charge(self.setup_fee.id, 1, price)

    def _do_price_update(self, contract, today, percentage, days):
        update = self.updates.create(
            {
                "name": "Index",
                "contract_domain": repr([("id", "=", contract.id)]),
                "percentage": percentage,
                "effective": "date",
                "date_from": today + timedelta(days=days),
            }
        )
        update.action_preview()
        update.action_apply()
        self.updates |= update
        for line in update.line_ids.filtered(lambda line: line.state == "done"):
            values = {"price_unit": line.new_price, "discount": line.new_discount}
            self._note(line.line_id, line.date_effective, line.change_id, values)

    def _do_undo_update(self, contract, today):
        for update in self.updates.filtered("done_count")[-1:]:
            update.action_undo()

    def _do_cancel_draft(self, contract, today):
        contract.invoice_ids.filtered(lambda move: move.state == "draft")[-1:].button_cancel()

    def _do_reset_cancelled(self, contract, today):
        contract.invoice_ids.filtered(lambda move: move.state == "cancel")[-1:].button_draft()

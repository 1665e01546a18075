from odoo import fields, models
from odoo.tools import is_html_empty

from ...const import CHARGE_MODES, POST_MODES


class SaleSubscription(models.Model):
    """Billing, second half: from charges to invoices."""

    _inherit = "sale.subscription"

    invoice_ids = fields.Many2many("account.move", compute="_compute_invoices", string="Invoices")
    invoice_count = fields.Integer(compute="_compute_invoices")

    # === COMPUTE METHODS === #
    def _compute_invoices(self):
        """Find the invoices and credit notes that carry a line of the contract."""
        lines = self.env["account.move.line"].search(
            [
                ("subscription_id", "in", self.ids),
                ("move_id.move_type", "in", ("out_invoice", "out_refund")),
            ]
        )
        by_contract = lines.grouped("subscription_id")
        for contract in self:
            moves = by_contract.get(contract, lines.browse()).move_id
            contract.invoice_ids = moves
            contract.invoice_count = len(moves)

    # === ACTION METHODS === #
    def action_view_invoices(self):
        """Open the contract's invoices.

        :rtype: dict
        """
        self.check_access("read")  # computed fields don't ask who reads them
        return self._get_invoices_action(self.invoice_ids)

    def _get_invoices_action(self, moves):
        action = self.env["ir.actions.actions"]._for_xml_id("account.action_move_out_invoice_type")
        action["context"] = {"default_move_type": "out_invoice", "create": False}
        action["domain"] = [("id", "in", moves.ids)]
        if len(moves) == 1:
            action["views"] = [(self.env.ref("account.view_move_form").id, "form")]
            action["res_id"] = moves.id
        return action

    # === BUSINESS METHODS - INVOICES === #
    def _create_invoices(self, charges, until):
        """Invoice charges: one invoice per group, posted and queued for mail as templates say.

        :param charges: `sale.subscription.charge` without an invoice.
        :param date until: the day billing runs for.
        :return: the invoices and credit notes made, in the order of their dates.
        :rtype: account.move
        """
        charges = self._get_invoiceable_charges(charges)
        # sudo: a salesperson bills contracts without accounting rights, as with sales orders.
        Move = self.env["account.move"].sudo()
        moves = Move.browse()
        if not charges:
            return moves
        # Read once for all what would else be read for one invoice after the other.
        charges.line_id.fetch(["sequence", "tax_ids", "analytic_distribution"])
        charges.subscription_id.fetch(["order_ids"])
        by_company = {}
        groups, deferred = self._defer_credits(self._group_charges(charges, until))
        # sudo: the ledger has no other door than billing. Without a day it rides on the next one.
        deferred.sudo().date_due = False
        for key, group in groups.items():
            if not group._waive_free():
                by_company.setdefault(group.company_id, []).append((key, group))
        for company, items in by_company.items():
            # Core asks the user's time zone which day it is; here it is the company's.
            here = Move.with_company(company).with_context(tz=company.subscription_tz)
            moves |= here._bill_charges(items)
        self._post_invoices(moves)
        self._update_last_invoice_dates(moves, until)
        return moves

    def _get_invoiceable_charges(self, charges):
        """Leave out charges whose order line was invoiced by its order or isn't delivered yet.

        :rtype: sale.subscription.charge
        """
        from_orders = charges.filtered("order_line_id")
        ready = from_orders.filtered(lambda charge: charge._take_order_quantity())
        return charges - (from_orders - ready.exists())

    def _group_charges(self, charges, until):
        """Decide which charges share an invoice.

        :param charges: `sale.subscription.charge` to invoice.
        :param date until: the day billing runs for.
        :return: grouping key → charges, by date.
        :rtype: dict
        """
        first_dates = {}
        for charge in charges.filtered("date_due"):
            day = first_dates.get(charge.subscription_id)
            first_dates[charge.subscription_id] = min(day or charge.date_due, charge.date_due)
        groups = {}
        for charge in charges.sorted(lambda c: (c.line_id.sequence, c.id)):
            contract = charge.subscription_id
            rides = not charge.date_due or charge.kind == "credit"
            day = first_dates.get(contract, until) if rides else charge.date_due
            key = contract._get_invoice_grouping_key(day, until)
            groups[key] = groups.get(key, charges.browse()) | charge
        return dict(sorted(groups.items(), key=lambda item: item[0][0]))

    def _defer_credits(self, groups):
        """Let credits wait for the next invoice of their contracts, where the templates say so.

        :param dict groups: see `_group_charges`.
        :return: the groups to invoice now, and the charges that wait.
        :rtype: tuple(dict, sale.subscription.charge)
        """
        kept, waiting = {}, {}
        for key, charges in groups.items():
            together = key[2:]  # all but the dates
            if together in waiting:
                charges |= waiting.pop(together)
            if charges._can_wait() and charges._is_given_back():
                waiting[together] = charges
            else:
                kept[key] = charges
        deferred = self.env["sale.subscription.charge"]
        for charges in waiting.values():
            deferred |= charges
        return kept, deferred

    def _get_invoice_grouping_key(self, day, until):
        """Return what charges must have in common to share an invoice.

        For a module to keep charges apart by more, it must override this method and append to the
        key.

        :param date day: the day the charge is owed.
        :param date until: the day billing runs for.
        :return: the key; its first element is the day, its second the invoice date.
        :rtype: tuple
        """
        self.ensure_one()
        together = self.env.context.get("subscription_together")  # see `action_bill`
        by_policy = together is None
        if together or (by_policy and self.template_id.catch_up_policy == "together"):
            day = until
        by_customer = together or (by_policy and self._is_invoiced_per_customer())
        invoice_date = day if self.template_id.invoice_date_policy == "period" else until
        if together:  # made by hand now, also for days to come
            invoice_date = min(invoice_date, self._get_today())
        return (
            day,
            invoice_date,
            self.company_id.id,
            self.partner_invoice_id.id,
            self.currency_id.id,
            self.journal_id.id,
            self.fiscal_position_id.id,
            self.payment_term_id.id,
            self.invoicing_mode,
            self.payment_token_id.id if self.invoicing_mode in CHARGE_MODES else False,
            *self.template_id._get_unpaid_policy(),
            False if by_customer else self.id,
        )

    def _is_invoiced_per_customer(self):
        """Tell whether this customer gets one invoice for all contracts due the same day."""
        self.ensure_one()
        grouping = (
            self.partner_invoice_id.subscription_invoice_grouping
            or self.partner_invoice_id.commercial_partner_id.subscription_invoice_grouping
            or self.company_id.subscription_invoice_grouping
        )
        return grouping == "customer"

    def _prepare_invoice(self, invoice_date, move_type="out_invoice"):
        """Return the values of an invoice for these contracts.

        For a module to put more on subscription invoices, it must override this method.

        :param date invoice_date: the date of the invoice.
        :param str move_type: 'out_invoice' or 'out_refund'.
        :return: values of an `account.move`, without lines.
        :rtype: dict
        """
        contract = self[0]
        values = {
            "move_type": move_type,
            "partner_id": contract.partner_invoice_id.id,
            "partner_shipping_id": contract.partner_shipping_id.id,
            "currency_id": contract.currency_id.id,
            "company_id": contract.company_id.id,
            "fiscal_position_id": contract.fiscal_position_id.id,
            "invoice_payment_term_id": contract.payment_term_id.id,
            "invoice_date": invoice_date,
            "invoice_origin": ", ".join(self.mapped("name")),
            "ref": ", ".join(self._get_customer_references()),
            "invoice_user_id": contract.user_id.id,
            "team_id": contract.team_id.id,
            "campaign_id": contract.campaign_id.id,
            "medium_id": contract.medium_id.id,
            "source_id": contract.source_id.id,
        }
        if not contract.payment_term_id and invoice_date > contract._get_today():
            values["invoice_date_due"] = invoice_date  # core's would be today
        if not is_html_empty(contract.note):  # else the company's terms
            values["narration"] = contract.note
        if contract.journal_id:
            values["journal_id"] = contract.journal_id.id
        return values

    def _post_invoices(self, moves):
        """Post and queue for mail what the templates want posted and mailed.

        :param moves: draft invoices, all with charges of these contracts.
        """
        by_mode = moves.grouped(lambda move: move._get_subscription_invoicing_mode())
        posted, mailed = moves.browse(), moves.browse()
        for mode, some in by_mode.items():
            posted |= some if mode in POST_MODES else moves.browse()
            mailed |= some if mode in ("send", "charge") else moves.browse()
        if posted:
            posted._post_subscription_invoices()
        mailed._queue_subscription_mail()
        if any(by_mode.get(mode) for mode in CHARGE_MODES):
            self._trigger_collecting()

    def _update_last_invoice_dates(self, moves, until):
        """Remember when each contract was invoiced last."""
        for move in moves:
            for contract in move.subscription_ids & self:
                if not contract.last_invoice_date or contract.last_invoice_date < move.invoice_date:
                    # sudo: see `_check_funnel`.
                    contract.sudo().last_invoice_date = move.invoice_date

    # === GETTERS === #
    def _get_customer_references(self):
        """Return what the customer calls these contracts: by themselves, or on their orders.

        :return: references, each once.
        :rtype: list
        """
        references = []
        for contract in self:
            references += [contract.client_ref] + contract.order_ids.mapped("client_order_ref")
        return list(dict.fromkeys(reference for reference in references if reference))

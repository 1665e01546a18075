import logging

from odoo import api, fields, models, tools
from odoo.fields import Command

_logger = logging.getLogger(__name__)

PARAMETER = "sale_subscription.finished_invoice_lines"
# Values of an invoice and of its lines under which the lines can be finished beforehand.
MOVE_KEYS = {
    "company_id",
    "currency_id",
    "fiscal_position_id",
    "invoice_date",
    "invoice_line_ids",
    "invoice_payment_term_id",
    "move_type",
    "partner_id",
}
MOVE_KEYS_FREE = {
    "campaign_id",
    "invoice_origin",
    "invoice_user_id",
    "journal_id",
    "medium_id",
    "narration",
    "partner_bank_id",
    "partner_shipping_id",
    "payment_reference",
    "preferred_payment_method_line_id",
    "ref",
    "source_id",
    "team_id",
}
LINE_KEYS = {"name", "price_unit", "product_id", "product_uom_id", "tax_ids"}
LINE_KEYS_FREE = {
    "analytic_distribution",
    "discount",
    "display_type",
    "quantity",
    "sale_line_ids",
    "sequence",
    "subscription_charge_ids",
    "subscription_date_from",
    "subscription_date_to",
    "subscription_id",
}
# Methods of core whose work is done beforehand, or whose result is taken for granted.
SKIPPED_METHODS = {
    "account.move": (
        "_compute_expected_currency_rate",
        "_compute_invoice_currency_rate",
        "_compute_needed_terms",
        "_deduce_sequence_number_reset",
        "_get_discount_allocation_account",
        "_get_expected_currency_rate_at",
        "_get_invoice_currency_rate_date",
        "_get_last_sequence",
        "_get_last_sequence_domain",
        "_get_next_sequence_format",
        "_get_product_base_line_currency_rate",
        "_get_rounded_base_and_tax_lines",
        "_get_starting_sequence",
        "_get_sync_stack",
        "_prepare_product_base_line_for_taxes_computation",
        "_recompute_cash_rounding_lines",
        "_set_next_sequence",
        "_sync_dynamic_line",
        "_sync_dynamic_line_needed_values",
        "_sync_dynamic_lines",
        "_sync_invoice",
        "_sync_non_deductible_base_lines",
        "_sync_rounding_lines",
        "_sync_tax_lines",
        "_sync_unbalanced_lines",
    ),
    "account.move.line": (
        "_compute_discount_allocation_needed",
        "_compute_epd_needed",
        "_compute_partner_id",
        "_compute_term_key",
        "_inverse_analytic_distribution",
        "_sync_invoice",
    ),
    "account.tax": (
        "_get_base_line_field_value_from_record",
        "_prepare_base_line_for_taxes_computation",
        "_prepare_base_line_grouping_key",
        "_prepare_base_line_tax_repartition_grouping_key",
    ),
}
# Their overrides in these modules concern other documents only.
KNOWN_MODULES = {"account", "account_debit_note", "analytic", "hr_expense", "sale_subscription"}


class AccountMove(models.Model):
    """When the lines of an invoice may be finished beforehand.

    Three gates: nothing unusual in the values (`_can_share_invoice_computation`), no other module
    in the methods that are skipped (`_is_batch_enabled`), and, for each kind of invoice, a first
    one that core itself has computed and that came out equal (`_get_proven_invoice_kinds`).
    """

    _inherit = "account.move"

    # === GATES === #
    @api.model
    def _is_batch_enabled(self):
        """Tell whether lines may be finished beforehand at all.

        The system parameter `sale_subscription.finished_invoice_lines` set to `0` forbids it.

        :rtype: bool
        """
        # sudo: users who bill may not read system parameters.
        parameter = self.env["ir.config_parameter"].sudo().get_param(PARAMETER, "1")
        return parameter not in ("0", "False", "false") and not self._get_batch_obstacles()

    @api.model
    @tools.ormcache()
    def _get_batch_obstacles(self):
        """Return the methods other modules have changed that would be skipped.

        :return: texts like `account.move._get_sync_stack (l10n_xx)`.
        :rtype: tuple
        """
        obstacles = []
        for model, methods in SKIPPED_METHODS.items():
            for cls in type(self.env[model]).__mro__:
                module = cls.__module__.split(".")[2:3]
                if not module or module[0] in KNOWN_MODULES:
                    continue
                obstacles += [
                    f"{model}.{method} ({module[0]})" for method in methods if method in vars(cls)
                ]
        if obstacles:
            _logger.info("Invoices are computed one by one because of %s", ", ".join(obstacles))
        return tuple(obstacles)

    @api.model
    def _can_share_invoice_computation(self, vals, memo):
        """Tell whether the lines of an invoice may be finished before it is created.

        Hook: a module that changes how core computes invoices must override this method and return
        False for the invoices it cares for.

        :param dict vals: values of the invoice.
        :param dict memo: see `_get_batch_memo`.
        :return: False when in doubt.
        :rtype: bool
        """
        return (
            vals.keys() >= MOVE_KEYS
            and vals.keys() <= MOVE_KEYS | MOVE_KEYS_FREE
            and vals["move_type"] in ("out_invoice", "out_refund")
            and all(vals[key] for key in ("partner_id", "invoice_date", "invoice_line_ids"))
            and self._is_plain_setup(vals)
            and all(
                self._is_plain_line(vals, command, memo) for command in vals["invoice_line_ids"]
            )
        )

    @api.model
    def _is_plain_setup(self, vals):
        """Tell whether company, journal and payment term use nothing that adds lines."""
        company = self.env["res.company"].browse(vals["company_id"])
        journal = self.env["account.journal"].browse(vals.get("journal_id") or ())
        term = self.env["account.payment.term"].browse(vals["invoice_payment_term_id"] or ())
        return (
            not company.account_storno
            and not company.account_discount_expense_allocation_id
            and (not journal.currency_id or journal.currency_id.id == vals["currency_id"])
            and not (term.early_discount and term.early_pay_discount_computation == "mixed")
        )

    @api.model
    def _is_plain_line(self, vals, command, memo):
        """Tell whether a line is an ordinary product line with explicit values."""
        line = command[2]
        if (
            command[0] != Command.CREATE
            or not line.keys() >= LINE_KEYS
            or not line.keys() <= LINE_KEYS | LINE_KEYS_FREE
            or line.get("display_type", "product") != "product"
            or not line["product_id"]
            or not line["product_uom_id"]
            or not line.get("quantity", 1.0)
            or len(line["tax_ids"]) != 1
            or line["tax_ids"][0][0] != Command.SET
        ):
            return False
        product = memo["products"][line["product_id"]]
        taxes = self._get_batch_tax_facts(line["tax_ids"][0][2], memo)
        return (
            bool(self._get_batch_account(vals, product, memo))
            and not taxes["on_payment"]
            and (not taxes["needs_distribution"] or self._is_distribution_known(line, memo))
        )

    @api.model
    def _is_distribution_known(self, line, memo):
        """Tell whether core won't look for an analytic distribution of this line."""
        return "analytic_distribution" in line or not (
            memo["has_distribution_models"] or line.get("sale_line_ids")
        )

    # === PROOF === #
    @api.model
    @tools.ormcache()
    def _get_proven_invoice_kinds(self):
        """Return the kinds of invoices core was compared with by this process.

        :return: kind → whether core's lines were equal to ours.
        :rtype: dict
        """
        return {}

    @api.model
    def _get_invoice_kind(self, vals, memo):
        """Return what decides how core computes an invoice, apart from numbers and dates.

        :param dict vals: values of the invoice.
        :param dict memo: see `_get_batch_memo`.
        :rtype: tuple
        """
        company = self.env["res.company"].browse(vals["company_id"])
        lines = {
            (
                self._get_batch_tax_facts(line["tax_ids"][0][2], memo)["version"],
                bool(line.get("discount")),
                line.get("quantity", 1.0) * line["price_unit"] < 0,
                bool(line.get("analytic_distribution")),
            )
            for _command, _id, line in vals["invoice_line_ids"]
        }
        return (
            vals["move_type"],
            company.id,
            company.tax_calculation_rounding_method,
            vals["currency_id"],
            vals.get("journal_id"),
            vals["fiscal_position_id"],
            vals["invoice_payment_term_id"],
            frozenset(lines),
        )

    @api.model
    def _get_batch_tax_facts(self, tax_ids, memo):
        """Return what matters about the taxes of a line, read once per batch.

        :param list tax_ids: ids of the taxes.
        :param dict memo: see `_get_batch_memo`.
        :return: `version` changes whenever a tax is edited; `on_payment` and `needs_distribution`
            tell of taxes due on payment, and of taxes booked by analytic distribution.
        :rtype: dict
        """
        key = tuple(tax_ids)
        if key not in memo["taxes"]:
            taxes = self.env["account.tax"].browse(key)
            taxes |= taxes.children_tax_ids
            parts = taxes.repartition_line_ids
            memo["taxes"][key] = {
                "version": (key, tuple(taxes.mapped("write_date") + parts.mapped("write_date"))),
                "on_payment": "on_payment" in taxes.mapped("tax_exigibility"),
                "needs_distribution": any(taxes.mapped("analytic"))
                or not all(
                    part.use_in_tax_closing for part in parts if part.repartition_type == "tax"
                ),
            }
        return memo["taxes"][key]

    @api.model
    def _is_made_of(self, move, lines):
        """Tell whether an invoice computed by core has the lines we would have given it.

        :param move: the `account.move` core has created.
        :param list lines: values of all its lines.
        :rtype: bool
        """
        created = move.line_ids.sorted("id")
        if len(created) == len(lines) and all(
            self._is_same_value(record, name, value)
            for record, line in zip(created, lines, strict=True)
            for name, value in line.items()
        ):
            return True
        _logger.warning("Invoices like %s are computed one by one: core's lines differ", move.id)
        return False

    @api.model
    def _is_same_value(self, record, name, value):
        """Tell whether a created line has the value it was to be given."""
        field = record._fields[name]
        if field.type in ("one2many", "many2many"):
            commands = value or []
            if any(command[0] not in (Command.SET, Command.LINK) for command in commands):
                return False
            ids = [id_ for c in commands for id_ in (c[2] if c[0] == Command.SET else [c[1]])]
            return set(record[name].ids) == set(ids)
        if field.type == "monetary":
            return (
                record[field.get_currency_field(record)].compare_amounts(record[name], value) == 0
            )
        if field.type == "date":
            return record[name] == (fields.Date.to_date(value) or False)
        if field.type == "json":
            return (record[name] or {}) == (value or {})
        expected = field.convert_to_cache(value, record)
        return (field.convert_to_cache(record[name], record) or False) == (expected or False)

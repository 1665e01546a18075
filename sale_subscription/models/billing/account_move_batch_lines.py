from odoo import api, fields, models
from odoo.fields import Command


class AccountMove(models.Model):
    """Finish the lines of an invoice before it is created.

    Core creates an invoice in steps: product lines, then their balances and tags, then tax lines,
    then receivable lines, comparing everything before and after each step. Here the same functions
    of core (`account.tax`, `account.payment.term`) are asked first, so that the invoice is
    written once.
    """

    _inherit = "account.move"

    @api.model
    def _get_batch_memo(self, vals_list):
        """Return what the invoices of a batch share: records to prefetch and rates.

        :param list vals_list: values of the invoices.
        :return: the memo; empty when nothing can be shared.
        :rtype: dict
        """
        if not self._is_batch_enabled():
            return {}
        lines = [
            command[2]
            for vals in vals_list
            for command in vals.get("invoice_line_ids", ())
            if command[0] == Command.CREATE
        ]

        def records(model, key, values):
            ids = {vals.get(key) for vals in values}
            return {record.id: record for record in self.env[model].browse(filter(None, ids))}

        return {
            "products": records("product.product", "product_id", lines),
            "partners": records("res.partner", "partner_id", vals_list),
            "has_distribution_models": self._has_distribution_models(),
            "accounts": {},
            "rates": {},
            "taxes": {},
        }

    @api.model
    def _has_distribution_models(self):
        """Tell whether analytic distributions may be found by rules."""
        # sudo: core applies the rules whether or not the user may see them.
        Rule = self.env["account.analytic.distribution.model"].sudo()
        return bool(Rule.search_count([], limit=1))

    # === LINES === #
    @api.model
    def _prepare_finished_lines(self, vals, memo):
        """Return all lines of an invoice as core would have made them.

        :param dict vals: values of the invoice.
        :param dict memo: see `_get_batch_memo`.
        :return: values of `account.move.line`: products, then taxes, then receivables.
        :rtype: list
        """
        Tax = self.env["account.tax"]
        company = self.env["res.company"].browse(vals["company_id"])
        products = self._get_batch_product_lines(vals, memo)
        base_lines = [self._prepare_batch_base_line(vals, line, memo) for line in products]
        Tax._add_tax_details_in_base_lines(base_lines, company)
        Tax._round_base_lines_tax_details(base_lines, company)
        Tax._add_accounting_data_in_base_lines_tax_details(base_lines, company)
        result = Tax._prepare_tax_lines(base_lines, company)
        for line, (_base_line, amounts) in zip(
            products, result["base_lines_to_update"], strict=True
        ):
            line.update(amounts)
        taxes = [{**line, "display_type": "tax"} for line in result["tax_lines_to_add"]]
        return products + taxes + self._prepare_batch_term_lines(vals, products, taxes)

    @api.model
    def _get_batch_product_lines(self, vals, memo):
        """Return copies of an invoice's product lines."""
        lines = []
        for command in vals["invoice_line_ids"]:
            line = dict(command[2], display_type="product")
            if self._is_distribution_known(line, memo):
                # Else core searches the rules for every line to find there are none.
                line.setdefault("analytic_distribution", False)
            lines.append(line)
        return lines

    @api.model
    def _prepare_batch_base_line(self, vals, line, memo):
        """Return a product line in the form core's tax engine takes.

        Mirrors `account.move._prepare_product_base_line_for_taxes_computation` for a line that
        isn't created yet.

        :param dict vals: values of the invoice.
        :param dict line: values of the line.
        :param dict memo: see `_get_batch_memo`.
        :rtype: dict
        """
        product = memo["products"][line["product_id"]]
        Line = self.env["account.move.line"]
        numbers = {
            name: Line._fields[name].convert_to_cache(line.get(name, default), Line)
            for name, default in (("price_unit", 0.0), ("quantity", 1.0), ("discount", 0.0))
        }
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            None,
            **numbers,
            rate=self._get_batch_rate(vals, memo),
            sign=1 if vals["move_type"] == "out_refund" else -1,
            is_refund=vals["move_type"] == "out_refund",
            name=line["name"],
            product_id=product,
            product_uom_id=self.env["uom.uom"].browse(line["product_uom_id"]),
            tax_ids=self.env["account.tax"].browse(line["tax_ids"][0][2]),
            currency_id=self.env["res.currency"].browse(vals["currency_id"]),
            partner_id=memo["partners"][vals["partner_id"]].commercial_partner_id,
            account_id=self._get_batch_account(vals, product, memo),
            analytic_distribution=line.get("analytic_distribution") or False,
        )

    @api.model
    def _prepare_batch_term_lines(self, vals, products, taxes):
        """Return the receivable lines that balance an invoice.

        Mirrors `account.move._compute_needed_terms`.

        :param dict vals: values of the invoice.
        :param list products: values of its product lines.
        :param list taxes: values of its tax lines.
        :rtype: list
        """
        company = self.env["res.company"].browse(vals["company_id"])
        currency = self.env["res.currency"].browse(vals["currency_id"])

        def total(lines, name, unit):
            return -unit.round(sum(line[name] for line in lines))

        amounts = {
            "tax_amount": total(taxes, "balance", company.currency_id),
            "tax_amount_currency": total(taxes, "amount_currency", currency),
            "untaxed_amount": total(products, "balance", company.currency_id),
            "untaxed_amount_currency": total(products, "amount_currency", currency),
        }
        if not vals["invoice_payment_term_id"]:
            receivable = self._prepare_batch_receivable(products + taxes, company, currency)
            if vals.get("invoice_date_due"):
                receivable["date_maturity"] = fields.Date.to_date(vals["invoice_date_due"])
            return [receivable]
        term = self.env["account.payment.term"].browse(vals["invoice_payment_term_id"])
        return self._merge_batch_terms(
            term._compute_terms(
                date_ref=fields.Date.to_date(vals["invoice_date"]),
                currency=currency,
                company=company,
                sign=-1 if vals["move_type"] == "out_refund" else 1,
                cash_rounding=self.env["account.cash.rounding"],
                **amounts,
            )
        )

    @api.model
    def _prepare_batch_receivable(self, lines, company, currency):
        """Return the receivable line of an invoice without payment term: due today, as in core."""
        return {
            "display_type": "payment_term",
            "date_maturity": fields.Date.context_today(self),
            "discount_date": False,
            "discount_balance": 0.0,
            "discount_amount_currency": 0.0,
            "balance": -company.currency_id.round(sum(line["balance"] for line in lines)),
            "amount_currency": -currency.round(sum(line["amount_currency"] for line in lines)),
        }

    @api.model
    def _merge_batch_terms(self, terms):
        """Return one receivable line per due date.

        :param dict terms: see `account.payment.term._compute_terms`.
        :rtype: list
        """
        by_date = {}
        for term in terms["line_ids"]:
            date = fields.Date.to_date(term["date"])
            line = by_date.setdefault(
                date,
                {
                    "display_type": "payment_term",
                    "date_maturity": date,
                    "discount_date": terms.get("discount_date"),
                    "discount_balance": terms.get("discount_balance") or 0.0,
                    "discount_amount_currency": terms.get("discount_amount_currency") or 0.0,
                    "balance": 0.0,
                    "amount_currency": 0.0,
                },
            )
            line["balance"] += term["company_amount"]
            line["amount_currency"] += term["foreign_amount"]
        return list(by_date.values())

    # === GETTERS === #
    @api.model
    def _get_batch_rate(self, vals, memo):
        """Return the currency rate of an invoice, asking once per currency and date."""
        key = (vals["company_id"], vals["currency_id"], vals["invoice_date"])
        if key not in memo["rates"]:
            company = self.env["res.company"].browse(vals["company_id"])
            memo["rates"][key] = self.env["res.currency"]._get_conversion_rate(
                from_currency=company.currency_id,
                to_currency=self.env["res.currency"].browse(vals["currency_id"]),
                company=company,
                date=fields.Date.to_date(vals["invoice_date"]),
            )
        return memo["rates"][key]

    @api.model
    def _get_batch_account(self, vals, product, memo):
        """Return the income account of a product, asking once per fiscal position.

        Only taxes without an account of their own are booked on it; the account of the product
        line itself is left to core.
        """
        key = (vals["company_id"], vals["fiscal_position_id"], product.id)
        if key not in memo["accounts"]:
            position = self.env["account.fiscal.position"].browse(vals["fiscal_position_id"] or ())
            template = product.with_company(vals["company_id"]).product_tmpl_id
            memo["accounts"][key] = template.get_product_accounts(fiscal_pos=position)["income"]
        return memo["accounts"][key]

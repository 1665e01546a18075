from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import freeze_time

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# Fields that can't be equal on two different documents, or that only tell when they were made.
OWN_FIELDS = {
    "id", "create_date", "write_date", "create_uid", "write_uid", "__last_update", "display_name",
    "access_token", "sequence_number", "name", "move_id", "move_name", "line_ids",
    "invoice_line_ids", "payment_reference", "message_ids", "website_message_ids",
    "secure_sequence_number",
    "inalterable_hash", "analytic_line_ids", "move_line_id",
}  # fmt: skip


class InvoiceBatchCommon(AccountTestInvoicingCommon):
    """Builds invoices by core and by batch, and compares them field by field."""

    @classmethod
    @freeze_time("2026-11-23")
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.journal = cls.company_data["default_journal_sale"]
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.other_receivable = cls.receivable.copy({"name": "Other Receivable"})
        cls.eur = cls.setup_other_currency("EUR")
        cls.eur.rate_ids.unlink()
        cls.env["res.currency.rate"].create(
            [
                {"name": "2026-01-01", "rate": 0.5, "currency_id": cls.eur.id},
                {"name": "2026-10-15", "rate": 0.9137, "currency_id": cls.eur.id},
            ]
        )
        cls._setup_taxes()
        cls._setup_terms()
        cls._setup_partners()
        cls._setup_products()
        plan = cls.env["account.analytic.plan"].create({"name": "Projects"})
        cls.analytic = cls.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South")]
        )

    @classmethod
    def _setup_taxes(cls):
        def tax(name, amount, **values):
            return cls.env["account.tax"].create({"name": name, "amount": amount, **values})

        cls.tax_15 = tax("15 %", 15.0)
        for field in ("invoice_repartition_line_ids", "refund_repartition_line_ids"):
            # As in every chart of accounts: a tax with an account of its own.
            part = cls.tax_15[field].filtered(lambda part: part.repartition_type == "tax")
            account = cls.company_data["default_account_tax_sale"]
            part.write({"account_id": account.id, "use_in_tax_closing": True})
        cls.tax_7 = tax("7 %", 7.0, include_base_amount=True, sequence=1)
        cls.tax_incl = tax("21 % included", 21.0, price_include_override="tax_included")
        cls.tax_fixed = tax("Eco", 0.37, amount_type="fixed")
        cls.tax_division = tax("Division", 10.0, amount_type="division")
        cls.tax_group = tax(
            "Group", 0.0, amount_type="group",
            children_tax_ids=[
                Command.set((tax("G 5 %", 5.0) + tax("G 2.5 %", 2.5, sequence=2)).ids)
            ],
        )  # fmt: skip
        cls.tax_zero = tax("0 %", 0.0)
        cls.tax_analytic = tax("Analytic", 12.0, analytic=True)
        cls.tax_reverse = tax("Reverse", 20.0)
        cls._repartition(cls.tax_reverse, (100.0, -100.0))
        cls.tax_split = tax("Split", 10.0)
        cls._repartition(cls.tax_split, (33.33, 66.67), tags=True)
        transition = cls.company_data["default_account_tax_sale"].copy({"reconcile": True})
        cls.tax_cash = tax(
            "On payment",
            19.0,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=transition.id,
        )

    @classmethod
    def _repartition(cls, tax, percents, tags=False):
        """Split a tax into parts, with report tags on base and parts."""
        values = {}
        account = cls.company_data["default_account_tax_sale"].id
        for field in ("invoice_repartition_line_ids", "refund_repartition_line_ids"):
            values[field] = [Command.clear()]
            for percent in (0.0, *percents):
                tag = [cls._tag(f"{tax.name} {percent} {field}").id] if tags else []
                part = {"repartition_type": "base", "tag_ids": [Command.set(tag)]}
                if percent:
                    part.update(
                        repartition_type="tax",
                        factor_percent=percent,
                        account_id=percent != 33.33 and account,
                    )
                values[field].append(Command.create(part))
        tax.write(values)

    @classmethod
    def _tag(cls, name):
        return cls.env["account.account.tag"].create(
            {
                "name": name,
                "applicability": "taxes",
                "country_id": cls.company.account_fiscal_country_id.id,
            }
        )

    @classmethod
    def _setup_terms(cls):
        def term(name, *lines, **values):
            commands = [Command.create(line) for line in lines]
            return cls.env["account.payment.term"].create(
                {"name": name, "line_ids": commands, **values}
            )

        def line(percent, days, value="percent"):
            return {"value": value, "value_amount": percent, "nb_days": days}

        cls.term_30 = term("30 days", line(100, 30))
        cls.term_split = term("30/70", line(30, 0), line(70, 60))
        cls.term_fixed = term("5 then rest", line(5, 10, "fixed"), line(100, 40))
        cls.term_same_day = term("Twice a day", line(50, 15), line(50, 15))
        early = {"early_discount": True, "discount_percentage": 2, "discount_days": 8}
        cls.term_early = {
            mode: term(f"Early {mode}", line(100, 30), **early, early_pay_discount_computation=mode)
            for mode in ("included", "excluded", "mixed")
        }

    @classmethod
    def _setup_partners(cls):
        Partner = cls.env["res.partner"]
        cls.env["res.lang"]._activate_lang("fr_FR")
        parent = Partner.create(
            {"name": "Holding", "property_account_receivable_id": cls.other_receivable.id}
        )
        cls.partners = Partner.create(
            [
                {"name": "Ada"},
                {"name": "Bob", "property_account_receivable_id": cls.other_receivable.id},
                {"name": "Carl", "parent_id": parent.id, "type": "invoice"},
                {"name": "Dodo", "lang": "fr_FR"},
            ]
        )
        cls.other_income = cls.company_data["default_account_revenue"].copy({"name": "Export"})
        cls.position = cls.env["account.fiscal.position"].create(
            {
                "name": "Abroad",
                "account_ids": [
                    Command.create({"account_src_id": src.id, "account_dest_id": dest.id})
                    for src, dest in (
                        (cls.company_data["default_account_revenue"], cls.other_income),
                        (cls.receivable, cls.other_receivable),
                    )
                ],
            }
        )

    @classmethod
    def _setup_products(cls):
        cls.products = cls.env["product.product"].create(
            [
                {"name": name, "type": "service", "list_price": 10.0, "taxes_id": False}
                for name in ("Seat", "Support")
            ]
        )
        tag = cls.env["account.account.tag"].create(
            {"name": "Product tag", "applicability": "products"}
        )
        cls.products[1].account_tag_ids = tag

    # === BUILDERS === #
    def _line(self, price=10.0, taxes=None, quantity=1.0, product=0, **values):
        product = self.products[product]
        taxes = self.tax_15 if taxes is None else taxes
        return Command.create(
            {
                "display_type": "product",
                "product_id": product.id,
                "name": f"{product.name} for a month",
                "quantity": quantity,
                "price_unit": price,
                "tax_ids": [Command.set(taxes.ids)],
                "product_uom_id": product.uom_id.id,
                **values,
            }
        )

    def _vals(self, lines=None, partner=0, **values):
        """Return invoice values: two lines and a 30 days term by default."""
        return {
            "move_type": "out_invoice",
            "partner_id": self.partners[partner].id,
            "currency_id": self.company.currency_id.id,
            "company_id": self.company.id,
            "journal_id": self.journal.id,
            "fiscal_position_id": False,
            "invoice_date": "2026-11-01",
            "invoice_payment_term_id": self.term_30.id,
            "invoice_origin": "SUB00001",
            "invoice_line_ids": lines
            or [
                self._line(10.0, quantity=3, discount=10.0),
                self._line(120.0, product=1),
            ],
            **values,
        }

    def _copies(self, vals):
        """Return the same invoice for every kind of customer."""
        return [dict(vals, partner_id=partner.id) for partner in self.partners]

    # === COMPARISON === #
    def _snapshot(self, record):
        """Return a record's stored fields, and the computed amounts of an invoice."""
        values = {}
        for name, field in record._fields.items():
            if name in OWN_FIELDS or (not field.store and name not in ("tax_totals",)):
                continue
            if field.type == "one2many":
                continue
            value = record[name]
            values[name] = value.ids if hasattr(value, "ids") else value
        return values

    def _picture(self, move):
        """Return everything about an invoice that may be compared with another one's."""
        lines = move.line_ids.sorted(lambda line: (line.move_id.id, line.id))
        term_name = [
            line.name.replace(move.name or "-", "NAME") if line.name else line.name
            for line in lines
            if line.display_type == "payment_term"
        ]
        pictures = [self._snapshot(line) for line in lines]
        for line, values in zip(lines, pictures, strict=True):
            values["name"] = None if line.display_type == "payment_term" else line.name
            values["analytic"] = [self._snapshot(a) for a in line.analytic_line_ids.sorted("id")]
        terms = [
            (key["date_maturity"], key.get("discount_date"), values["balance"])
            for key, values in (move.needed_terms or {}).items()
        ]
        return {
            **self._snapshot(move),
            "lines": pictures,
            "term_names": term_name,
            "needed_terms": terms,
            "reference": bool(move.payment_reference),
            "prefix": move.sequence_prefix,
        }

    def _create_core(self, vals_list):
        """Create invoices the way core does, without tracking as in batches."""
        Move = self.env["account.move"].with_context(tracking_disable=True)
        return Move.create(self._deep(vals_list)).with_env(self.env)

    def _deep(self, vals_list):
        """Copy values, because core's create changes what it is given."""
        return [
            {**vals, "invoice_line_ids": [(*c[:2], dict(c[2])) for c in vals["invoice_line_ids"]]}
            for vals in vals_list
        ]

    def _create_batch(self, vals_list, shared=True):
        """Create invoices by batch and check whether core was spared the work."""
        Move = self.env["account.move"]
        Move._create_subscription_invoices(self._deep(vals_list[:1]))  # proves the kind
        with patch.object(
            type(Move), "_sync_tax_lines", autospec=True, side_effect=Move._sync_tax_lines.__func__
        ) as spy:
            moves = Move._create_subscription_invoices(self._deep(vals_list))
        if shared is not None:
            self.assertEqual(bool(spy.call_count), not shared)
        return moves

    def _create_any(self, vals_list):
        """Create invoices by batch, shared or not."""
        return self._create_batch(vals_list, shared=None)

    @freeze_time("2026-11-23")
    def _check(self, vals, shared=True, post=True):
        """Compare core's invoices with those of the batch, as drafts and posted."""
        vals_list = self._copies(vals)
        core = self._create_core(vals_list)
        batch = self._create_batch(vals_list, shared)
        self._compare(core, batch)
        if post:
            core.with_context(tracking_disable=True).action_post()
            self.assertEqual(batch._post_subscription_invoices(), batch)
            self._compare(core, batch)
        return batch

    def _compare(self, core, batch):
        for moves in (core, batch):
            moves.env.flush_all()
            moves.env.invalidate_all()
        for one, other in zip(core, batch, strict=True):
            self.assertEqual(self._picture(one), self._picture(other))

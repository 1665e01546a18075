from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleSubscription(models.Model):
    """Who the contract is with, and on which commercial terms it is invoiced."""

    _inherit = "sale.subscription"

    # === PARTIES === #
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        tracking=True,
        check_company=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
        string="Commercial Entity",
    )
    partner_invoice_id = fields.Many2one(
        "res.partner",
        string="Invoice Address",
        compute="_compute_partner_addresses",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        check_company=True,
        index=True,
    )
    partner_shipping_id = fields.Many2one(
        "res.partner",
        string="Delivery Address",
        compute="_compute_partner_addresses",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        check_company=True,
        index=True,
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', '=', company_id)]",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        check_company=True,
    )

    # === MONEY CONDITIONS === #
    pricelist_id = fields.Many2one(
        "product.pricelist",
        compute="_compute_pricelist_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        ondelete="restrict",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    fiscal_position_id = fields.Many2one(
        "account.fiscal.position",
        compute="_compute_fiscal_position_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="Follows the customer's country, state, zip and tax number; lines get their taxes "
        "from it at once, prices stay.",
    )
    payment_term_id = fields.Many2one(
        "account.payment.term",
        compute="_compute_payment_term_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
    )
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Saved Payment Method",
        copy=False,
        index="btree_not_null",
        check_company=True,
    )
    journal_id = fields.Many2one(
        "account.journal",
        string="Invoicing Journal",
        compute="_compute_from_template",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        domain="[('type', '=', 'sale')]",
    )

    # === COMPUTE METHODS === #
    @api.depends("partner_id")
    def _compute_partner_addresses(self):
        for contract in self:
            address = contract.partner_id.address_get(["invoice", "delivery"])
            contract.partner_invoice_id = address.get("invoice", False)
            contract.partner_shipping_id = address.get("delivery", False)

    @api.depends("partner_id")
    def _compute_user_id(self):
        for contract in self:
            if contract.partner_id and (not contract.user_id or not contract.id):
                contract.user_id = (
                    contract.partner_id.user_id
                    or contract.partner_id.commercial_partner_id.user_id
                    or (self.env.user.has_group("sales_team.group_sale_salesman") and self.env.user)
                )

    @api.depends("user_id", "company_id")
    def _compute_team_id(self):
        Team = self.env["crm.team"]
        for (user, company), contracts in self.grouped(lambda c: (c.user_id, c.company_id)).items():
            contracts.team_id = Team._get_default_team_id(
                user_id=user.id, domain=Team._check_company_domain(company)
            )

    @api.depends("partner_id", "company_id")
    def _compute_pricelist_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.pricelist_id = partner.property_product_pricelist

    @api.depends("pricelist_id", "company_id")
    def _compute_currency_id(self):
        for contract in self:
            contract.currency_id = (
                contract.pricelist_id.currency_id or contract.company_id.currency_id
            )

    @api.depends(
        "company_id",
        *(
            f"{address}.{field}"
            for address in ("partner_id", "partner_shipping_id")
            for field in ("country_id", "state_id", "zip", "vat", "property_account_position_id")
        ),
    )
    def _compute_fiscal_position_id(self):
        for contract in self:
            if contract.state in ("closed", "cancelled"):
                # What has ended keeps the taxes it was billed with.
                contract.fiscal_position_id = contract.fiscal_position_id
                continue
            Position = self.env["account.fiscal.position"].with_company(contract.company_id)
            contract.fiscal_position_id = Position._get_fiscal_position(
                contract.partner_id, contract.partner_shipping_id
            )

    @api.depends("partner_id", "company_id")
    def _compute_payment_term_id(self):
        for contract in self:
            partner = contract.partner_id.with_company(contract.company_id)
            contract.payment_term_id = partner.property_payment_term_id

    # === CONSTRAINT METHODS === #
    @api.constrains("currency_id")
    def _check_currency_kept(self):
        """A ledger in one currency: refuse another one once something was billed."""
        for contract in self:
            if contract.charge_ids.currency_id - contract.currency_id:
                raise ValidationError(
                    self.env._("The currency can't change: invoices were made in another one.")
                )

    # === GETTERS === #
    def _get_product_taxes(self, product):
        """Return the taxes of a product for this contract's company and fiscal position.

        :rtype: account.tax
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        taxes = product.with_company(company).taxes_id._filter_taxes_by_company(company)
        return self.fiscal_position_id.map_tax(taxes)

    def _is_prorated(self, is_upgrade):
        """Tell whether a change is charged and credited by days.

        :param bool is_upgrade: whether the contract gets dearer.
        :rtype: bool
        """
        template = self.template_id
        return template.prorate_charges if is_upgrade else template.prorate_credits

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SaleSubscriptionTemplate(models.Model):
    """The public page of a template: who sees it, what it says, where it is.

    What the page says about prices is in `sale_subscription_template_offer`, how an order comes out
    of it in `sale_subscription_template_choice`.
    """

    _name = "sale.subscription.template"
    _inherit = ["sale.subscription.template", "image.mixin"]

    is_published = fields.Boolean(
        string="Published",
        copy=False,
        help="Visitors may subscribe by themselves on the template's public page.",
    )
    published_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Published By",
        readonly=True,
        copy=False,
        help="Who gets what customers write where no salesperson looks after the contract.",
    )
    public_description = fields.Html(
        string="Public Description",
        translate=True,
        help="What visitors read on the public page.",
    )
    public_summary = fields.Char(
        string="Short Text",
        translate=True,
        help="One or two sentences for the list of everything that is published.",
    )
    public_url = fields.Char(string="Address of the Page", compute="_compute_public_url")
    public_pricelist_id = fields.Many2one(
        comodel_name="product.pricelist",
        string="Public Price List",
        company_dependent=True,
        check_company=True,
        help="Everybody who subscribes by themselves gets its prices. Empty: the price list of"
        " each customer, for visitors without account the one of their country.",
    )
    public_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        domain=[("share", "=", False)],
        company_dependent=True,
        help="Who looks after what visitors order. Empty: the customer's own salesperson.",
    )
    public_team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        company_dependent=True,
        check_company=True,
    )
    public_signature = fields.Boolean(
        string="Ask for a Signature",
        help="Visitors sign before they pay. Where nothing is to be paid they always sign.",
    )

    # === COMPUTE METHODS === #
    @api.depends("name")
    def _compute_public_url(self):
        for template in self:
            template.public_url = (
                f"{template.get_base_url()}{template._get_public_path()}" if template.id else False
            )

    # === CONSTRAINT METHODS === #
    @api.constrains("is_published", "plan_ids", "line_ids")
    def _check_published(self):
        for template in self.filtered("is_published"):
            if not template.plan_ids:
                raise ValidationError(
                    self.env._(
                        "%(template)s can't be published: visitors need a plan to choose.",
                        template=template.name,
                    )
                )
            if not template.line_ids.product_id.filtered("recurring_invoice"):
                raise ValidationError(
                    self.env._(
                        "%(template)s can't be published: it includes no recurring product.",
                        template=template.name,
                    )
                )

    # === ACTION METHODS === #
    def action_publish(self):
        """Let visitors subscribe on the public page.

        :raise ValidationError: when there is no plan to choose or nothing to subscribe to.
        """
        self.write({"is_published": True, "published_by_id": self.env.uid})

    def action_unpublish(self):
        """Take the public page away. Orders made there stay as they are."""
        self.write({"is_published": False})

    def action_open_public_page(self):
        """Open the public page.

        :return: a URL action.
        :rtype: dict
        """
        self._check_one()
        return {"type": "ir.actions.act_url", "url": self.public_url, "target": "new"}

    # === GETTERS === #
    def _get_public_responsible(self, company):
        """Return who answers for what was subscribed to by themselves, if nobody else does.

        :param company: the `res.company` of the contract.
        :return: an employee of the company, may be empty.
        :rtype: res.users
        """
        self.ensure_one()
        users = self.published_by_id | self.create_uid
        return users.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )[:1]

    def _get_public_path(self):
        """Return where the public page is on the site.

        :rtype: str
        """
        self.ensure_one()
        # The stored name: the address is the same in every language and for everybody.
        slug = self.env["ir.http"]._slug((self._origin.id, self.with_context(lang=None).name))
        return f"/subscriptions/{slug}"

    @api.model
    def _get_public_domain(self):
        """Return which templates the site shows: those of its company, and shared ones.

        :rtype: list
        """
        return [("is_published", "=", True), ("company_id", "in", (False, self.env.company.id))]

    @api.model
    def _find_public(self, identifier=None):
        """Return the templates a visitor may subscribe to.

        :param str identifier: the last part of a page's address, or an id; None for all of them.
        :return: in the order of the backend; empty when there is none.
        :rtype: sale.subscription.template
        """
        domain = self._get_public_domain()
        if identifier is not None:
            template_id = self._to_id(self.env["ir.http"]._unslug(str(identifier))[1])
            domain = [*domain, ("id", "=", template_id or 0)]
        return self.search(domain).filtered(lambda template: template._can_be_offered())

    def _can_be_offered(self):
        """Tell whether everything the template includes can still be sold.

        :rtype: bool
        """
        self.ensure_one()
        products = self.line_ids.product_id
        return bool(
            self.plan_ids
            and products.filtered("recurring_invoice")
            and all(product.active and product.sale_ok for product in products)
        )

    def _get_public_options(self):
        """Return the options visitors may choose.

        :rtype: sale.subscription.template.option
        """
        self.ensure_one()
        return self.option_ids.filtered(
            lambda option: option.product_id.active and option.product_id.sale_ok
        )

    def _get_public_company(self):
        """Return the company that sells what is subscribed on the public page.

        :rtype: res.company
        """
        self.ensure_one()
        return self.company_id or self.env.company

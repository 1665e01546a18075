import re

from odoo.fields import Command

from odoo.addons.sale_subscription.tests.payment_common import (
    OrderPaymentMixin,
    SubscriptionPaymentCommon,
)


class SubscriptionPublicCommon(OrderPaymentMixin, SubscriptionPaymentCommon):
    """A published template, sold by the company of the site.

    `offer`: a seat at 10.00 a month or 100.00 a year, plus 10 % tax; its first payment saves a
    card. Options: `storage` (5.00 a month, at most 10), `backup` (3.00 a month, yes or no).
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public_user = cls._get_public_user()
        cls.public_user.write(
            {"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id}
        )
        # The chart of accounts sends other countries tax-free.
        cls.env["account.fiscal.position"].search([]).auto_apply = False
        cls.storage = cls._create_recurring_product("Storage", 5.0, cls.monthly)
        cls.backup = cls._create_recurring_product("Backup", 3.0, cls.monthly)
        cls._create_product_rule(cls.seat, 100.0, subscription_plan_id=cls.yearly.id)
        cls.offer = cls._create_template(
            name="Team Space",
            company_id=cls.company.id,
            plan_ids=[Command.set((cls.monthly | cls.yearly).ids)],
            line_ids=[Command.create({"product_id": cls.seat.id})],
            option_ids=[
                Command.create({"product_id": cls.storage.id, "max_quantity": 10, "sequence": 1}),
                Command.create({"product_id": cls.backup.id, "max_quantity": 1, "sequence": 2}),
            ],
            card_required=True,
            public_pricelist_id=cls.pricelist.id,
            is_published=True,
        )
        cls.storage_option, cls.backup_option = cls.offer.option_ids
        cls.visitor = cls.public_user.partner_id
        cls.belgium = cls.env.ref("base.be")

    @classmethod
    def _get_public_user(cls):
        """Return who visitors are: with the website app installed, those of this company's site."""
        if "website" not in cls.env:
            return cls.env.ref("base.public_user").sudo()
        website = cls.env["website"].search([], limit=1)
        website.company_id = cls.company
        return website.user_id.sudo()

    @classmethod
    def _get_guest(cls, **values):
        return {
            "name": "Nora Quill",
            "email": "nora@example.com",
            "phone": "+32 2 555 55 55",
            "street": "Rue Haute 1",
            "zip": "1000",
            "city": "Brussels",
            "country_id": str(cls.belgium.id),
            **values,
        }

    def _create_tax_position(self, country, percent):
        position = self.env["account.fiscal.position"].create(
            {"name": country.name, "auto_apply": True, "country_id": country.id}
        )
        self.env["account.tax"].create(
            {
                "name": f"Tax {country.code}",
                "amount": percent,
                "type_tax_use": "sale",
                "price_include_override": "tax_excluded",
                "fiscal_position_ids": [Command.set(position.ids)],
                "original_tax_ids": [Command.set(self.tax.ids)],
            }
        )

    # === OVER HTTP === #
    def _open_checkout(self, **choice):
        """Open the page that asks for details; return its hidden fields."""
        page = self.url_open(self.offer._get_public_path() + "/checkout", params=choice)
        self.assertEqual(page.status_code, 200)
        return self._read_hidden(page.text)

    def _read_hidden(self, text):
        return dict(
            re.findall(
                r'<input type="hidden" name="(csrf_token|key|plan_id|option_\d+)" value="([^"]*)"',
                text,
            )
        )

    def _submit(self, hidden, **values):
        return self.url_open(
            self.offer._get_public_path() + "/checkout",
            data={**hidden, **values},
            allow_redirects=False,
        )

    def _subscribe(self, guest=None, **choice):
        """Go from the choice to the quotation; return the order."""
        response = self._submit(self._open_checkout(**choice), **(guest or self._get_guest()))
        self.assertEqual(response.status_code, 303, response.text[:2000])
        return self._find_order(response)

    def _find_order(self, response):
        order_id = int(re.search(r"/my/orders/(\d+)", response.headers["Location"])[1])
        self.env.invalidate_all()
        return self.env["sale.order"].sudo().browse(order_id)

    def _find_orders(self):
        self.env.invalidate_all()
        return self.env["sale.order"].search([("is_self_subscription", "=", True)])

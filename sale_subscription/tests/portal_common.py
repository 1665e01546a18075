import html as html_module
import re

from odoo.fields import Command

from odoo.addons.sale_subscription.tests.payment_common import SubscriptionPaymentCommon


class SubscriptionPortalCommon(SubscriptionPaymentCommon):
    """A customer company with two people on the portal, a stranger, and employees.

    `owner` and `colleague` belong to `partner`'s company Blue Kite, `stranger` to another one.
    `portal_template` lets customers do everything themselves and trusts its links; `contract` is an
    active monthly contract of it (two seats at 10.00, 10 % tax), started 2026-03-01 and billed for
    March. `storage` (5.00 a month) is an option: at most 10, up and down.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner.is_company = True
        cls.owner = cls._create_portal_user("kite_owner", cls.partner)
        cls.colleague = cls._create_portal_user("kite_colleague", cls.partner)
        cls.stranger = cls._create_portal_user("stranger", None)
        cls.storage = cls._create_recurring_product("Storage", 5.0, cls.monthly)
        cls.portal_template = cls._create_template(
            name="Self-Service",
            portal_access="upgrade_downgrade",
            token_access="manage",
            portal_pause=True,
            portal_renew=True,
            closable="date",
            option_ids=[
                Command.create(
                    {
                        "product_id": cls.storage.id,
                        "max_quantity": 10,
                        "portal_access": "upgrade_downgrade",
                    }
                )
            ],
        )

    @classmethod
    def _create_portal_user(cls, login, company):
        user = cls._create_user(login, "base.group_portal", internal=False)
        user.partner_id.parent_id = company
        return user

    @classmethod
    def _create_elsewhere(cls):
        """Create an account of the customer's for another company of ours only."""
        company = cls.env["res.company"].create({"name": "Second Company"})
        user = cls._create_portal_user("kite_elsewhere", cls.partner)
        user.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        return user

    @classmethod
    def _create_portal_contract(cls, start="2026-03-01", **values):
        """Start a contract that the customer may change, with two seats."""
        values.setdefault("template_id", cls.portal_template.id)
        values.setdefault("lines", [{"quantity": 2.0}])
        return cls._activate(start=start, **values).sudo()

    # === WHAT A VISITOR SEES === #
    @staticmethod
    def _get_words(html):
        """Return the words of a page, the way a reader sees them."""
        text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", html, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", text)
        text = html_module.unescape(text).replace("\xa0", " ").replace("\ufeff", "")
        return re.sub(r"\s+", " ", text)

    def _count_queries(self, url):
        """Return how many queries a page takes."""
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(self.url_open(url).status_code, 200)
        return self.env.cr.sql_log_count - before

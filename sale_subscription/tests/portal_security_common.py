import json
import re
from urllib.parse import urljoin, urlsplit

from odoo import http
from odoo.fields import Command
from odoo.tools import SQL, mute_logger

from odoo.addons.sale_subscription.tests.payment_common import SIGNATURE
from odoo.addons.sale_subscription.tests.portal_common import SubscriptionPortalCommon

# Errors that are told to people. Whatever else a JSON-RPC request ends in is a fault of the server.
TOLD = {
    "odoo.exceptions.AccessError",
    "odoo.exceptions.MissingError",
    "odoo.exceptions.UserError",
    "odoo.exceptions.ValidationError",
    "odoo.http.SessionExpiredException",
    "werkzeug.exceptions.BadRequest",
    "werkzeug.exceptions.Forbidden",
    "werkzeug.exceptions.NotFound",
}
# Everything that a request on the portal could change.
TABLES = (
    "sale_subscription",
    "sale_subscription_line",
    "sale_subscription_option",
    "sale_subscription_change",
    "sale_subscription_pause",
    "sale_subscription_charge",
    "sale_subscription_event",
    "sale_subscription_attempt",
    "sale_subscription_template",
    "sale_order",
    "sale_order_line",
    "account_move",
    "account_move_line",
    "account_payment",
    "payment_transaction",
    "payment_token",
    "product_template",
    "product_product",
    "res_partner",
    "res_users",
    "mail_activity",
    "mail_message",
    "mail_mail",
    "mail_followers",
    "ir_attachment",
)


class PortalSecurityCommon(SubscriptionPortalCommon):
    """Two customers with a contract, two open invoices and a quotation each; people and links.

    `contract` is of the company of `owner` and `colleague`, `foreign_contract` of `stranger`'s.
    `salesman` looks after the first one, `other_salesman` sees own documents only. Links allow
    changes. It is 2026-04-10.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign_partner = cls.env["res.partner"].create(
            {"name": "Red Mill", "email": "mill@example.com", "is_company": True, "lang": "en_US"}
        )
        cls.stranger.partner_id.parent_id = cls.foreign_partner
        cls.other_salesman = cls._create_user("sub_other", "sales_team.group_sale_salesman")
        cls.elsewhere = cls._create_elsewhere()
        cls._publish_template()
        cls.option = cls.portal_template.option_ids
        cls.contract = cls._create_secure_contract(cls.partner)
        cls.foreign_contract = cls._create_secure_contract(cls.foreign_partner)
        cls.card = cls._create_token(partner=cls.partner)
        cls.foreign_card = cls._create_token(partner=cls.foreign_partner)
        for contract in cls.contract | cls.foreign_contract:
            # Tokens are made when somebody asks for them first: here that is nobody's request.
            documents = (contract, *contract._get_portal_invoices(), *cls._get_orders(contract))
            for document in documents:
                document._portal_ensure_token()
        cls.env.flush_all()

    @classmethod
    def _publish_template(cls):
        public = cls.env.ref("base.public_user").sudo()
        public.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.env["account.fiscal.position"].search([]).auto_apply = False
        cls.portal_template.write(
            {
                "invoicing_mode": "charge",
                "retry_days": "3,5",
                "auto_close_days": 60,
                "public_pricelist_id": cls.pricelist.id,
                "line_ids": [Command.create({"product_id": cls.seat.id})],
                "is_published": True,
            }
        )
        cls.portal_template.image_1920 = SIGNATURE
        cls.hidden_template = cls._create_template(name="Unpublished")

    @classmethod
    def _create_secure_contract(cls, partner):
        contract = cls._create_portal_contract(partner_id=partner.id, user_id=cls.salesman.id)
        contract.action_bill(until="2026-04-01")
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": cls.salesman.id,
                "require_signature": False,
                "require_payment": True,
                "order_line": [Command.create({"product_id": cls.seat.id, "price_unit": 10.0})],
            }
        )
        order.action_quotation_sent()
        return contract

    @classmethod
    def _get_orders(cls, contract):
        domain = [("partner_id", "=", contract.partner_id.id)]
        return cls.env["sale.order"].sudo().search(domain)


class PortalState:
    """Tells whether anything was changed."""

    def _get_state(self, since=None):
        """Return what all tables say that a visitor could change.

        :param dict since: an earlier state; of tables in which nothing was written since, also
            nothing that was rolled back, it isn't computed again.
        :return: {table: (rows written in this transaction so far, digest of all rows)}
        :rtype: dict
        """
        self.env.flush_all()
        writes = self._count_writes()
        touched = [name for name in TABLES if not since or since[name][0] != writes[name]]
        digests = {name: since[name][1] for name in TABLES if name not in touched}
        digests.update(self._compute_digests(touched))
        return {name: (writes[name], digests[name]) for name in TABLES}

    def _count_writes(self):
        """Return how many rows of each table this transaction wrote; rolling back takes none away.

        :rtype: dict
        """
        self.env.cr.execute(
            """SELECT relname, n_tup_ins + n_tup_upd + n_tup_del
                 FROM pg_stat_xact_user_tables
                WHERE schemaname = current_schema AND relname IN %s""",
            [TABLES],
        )
        return dict(self.env.cr.fetchall())

    def _compute_digests(self, names):
        """Return a digest of all rows of each of some tables.

        :rtype: dict
        """
        if not names:
            return {}
        rows = SQL(", ").join(
            SQL(
                "(SELECT md5(string_agg(t::text, ',' ORDER BY t.id)) FROM %s t) AS %s",
                SQL.identifier(name),
                SQL.identifier(name),
            )
            for name in names
        )
        self.env.cr.execute(SQL("SELECT %s", rows))
        return self.env.cr.dictfetchone()

    def _get_difference(self, before):
        """Return the tables that changed."""
        self.env.invalidate_all()
        after = self._get_state(since=before)
        return {name for name in TABLES if before[name][1] != after[name][1]}

    def _get_state_rolled_back_to(self, state):
        """Return a state after everything since was rolled back: its rows, the writes until now.

        :rtype: dict
        """
        writes = self._count_writes()
        return {name: (writes[name], digest) for name, (_writes, digest) in state.items()}


class PortalVisitor(PortalState):
    """What somebody's browser sends, and what became of it, for `HttpCase` tests."""

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _sign_in(self, user):
        login = user.login if user else None
        self.authenticate(login, login)

    # === REQUESTS === #
    def _get(self, path, **params):
        return self.opener.get(
            urljoin(self.base_url(), path), params=params, allow_redirects=False, timeout=60
        )

    def _post(self, path, csrf=True, **data):
        if csrf:
            data["csrf_token"] = http.Request.csrf_token(self)
        return self.opener.post(
            urljoin(self.base_url(), path), data=data, allow_redirects=False, timeout=60
        )

    def _rpc(self, path, **params):
        """Return what a JSON-RPC request answered: `result` or `error`."""
        body = {"id": 0, "jsonrpc": "2.0", "method": "call", "params": params}
        with mute_logger("odoo.http"):
            response = self.opener.post(
                urljoin(self.base_url(), path),
                data=json.dumps(body),  # NaN and Infinity, too
                headers={"Content-Type": "application/json"},
                timeout=60,
            )
        self.assertLess(response.status_code, 500, path)
        if response.status_code >= 400:  # no route at all, or another kind of request
            return {"error": {"data": {"name": "werkzeug.exceptions.NotFound"}}}
        return response.json() if response.content else {}

    def _get_error(self, answer):
        """Return the class of the error that a JSON-RPC request ended in."""
        error = answer.get("error")
        if not error:
            return None
        name = error["data"]["name"]
        self.assertIn(name, TOLD, error["data"].get("debug"))
        return name

    # === OUTCOMES === #
    def _sort_response(self, response):
        """Return the letter of what a page answered, see `test_portal_security`."""
        if response.status_code == 200:
            is_problem = re.search(r'name="problem">\s*<div|"invalid_fields": \[', response.text)
            return "p" if is_problem else "+"
        if response.status_code in (301, 302, 303):
            path = urlsplit(response.headers["Location"]).path
            if path == "/my":
                return "m"
            if path == "/web/login":
                return "l"
            return "c" if re.fullmatch(r"/my/subscriptions/\d+", path) else ">"
        self.assertLess(response.status_code, 500, response.url)
        known = {400: "0", 403: "3", 404: "4", 405: "5"}
        return known.get(response.status_code, str(response.status_code))

    def _sort_answer(self, answer):
        """Return the letter of what a JSON-RPC request answered."""
        if self._get_error(answer):
            return "e"
        result = answer.get("result")
        is_panel = isinstance(result, dict) and "fingerprint" in result
        return "p" if is_panel and not result["fingerprint"] else "+"

import html
import re

from odoo import http


class PortalStepMixin:
    """What a visitor's browser does on the pages of a contract, for `HttpCase` tests."""

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    @classmethod
    def _create_billed_contract(cls, **values):
        """Start a contract with two seats at 31.00 and bill March."""
        values.setdefault("lines", [{"quantity": 2.0, "price_unit": 31.0}])
        values.setdefault("user_id", cls.salesman.id)
        contract = cls._create_portal_contract(**values)
        contract.action_bill(until="2026-03-01")
        contract.flush_recordset()
        return contract

    @property
    def seat_key(self):
        line = self.contract._get_priced_lines().filtered(lambda li: li.product_id == self.seat)
        return f"line_{line.id}"

    @property
    def storage_key(self):
        return f"option_{self.contract.option_ids.id}"

    def _get_text(self, source):
        text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", source, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\ufeff", "")
        return re.sub(r"\s+", " ", text.replace("\xa0", " ")).strip()

    def _url(self, verb="", contract=None):
        return f"/my/subscriptions/{(contract or self.contract).id}{verb and '/'}{verb}"

    def _preview(self, values, step="change", token=None, contract=None):
        token = self.contract._portal_ensure_token() if token is None else token
        params = {"step": step, "access_token": token, "values": values}
        return self.make_jsonrpc_request(self._url("preview", contract), params)

    def _post(self, verb, values=None, token=None, contract=None, follow=True):
        """Submit a form and return the page that follows, as response."""
        token = self.contract._portal_ensure_token() if token is None else token
        data = {"csrf_token": http.Request.csrf_token(self), **(values or {})}
        if token:
            data["access_token"] = token
        response = self.url_open(self._url(verb, contract), data=data, allow_redirects=follow)
        self.env.invalidate_all()
        return response

    def _confirm(self, values, step="change", **other):
        """Choose, look at the panel and confirm it."""
        answer = self._preview(values, step)
        self.assertTrue(answer["fingerprint"], self._get_text(answer["html"]))
        return self._post(step, {**values, "fingerprint": answer["fingerprint"], **other})

    def _get_notice(self, response):
        """Return what the page says about the last click, links included."""
        source = response.text.partition('name="notice">')[2]
        said, _tag, rest = source.partition("</div>")
        links = rest.partition("</p>")[0] if 'name="notice_links"' in rest[:500] else ""
        return self._get_text(f"{said} {links}")

    def _get_problem(self, response):
        found = re.search(r'name="problem">(.*?)</div>\s*</div>', response.text, re.DOTALL)
        return self._get_text(found[1]) if found else ""

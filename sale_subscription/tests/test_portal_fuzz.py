import logging
import os
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import HttpCase, freeze_time, tagged

from odoo.addons.sale_subscription.tests.portal_security_common import (
    PortalSecurityCommon,
    PortalVisitor,
)
from odoo.addons.sale_subscription.tests.portal_security_requests import PortalRequests
from odoo.addons.sale_subscription.tests.portal_security_table import ORDER, TABLE

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", 0))
# Said about refusals; whatever else warns is a fault.
USUAL_LOGGERS = ("odoo.http", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
ODD_TEXTS = [
    "", " ", "\x00", "a\x00b", "-1", "0", "1.5", "1e300", "1e999", "NaN", "Infinity", "-inf",
    "9" * 400, "2147483648", "-9223372036854775809", "1_000", "٣", "é", "😀", "a" * 5000,
    "null", "[]", "{}", "2026-02-30", "0000-00-00", "9999-12-31", "1970-01-01 00:00",
    "<script>alert(1)</script>", "javascript:alert(1)", "' OR 1=1 --", "%00", "%s", "{0}",
    "../../etc/passwd", "//evil.example",
]  # fmt: skip
ODD_NUMBERS = [0, -1, 1.5, 1e300, float("nan"), float("inf"), 2**31, 2**63, 10**30]
# Names that forms and programs would send, among those that rows have.
NAMES = [
    "access_token", "amount", "anyway", "change_id", "company_id", "country_id", "csrf_token",
    "date", "details", "discount", "download", "email", "filterby", "fingerprint", "flow",
    "groupby", "input_quantity", "landing_route", "line_id", "message", "name", "option_1",
    "options", "partner_id", "payment_amount", "payment_method_id", "payment_outcome", "plan_id",
    "price_unit", "provider_id", "reason", "reason_id", "remove", "report_type", "search",
    "search_in", "sortby", "state", "state_id", "step", "template_id", "token_id", "until",
    "user_id", "values", "vat", "when",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=30))
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from(ODD_NUMBERS),
        TEXTS,
        st.text(st.characters(), max_size=5),  # halves of characters, too
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
PATH_IDS = st.one_of(
    st.sampled_from(["0", "-1", "2147483648", "9" * 30, "abc", "1.0", "٣", "'", "{hidden}"]),
    st.text(min_size=1, max_size=10).filter(lambda text: text.strip("./")),
)
ROWS = [(route, *row[:3]) for route, rows in TABLE.items() for row in rows]
REQUESTS = st.fixed_dictionaries(
    {
        "row": st.sampled_from(ROWS),
        # Most requests reach further than the door.
        "path": st.one_of(st.none(), st.none(), st.none(), PATH_IDS),
        "own": st.lists(st.tuples(st.integers(0, 9), TEXTS, ANYTHING), max_size=2),
        "more": st.lists(st.tuples(st.sampled_from(NAMES), TEXTS, ANYTHING), max_size=3),
    }
)


class Listener(logging.Handler):
    """Keeps what shouldn't be logged."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.heard = []

    def emit(self, record):
        usual = record.name in USUAL_LOGGERS and record.levelno < logging.ERROR
        if not usual:
            self.heard.append(f"{record.name}: {record.getMessage()[:2000]}")


@tagged("post_install", "-at_install")
@freeze_time("2026-04-10 12:00:00", tick=True)
class TestPortalFuzz(PortalRequests, PortalVisitor, PortalSecurityCommon, HttpCase):
    """Whatever is sent to a route: an answer, no fault of the server, and no change if refused.

    Requests are those of the table in `portal_security_table`, each with some of it spoilt.
    `FUZZ_EXAMPLES=1000 make test T=test_portal_fuzz` looks longer, and elsewhere each time.
    """

    def _fuzz(self, user, examples):
        self._sign_in(user)
        token_of = None if user else self.contract

        @settings(
            max_examples=EXAMPLES or examples,
            deadline=None,
            derandomize=not EXAMPLES,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(REQUESTS)
        def send(spoilt):
            savepoint = self.env.cr.savepoint()
            try:
                self._send_spoilt(spoilt, token_of)
            finally:
                savepoint.close(rollback=True)
                self.env.invalidate_all()

        send()

    def test_link(self):
        self._fuzz(None, 70)

    def test_owner(self):
        self._fuzz(self.owner, 50)

    def _send_spoilt(self, spoilt, token_of):
        """Send one request and look at what became of it."""
        route, kind, params, need = spoilt["row"]
        ids, path, values = self._prepare(route, params, need, None, token_of)
        names = sorted(values)
        which = 2 if kind == "rpc" else 1
        for index, *odd in spoilt["own"]:
            if names:
                values[names[index % len(names)]] = odd[which - 1]
        for name, *odd in spoilt["more"]:
            values[name] = odd[which - 1]
        if spoilt["path"]:
            path = self._spoil_path(route, path, self._fill(spoilt["path"], ids))
        before = self._get_state()
        listener, root = Listener(), logging.getLogger()
        handlers, root.handlers = root.handlers, [listener]
        try:
            outcome = self._send(kind, path, values)
        finally:
            root.handlers = handlers
        changed = self._get_difference(before)
        self.assertFalse(listener.heard)
        is_view = route == ORDER and changed == {"mail_message"}  # "Quotation viewed by customer"
        if changed and not is_view:
            self.assertIn(outcome, "+>c", f"refused, and yet changed: {changed}")
            self.assertNotEqual(kind, "get", f"looking changed {changed}")

    @staticmethod
    def _spoil_path(route, path, odd):
        """Put something else in the place of the last id of a path."""
        parts, named = path.split("/"), route.split("/")
        places = [place for place, part in enumerate(named) if part.startswith("<")]
        if places:
            text = quote(str(odd), safe="%")
            # Odoo has no answer to any address with a NUL in it, whosever it is.
            text = text.replace("%00", "") or "0"
            parts[places[-1]] = text
        return "/".join(parts)

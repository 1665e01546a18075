"""Bad input over RPC: a clear error, and nothing written."""

import re
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor

import pytest
from bad_input import CASES, CONTRACT, TEMPLATE

from dev import testkit

# XML-RPC fault codes of Odoo that carry a message; 1 is a traceback.
MESSAGE, ACCESS_ERROR = 2, 4
TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND (
        tablename LIKE 'sale%%' OR tablename LIKE 'account_move%%' OR tablename LIKE 'mail_%%'
        OR tablename IN ('res_partner', 'product_product', 'product_template'))
"""


class Server:
    def __init__(self, url, database, ids):
        self.url, self.database, self.ids = url, database, ids
        common = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common")
        self.users = {
            login: common.authenticate(database, login, login, {})
            for login in ("seller", "manager")
        }
        self.tables = None
        self.seen = self.fingerprint()

    def call(self, login, model, method, arguments, options=None):
        models = xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc/2/object", allow_none=True)
        return models.execute_kw(
            self.database, self.users[login], login, model, method,
            self.resolve(arguments), self.resolve(options or {}),
        )  # fmt: skip

    def resolve(self, value):
        """Put ids for the names that begin with a dollar sign."""
        if isinstance(value, str) and value.startswith("$"):
            return self.ids[value[1:]]
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolve(item) for item in value]
        return value

    def fingerprint(self):
        """A checksum over all rows of all tables that a call could write to."""
        with testkit.connect(self.database) as cr:
            if self.tables is None:
                cr.execute(TABLES)
                self.tables = sorted(name for (name,) in cr.fetchall())
            parts = [f"SELECT '{name}', t::text FROM {name} t" for name in self.tables]
            cr.execute(
                "SELECT md5(string_agg(rows, '|' ORDER BY rows)) FROM "
                f"(SELECT x::text AS rows FROM ({' UNION ALL '.join(parts)}) x) y"
            )
            return cr.fetchone()[0]

    def look(self):
        """Take a fingerprint; say whether anything was written since the last one."""
        before, self.seen = self.seen, self.fingerprint()
        return self.seen != before


@pytest.fixture(scope="module")
def server(lab):
    database = lab.copy()
    ids = lab.run(database, "seed_rpc")
    with testkit.server(database, "--max-cron-threads=0") as live:
        yield Server(live.url, database, ids)


@pytest.mark.parametrize(("call", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_bad_input_is_refused(server, call, reason):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        server.call(*call)
    fault = caught.value
    assert fault.faultCode in (MESSAGE, ACCESS_ERROR), fault.faultString[-1500:]
    assert re.search(reason, fault.faultString), fault.faultString
    assert not server.look(), "something was written"


def test_same_reference_at_once_is_one_contract(server):
    """Ten calls of a shop that lost patience."""
    arguments = [["$template"], "$partner"]
    options = {"client_ref": "at once"}
    with ThreadPoolExecutor(10) as pool:
        calls = [
            pool.submit(server.call, "seller", TEMPLATE, "subscribe", arguments, options)
            for _ in range(10)
        ]
    answers = [call.result() for call in calls]
    assert len({tuple(answer) for answer in answers}) == 1, answers
    domain = [("client_ref", "=", "at once")]
    assert server.call("seller", CONTRACT, "search_count", [domain]) == 1
    assert server.look(), "what is written isn't noticed"


def test_import_of_bad_rows_writes_nothing(server):
    columns = ["client_ref", "partner_id", "date_start", "line_ids/product_id", "line_ids/quantity"]
    rows = [
        ["I-1", "Customer", "2026-01-01", "Seat", "1"],
        ["I-2", "Customer", "soon", "Seat", "1"],
        ["I-3", "Customer", "2026-01-01", "Seat", "many"],
        ["I-4", "Nobody", "2026-01-01", "Seat", "1"],
        ["I-5", "Customer", "2026-01-01", "Nothing", "1"],
    ]
    result = server.call("seller", CONTRACT, "load", [columns, rows])
    assert result["ids"] is False
    messages = {(m["record"], m["field"]): m["message"] for m in result["messages"]}
    assert len(messages) == 4, messages
    assert not server.look(), "something was written"

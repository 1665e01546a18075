"""XML-RPC: `call("sale.subscription", "action_bill", [contract_id])`."""

import os
import xmlrpc.client

URL, DB, LOGIN, PASSWORD = (os.environ[name] for name in ("URL", "DB", "LOGIN", "PASSWORD"))

USER_ID = xmlrpc.client.ServerProxy(f"{URL}/xmlrpc/2/common").authenticate(DB, LOGIN, PASSWORD, {})
models = xmlrpc.client.ServerProxy(f"{URL}/xmlrpc/2/object", allow_none=True)


def call(model, method, *arguments, **options):
    return models.execute_kw(DB, USER_ID, PASSWORD, model, method, arguments, options)


def find(xmlid):
    """Return the id of a record that came with an addon."""
    module, name = xmlid.split(".")
    domain = [("module", "=", module), ("name", "=", name)]
    return call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]

"""JSON-2: `post("sale.subscription", "action_bill", ids=[contract_id])`."""

import json
import os
import urllib.error
import urllib.request

URL, DB, API_KEY = (os.environ[name] for name in ("URL", "DB", "API_KEY"))


class OdooError(Exception):
    """What Odoo had against a call; `status` is the HTTP status."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def post(model, method, **arguments):
    request = urllib.request.Request(
        f"{URL}/json/2/{model}/{method}",
        data=json.dumps(arguments).encode(),
        headers={
            "Authorization": f"bearer {API_KEY}",
            "Content-Type": "application/json",
            "X-Odoo-Database": DB,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise OdooError(error.code, json.load(error)["message"]) from None

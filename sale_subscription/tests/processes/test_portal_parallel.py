"""Two browsers at once on the page of one contract, against a live server."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dev import testkit

STORAGE = """
    SELECT l.quantity FROM sale_subscription_line l JOIN product_product p ON p.id = l.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE t.name->>'en_US' = 'Storage' AND l.date_end IS NULL
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
INVOICES = """
    SELECT payment_state, amount_total FROM account_move WHERE move_type = 'out_invoice' ORDER BY id
"""


class Browser:
    """A visitor with the secure link of a contract."""

    def __init__(self, url, known):
        self.session = requests.Session()
        self.known = known
        self.url = f"{url}/my/subscriptions/{known['id']}"
        page = self.session.get(f"{self.url}/change", params={"access_token": known["token"]})
        self.csrf_token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]

    def look(self, values):
        params = {"step": "change", "access_token": self.known["token"], "values": values}
        answer = self.session.post(f"{self.url}/preview", json={"params": params}).json()
        return answer["result"]["fingerprint"]

    def confirm(self, values, fingerprint):
        """Return the page that follows."""
        data = {
            **values,
            "csrf_token": self.csrf_token,
            "access_token": self.known["token"],
            "fingerprint": fingerprint,
        }
        return self.session.post(f"{self.url}/change", data=data)


@pytest.fixture(scope="module")
def known_and_server(lab):
    database = lab.copy()
    known = lab.run(database, "seed_portal")
    with testkit.server(database, "--max-cron-threads=0") as server:
        yield known, server


def test_last_unit_of_a_quota(lab, known_and_server):
    """Both see that one is left, both confirm: one has it and pays it, one is told."""
    known, server = known_and_server
    wishes = [{known["option"]: "10"}, {known["option"]: "10", known["seat"]: "3"}]
    browsers = [Browser(server.url, known) for _wish in wishes]
    fingerprints = [browser.look(wish) for browser, wish in zip(browsers, wishes, strict=True)]
    assert all(fingerprints)
    # Somebody is at the contract until both requests wait for it: then they really meet.
    begun = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        holder = pool.submit(hold_until_two_wait, lab, server.database, known["id"], begun)
        assert begun.wait(30)
        responses = [
            pool.submit(browser.confirm, wish, fingerprint)
            for browser, wish, fingerprint in zip(browsers, wishes, fingerprints, strict=True)
        ]
        holder.result()
        pages = [response.result() for response in responses]
    assert [page.status_code for page in pages] == [200, 200]
    won = [page for page in pages if "Your subscription was changed." in page.text]
    told = [
        page
        for page in pages
        if "was changed meanwhile" in page.text
        or "like that already" in page.text
        or "part of your subscription" in page.text
    ]
    assert (len(won), len(told)) == (1, 1)
    assert "is paid." in won[0].text
    assert lab.query(server.database, STORAGE) == [(10.0,)]
    invoices = lab.query(server.database, INVOICES)
    assert len(invoices) == 2, "the first period, and one change"
    assert invoices[1][0] in ("paid", "in_payment")
    assert "Traceback" not in server.log.read_text()


def hold_until_two_wait(lab, database, contract_id, begun):
    """Keep the contract locked until two others wait for it."""
    with testkit.connect(database) as cr:
        cr.execute("BEGIN")
        cr.execute("SELECT FROM sale_subscription WHERE id = %s FOR UPDATE", [contract_id])
        begun.set()
        deadline = time.monotonic() + 60
        while lab.query(None, WAITING, database) != [(2,)]:
            assert time.monotonic() < deadline, "nobody waits"
            time.sleep(0.05)
        cr.execute("ROLLBACK")

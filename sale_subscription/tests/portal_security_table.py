from odoo.addons.sale_subscription.tests.payment_common import SIGNATURE

# Who comes, in the order of the columns below.
VISITORS = (
    "nobody",  # not signed in, no token
    "wrong token",
    "other's token",  # of the same kind of document of another customer
    "view link",  # the link of a contract whose template allows it to look only
    "manage link",
    "stranger",  # signed in, of another customer
    "colleague",  # signed in, of the same company
    "owner",
    "salesperson",  # who looks after it
    "other salesperson",  # who sees own documents only
    # Signed in, of the same customer, but an account of another company: came by the manage link.
    "customer of another company",
)

# What becomes of a request:
#   !  done: something was written      +  shown, nothing was written     >  led on to the document
#   p  refused in words on the page     c  sent back to the contract      m  sent to /my
#   v  shown; the salesperson is told that the quotation was looked at by its link
#   l  sent to the login                e  error in words (JSON-RPC)      3  403   4  404   5  405
# With all but "!" nothing is changed.
#
# route → [(kind of request, parameters, what it takes, outcome of each visitor)]
CONTRACT = "/my/subscriptions/<int:subscription_id>"
STEP = f"{CONTRACT}/<any(pause,resume,close):step>"
ORDER = "/my/orders/<int:order_id>"
OFFER = "/subscriptions/<string:identifier>"
READERS = "mmm++m+++m+"
MANAGERS = "mmmc+m+++m+"
DOERS = "mmmc!m!!!m!"
ADDRESS = {
    "name": "Blue Kite",
    "email": "ada@example.com",
    "phone": "+32 2 555 55 55",
    "street": "Quay 1",
    "city": "Brussels",
    "zip": "1000",
    "country_id": "{belgium}",
}
TABLE = {
    "/my/subscriptions": [("get", {}, "", "lllll++++++")],
    "/my/subscriptions/page/<int:page>": [("get", {"page": "2"}, "", "lllll++++++")],
    CONTRACT: [
        ("get", {}, "", READERS),
        ("get", {"report_type": "html"}, "", READERS),
    ],
    f"{CONTRACT}/invoices/<int:move_id>": [
        ("get", {}, "", "444>>4>>>4>"),
        ("get", {"report_type": "pdf"}, "", "444>>4>>>4>"),
        ("get", {"move_id": "{foreign_move}"}, "", "44444444444"),
    ],
    f"{CONTRACT}/orders/<int:order_id>": [
        ("get", {"order_id": "{renewal}"}, "renewal", "444>>4>>>4>"),
        ("get", {}, "", "44444444444"),  # an order of the customer, not of the contract
        ("get", {"order_id": "{foreign_order}"}, "", "44444444444"),
    ],
    f"{CONTRACT}/change": [
        ("get", {}, "", MANAGERS),
        ("post", {"{line}": "3", "fingerprint": "{change}"}, "", DOERS),
        ("post", {"{line}": "3", "fingerprint": "old"}, "", "mmmcpmpppmp"),
    ],
    f"{CONTRACT}/withdraw_change": [
        ("post", {"change_id": "{scheduled}"}, "scheduled", DOERS),
        ("post", {"change_id": "{foreign_scheduled}"}, "scheduled", "mmmccmcccmc"),
    ],
    f"{CONTRACT}/preview": [
        ("rpc", {"values": {"{line}": "3"}}, "", "pppp+p+++p+"),
        (
            "rpc",
            {"step": "pause", "values": {"when": "now", "until": "2026-05-01"}},
            "",
            "pppp+p+++p+",
        ),
        ("rpc", {"step": "close", "values": {"date": "2026-05-01"}}, "", "pppp+p+++p+"),
    ],
    STEP: [
        ("get", {"step": "pause"}, "", MANAGERS),
        ("get", {"step": "close"}, "", MANAGERS),
        ("get", {"step": "resume"}, "paused", MANAGERS),
        ("get", {"step": "resume"}, "", "mmmccmcccmc"),
        (
            "post",
            {"step": "pause", "when": "now", "until": "2026-05-01", "fingerprint": "{pause}"},
            "",
            DOERS,
        ),
        ("post", {"step": "resume", "fingerprint": "{resume}"}, "paused", DOERS),
        (
            "post",
            {
                "step": "close",
                "date": "2026-05-01",
                "reason_id": "{reason}",
                "fingerprint": "{close}",
            },
            "",
            DOERS,
        ),
    ],
    f"{CONTRACT}/withdraw_pause": [("post", {}, "pausing", DOERS), ("post", {}, "", "mmmccmcccmc")],
    f"{CONTRACT}/withdraw_close": [("post", {}, "closing", DOERS), ("post", {}, "", "mmmccmcccmc")],
    f"{CONTRACT}/renew": [("post", {}, "ending", DOERS), ("post", {}, "", "mmmccmcccmc")],
    f"{CONTRACT}/pay": [("get", {}, "", READERS)],
    f"{CONTRACT}/pay/transaction": [
        ("rpc", {"amount": 44.0, "pay": True}, "", "eee!!e!!!e!"),
        ("rpc", {"amount": 1.0, "pay": True}, "", "eeeeeeeeeee"),
    ],
    # Whoever has the link may register a card where one is needed, and replace none that works.
    f"{CONTRACT}/payment-method": [
        ("get", {}, "", READERS),
        ("get", {}, "card", MANAGERS),
    ],
    f"{CONTRACT}/payment-method/transaction": [
        ("rpc", {"pay": True, "is_validation": True}, "", "eee!!e!!ee!"),
        ("rpc", {"pay": True, "is_validation": True}, "card", "eeee!e!!ee!"),
    ],
    f"{CONTRACT}/payment-method/assign": [
        ("rpc", {"token_id": "{card}"}, "", "eeeeee!!ee!"),
        ("rpc", {"token_id": "{foreign_card}"}, "", "eeeeeeeeeee"),
    ],
    f"{CONTRACT}/payment-method/remove": [
        ("post", {"token_id": "{card}"}, "card", DOERS),
        ("post", {"token_id": "{foreign_card}"}, "card", "mmmccmcccmc"),
    ],
    f"{CONTRACT}/details": [("get", {}, "", MANAGERS)],
    f"{CONTRACT}/details/submit": [
        ("post", ADDRESS, "", "3333!3!!!3!"),
        ("post", {**ADDRESS, "email": "nonsense"}, "", "3333p3ppp3p"),
    ],
    # === ORDERS AND INVOICES: the links allow everything that is asked for there === #
    ORDER: [("get", {}, "", "mmmvvm+++mv")],
    f"{ORDER}/transaction": [
        ("rpc", {"amount": 11.0, "pay": True}, "", "eee!!e!!!e!"),
        ("rpc", {"amount": 1.0, "pay": True}, "", "eeeeeeeeeee"),
    ],
    f"{ORDER}/card": [
        ("rpc", {"pay": True, "is_validation": True}, "", "eeeeeeeeeee"),  # not asked for
    ],
    f"{ORDER}/card/assign": [("rpc", {"token_id": "{card}"}, "", "eeeeeeeeeee")],
    f"{ORDER}/update_line_dict": [
        ("rpc", {"line_id": "{order_line}", "input_quantity": 5}, "", "eeeeeeeeeee"),  # no option
    ],
    f"{ORDER}/accept": [
        ("rpc", {"name": "Bea", "signature": SIGNATURE}, "signature", "+++!!+!!!+!"),
    ],
    "/my/invoices/<int:invoice_id>": [("get", {"invoice_id": "{move}"}, "", READERS)],
    "/invoice/transaction/<int:invoice_id>": [
        ("rpc", {"invoice_id": "{move}", "amount": 22.0, "pay": True}, "", "eee!!e!!!e!"),
    ],
    # === FOR EVERYBODY === #
    "/subscriptions": [("get", {}, "", "+++++++++++")],
    OFFER: [
        ("get", {}, "", "+++++++++++"),
        ("get", {"identifier": "{hidden}"}, "", "44444444444"),
    ],
    f"{OFFER}/image": [
        ("get", {}, "", "+++++++++++"),
        ("get", {"identifier": "{hidden}"}, "", "44444444444"),
    ],
    f"{OFFER}/total": [
        ("rpc", {}, "", "+++++++++++"),
        ("rpc", {"identifier": "{hidden}"}, "", "eeeeeeeeeee"),
    ],
    f"{OFFER}/checkout": [
        ("get", {}, "", "+++++++++++"),
        ("get", {"identifier": "{hidden}"}, "", "44444444444"),
        ("post", {"name": "Eve", "email": "eve@example.com"}, "", "+++++++++++"),  # no visit's key
        ("post", {"identifier": "{hidden}"}, "", "44444444444"),
    ],
}

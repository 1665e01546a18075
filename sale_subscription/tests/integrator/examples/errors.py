"""What comes back when something can't be done."""

import xmlrpc.client

from odoo_json import OdooError, post
from odoo_rpc import call, find

template = find("sale_subscription.template_standard")

# XML-RPC: fault code 2 is a message for the user, 4 a missing right.
try:
    call("sale.subscription.template", "subscribe", [template], 999999)
except xmlrpc.client.Fault as fault:
    print(fault.faultCode, fault.faultString.strip())

# JSON-2: an HTTP status and the message.
try:
    post("sale.subscription.template", "subscribe", ids=[template], partner_id=999999)
except OdooError as error:
    print(error.status, error)

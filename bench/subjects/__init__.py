# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What is measured; each module is run with ``env`` in a process of its own.

``MODULE`` is what has to be installed, ``prepare(env, count)`` fills a database with contracts that
owe one invoice today, ``warm_up(env, part)`` invoices ten of them, and ``STEPS`` are the functions
that then invoice all others as a scheduled job does, each with the name of what is there after it.

Those named ``collect…`` do the same with invoices to be paid; ``count`` tells how many are.
"""

import importlib

NAMES = ("ours", "core", "contract", "subscription_oca")
COLLECTORS = ("collect", "collect_receipts", "collect_core")


def get_subject(name):
    """Import what is measured; only possible where Odoo is loaded."""
    return importlib.import_module(f"{__name__}.{name}")

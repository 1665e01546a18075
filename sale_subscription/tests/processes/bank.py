"""The bank's own list of charges: what really happened, whatever the database remembers.

Each charge is a line that is on the disk before the bank answers. Used by child processes and by
the tests; needs no Odoo.
"""

import json
import os
from pathlib import Path


def note_charge(path, **values):
    """Write down a charge, so that it stays written whatever happens to this process."""
    line = json.dumps({**values, "pid": os.getpid()}) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read_charges(path):
    """Return all charges, in order: `reference`, `invoice`, `amount`, `pid`.

    :rtype: list[dict]
    """
    path = Path(path)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

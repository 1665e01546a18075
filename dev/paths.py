# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Where everything lives: per clone in ``.run/``, per user in the cache."""

import contextlib
import fcntl
import os
from pathlib import Path

from .errors import say

ROOT = Path(__file__).resolve().parent.parent
ADDON = ROOT / "sale_subscription"
DEV = ROOT / "dev"

RUN = ROOT / ".run"
LOGS = RUN / "logs"
ODOO_CONFIG = RUN / "odoo.conf"
ODOO_DATA = RUN / "data"

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sale_subscription"
DOWNLOADS = CACHE / "downloads"

# Where PostgreSQL lives when root starts it from folders other users cannot enter.
SYSTEM_DIR = Path("/var/lib/sale_subscription-dev")


def on_ci():
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def make_folders():
    for folder in (RUN, LOGS, ODOO_DATA, CACHE, DOWNLOADS):
        folder.mkdir(parents=True, exist_ok=True)


@contextlib.contextmanager
def locked(path, waiting=None):
    """Hold an exclusive lock on a file; released by the kernel whatever happens to us.

    :param str waiting: said when somebody else holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                say(waiting)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What can go wrong around the addon, told with its remedy; and plain-word progress."""

import errno
import os
import time

# Kept over the change to the environment's own Python.
STARTED_VARIABLE = "SALE_SUBSCRIPTION_DEV_STARTED"
started = float(os.environ.pop(STARTED_VARIABLE, None) or time.time())


class DevError(Exception):
    """A problem the person at the keyboard can mend.

    :param str problem: what is wrong, one sentence.
    :param str remedy: what to do about it.
    """

    def __init__(self, problem, remedy):
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self):
        return f"{self.problem}\n  What to do: {self.remedy}"


def say(text):
    """Tell progress, with the seconds since the start."""
    print(f"[{time.time() - started:5.0f} s] {text}", flush=True)


NETWORK_SIGNS = (
    "could not resolve",
    "could not connect",
    "connection timed out",
    "connection refused",
    "connection failed",
    "network is unreachable",
    "temporary failure",
    "name or service not known",
    "name resolution",
    "max retries exceeded",
    "newconnectionerror",
    "failed to fetch",
    "enotfound",
    "econnrefused",
    "eai_again",
    "unreachable host",
)


def no_network(doing):
    return DevError(
        f"No network while {doing}.",
        "connect to the internet and run the same command again; what was already downloaded is "
        "kept. Behind a proxy, set http_proxy and https_proxy.",
    )


def disk_full(where):
    return DevError(
        f"The disk is full (writing to {where}).",
        "free some space (a first start needs about 4 GB) and run the same command again, or set "
        "XDG_CACHE_HOME to a folder on a larger disk.",
    )


def not_allowed(where):
    return DevError(
        f"Not allowed to write to {where}.",
        "it probably belongs to another user (was a command run with sudo before?). Remove it or "
        "give it back with chown, or set XDG_CACHE_HOME to a folder of your own.",
    )


def explain_os_error(error):
    """Turn the system's error into one with a remedy, or return None."""
    where = error.filename or "the disk"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(where)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return not_allowed(where)
    return None


def explain_output(output, doing, where):
    """Recognise in a program's output why it failed; None when it says nothing known."""
    lowered = output.lower()
    if "no space left on device" in lowered or "disk quota exceeded" in lowered:
        return disk_full(where)
    if any(sign in lowered for sign in NETWORK_SIGNS):
        return no_network(doing)
    if "no_pubkey" in lowered:
        return DevError(
            "The Debian archive is signed with a key this machine does not know yet.",
            "upgrade the package debian-archive-keyring, or set ODOO_PATH to an Odoo 19 checkout.",
        )
    if "permission denied" in lowered:
        return not_allowed(where)
    return None

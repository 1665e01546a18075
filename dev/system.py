# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Programs that only the system's package manager brings: the browser and the PDF tools."""

import os
import shutil
import subprocess
import sys

from .errors import DevError, say
from .process import run_logged

# Any of these commands will do -> the Debian package that brings one.
TOOLS = {
    "chromium": ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable"),
    "wkhtmltopdf": ("wkhtmltopdf",),
    "poppler-utils": ("pdftotext",),
}


def find_missing(packages):
    return [name for name in packages if not any(map(shutil.which, TOOLS[name]))]


def ensure(packages=tuple(TOOLS)):
    """Install the missing programs.

    :raises DevError: when that is not possible, naming the command to run.
    """
    missing = find_missing(packages)
    if not missing:
        return
    remedy = f"run as root: apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get"):
        raise DevError(f"Missing: {', '.join(missing)}, and there is no apt here.", remedy)
    become_root = _find_way_to_root()
    if become_root is None:
        raise DevError(f"Missing: {', '.join(missing)}. Installing them needs root.", remedy)
    say(f"Installing {', '.join(missing)} with apt")
    apt = [*become_root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "-q"]
    doing = f"installing {', '.join(missing)}"
    run_logged([*apt, "update"], doing, "/var")
    run_logged(
        [*apt, "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
        + missing,
        doing,
        "/usr",
    )
    if find_missing(packages):
        raise DevError(f"apt did not bring {', '.join(find_missing(packages))}.", remedy)


def ensure_if_possible(packages):
    """Install what can be installed without bothering anybody; tell what stays missing."""
    try:
        ensure(packages)
    except DevError as error:
        say(f"  Notice: {error}")


def _find_way_to_root():
    """The words to put before a command so that it runs as root, or None."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    if sys.stdin.isatty() and sys.stderr.isatty():
        say("sudo may ask for your password, to install programs with apt")
        if subprocess.run(["sudo", "-v"], check=False).returncode == 0:
            return ["sudo", "-n"]
    return None

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The virtual environment: the packages of ``requirements.lock``, checked by their hashes."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from . import debian
from .errors import DevError, say
from .paths import CACHE, DEV
from .process import run_logged

LOCK = DEV / "requirements.lock"
PEERS_LOCK = DEV / "peers.lock"
STAMP = ".complete"
SUPPORTED = ((3, 11), (3, 12), (3, 13))


def check_python(version=sys.version_info):
    """
    :raises DevError: when the packages of the lock file do not exist for this Python.
    """
    if tuple(version[:2]) not in SUPPORTED:
        raise DevError(
            f"Python {version[0]}.{version[1]} does not fit: Odoo 19 and the packages locked here "
            "need Python 3.11, 3.12 or 3.13.",
            "install one of them and name it: make PYTHON=python3.11 ...",
        )


def ensure():
    """Return the Python of the virtual environment, made when needed.

    It is shared by all clones whose lock file is the same.
    """
    check_python()
    facts = LOCK.read_bytes() + f"{sys.version_info[:2]} {platform.machine()}".encode()
    folder = CACHE / "venv" / hashlib.sha256(facts).hexdigest()[:12]
    python = folder / "bin" / "python"
    if not ((folder / STAMP).exists() and python.exists()):
        shutil.rmtree(folder, ignore_errors=True)  # what an interruption left
        _build(folder, python)
    return python


def _build(folder, python):
    say("Installing the Python packages (once per user)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    pip = _make_environment(folder, python)
    # Source packages are built with the locked setuptools, not with whatever is newest.
    first = folder / "setuptools.lock"
    first.write_text(lock_entry(LOCK.read_text(), "setuptools"))
    _pip(pip, "--requirement", first)
    _pip(pip, "--no-build-isolation", "--use-pep517", "--requirement", LOCK)
    (folder / STAMP).touch()


def _make_environment(folder, python):
    """Make an empty environment and return the command that runs pip in it."""
    interpreter = getattr(sys, "_base_executable", None) or sys.executable
    try:
        import ensurepip  # noqa: F401 - Debian keeps it in a package of its own
    except ImportError:
        wheel = _get_pip_wheel()
        _venv(interpreter, "--without-pip", folder)
        return [python, f"{wheel}/pip"]
    _venv(interpreter, folder)
    return [python, "-m", "pip"]


def _venv(interpreter, *arguments):
    run_logged(
        [interpreter, "-m", "venv", *arguments],
        "making the virtual environment",
        CACHE,
        env=clean_environment(),
    )


def _get_pip_wheel():
    """pip as Debian packages it, for a Debian 12 without python3-venv. No root needed."""
    if sys.version_info[:2] != (3, 11):
        raise DevError(
            "This Python lacks the module ensurepip, so no virtual environment can be made.",
            "install it: apt-get install python3-venv",
        )
    package = json.loads((DEV / "odoo.lock.json").read_text())["pip"]
    folder = CACHE / "pip"
    (file,) = debian.fetch([package])
    run_logged(["dpkg-deb", "-x", file, folder], "unpacking pip", CACHE)
    return next(folder.glob("usr/share/python-wheels/pip-*.whl"))


def _pip(pip, *arguments):
    run_logged(
        [*pip, "install", "--no-input", "--no-deps", "--require-hashes", *arguments],
        "installing Python packages",
        CACHE,
        env=clean_environment(),
    )


def clean_environment():
    """This process's environment without what would lead Python or pip astray."""
    environment = dict(os.environ)
    for name in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_USER"):
        environment.pop(name, None)
    return environment | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONNOUSERSITE": "1"}


def lock_entry(text, name):
    """The lines of one package in a lock file."""
    match = re.search(rf"^{re.escape(name)}==[^\n]*(?:\n +--hash[^\n]*)+", text, re.MULTILINE)
    return match.group().rstrip(" \\") + "\n"


def ensure_peers(python):
    """Fetch the addons the benchmarks compare with; return the folder they are in."""
    key = hashlib.sha256(PEERS_LOCK.read_bytes()).hexdigest()[:12]
    folder = CACHE / "peers" / key
    if (folder / STAMP).exists():
        return folder / "addons"
    say("Fetching the addons to compare with")
    wheels = folder / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    wheels.mkdir(parents=True)
    run_logged(
        [python, "-m", "pip", "download", "--no-input", "--no-deps", "--require-hashes"]
        + ["--only-binary", ":all:", "--dest", wheels, "--requirement", PEERS_LOCK],
        "fetching the addons to compare with",
        CACHE,
        env=clean_environment(),
    )
    for wheel in wheels.glob("*.whl"):
        _unpack_addons(wheel, folder)
    (folder / STAMP).touch()
    return folder / "addons"


def _unpack_addons(wheel, folder):
    """A wheel of an addon holds ``odoo/addons/NAME``; it becomes ``addons/NAME``."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "unpacked")
    for addon in (folder / "unpacked" / "odoo" / "addons").iterdir():
        target = folder / "addons" / addon.name
        target.parent.mkdir(exist_ok=True)
        if addon.is_dir() and not target.exists():
            shutil.move(addon, target)


def python_version(python):
    command = [python, "-c", "import platform; print(platform.python_version())"]
    return subprocess.check_output(command, text=True).strip()


def site_packages(python):
    """The folder of the environment's packages."""
    major, minor = python_version(python).split(".")[:2]
    return Path(python).parent.parent / "lib" / f"python{major}.{minor}" / "site-packages"

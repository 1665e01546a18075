# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo 19 Community: the checkout of ``ODOO_PATH``, or fetched from Debian's archive."""

import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from . import debian
from .errors import DevError, disk_full, say
from .fetch import download, integrity_to_hex, is_complete
from .paths import CACHE, DEV, DOWNLOADS
from .process import run_logged

LOCK = DEV / "odoo.lock.json"
NEEDED_BYTES = 3_000_000_000
STAMP = ".complete"


@dataclasses.dataclass
class OdooTree:
    """Where an Odoo is: what to put on PYTHONPATH, and its folders of addons."""

    python_path: Path
    addons: list
    key: str


def ensure():
    """Return a usable Odoo 19, fetching it when needed."""
    if os.environ.get("ODOO_PATH"):
        return inspect(Path(os.environ["ODOO_PATH"]).expanduser().resolve())
    text = LOCK.read_text()
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    prefix = CACHE / "odoo" / key
    if not (prefix / STAMP).exists():
        _assemble(json.loads(text), prefix)
    return inspect(prefix / "usr/lib/python3/dist-packages", key)


def inspect(path, key=None):
    """Find the addons of an Odoo tree and check that it is Odoo 19.

    :raises DevError: when it is not.
    """
    release = path / "odoo" / "release.py"
    if not release.exists():
        raise DevError(
            f"There is no Odoo in {path}.",
            "set ODOO_PATH to the folder of an Odoo 19 checkout (the one with odoo-bin in it), or "
            "unset it to let this command fetch Odoo.",
        )
    values = {}
    exec(release.read_text(), values)  # a list of assignments, no import
    if values["version_info"][0] not in (19, "saas~19"):
        raise DevError(
            f"{path} holds Odoo {values['version']}; this addon is for Odoo 19.",
            "set ODOO_PATH to an Odoo 19 checkout, or unset it.",
        )
    folders = [path / "odoo" / "addons"]
    # A packaged Odoo keeps all its addons in odoo/addons; a checkout most of them in addons.
    if not (folders[0] / "web").exists():
        folders.insert(0, path / "addons")
    key = key or hashlib.sha256(str(path).encode()).hexdigest()[:12]
    return OdooTree(path, folders, key)


def _assemble(lock, prefix):
    """Fetch and unpack into a temporary folder that takes its name only when it is complete."""
    say("Fetching Odoo 19 Community (once per user; the next clone finds it in the cache)")
    _check_space()
    for leftover in prefix.parent.glob(".unpacking-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    files = debian.fetch(lock["debian"])
    tarball = _fetch_npm(lock["npm"])
    work = prefix.parent / f".unpacking-{os.getpid()}"
    work.mkdir(parents=True)
    say("Unpacking Odoo")
    for file in files:
        run_logged(["dpkg-deb", "-x", file, work], "unpacking Odoo", CACHE)
    _unpack_npm(lock["npm"], tarball, work)
    _check_links(work)
    (work / STAMP).write_text("".join(f"{file.name}\n" for file in [*files, tarball]))
    shutil.rmtree(prefix, ignore_errors=True)
    work.rename(prefix)


def _check_space():
    folder = CACHE
    while not folder.exists():
        folder = folder.parent
    if shutil.disk_usage(folder).free < NEEDED_BYTES:
        raise disk_full(folder)


def _check_links(work):
    """Odoo's tree points into other packages; every pointer must lead somewhere."""
    broken = [path for path in work.rglob("*") if path.is_symlink() and not path.exists()]
    if broken:
        names = ", ".join(str(path.relative_to(work)) for path in broken[:5])
        raise DevError(
            f"Odoo's package needs files that no longer come with it: {names}.",
            "update this clone (git pull), or set ODOO_PATH to an Odoo 19 checkout.",
        )


def _fetch_npm(npm):
    """Get the one file Debian leaves out of Odoo, from npm; its hash is in the lock file."""
    target = DOWNLOADS / npm["file"]
    algorithm, expected = integrity_to_hex(npm["integrity"])
    if is_complete(target, expected, algorithm):
        return target
    say("Downloading a script of the web client that Debian leaves out (4 MB)")
    if shutil.which("npm"):
        subprocess.run(
            ["npm", "pack", "--silent", f"{npm['name']}@{npm['version']}"],
            cwd=DOWNLOADS,
            capture_output=True,
            check=False,
        )
        if is_complete(target, expected, algorithm):
            return target
    registry = os.environ.get("NPM_CONFIG_REGISTRY") or "https://registry.npmjs.org"
    base = npm["name"].rsplit("/", 1)[-1]
    url = f"{registry.rstrip('/')}/{npm['name']}/-/{base}-{npm['version']}.tgz"
    return download(url, target, expected, algorithm)


def _unpack_npm(npm, tarball, work):
    target = work / npm["target"]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(tarball) as archive:
        target.write_bytes(archive.extractfile(npm["member"]).read())

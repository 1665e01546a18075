# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Debian packages without root: downloaded through a private apt, which checks the signatures.

The machine's own sources and package lists are not touched.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

from .errors import DevError, say
from .fetch import is_complete
from .paths import CACHE, DOWNLOADS
from .process import run_logged

APT = CACHE / "apt"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
PUBLIC_MIRROR = "http://deb.debian.org/debian"


def file_of(package):
    """Where a locked package's file is kept."""
    return DOWNLOADS / f"{package['name']}_{quote(package['version'], safe='+~-.')}_all.deb"


def fetch(packages):
    """Download packages of the lock file, those of the cache excepted.

    :param packages: list of dicts ``name``, ``version``, ``suite``, ``sha256``.
    :return: list of the files.
    """
    missing = [p for p in packages if not is_complete(file_of(p), p["sha256"])]
    if missing:
        _check_tools()
        _configure()
        say("Reading the list of Debian's packages (20 MB)")
        _apt_get("update", doing="reading Debian's package lists")
        return _download(packages, missing)
    return [file_of(p) for p in packages]


def _check_tools():
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb") and KEYRING.exists()):
        raise DevError(
            "Odoo is fetched from Debian's archive, which needs apt, dpkg and Debian's keyring "
            f"({KEYRING}); this machine lacks them.",
            "on a Debian or Ubuntu, install debian-archive-keyring; elsewhere get Odoo 19 "
            "(git clone --depth 1 -b 19.0 https://github.com/odoo/odoo) and set ODOO_PATH to it.",
        )


def _configure():
    """Write the private configuration; proxies and certificates stay the machine's."""
    for folder in ("lists/partial", "cache/archives/partial", "empty"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    (APT / "status").touch()
    mirror = find_mirror()
    (APT / "sources.list").write_text(
        "".join(
            f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in ("sid", "bookworm")
        )
    )
    settings = {
        "Dir::Etc::sourcelist": APT / "sources.list",
        "Dir::Etc::sourceparts": APT / "empty",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": APT / "empty",
        "Dir::State::lists": APT / "lists",
        "Dir::State::status": APT / "status",
        "Dir::Cache": APT / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Update::Error-Mode": "any",  # no network is an error, not a warning
        # Not even tidying up after the update concerns the machine's own apt.
        "APT::Update::Post-Invoke-Success": "",
        "APT::Update::Post-Invoke": "",
    }
    if os.geteuid() == 0:  # apt's own user cannot enter root's cache
        settings["APT::Sandbox::User"] = "root"
    lines = [f'{key} "{value}";' for key, value in settings.items() if value]
    lines += [f"#clear {key};" for key, value in settings.items() if not value]
    (APT / "apt.conf").write_text("\n".join(lines) + "\n")


def find_mirror():
    """The Debian mirror this machine uses; the public one when it is not a Debian."""
    if mirror := os.environ.get("DEBIAN_MIRROR"):
        return mirror.rstrip("/")
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for line in listing.splitlines():
        release, component, uri = [*line.split(), "", "", ""][:3]
        is_debian = release in ("bookworm", "trixie", "forky", "sid", "stable", "testing")
        if is_debian and component == "main" and uri.startswith("http") and "security" not in uri:
            return uri.rstrip("/")
    return PUBLIC_MIRROR


def _apt_get(*arguments, doing, cwd=None, progress=None):
    environment = {**os.environ, "APT_CONFIG": str(APT / "apt.conf"), "LC_ALL": "C"}
    return run_logged(
        ["apt-get", "-q", *arguments], doing, CACHE, env=environment, cwd=cwd, progress=progress
    )


def _download(packages, missing):
    """Get the locked versions; where Debian has moved on, the current ones."""
    environment = {**os.environ, "APT_CONFIG": str(APT / "apt.conf"), "LC_ALL": "C"}
    madison = subprocess.run(
        ["apt-cache", "madison", *(p["name"] for p in missing)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    offered = {tuple(part.strip() for part in line.split("|")[:2]) for line in madison.splitlines()}
    arguments, moved = [], []
    for package in missing:
        if (package["name"], package["version"]) in offered:
            arguments.append(f"{package['name']}={package['version']}")
        else:
            moved.append(package)
            arguments.append(f"{package['name']}/{package['suite']}")
    for package in moved:
        say(
            f"  Notice: Debian no longer has {package['name']} {package['version']}; taking its "
            "current version, whose signature apt checks."
        )
    names = [package["name"] for package in missing]
    say(f"Downloading from Debian: {', '.join(names)}")
    _apt_get(
        "download",
        *arguments,
        doing="downloading Debian packages",
        cwd=DOWNLOADS,
        progress=_count_megabytes,
    )
    return [_pick_file(package, moved=package in moved) for package in packages]


def _count_megabytes():
    partial = (APT / "cache" / "archives" / "partial").glob("*")
    done = [*partial, *DOWNLOADS.glob("*.deb")]
    return f"{sum(path.stat().st_size for path in done) / 1e6:.0f} MB"


def _pick_file(package, moved):
    if not moved:
        expected = file_of(package)
        _adopt(package, expected)
        if not is_complete(expected, package["sha256"]):
            expected.unlink(missing_ok=True)
            raise DevError(
                f"{package['name']} from the Debian archive is not the file this project expects.",
                "run the same command again; if it stays so, tell the maintainers.",
            )
        return expected
    pattern = re.compile(rf"{re.escape(package['name'])}_.*\.deb")
    files = [path for path in DOWNLOADS.iterdir() if pattern.fullmatch(path.name)]
    return max(files, key=lambda path: path.stat().st_mtime)


def _adopt(package, expected):
    """apt escapes the colon of an epoch in its own way; give the file our name."""
    if not expected.exists():
        escaped = package["version"].replace(":", "%3a")
        found = DOWNLOADS / f"{package['name']}_{escaped}_all.deb"
        if found.exists():
            found.rename(expected)

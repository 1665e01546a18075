# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which tests are run side by side: Odoo's shared out to several Odoos, and those of processes."""

import functools
import json
import re

from . import odoo_log
from .paths import ADDON, DEV

FOLDER = ADDON / "tests"
COUNT = 4

# Seconds that each file took when `make durations` last read the logs of a whole run. A file that
# is not there, or that has changed since, makes the shares a little unequal and does no other harm.
DURATIONS = DEV / "durations.json"
CLASS = re.compile(r"^class Test", re.MULTILINE)
METHOD = re.compile(r"^    def test_", re.MULTILINE)
BROWSER = re.compile(r"\bstart_tour\(|\bbrowser_js\(")


def find_files():
    """The files with Odoo tests; the folders below hold tests for pytest."""
    return sorted(FOLDER.glob("test_*.py"))


def find_page_files():
    """Those about pages, which another app may change: what visitors and customers see and pay."""
    names = ("portal_list", "portal_page", "portal_step_tour", "public_*", "payment_tour")
    return sorted(file for name in names for file in FOLDER.glob(f"test_{name}.py"))


def split(files, count=COUNT):
    """Share files out so that every share is about the same work.

    The longest first, each to who has the least so far.

    :return: list of `count` lists of files.
    """
    totals, shares = [0.0] * count, [[] for _ in range(count)]
    for work, file in sorted(((weigh(file), file) for file in files), reverse=True):
        least = totals.index(min(totals))
        totals[least] += work
        shares[least].append(file)
    return [sorted(mine) for mine in shares]


def weigh(file):
    """Roughly the seconds that a file's tests take."""
    if file.stem in read_durations():
        return read_durations()[file.stem]
    source = file.read_text()
    return (
        1.5 * len(CLASS.findall(source))
        + 0.3 * len(METHOD.findall(source))
        + 3.0 * len(BROWSER.findall(source))
    )


@functools.cache
def read_durations():
    """Seconds that files took: ``{name: seconds}``."""
    return json.loads(DURATIONS.read_text()) if DURATIONS.exists() else {}


def write_durations(logs):
    """Keep what the files took according to the logs of a run.

    :param logs: files with Odoo's logs.
    :return: ``{name: seconds}`` as it was written.
    """
    durations = {}
    for log in logs:
        for name, seconds in odoo_log.read(log).seconds.values():
            durations[name] = durations.get(name, 0.0) + seconds
    durations = {name: round(seconds, 1) for name, seconds in sorted(durations.items())}
    DURATIONS.write_text(json.dumps(durations, indent=1) + "\n")
    return durations


def make_tags(files):
    """What Odoo is told to run: the tests of these files."""
    return ",".join(f"/{ADDON.name}/{file.relative_to(ADDON)}" for file in files)


def find_process_files():
    """The files with tests of several processes."""
    return sorted((FOLDER / "processes").glob("test_*.py"))


def find_races():
    """Those whose processes race each other: on a busy machine one of them may come too late."""
    return [file for file in find_process_files() if "parallel" in file.name]

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Which tests are run side by side: Odoo's shared out to several Odoos, and those of processes."""

import re

from .paths import ADDON

FOLDER = ADDON / "tests"
COUNT = 2

# Seconds of the processor for files whose work cannot be guessed by their looks. A file that is not
# here, or that has changed since, makes the shares a little unequal and does no other harm.
MEASURED = {
    "test_collect": 24,
    "test_collect_query_counts": 11,
    "test_invoice_batch": 47,
    "test_life_properties": 36,
    "test_order_card": 20,
    "test_order_payment": 42,
    "test_payment_doubt": 23,
    "test_payment_faults": 28,
    "test_payment_mail": 15,
    "test_payment_story": 18,
    "test_query_counts": 11,
    "test_unpaid": 30,
    "test_upsell_portal": 16,
}
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
    if file.stem in MEASURED:
        return MEASURED[file.stem]
    source = file.read_text()
    return (
        2.5 * len(CLASS.findall(source))
        + 0.3 * len(METHOD.findall(source))
        + 3.0 * len(BROWSER.findall(source))
    )


def make_tags(files):
    """What Odoo is told to run: the tests of these files."""
    return ",".join(f"/{ADDON.name}/{file.relative_to(ADDON)}" for file in files)


def find_process_files():
    """The files with tests of several processes."""
    return sorted((FOLDER / "processes").glob("test_*.py"))


def find_races():
    """Those whose processes race each other: on a busy machine one of them may come too late."""
    return [file for file in find_process_files() if "parallel" in file.name]

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Finding the test that ``make test T=...`` names."""

import re
from pathlib import Path

from .errors import DevError
from .paths import ADDON, ROOT
from .steps import STEPS, TESTS

# Step -> folder of its pytest files.
FOLDERS = {
    "dev": ROOT / "dev" / "tests",
    "engine": TESTS / "engine",
    "integrator": TESTS / "integrator",
    "processes": TESTS / "processes",
}


def choose(wanted):
    """Return ``[(step, *arguments)]`` for a name.

    A step's name, a file (``test_billing``), a class or method (``TestBilling``,
    ``TestBilling.test_leap_year``, ``test_leap_year``), or an Odoo test tag
    (``/sale_subscription:TestBilling``).

    :raises DevError: when nothing has that name.
    """
    if wanted in STEPS:
        return [(wanted,)]
    if wanted.startswith(("/", "-", "+", "@")) or "," in wanted:
        return [("odoo", wanted)]
    stem = Path(wanted).stem if wanted.endswith(".py") else wanted
    chosen = find_file(stem) or find_name(stem)
    if not chosen:
        files = sorted(path.stem for path in TESTS.rglob("test_*.py"))
        raise DevError(
            f"There is no test named {wanted}.",
            f"name a step ({', '.join(STEPS)}), a test class or method, an Odoo test tag, or one "
            f"of the files {', '.join(files)}.",
        )
    return chosen


def find_file(stem):
    """The step that runs a file."""
    if (TESTS / f"{stem}.py").exists():
        return [("odoo", f"/{ADDON.name}/tests/{stem}.py")]
    return [
        (step, "-k", f"{stem}.py")
        for step, folder in FOLDERS.items()
        if (folder / f"{stem}.py").exists()
    ]


def find_name(name):
    """The steps that run a class or method, named alone or as ``Class.method``."""
    first, _, second = name.partition(".")
    definition = re.compile(rf"^\s*(?:class|def) {re.escape(first)}\b", re.MULTILINE)
    chosen = []
    if contains(TESTS.glob("*.py"), definition):
        is_method = first.startswith("test")
        tag = f":.{first}" if is_method else f":{first}" + (f".{second}" if second else "")
        chosen.append(("odoo", f"/{ADDON.name}{tag}"))
    for step, folder in FOLDERS.items():
        if contains(folder.glob("*.py"), definition):
            chosen.append((step, "-k", f"{first} and {second}" if second else first))
    return chosen


def contains(paths, pattern):
    return any(pattern.search(path.read_text()) for path in paths)

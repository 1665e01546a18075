# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Style and lint: the outside tools, and the tests Odoo has for every addon."""

import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from . import odoo_log, pot, testkit
from .paths import ADDON, ROOT
from .postgres import find_free_port

# The tests of Odoo's test_lint that say something about an addon outside Odoo's own tree.
ODOO_LINT = (
    "ManifestLinter",
    "TestNaming",
    "TestDocstring",
    "TestIndex",
    "TestDunderinit",
    "TestTestHoles",
    "RoutesLinter",
    "TestOnchangeDomains",
    "TestLintOverrideSignatures",
    "TestI18n",
)
FRAME = re.compile(r"Traceback |  +(File|raise|self\.|msg)|$")
ALLOWED = [
    (
        re.compile(r"\W*(\w+Error: )?'excludes' : Unknown manifest keys"),
        "the installation of modules reads this key (ir.module.module), the lint does not know it",
    ),
    (
        re.compile(r"- Test file (demo|engine|integrator|processes)/"),
        "these are run by pytest, outside of Odoo",
    ),
]
OURS = re.compile(r"sale_subscription\b(?!_)|sale\.subscription\b")


def check_style(environment, result):
    """Run the tools that need no database."""
    result.log.write_text("")
    folders = [name for name in ("dev", "bench", ADDON.name) if (ROOT / name).exists()]
    tools = {
        "ruff check": ("ruff", "check", "--output-format=concise", *folders),
        "ruff format": ("ruff", "format", "--check", "--output-format=concise", *folders),
        "pylint": ("pylint", "--rcfile=pyproject.toml", ADDON.name),
    }
    for name, arguments in tools.items():
        run = subprocess.run(
            [environment.python, "-m", *arguments],
            cwd=ROOT,
            env=environment.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        output = (run.stdout + run.stderr).strip()
        with open(result.log, "a") as log:
            log.write(f"\n$ {' '.join(arguments)}\n{output}\n")
        shown = "\n".join(output.splitlines()[:20])
        result.check(run.returncode == 0, f"{name}:\n{shown}")
    broken = [text for path in ADDON.rglob("*.xml") if (text := find_xml_error(path))]
    result.check(not broken, "\n".join(["XML that is not well-formed:", *broken]))


def find_xml_error(path):
    try:
        ElementTree.parse(path)
    except ElementTree.ParseError as error:
        return f"{path.relative_to(ROOT)}: {error}"
    return None


def check_in_odoo(environment, result):
    """Run Odoo's own lint, and compare the terms to translate."""
    with testkit.database() as name:
        command = environment.odoo(
            name,
            *("-i", "test_lint", "--test-enable", "--stop-after-init", "--max-cron-threads=0"),
            *("--test-tags", ",".join(f"/test_lint:{test}" for test in ODOO_LINT)),
            f"--http-port={find_free_port()}",
        )
        environment.run_to_end(command, result.log, doing="running Odoo's lint")
    found = odoo_log.read(result.log)
    result.check(found.run, "Odoo's lint did not run")
    about_us = find_records_about_us(result.log)
    result.passed += max(0, found.run - len(about_us))
    result.failed += len(about_us)
    result.notes += about_us[:20]
    check_pot(environment, result)


def find_records_about_us(log):
    """Warnings and errors that name the addon: Odoo's lint judges every addon at once."""
    records, record = [], None
    for line in log.read_text(errors="replace").splitlines():
        if match := odoo_log.LINE.match(line):
            record = [match["text"]] if match["level"] in odoo_log.LEVELS else None
            if record:
                records.append(record)
        elif record:
            record.append(line)
    return [text for lines in records if (text := describe_record(lines))]


def describe_record(lines):
    """What a record says about the addon; None when that is nothing, or allowed."""
    title, *details = [line for line in lines if not FRAME.match(line)]
    ours = [line for line in details if OURS.search(line)]
    if ours and all(is_allowed(line) for line in ours):
        return None
    if OURS.search(title):  # the whole record is about the addon
        return "\n".join([title, *details][:20])
    return "\n".join([title, *ours][:20]) if ours else None


def is_allowed(line):
    return any(pattern.match(line) for pattern, _why in ALLOWED)


def check_pot(environment, result):
    """The committed template holds what an export holds now."""
    committed = ADDON / "i18n" / "sale_subscription.pot"
    if not committed.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.pot"
        pot.export(environment, fresh)
        difference = pot.describe_difference(pot.read_terms(committed), pot.read_terms(fresh))
    result.check(difference is None, difference)

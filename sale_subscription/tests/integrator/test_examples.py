"""The examples of the integrator guide are scripts that run, and print what the guide says."""

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent / "examples"
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "integrator-guide.md"
HELPERS = ("odoo_rpc", "odoo_json")
SCRIPTS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem not in HELPERS)

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@pytest.fixture(scope="module")
def blocks():
    """The code blocks of the guide, in order: language and text."""
    return BLOCK.findall(GUIDE.read_text())


def run(name):
    """Run an example the way its reader does."""
    result = subprocess.run(
        [sys.executable, f"{name}.py"],
        cwd=EXAMPLES,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("name", [*HELPERS, *SCRIPTS])
def test_guide_shows_the_script(name, blocks):
    assert ("python", (EXAMPLES / f"{name}.py").read_text()) in blocks


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_prints_what_the_guide_says(name, blocks):
    place = blocks.index(("python", (EXAMPLES / f"{name}.py").read_text()))
    language, expected = blocks[place + 1]
    assert language == "text"
    printed = run(name)
    if name == "quotation":
        # A quotation starts its contracts on the day it is confirmed.
        assert_dates_go_on(printed)
        printed, expected = DAY.sub("DAY", printed), DAY.sub("DAY", expected)
    assert printed == expected


def assert_dates_go_on(printed):
    """Both contracts begin on the same day and are due again the day after their first period."""
    monthly, yearly = (date.fromisoformat(day) for day in re.findall(r"invoice on (\S+)", printed))
    periods = [
        (date.fromisoformat(start), date.fromisoformat(end))
        for start, end in re.findall(r"(\d\S+) to (\d\S+)", printed)
    ]
    assert [end + timedelta(days=1) for _start, end in periods] == [monthly, yearly]
    [start] = {start for start, _end in periods}
    assert (monthly.year * 12 + monthly.month) - (start.year * 12 + start.month) == 1
    assert (yearly.year - start.year, yearly.month) == (1, start.month)


def test_every_public_method_is_in_the_guide():
    text = GUIDE.read_text()
    for name in (
        "action_activate", "action_pause", "action_resume", "action_close", "action_reopen",
        "action_cancel", "action_bill", "preview_billing", "add_one_time_charge", "subscribe",
    ):  # fmt: skip
        assert f"`{name}(" in text, name

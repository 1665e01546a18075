# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The worked example of the documentation, run as it is printed."""

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "engine.md"


def test_the_page_tells_the_truth():
    found = doctest.testfile(str(PAGE), module_relative=False)
    assert found.attempted > 10 and not found.failed

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Breaking code on purpose: every change is one change."""

import ast

import pytest

from dev import mutants, mutations
from dev.errors import DevError

CODE = '''"""A file."""
LIMIT = 3


def price(days, rate=2):
    """Say what it costs; é.

    >>> price(3)
    6
    """
    if days < LIMIT and rate:
        raise ValueError(f"too few: {days + 1}")
    return max(days * rate, 0)
'''


@pytest.fixture
def changes(tmp_path):
    path = tmp_path / "file.py"
    path.write_text(CODE)
    return mutations.mutants_of(path)


def test_each_change_is_found(changes):
    assert [mutant.change for mutant in changes] == [
        "3 → (4)",
        "2 → (3)",
        "days < LIMIT and rate → (not (days < LIMIT and rate))",
        "days < LIMIT and rate → (days < LIMIT or rate)",
        "days < LIMIT → (days <= LIMIT)",
        'raise ValueError(f"too few: {days + 1}") → pass',
        "return max(days * rate, 0) → return None",
        "max(days * rate, 0) → (min(days * rate, 0))",
        "days * rate → (days / rate)",
        "0 → (1)",
    ]


def test_only_one_line_differs_and_it_is_still_python(changes):
    for mutant in changes:
        ast.parse(mutant.text)
        pairs = zip(CODE.splitlines(), mutant.text.splitlines(), strict=True)
        assert [old for old, new in pairs if old != new] == [mutant.line]


def test_a_list_that_the_code_left_behind_is_refused():
    mutant = {"name": "gone", "file": "const.py", "search": "nowhere to be found", "tests": []}
    with pytest.raises(DevError, match="gone: its text is 0 times in const.py"):
        mutants._check_list([mutant])

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The reference cases: facts read from other billing systems' public tests and documents."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from engine.rounding import round_half_up

FOLDER = Path(__file__).with_name("cases")
LEFT_OUT = json.loads((FOLDER / "left_out.json").read_text(encoding="utf-8"))


def load(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def to_run(name):
    return [row for row in load(name) if row["id"] not in LEFT_OUT]


def day(text):
    return date.fromisoformat(text) if text else None


def as_printed(value, text):
    """``value`` with as many decimals as ``text`` has."""
    exponent = Decimal(text).as_tuple().exponent
    return round_half_up(value, Decimal(1).scaleb(min(exponent, 0)))


def assert_prints(value, text):
    assert as_printed(value, text) == Decimal(text)

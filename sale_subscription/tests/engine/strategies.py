# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the property tests draw from, and a ledger to play a contract's life on."""

from datetime import date, timedelta
from decimal import Decimal

from engine.intervals import merge, subtract
from engine.owed import Version, owed
from engine.recurrence import Recurrence
from hypothesis import strategies as st

QUANTA = (Decimal("1"), Decimal("0.01"), Decimal("0.001"), Decimal("0.05"))

days = st.dates(date(2019, 1, 1), date(2033, 12, 31))
prices = st.decimals(min_value=0, max_value=100000, places=3) | st.fractions(0, 5000)
quanta = st.sampled_from(QUANTA)
timings = st.sampled_from(["advance", "arrears"])


@st.composite
def recurrences(draw):
    unit = draw(st.sampled_from(["day", "week", "month", "year"]))
    most = {"day": 400, "week": 60, "month": 40, "year": 5}[unit]
    pinned = st.none() | st.integers(1, 31) if unit in ("month", "year") else st.none()
    return Recurrence(unit, draw(st.integers(1, most)), draw(days), draw(pinned))


@st.composite
def spans(draw, longest=1500):
    start = draw(days)
    return start, start + timedelta(days=draw(st.integers(0, longest)))


@st.composite
def coarse_recurrences(draw):
    """No daily grids: with those every split is a whole period."""
    unit = draw(st.sampled_from(["week", "month", "year"]))
    pinned = st.none() | st.integers(1, 31) if unit != "week" else st.none()
    return Recurrence(unit, draw(st.integers(1, 6)), draw(days), draw(pinned))


@st.composite
def versions(draw, endless=True):
    start, end = draw(spans())
    if endless and draw(st.booleans()):
        end = None
    return Version(draw(coarse_recurrences()), start, end, draw(prices), draw(timings))


pauses = st.lists(spans(200), max_size=3)
trials = st.none() | days


def after(start, limit=1600):
    """Run dates that matter for a line from ``start``."""
    return st.integers(-40, limit).map(lambda n: start + timedelta(days=n))


class Ledger:
    """What was charged, as a biller would keep it: run it, change the version, run it again."""

    def __init__(self, quantum):
        self.quantum = quantum
        self.charges = []
        self.billed = []

    def run(self, version, until, pauses=(), trial_end=None):
        found = owed(version, self.billed, until, self.quantum, pauses, trial_end)
        credited = merge((c.start, c.end) for c in found if c.kind == "credit")
        charged = [(c.start, c.end) for c in found if c.kind != "credit"]
        self.billed = merge(subtract(self.billed, credited) + charged)
        self.charges += found
        return found

    @property
    def total(self):
        return sum((charge.amount for charge in self.charges), Decimal(0))

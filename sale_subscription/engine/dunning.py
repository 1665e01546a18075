# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""When an unpaid invoice is charged or reminded again, and when it is given up.

A ladder has rungs: number 0 on the due date, one on each of the days after it that the template
names, and at last the one where the contract is given up. Rungs missed while nothing ran are not
made up for one by one: the customer is charged once, not once for each day of an outage.
"""

from dataclasses import dataclass
from datetime import date, timedelta

COLLECT = "collect"
GIVE_UP = "give_up"


@dataclass(frozen=True)
class Rung:
    """One step of a ladder: what is done on which day."""

    number: int
    day: date
    action: str


def parse_days(text):
    """Read days after the due date from a text.

    >>> parse_days("1,3, 5")
    (1, 3, 5)
    >>> parse_days("")
    ()
    >>> parse_days("3,1")
    Traceback (most recent call last):
    ...
    ValueError: days must be growing whole numbers from 1 on: 3,1

    :param str text: whole numbers separated by commas.
    :return: the days, growing.
    :rtype: tuple[int]
    :raise ValueError: if it holds anything else, a number below 1, or numbers that don't grow.
    """
    days = tuple(int(part) for part in (text or "").split(",") if part.strip())
    if any(day < 1 for day in days) or list(days) != sorted(set(days)):
        raise ValueError(f"days must be growing whole numbers from 1 on: {text}")
    return days


def ladder(due, days, give_up_after=0):
    """Return the rungs of an invoice.

    >>> due = date(2026, 1, 30)
    >>> for rung in ladder(due, (1, 3, 7), 5):
    ...     print(rung.number, rung.day, rung.action)
    0 2026-01-30 collect
    1 2026-01-31 collect
    2 2026-02-02 collect
    3 2026-02-04 give_up

    Where a rung lies on the day of giving up itself, money is asked for one last time.

    >>> [rung.action for rung in ladder(due, (1, 5), 5)]
    ['collect', 'collect', 'collect', 'give_up']

    :param date due: the day the invoice is due.
    :param days: days after it, growing.
    :param int give_up_after: days after the due date; 0 for never.
    :return: the rungs, in order of their days.
    :rtype: tuple[Rung]
    """
    kept = [day for day in (0, *days) if not give_up_after or day <= give_up_after]
    rungs = [Rung(number, due + timedelta(days=day), COLLECT) for number, day in enumerate(kept)]
    if give_up_after:
        rungs.append(Rung(len(rungs), due + timedelta(days=give_up_after), GIVE_UP))
    return tuple(rungs)


def open_rungs(rungs, taken):
    """Return the rungs still to come; giving up is always to come.

    :param rungs: see `ladder`.
    :param int taken: how many rungs were taken: those with lower numbers are done.
    :rtype: list[Rung]
    """
    return [rung for rung in rungs if rung.number >= taken or rung.action == GIVE_UP]


def due_rung(rungs, taken, today):
    """Return the rung to take today: of several missed ones the last that asks for money.

    >>> rungs = ladder(date(2026, 1, 30), (1, 3, 7), 14)
    >>> due_rung(rungs, 1, date(2026, 1, 30))
    >>> due_rung(rungs, 1, date(2026, 2, 3)).number
    2
    >>> due_rung(rungs, 0, date(2026, 3, 1)).number
    3
    >>> due_rung(rungs, 4, date(2026, 3, 1)).action
    'give_up'

    :param rungs: see `ladder`.
    :param int taken: see `open_rungs`.
    :param date today: the day it is.
    :rtype: Rung | None
    """
    due = [rung for rung in open_rungs(rungs, taken) if rung.day <= today]
    collecting = [rung for rung in due if rung.action == COLLECT]
    return (collecting or due or [None])[-1]


def next_day(rungs, taken):
    """Return the day of the next rung.

    >>> rungs = ladder(date(2026, 1, 30), (1, 3))
    >>> next_day(rungs, 2)
    datetime.date(2026, 2, 2)
    >>> next_day(rungs, 3)

    :param rungs: see `ladder`.
    :param int taken: see `open_rungs`.
    :rtype: date | None
    """
    return min((rung.day for rung in open_rungs(rungs, taken)), default=None)


def grace_days(rungs):
    """Return for how many days a customer who was asked isn't given up.

    As many as lie between the last two rungs, at least one and at most three: after an outage the
    last request and the end may both be overdue.

    >>> grace_days(ladder(date(2026, 1, 30), (1, 3, 7), 15))
    3
    >>> grace_days(ladder(date(2026, 1, 30), (1, 3, 7), 7))
    1

    :param rungs: see `ladder`.
    :rtype: int
    """
    asked = [rung.day for rung in rungs if rung.action == COLLECT]
    given_up = [rung.day for rung in rungs if rung.action == GIVE_UP]
    if not asked or not given_up:
        return 1
    return min(3, max(1, (given_up[-1] - asked[-1]).days))

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``inside.py ACTION SUBJECT NUMBERS...``: one measurement; run by `dev.odoo_script` with ``env``.

Answers are lines of JSON behind a mark. Before the clock starts it says that it is ready and waits
for a line, so that several processes start together.
"""

import gc
import json
import sys
import time

from odoo import SUPERUSER_ID, api, sql_db

from bench.processes import MARK
from bench.subjects import get_subject
from bench.subjects.catalog import count_invoices

IDLE_RUNS = 9


def answer(**values):
    print(MARK + json.dumps(values), flush=True)


class Clock:
    """Time, time of this process alone, and queries on all of its cursors since it was made."""

    def __init__(self):
        gc.collect()
        self.begin = self._read()

    def read(self):
        wall, python, queries = (
            now - before for now, before in zip(self._read(), self.begin, strict=True)
        )
        return {"ms": wall * 1000, "python_ms": python * 1000, "queries": queries}

    @staticmethod
    def _read():
        return time.monotonic(), time.process_time(), sql_db.sql_counter


def prepare(env, subject, count):
    subject.prepare(env, count)
    env.cr.commit()


def prepare_running(env, subject, due, idle):
    subject.prepare_running(env, due, idle)
    env.cr.commit()


def measure(env, subject, part=0):
    """Invoice what is due; answer with figures per step, and when it began and ended."""
    subject.warm_up(env, part)
    env.cr.commit()
    answer(ready=True)
    sys.stdin.readline()
    steps = {}
    begin = time.monotonic()
    with env.registry.cursor() as cr:
        clean = api.Environment(cr, SUPERUSER_ID, {})
        clock = Clock()
        for name, step in subject.STEPS.items():
            step(clean)
            steps[name] = clock.read()
    end = time.monotonic()
    env.cr.rollback()
    env.invalidate_all()
    count = getattr(subject, "count", count_invoices)
    answer(steps=steps, begin=begin, end=end, invoices=count(env))


def measure_idle(env, subject, part=0):
    """Invoice what is due, then look again and again in vain."""
    measure(env, subject, part)
    runs = []
    for _run in range(IDLE_RUNS):
        with env.registry.cursor() as cr:
            clean = api.Environment(cr, SUPERUSER_ID, {})
            clock = Clock()
            for step in subject.STEPS.values():
                step(clean)
            runs.append(clock.read())
    answer(idle=runs)


ACTIONS = {
    "prepare": prepare,
    "prepare_running": prepare_running,
    "measure": measure,
    "measure_idle": measure_idle,
}

if __name__ == "__main__":
    name, subject, *numbers = sys.argv[1:]
    ACTIONS[name](env, get_subject(subject), *map(int, numbers))  # noqa: F821 - given by the runner

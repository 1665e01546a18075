# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``make test``: every kind of test as a named step, a table, and one closing line."""

import contextlib
import fcntl
import functools
import os
import time

from . import choosing, lanes, shards, steps, testkit
from .errors import DevError, say
from .paths import LOGS, ROOT, on_ci
from .steps import Result

# What is done side by side; what comes first in a line is begun first, so the longest stand there.
QUICK = ("dev", "engine", "style")  # these need no database
BESIDE = (
    *(f"odoo {number + 1}" for number in range(shards.COUNT)),
    *("processes 1", "website", "demo", "lint", "integrator"),
)
ALONE = ("processes 2",)  # processes race each other here: nobody else may slow down one of them

NOTES = 40  # lines on what failed, at the end


def main(wanted):
    """Run the steps, or the one test named; return the exit code.

    :param str wanted: a step, a test's file, class or method, an Odoo test tag; empty for all.
    """
    started = time.monotonic()
    environment = testkit.environment()
    with own_logs() as environment.logs:
        testkit.drop_leftovers()
        if not wanted or wanted in steps.STEPS:
            results = run_steps(environment, wanted)
        else:
            results = [
                perform(environment, name, steps.STEPS[name], *arguments)
                for name, *arguments in choosing.choose(wanted)
            ]
    return report(results, time.monotonic() - started)


@contextlib.contextmanager
def own_logs():
    """The folder of this run's logs; another one when a second run works beside the first."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with open(LOGS / ".lock", "w") as handle:
        folder = LOGS
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            folder = LOGS / f"run-{os.getpid()}"
            folder.mkdir(exist_ok=True)
        yield folder


def run_steps(environment, wanted=""):
    """Run all steps or one of them, side by side what may be.

    :return: list of `Result`, one per step.
    """
    results = {}
    for labels in (QUICK, BESIDE, ALONE):
        mine = [label for label in labels if wanted in ("", get_step(label))]
        pieces = {
            label: functools.partial(perform, environment, label, *steps.PARTS[label])
            for label in mine
        }
        if labels is QUICK and wanted not in QUICK:  # beside these, for all that follows
            pieces = {"database": functools.partial(prepare, environment), **pieces}
        done = lanes.run(pieces)
        join(results, mine, done)
        if problem := "database" in pieces and done.get("database", "It was not made."):
            return [*results.values(), Result("database", failed=1, notes=[problem])]
    return [results[name] for name in steps.STEPS if name in results]


def get_step(label):
    return label.split()[0]


def prepare(environment):
    """Make the database to start from; return what went wrong."""
    try:
        environment.ensure_prepared()
    except DevError as error:
        say(f"database: {error}")
        return str(error)
    return None


def join(results, labels, done):
    """Add the results of parts to those of their steps.

    :param dict results: step -> Result, changed.
    :param labels: the parts that were to be done.
    :param dict done: label -> Result of those that ended as they should.
    """
    for label in labels:
        name, result = get_step(label), done.get(label)
        if result is None:
            say(f"{label}: broken off")
            result = Result(name, failed=1, notes=[f"{label} was broken off"])
        if name in results:
            results[name].join(result)
        else:
            results[name] = result


def perform(environment, label, function, *arguments):
    """Run a step, or a part of it, whatever happens in it, and tell how it went."""
    say(f"{label}: {function.__doc__.splitlines()[0]}")
    begun = time.monotonic()
    try:
        result = function(environment, *arguments)
    except DevError as error:
        result = Result(get_step(label), failed=1, notes=[str(error)])
    result.begun, result.ended = begun, time.monotonic()
    if on_ci() and result.skipped:
        result.notes.append(f"{result.skipped} skipped: on CI every test must run")
        result.failed += result.skipped
        result.skipped = 0
    counts = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
    told = [f"{label}: {counts} in {result.seconds:.0f} s"]
    told += [f"    {line}" for note in result.notes for line in note.splitlines()]
    say("\n".join(told))
    return result


def report(results, seconds):
    """Print the table and the closing line; return the exit code."""
    print(f"\n{'step':12} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}   log")
    for result in results:
        log = result.log.relative_to(ROOT) if result.log else ""
        print(
            f"{result.name:12} {result.passed:7} {result.failed:7} {result.skipped:8}"
            f" {result.seconds:8.0f}   {log}"
        )
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    if not passed and not failed:
        failed = 1
        print("No test was run.")
    print(f"Everything took {seconds:.0f} s.\n")
    # Once more at the end: who reads the last lines only must see what is to mend.
    notes = [
        f"{result.name}: {note}" for result in results if result.failed for note in result.notes
    ]
    for line in "\n".join(notes).splitlines()[:NOTES]:
        print(line)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0

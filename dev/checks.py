# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``make test``: every kind of test as a named step, a table, and one closing line."""

import contextlib
import fcntl
import os
import time

from . import choosing, steps, testkit
from .errors import DevError, say
from .paths import LOGS, ROOT, on_ci
from .process import BackgroundTask
from .steps import Result


def main(wanted):
    """Run the steps, or the one test named; return the exit code.

    :param str wanted: a step, a test's file, class or method, an Odoo test tag; empty for all.
    """
    started = time.monotonic()
    environment = testkit.environment()
    with own_logs() as environment.logs:
        testkit.drop_leftovers()
        if wanted:
            chosen = choosing.choose(wanted)
            results = [perform(environment, name, *arguments) for name, *arguments in chosen]
        else:
            results = run_all(environment)
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


def run_all(environment):
    """The steps without Odoo run beside the making of the databases the others start from."""
    quick = BackgroundTask(
        lambda: [perform(environment, name) for name in ("dev", "engine", "style")]
    )
    prepared = BackgroundTask(environment.ensure_base)
    results = quick.result()
    try:
        prepared.result()
    except DevError as error:
        return [*results, Result("database", failed=1, notes=[str(error)])]
    slow = ("odoo", "integrator", "processes", "demo", "lint")
    return results + [perform(environment, name) for name in slow]


def perform(environment, name, *arguments):
    """Run a step whatever happens in it, and tell how it went."""
    say(f"{name}: {steps.STEPS[name].__doc__.splitlines()[0]}")
    started = time.monotonic()
    try:
        result = steps.STEPS[name](environment, *arguments)
    except DevError as error:
        result = Result(name, failed=1, notes=[str(error)])
    result.seconds = time.monotonic() - started
    if on_ci() and result.skipped:
        result.notes.append(f"{result.skipped} skipped: on CI every test must run")
        result.failed += result.skipped
        result.skipped = 0
    counts = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
    say(f"{name}: {counts} in {result.seconds:.0f} s")
    for note in result.notes:
        print("\n".join(f"    {line}" for line in note.splitlines()), flush=True)
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
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``make mutants``: break the code on purpose and see whether a test notices.

The engine is broken everywhere, one small change at a time (``dev/mutations.py``); money paths,
rules and controllers as the list ``dev/mutants.toml`` says. ``ARGS`` chooses: ``engine``,
``engine kpi`` (one module), ``paths``, ``paths close`` (mutants whose name has a word).
"""

import contextlib
import importlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import tomllib

from . import mutations
from .errors import DevError, say
from .paths import ADDON, DEV, LOGS, ROOT

LIST = DEV / "mutants.toml"
GOALS = {"engine": 97, "paths": 90}
SECONDS = {"engine": 45, "paths": 1800}


def main(arguments):
    """Try the mutants chosen, print what survived and the rate.

    :param arguments: see the top of this file.
    :return: 0 when every kind reached its goal.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    kinds = arguments[:1] or list(GOALS)
    if unknown := set(kinds) - set(GOALS):
        raise DevError(
            f"There are no mutants named {unknown.pop()}.", f"choose {' or '.join(GOALS)}."
        )
    tries = {"engine": try_engine, "paths": try_paths}
    reached = [_report(kind, tries[kind](arguments[1:])) for kind in kinds]
    return 0 if all(reached) else 1


def _report(kind, outcomes):
    """Print the survivors and the rate of one kind; tell whether it reached its goal."""
    survivors = [name for name, killed in outcomes if not killed]
    for name in survivors:
        say(f"survived: {name}")
    count = len(outcomes)
    rate = 100 * (count - len(survivors)) / count if count else 100
    say(f"{kind}: {count - len(survivors)} of {count} killed, {rate:.1f} % (goal {GOALS[kind]} %)")
    return rate >= GOALS[kind]


# === ENGINE === #
def try_engine(words):
    """Return ``(mutant, killed)`` of every mutant of the engine, or of the modules named."""
    known = {(m["file"], m["line"], m["change"]) for m in _read_list().get("equivalent", ())}
    mutants = []
    for path in sorted((ADDON / "engine").glob("*.py")):
        if not words or path.stem in words:
            mutants += mutations.mutants_of(path)
    mutants = [m for m in mutants if (m.path.name, m.line.strip(), m.change) not in known]
    say(f"engine: {len(mutants)} mutants")
    preload()
    context = multiprocessing.get_context("fork")
    outcomes = []
    with context.Pool(os.cpu_count() or 2) as pool:
        for number, outcome in enumerate(pool.imap(_try_engine_mutant, mutants, chunksize=1), 1):
            outcomes.append(outcome)
            if not outcome[1]:
                say(f"SURVIVED: {outcome[0]}")
            if not number % 50:
                say(f"  {number} tried, {sum(killed for _name, killed in outcomes)} killed")
    return outcomes


def preload():
    """Import what every process would have to, once."""
    for name in ("pytest", "doctest", "_pytest.doctest", "hypothesis", "hypothesis.strategies"):
        importlib.import_module(name)


def _try_engine_mutant(mutant):
    """Return the mutant's name and whether the engine's tests notice it; what hangs is noticed."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        addon = _copy_engine(Path(folder))
        (addon / "engine" / mutant.path.name).write_text(mutant.text)
        # A process for each: whatever a mutant breaks goes with it.
        child = os.fork()
        if not child:
            signal.alarm(SECONDS["engine"])
            with (LOGS / "mutants.log").open("a") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
                os._exit(_test_engine(addon, mutant.path.stem))
        _pid, status = os.waitpid(child, 0)
    return mutant.name, status != 0


def _test_engine(addon, module):
    """Run the engine's tests and return 1 when one fails."""
    import pytest

    os.environ["ENGINE_EXAMPLES"] = "25"
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(addon))
    os.chdir(addon.parent)
    # What is likeliest to notice goes first: most mutants die within a second.
    tests = addon / "tests" / "engine"
    first = [addon / "engine" / f"{module}.py", tests / f"test_{module}.py"]
    options = ["-x", "-q", "-p", "no:cacheprovider", "--doctest-modules"]
    for paths in ([path for path in first if path.exists()], [addon / "engine", tests]):
        if pytest.main([*options, *map(str, paths)]):
            return 1
    return 0


def _copy_engine(folder):
    """Copy what the engine's tests need; return where the addon is there."""
    addon = folder / "sale_subscription"
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for part in ("engine", "tests/engine"):
        shutil.copytree(ADDON / part, addon / part, ignore=ignored)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=ignored)
    return addon


# === PATHS === #
def try_paths(words):
    """Return ``(mutant, killed)`` of the hand-written mutants whose name has the words.

    Each is tried in a copy of the clone with databases of its own, so that a run that is broken off
    leaves nothing behind here.
    """
    mutants = [m for m in _read_list()["mutant"] if all(word in m["name"] for word in words)]
    _check_list(mutants)
    say(f"paths: {len(mutants)} mutants")
    with _copied_clone() as clone:
        return [_try_path_mutant(clone, mutant) for mutant in mutants]


def _check_list(mutants):
    """Refuse a list that the code has left behind."""
    for mutant in mutants:
        count = (ADDON / mutant["file"]).read_text().count(mutant["search"])
        if count != 1:
            raise DevError(
                f"{mutant['name']}: its text is {count} times in {mutant['file']}.",
                f"say in {LIST.name} what the code says now.",
            )


@contextlib.contextmanager
def _copied_clone():
    """Yield a copy of the clone, as it is on disk, with nothing of what ran in it."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        clone = Path(folder) / "clone"
        ignored = shutil.ignore_patterns(".run", ".git", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, clone, ignore=ignored)
        try:
            yield clone
        finally:
            _clean(clone)


def _clean(clone):
    """Remove databases that were updated with a mutant, or won't take one in: `noupdate`."""
    _run([sys.executable, "-m", "dev", "clean"], clone, {}, SECONDS["paths"])


def _try_path_mutant(clone, mutant):
    """Return the mutant's name and whether one of its tests notices it."""
    path = clone / "sale_subscription" / mutant["file"]
    original = path.read_text()
    path.write_text(original.replace(mutant["search"], mutant["replace"]))
    try:
        if mutant.get("fresh"):
            _clean(clone)
        killed = any(
            _run([sys.executable, "-m", "dev", "test"], clone, {"T": test}, SECONDS["paths"])
            for test in mutant["tests"]
        )
    finally:
        path.write_text(original)
        if mutant.get("fresh"):
            _clean(clone)
    say(f"{'killed' if killed else 'SURVIVED'}: {mutant['name']}")
    return mutant["name"], killed


# === HELPERS === #
def _read_list():
    """Return the hand-written mutants, and those of the engine that change nothing."""
    return tomllib.loads(LIST.read_text())


def _run(command, folder, variables, seconds):
    """Return the exit code of a command; what hangs counts as failed. Its output goes to a log."""
    environ = {**os.environ, **variables}
    with (LOGS / "mutants.log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return 124

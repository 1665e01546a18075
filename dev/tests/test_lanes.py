"""Steps side by side: none is forgotten, and nothing stays behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from types import SimpleNamespace

import pytest
from test_process import is_alive, wait_until_gone

from dev import checks, errors, lanes, odoo_log, process, shards, steps

# Two pieces, each with a guarded program; tells the ids of their processes.
TWO_PIECES = """
import os, signal, subprocess, sys, time
from dev import __main__, lanes, process

def work(name):
    source = "import os, time; print(os.getppid(), os.getpid(), flush=True); time.sleep(300)"
    program = subprocess.Popen(
        process.guarded([sys.executable, "-c", source]), stdout=subprocess.PIPE, text=True
    )
    try:
        print(os.getpid(), program.stdout.readline(), end="", flush=True)
        time.sleep(300)
    finally:
        process.stop(program)
        open(os.path.join(sys.argv[1], name), "w").close()

signal.signal(signal.SIGTERM, __main__.end)
lanes.run({name: (lambda name=name: work(name)) for name in ("one", "two")}, width=2)
"""


# ---------------------------------------------------------------- side by side


def test_every_piece_gives_its_result():
    pieces = {number: partial(pow, number, 2) for number in range(5)}
    assert lanes.run(pieces, width=2) == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}


def test_large_results_arrive():
    assert lanes.run({"large": lambda: "x" * 1_000_000}) == {"large": "x" * 1_000_000}


@pytest.mark.parametrize("width", [1, 2])
def test_so_many_at_a_time(tmp_path, width):
    def work():
        mine = tmp_path / str(os.getpid())
        mine.touch()
        deadline = time.monotonic() + 0.5
        most = 0
        while time.monotonic() < deadline:
            most = max(most, len(list(tmp_path.iterdir())))
            time.sleep(0.01)
        mine.unlink()
        return most

    counts = lanes.run(dict.fromkeys(range(4), work), width=width)
    assert len(counts) == 4
    assert max(counts.values()) == width


@pytest.mark.parametrize(
    "end", [lambda: 1 / 0, lambda: os._exit(0), lambda: os.kill(os.getpid(), signal.SIGKILL)]
)
def test_a_piece_that_gives_no_result_is_missing(end):
    assert lanes.run({"lost": end, "kept": lambda: 1}) == {"kept": 1}


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGTERM, False), (signal.SIGINT, False), (signal.SIGINT, True)],
)
def test_an_end_cleans_up(tmp_path, number, whole_group):
    """Ctrl-C goes to the whole group, a kill to one process."""
    started, pids = start_two_pieces(tmp_path)
    (os.killpg if whole_group else os.kill)(started.pid, number)
    started.wait(30)
    assert started.returncode
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
    assert not any(is_alive(pid) for pid in pids)


def test_a_killed_command_takes_all_along(tmp_path):
    started, pids = start_two_pieces(tmp_path)
    started.kill()
    started.wait()
    assert all(wait_until_gone(pid, 30) for pid in pids)
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}


def start_two_pieces(folder):
    started = subprocess.Popen(
        [sys.executable, "-c", TWO_PIECES, str(folder)],
        env={**os.environ, "PYTHONPATH": str(process.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    pids = [int(pid) for _piece in range(2) for pid in started.stdout.readline().split()]
    assert len(pids) == 6
    assert all(is_alive(pid) for pid in pids)
    return started, pids


# ---------------------------------------------------------------- steps


def make_step(passed=0, failed=0, skipped=0):
    def step(_environment):
        """a step"""
        return steps.Result("odoo", passed, failed, skipped)

    return step


def run(monkeypatch, first, second, wanted="odoo"):
    monkeypatch.setitem(steps.PARTS, "odoo 1", (first,))
    monkeypatch.setitem(steps.PARTS, "odoo 2", (second,))
    monkeypatch.setattr(checks, "BESIDE", ("odoo 1", "odoo 2"))
    return checks.run_steps(SimpleNamespace(ensure_prepared=lambda: "base"), wanted)


def test_parts_are_one_line_of_the_table(monkeypatch, capfd):
    results = run(monkeypatch, make_step(3), make_step(4, 1))
    assert [(r.name, r.passed, r.failed, r.skipped) for r in results] == [("odoo", 7, 1, 0)]
    assert checks.report(results, 1) == 1
    assert capfd.readouterr().out.endswith("\n7 passed, 1 failed\n")


def test_failures_are_told_once_more_at_the_end(capfd):
    failed = steps.Result("odoo", 3, 1, notes=["failed: TestX.test_a"])
    fine = steps.Result("demo", 3, notes=["installed in 40 s"])
    assert checks.report([failed, fine], 1) == 1
    assert capfd.readouterr().out.endswith("\nodoo: failed: TestX.test_a\n6 passed, 1 failed\n")


def test_a_lost_part_is_a_failure(monkeypatch, capfd):
    def die(_environment):
        """a step"""
        os._exit(0)

    (result,) = run(monkeypatch, make_step(3), die)
    assert (result.passed, result.failed) == (3, 1)
    assert "odoo 2: broken off" in capfd.readouterr().out


def test_a_known_problem_is_a_failure(monkeypatch):
    def fail(_environment):
        """a step"""
        raise errors.DevError("It is broken.", "mend it.")

    (result,) = run(monkeypatch, fail, make_step(3))
    assert (result.passed, result.failed) == (3, 1)
    assert "mend it" in result.notes[0]


@pytest.mark.parametrize(("ci", "failed"), [("", 0), ("true", 2)])
def test_skipped_fails_on_ci(monkeypatch, ci, failed):
    monkeypatch.setenv("CI", ci)
    (result,) = run(monkeypatch, make_step(3, skipped=1), make_step(3, skipped=1))
    assert (result.failed, result.skipped) == (failed, 2 - failed)


def test_every_step_is_told_in_order(monkeypatch):
    for label in steps.PARTS:
        monkeypatch.setitem(steps.PARTS, label, (make_named_step(checks.get_step(label)),))
    results = checks.run_steps(SimpleNamespace(ensure_prepared=lambda: "base"))
    assert [result.name for result in results] == list(steps.STEPS)
    parts = Counter(checks.get_step(label) for label in steps.PARTS)
    assert {result.name: result.passed for result in results} == parts


def make_named_step(name):
    def step(_environment):
        """a step"""
        return steps.Result(name, passed=1)

    return step


def test_every_part_is_run_once():
    assert sorted([*checks.QUICK, *checks.BESIDE, *checks.ALONE]) == sorted(steps.PARTS)
    assert {checks.get_step(label) for label in steps.PARTS} == set(steps.STEPS)


def test_without_a_database_nothing_follows(monkeypatch):
    def fail():
        raise errors.DevError("No disk.", "buy one.")

    for label in checks.QUICK:
        monkeypatch.setitem(steps.PARTS, label, (make_named_step(label),))
    results = checks.run_steps(SimpleNamespace(ensure_prepared=fail))
    assert [result.name for result in results] == [*checks.QUICK, "database"]
    assert results[-1].failed == 1
    assert [result.name for result in checks.run_steps(None, "style")] == ["style"]


# ---------------------------------------------------------------- the shares of Odoo's tests


def test_every_file_is_in_one_share():
    files = shards.find_files()
    parts = shards.split(files)
    assert len(parts) == shards.COUNT
    assert all(parts)
    assert sorted(file for part in parts for file in part) == files


def test_every_share_is_run():
    numbers = [part[1] for part in steps.PARTS.values() if part[0] is steps.step_odoo_part]
    assert numbers == list(range(shards.COUNT))
    files = shards.find_files()
    tags = ",".join(shards.make_tags(part) for part in shards.split(files)).split(",")
    assert sorted(tags) == [f"/sale_subscription/tests/{file.name}" for file in files]


def test_every_file_with_processes_is_run_once(monkeypatch):
    ignored = []

    def run_pytest(_environment, name, _paths, *arguments, **_variables):
        ignored.append({argument.partition("=")[2] for argument in arguments})
        return steps.Result(name)

    monkeypatch.setattr(steps, "run_pytest", run_pytest)
    monkeypatch.setattr(steps.testkit, "config", lambda: "")
    monkeypatch.setattr(steps.testkit, "python", lambda: "")
    environment = SimpleNamespace(ensure_installed=lambda: "")
    assert {step(environment).name for step in (steps.step_killed, steps.step_races)} == {
        "processes"
    }
    killed, races = ignored
    assert killed and races and not killed & races
    assert killed | races == {str(file) for file in shards.find_process_files()}


def test_odoo_finds_every_test():
    """It loads the files named test_* that the package imports, and nothing else."""
    imported = re.findall(
        r"^ *from \. import (\w+)$", (shards.FOLDER / "__init__.py").read_text(), re.M
    )
    assert sorted(imported) == [file.stem for file in shards.find_files()]
    for file in set(shards.FOLDER.glob("*.py")) - set(shards.find_files()):
        assert "def test_" not in file.read_text(), file.name


def test_shares_are_alike(tmp_path):
    files = [tmp_path / f"test_{number}.py" for number in range(20)]
    for number, file in enumerate(files):
        file.write_text("class TestX:\n" + "    def test_x\n" * (number + 1))
    work = [sum(map(shards.weigh, part)) for part in shards.split(files)]
    assert abs(work[0] - work[1]) < 2


def test_durations_come_from_the_logs(monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "DURATIONS", tmp_path / "durations.json")
    log = tmp_path / "odoo.log"
    log.write_text(
        "2026-12-01 03:34:17,311 1 DEBUG ss_test odoo.tests.stats: Detailed Tests Report:\n"
        "\tsale_subscription: 9.75s 3261 queries\n"
        "\tsale_subscription.test_card.TestCard: 2.11s 1542 queries\n"
        "\tsale_subscription.test_card.TestCard.setUpClass: 1.53s 1408 queries\n"
        "\tsale_subscription.test_card.TestExpiry: 3.04s 10 queries\n"
        "\tsale_subscription.test_mail.TestMail: 4.60s 20 queries\n"
    )
    assert shards.write_durations([log]) == {"test_card": 5.2, "test_mail": 4.6}
    assert json.loads(shards.DURATIONS.read_text()) == {"test_card": 5.2, "test_mail": 4.6}
    shards.read_durations.cache_clear()
    try:
        assert shards.weigh(tmp_path / "test_card.py") == 5.2
    finally:
        shards.read_durations.cache_clear()


def test_a_file_that_is_not_run_is_a_failure(monkeypatch, tmp_path):
    first, *others = shards.split(shards.find_files())[0]
    found = odoo_log.Report(files={file.stem for file in others})
    monkeypatch.setattr(steps, "run_odoo_tests", lambda *_arguments: found)
    environment = SimpleNamespace(logs=tmp_path)
    result = steps.step_odoo_part(environment, 0)
    assert (result.failed, result.notes) == (1, [f"no test was run of {first.stem}"])
    found.files.add(first.stem)
    assert steps.step_odoo_part(environment, 0).failed == 0

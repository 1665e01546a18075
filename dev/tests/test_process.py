"""Nothing that was started stays behind."""

import os
import signal
import subprocess
import sys
import time

import pytest

from dev import process
from dev.errors import DevError

# A program with a child of its own that ignores every polite request.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "300"])
print(child.pid, flush=True)
time.sleep(300)
"""


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid, seconds=15):
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def test_stopping_ends_the_children():
    command = process.guarded([sys.executable, "-c", STUBBORN])
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    child = int(started.stdout.readline())
    process.stop(started)
    assert wait_until_gone(child)


def test_a_killed_parent_takes_all_along():
    source = f"""
import subprocess, sys
from dev import process
subprocess.Popen(process.guarded([sys.executable, "-c", {STUBBORN!r}]))
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(process.ROOT)},
    )
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until_gone(child, 30)


def test_exit_code_is_passed_on():
    command = process.guarded([sys.executable, "-c", "raise SystemExit(7)"])
    assert subprocess.run(command, check=False).returncode == 7


def test_a_failing_program_is_told_with_its_last_words(tmp_path):
    script = "print('it broke'); raise SystemExit(3)"
    with pytest.raises(DevError, match=r"(?s)exit code 3.*it broke"):
        process.run_logged([sys.executable, "-c", script], "trying", "/", tmp_path / "log")


def test_the_output_of_earlier_programs_is_not_told_again(tmp_path):
    log = tmp_path / "log"
    process.run_logged([sys.executable, "-c", "print('first')"], "trying", "/", log)
    text = process.run_logged([sys.executable, "-c", "print('second')"], "trying", "/", log)
    assert text.strip() == "second"

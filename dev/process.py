# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Running programs: logged, watched, and never outliving the command that started them."""

import os
import signal
import subprocess
import sys
import time

from .errors import DevError, explain_output, say
from .paths import LOGS, ROOT

HEARTBEAT = 15  # seconds


def guarded(command):
    """The command, wrapped so that it and all its children end when we do, even by ``kill -9``."""
    return [sys.executable, "-E", str(ROOT / "dev" / "guard.py"), str(os.getpid()), *command]


def run_logged(command, doing, where, log=None, env=None, cwd=None, progress=None):
    """Run a program to its end, its output in a log; heartbeats tell that it still works.

    :param str doing: what it does, for messages ("downloading Odoo").
    :param where: the folder it writes to, for messages.
    :param progress: function giving a few words on how far it is.
    :raises DevError: when it fails, naming the remedy if the cause is known.
    """
    log = log or LOGS / "setup.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a+b") as output:
        output.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        output.flush()
        begin = output.tell()
        process = subprocess.Popen(
            guarded([str(part) for part in command]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
        )
        try:
            wait(process, doing, progress)
        finally:
            stop(process)
        output.seek(begin)
        text = output.read().decode(errors="replace")
    if process.returncode:
        known = explain_output(text, doing, where)
        if known:
            raise known
        tail = "\n".join(f"    {line}" for line in text.splitlines()[-15:])
        raise DevError(
            f"Failed while {doing} (exit code {process.returncode}):\n{tail}",
            f"read {log}; running the same command again continues where it stopped.",
        )
    return text


def wait(process, doing, progress=None, timeout=None):
    """Wait for a program, telling now and then that it still works.

    :raises TimeoutError: when it takes longer than ``timeout`` seconds.
    """
    started = told = time.monotonic()
    while process.poll() is None:
        time.sleep(0.05)
        now = time.monotonic()
        if timeout and now - started > timeout:
            raise TimeoutError
        if now - told >= HEARTBEAT:
            told = now
            detail = progress() if progress else f"{now - started:.0f} s"
            say(f"  ... still {doing} ({detail})")


def stop(process, grace=20):
    """End a guarded process: politely first, then not."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

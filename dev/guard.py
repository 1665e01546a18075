# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``guard.py PARENT COMMAND...``: run a command that must not outlive its parent.

The command gets a process group of its own. When the parent dies (even by ``kill -9``) or the guard
is told to end, the whole group is ended, politely first. The guard exits as the command does.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE = 15  # seconds


def main(parent, command):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    ending = []
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda number, frame: ending.append(number))
    if os.getppid() != parent:
        return 1
    child = subprocess.Popen(command, start_new_session=True)
    while child.poll() is None and not ending:
        try:
            child.wait(0.2)
        except subprocess.TimeoutExpired:
            pass
    if ending:
        signal_group(child.pid, signal.SIGINT)
        wait_until_ended(child, GRACE / 2)
        signal_group(child.pid, signal.SIGTERM)
        wait_until_ended(child, GRACE / 2)
    signal_group(child.pid, signal.SIGKILL)
    code = child.wait()
    return 128 - code if code < 0 else code


def signal_group(group, number):
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        pass


def wait_until_ended(child, seconds):
    deadline = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        sys.exit(127)

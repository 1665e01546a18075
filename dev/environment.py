# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo, Python packages and PostgreSQL put together: what every command works with."""

import ast
import contextlib
import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from . import database, odoo_log, odoo_source, packages, postgres
from .errors import STARTED_VARIABLE, DevError, say, started
from .paths import (
    ADDON,
    CACHE,
    DEV,
    LOGS,
    ODOO_CONFIG,
    ODOO_DATA,
    ROOT,
    RUN,
    locked,
    make_folders,
)
from .process import guarded, stop, wait

# Installed beside the addon so that card payments can be tried without a provider.
COMPANIONS = ("payment_demo",)
PREPARATION = DEV / "test_company.py"


def prepare():
    """Fetch what is missing; return the Python of the environment and the Odoo tree."""
    packages.check_python()
    make_folders()
    waiting = "Another command is fetching Odoo; waiting for it"
    with locked(CACHE / "setup.lock", waiting=waiting):
        tree = odoo_source.ensure()
        python = packages.ensure()
    return python, tree


@contextlib.contextmanager
def opened():
    """The environment, with its PostgreSQL running."""
    python, tree = prepare()
    with postgres.running(python) as server:
        environment = Environment(python, tree, server)
        environment.write_config()
        yield environment


@dataclasses.dataclass
class Environment:
    python: Path
    tree: odoo_source.OdooTree
    server: postgres.Server
    logs: Path = LOGS

    # ------------------------------------------------------------ Odoo's command line

    def write_config(self):
        """The configuration file every Odoo of this clone runs with."""
        addons = [*self.tree.addons, ROOT]
        options = {
            "addons_path": ",".join(map(str, addons)),
            "data_dir": ODOO_DATA,
            "db_host": self.server.host,
            "db_port": self.server.port,
            "db_user": self.server.user,
            "db_password": self.server.password,
            "http_interface": os.environ.get("HOST") or "127.0.0.1",
            # Benchmarks and debuggers may take their time.
            "limit_time_cpu": 3600,
            "limit_time_real": 3600,
            "limit_time_real_cron": 3600,
        }
        text = "[options]\n" + "".join(f"{key} = {value}\n" for key, value in options.items())
        work = RUN / f"odoo.conf.{os.getpid()}"
        work.touch(0o600)
        work.write_text(text)
        work.replace(ODOO_CONFIG)

    def variables(self):
        """Environment variables of the programs that are run."""
        return packages.clean_environment() | {
            **self.server.environment(),
            "PYTHONPATH": os.pathsep.join([str(self.tree.python_path), str(ROOT)]),
            "PYTHONUNBUFFERED": "1",
        }

    def odoo_command(self, *arguments):
        return [str(self.python), "-m", "odoo", *map(str, arguments)]

    def odoo(self, database_name, *arguments):
        """Odoo's server command on a database."""
        return self.odoo_command("server", "-c", ODOO_CONFIG, "-d", database_name, *arguments)

    def spawn(self, command, log):
        """Start a program that ends when we do, its output in a log."""
        with open(log, "ab") as output:
            return subprocess.Popen(
                guarded(command),
                cwd=RUN,
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run_to_end(self, command, log, timeout=3600, doing="running Odoo"):
        """Run an Odoo to its end, its output in a new log; return its exit code."""
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("")
        process = self.spawn(command, log)
        try:
            wait(process, doing, lambda: odoo_log.describe_progress(log), timeout)
        except TimeoutError:
            with open(log, "a") as output:
                output.write(f"\nEnded after {timeout} s: it took too long.\n")
        finally:
            stop(process)
        return process.returncode

    def install(self, name, log, *arguments, timeout=1800):
        """Install or update modules.

        :raises DevError: when it fails.
        """
        options = ("--stop-after-init", "--no-http", "--max-cron-threads=0")
        command = self.odoo(name, *arguments, *options)
        code = self.run_to_end(command, log, timeout, "loading modules")
        problems = odoo_log.read(log).errors
        if code or problems:
            shown = "\n".join(f"    {line}" for line in (problems or odoo_log.tail(log))[:8])
            raise DevError(
                f"Odoo could not load the modules into {name}:\n{shown}",
                f"read {log.relative_to(ROOT)} for the whole story.",
            )

    # ------------------------------------------------------------ databases to start from

    def ensure_base(self):
        """A database with what the addon depends on, without demo data, to be copied."""
        modules = sorted({*read_manifest()["depends"], *COMPANIONS})
        comment = f"base {self.tree.key} {','.join(modules)}"
        return self._ensure("sale_subscription_base", comment, None, modules)

    def ensure_installed(self):
        """A database with the addon installed, without demo data, to be copied."""
        comment = f"installed {self.tree.key} {hash_addon()}"
        name = "sale_subscription_installed"
        if database.read_comment(self.server, name) == comment:
            return name
        return self._ensure(name, comment, self.ensure_base(), ["sale_subscription"])

    def ensure_prepared(self):
        """A database with the addon and a company for its tests, to be copied.

        The chart of accounts takes longer than most tests: it is loaded once, not by each class.
        """
        comment = f"prepared {self.tree.key} {hash_addon()} {hash_file(PREPARATION)}"
        name = "sale_subscription_prepared"
        if database.read_comment(self.server, name) == comment:
            return name
        return self._ensure(name, comment, self.ensure_installed(), script=PREPARATION)

    def _ensure(self, name, comment, template, modules=(), script=None):
        with locked(RUN / f"{name}.lock"):
            if database.read_comment(self.server, name) == comment:
                return name
            say(f"Making the database {name} (it is copied by the tests)")
            self.recreate(name, template)
            log = LOGS / f"{name}.log"
            if modules:
                self.install(name, log, "-i", ",".join(modules))
            if script:
                self.run_odoo_script(name, script, log)
            database.write_comment(self.server, name, comment)
        return name

    def run_odoo_script(self, name, script, log):
        """Run a Python file with ``env`` on a database, its output in a new log.

        :raises DevError: when it fails.
        """
        arguments = [DEV / "odoo_script.py", ODOO_CONFIG, name, script]
        command = [str(self.python), *map(str, arguments)]
        if self.run_to_end(command, log, doing=f"running {script.name}"):
            shown = "\n".join(f"    {line}" for line in odoo_log.tail(log))
            raise DevError(f"{script.name} failed on {name}:\n{shown}", f"read {log}.")

    def recreate(self, name, template=None):
        """Make a database anew."""
        database.read_comment(self.server, name)  # refuses somebody else's
        database.drop(self.server, name)
        database.create(self.server, name, template)


def read_manifest():
    return ast.literal_eval((ADDON / "__manifest__.py").read_text())


def hash_file(path):
    """A short hash over a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def hash_addon():
    """A hash over the files of the addon that a database is made from."""
    result = hashlib.sha256()
    for path in sorted(ADDON.rglob("*")):
        inside = path.relative_to(ADDON)
        if path.is_file() and inside.parts[0] != "tests" and "__pycache__" not in inside.parts:
            result.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return result.hexdigest()[:12]


def reenter_with(python, arguments):
    """Continue in the environment's own Python, where psycopg2 and pytest are."""
    if Path(sys.prefix).resolve() == Path(python).parent.parent.resolve():
        return
    sys.stdout.flush()
    os.chdir(ROOT)
    variables = packages.clean_environment() | {STARTED_VARIABLE: str(started)}
    os.execve(python, [str(python), "-m", "dev", *arguments], variables)

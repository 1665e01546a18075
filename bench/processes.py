# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Databases to measure in, and the processes that do it."""

import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

from dev import testkit
from dev.paths import DEV, LOGS
from dev.process import guarded, stop

INSIDE = Path(__file__).resolve().parent / "inside.py"
MARK = "bench: "


class FailedError(Exception):
    """A measurement that did not come to its end."""


class Lab:
    """The databases and processes of one run; all are gone after the block."""

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.addons_path, self.config = self._write_config()
        self.installed = {
            None: testkit.base_template(),
            "sale_subscription": testkit.installed_template(),
        }
        return self

    def __exit__(self, *error):
        self.stack.close()

    def _write_config(self):
        """The environment's configuration, and in it the addons to compare with."""
        lines = Path(testkit.config()).read_text().splitlines()
        place = next(i for i, line in enumerate(lines) if line.startswith("addons_path"))
        lines[place] += f",{os.environ['PEER_ADDONS']}"
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder, "odoo.conf")
        path.touch(0o600)
        path.write_text("\n".join(lines))
        return lines[place].partition("=")[2].strip(), path

    def _get_installed(self, module):
        """A database with an addon installed, without demo data."""
        if module not in self.installed:
            name = self.stack.enter_context(testkit.database(testkit.base_template()))
            log = LOGS / f"bench-{module}.log"
            options = ("-i", module, f"--addons-path={self.addons_path}")
            testkit.environment().install(name, log, *options)
            self.installed[module] = name
        return self.installed[module]

    @contextlib.contextmanager
    def prepared(self, module, action, subject, *numbers):
        """A database filled by an action of `inside`, to be copied."""
        with testkit.database(self._get_installed(module)) as name:
            with self._started(name, action, subject, numbers) as child:
                child.get_answers()
            with testkit.connect(name) as cursor:
                cursor.execute("VACUUM ANALYZE")
            yield name

    def measure(self, template, action, subject, workers=1, is_apart=False):
        """Run an action of `inside` on a fresh copy of a database, in so many processes at once.

        :param bool is_apart: give each process a copy of its own.
        :return: the answers of each process.
        """
        places = [(worker, 0) if is_apart else (0, worker) for worker in range(workers)]
        with contextlib.ExitStack() as stack:
            count = workers if is_apart else 1
            names = [stack.enter_context(self._copied(template)) for _copy in range(count)]
            children = [
                stack.enter_context(self._started(names[copy], action, subject, [part]))
                for copy, part in places
            ]
            for child in children:
                child.wait_until_ready()
            for child in children:
                child.go()
            return [child.get_answers() for child in children]

    @contextlib.contextmanager
    def _copied(self, template):
        with testkit.database(template) as name:
            with testkit.connect(name) as cursor:
                cursor.execute("CHECKPOINT")  # or the server writes the copy while we measure
            yield name

    @contextlib.contextmanager
    def _started(self, name, action, subject, numbers):
        runner = [testkit.python(), DEV / "odoo_script.py", self.config, name]
        child = Child([*map(str, runner), str(INSIDE), action, subject, *map(str, numbers)])
        try:
            yield child
        finally:
            child.close()


class Child:
    """A running process."""

    def __init__(self, command):
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            guarded(command),
            env=testkit.variables(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )

    def wait_until_ready(self):
        if not any(line.startswith(MARK) for line in self.process.stdout):
            self._fail()

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def get_answers(self):
        """Wait for the end and return everything it answered.

        :raises FailedError: when it ended with an error.
        """
        answers = {}
        for line in self.process.stdout:
            if line.startswith(MARK):
                answers |= json.loads(line.removeprefix(MARK))
        if self.process.wait():
            self._fail()
        return answers

    def _fail(self):
        self.process.wait()
        self.log.seek(0)
        raise FailedError(f"{' '.join(self.process.args[-3:])}:\n{self.log.read()}")

    def close(self):
        stop(self.process)
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

"""The tests' side: copies of a database, and child processes working on them."""

import json
import os
import socket
import time
from pathlib import Path

from dev import testkit

NURSERY = Path(__file__).resolve().parent / "nursery.py"
# Seconds until a child process counts as stuck; more for a world larger than usual.
PATIENCE = int(os.environ.get("LAB_PATIENCE", 240))


class Killed(Exception):
    """The child process ended without an answer."""


class Child:
    """A running child process."""

    def __init__(self, path, job):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(PATIENCE)
        self.connection.connect(path)
        self.stream = self.connection.makefile("rw")
        self.stream.write(json.dumps(job) + "\n")
        self.stream.flush()

    def get_result(self):
        """Wait for the end and return the result.

        :raises Killed: when it was killed before it could answer.
        """
        try:
            answer = self.stream.readline()
        except ConnectionResetError:
            answer = ""
        self.stream.close()
        self.connection.close()
        if not answer:
            raise Killed
        answer = json.loads(answer)
        assert "error" not in answer, answer.get("error")
        return answer["result"]


class Lab:
    """Databases and processes of one test run; everything it made is gone after `close`."""

    def __init__(self, folder):
        self.template = testkit.installed_template()
        self.socket = str(Path(folder) / "nursery")
        self.log = Path(folder) / "nursery.log"
        self.databases = set()
        # Not the template itself: who copies that one ends all connections to it.
        self.nursery = testkit.spawn_script(
            self.copy(), NURSERY, self.socket, stdout=self.log.open("w"), stderr=-2
        )
        deadline = time.monotonic() + PATIENCE
        while not Path(self.socket).exists():
            assert self.nursery.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the nursery doesn't start"
            time.sleep(0.05)

    def copy(self, source=None):
        """Copy a database, the one with the addon installed by default."""
        database = testkit.create_database(source or self.template)
        self.databases.add(database)
        return database

    def drop(self, database):
        self.databases.discard(database)
        testkit.drop_database(database)

    def start(self, database, action, **arguments):
        """Start a child process that runs an action on a database."""
        job = {"database": database, "action": action, "arguments": arguments}
        return Child(self.socket, job)

    def run(self, database, action, **arguments):
        """Run an action in a child process and return its result."""
        return self.start(database, action, **arguments).get_result()

    def query(self, database, sql, *parameters):
        """Return the rows of a query."""
        with testkit.connect(database) as cr:
            cr.execute(sql, parameters or None)
            return cr.fetchall()

    def wait_until_left(self, database):
        """Wait until the server noticed that a killed process is gone and freed its locks."""
        deadline = time.monotonic() + PATIENCE
        sessions = "SELECT 1 FROM pg_stat_activity WHERE datname = %s"
        while self.query(None, sessions, database):
            assert time.monotonic() < deadline, f"somebody stays connected to {database}"
            time.sleep(0.05)

    def close(self):
        self.nursery.kill()
        self.nursery.wait()
        for database in list(self.databases):
            self.drop(database)

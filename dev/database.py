# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Making, copying and dropping databases, their filestores included.

What a database is for, and which state of the code it was made from, is kept in its comment, so it
travels with the database; one without such a comment is somebody else's and is never touched.
"""

import contextlib
import os
import shutil

from .errors import DevError
from .paths import ODOO_DATA

MARK = "sale_subscription dev:"


@contextlib.contextmanager
def connect(server, name=None):
    """A cursor in autocommit mode."""
    import psycopg2

    try:
        connection = psycopg2.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            dbname=name or server.maintenance_db,
            connect_timeout=10,
        )
    except psycopg2.OperationalError as error:
        raise DevError(
            f"PostgreSQL at {server.host}:{server.port} cannot be used: {str(error).strip()}",
            "check that it runs and that DATABASE_URL has the right user and password; unset "
            "DATABASE_URL to use the embedded server.",
        ) from error
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def read_comment(server, name):
    """What a database was made for; None when there is no such database.

    :raises DevError: when it is somebody else's.
    """
    with connect(server) as cursor:
        cursor.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
            " WHERE datname = %s",
            [name],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    if not row[0].startswith(MARK):
        raise DevError(
            f"The database {name} exists, and it was not made by this project.",
            "choose another name with DB=..., or drop it yourself if it is not needed.",
        )
    return row[0].removeprefix(MARK).strip()


def write_comment(server, name, comment):
    with connect(server) as cursor:
        cursor.execute(f"COMMENT ON DATABASE {quoted(name)} IS %s", [f"{MARK} {comment}"])


def create(server, name, template=None):
    """Make a database, empty or a copy of another with its filestore."""
    with connect(server) as cursor:
        if template:
            _end_sessions(cursor, template)
        source = quoted(template) if template else "template0"
        cursor.execute(f"CREATE DATABASE {quoted(name)} ENCODING 'UTF8' TEMPLATE {source}")
        cursor.execute(f"COMMENT ON DATABASE {quoted(name)} IS %s", [f"{MARK} unfinished"])
    if template and filestore(template).exists():
        shutil.rmtree(filestore(name), ignore_errors=True)
        # Files of a filestore are never changed in place, so links are as good as copies.
        shutil.copytree(filestore(template), filestore(name), copy_function=os.link)


def drop(server, name):
    """Drop a database, whoever is connected, and its filestore."""
    with connect(server) as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
    shutil.rmtree(filestore(name), ignore_errors=True)


def list_ours(server):
    """Names of the databases made by this project."""
    with connect(server) as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE %s",
            [f"{MARK}%"],
        )
        return [row[0] for row in cursor.fetchall()]


def filestore(name):
    return ODOO_DATA / "filestore" / name


def _end_sessions(cursor, name):
    cursor.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = %s AND pid != pg_backend_pid()",
        [name],
    )

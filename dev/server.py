# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``make run`` and ``make shell``: the demo database, served."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import database, system
from .environment import COMPANIONS, hash_addon, opened
from .errors import DevError, say
from .paths import LOGS, ODOO_CONFIG, ROOT, RUN, locked
from .process import stop

LOGIN, PASSWORD = "admin", "admin"


def demo_database():
    return os.environ.get("DB") or "sale_subscription_demo"


def chosen_port():
    text = os.environ.get("PORT") or "8069"
    if not (text.isdigit() and 0 < int(text) < 65536):
        raise DevError(f"PORT={text} is not a port.", "give a number, like make run PORT=8070")
    return int(text)


def check_port(port):
    """
    :raises DevError: when somebody else listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((os.environ.get("HOST") or "127.0.0.1", port))
        except PermissionError as error:
            raise DevError(
                f"Port {port} may be used by root only.", "take another: make run PORT=8069"
            ) from error
        except OSError as error:
            raise DevError(
                f"Port {port} is taken: {error.strerror}.",
                f"stop the program that uses it, or take another: make run PORT={port + 1}",
            ) from error


def wait_until_up(process, url, log, timeout=120):
    """Wait until a server answers.

    :raises DevError: when it ends or stays silent instead.
    """
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/web/login", timeout=60):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    tail = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
    raise DevError(f"Odoo does not answer at {url}:\n{tail}", f"read {log}.")


def ensure_demo(environment):
    """Make the demo database, or update it when the addon has changed."""
    name = demo_database()
    state = f"demo {environment.tree.key} {hash_addon()}"
    with locked(RUN / "demo.lock", "Another command is preparing the demo database; waiting"):
        found = database.read_comment(environment.server, name)
        if found == state:
            return name
        log = LOGS / "demo-database.log"
        if found in (None, "unfinished"):
            say(f"Making the database {name} with the addon and its demo data (a minute or two)")
            environment.recreate(name)
            modules = ",".join(["sale_subscription", *COMPANIONS])
            environment.install(name, log, "-i", modules, "--with-demo")
        else:
            same_odoo = found.split()[1:2] == [environment.tree.key]
            say(f"The {'addon' if same_odoo else 'Odoo'} has changed: updating the database {name}")
            modules = "sale_subscription" if same_odoo else "base"
            environment.install(name, log, "-u", modules)
        database.write_comment(environment.server, name, state)
    return name


def run():
    """Serve the demo database until Ctrl-C."""
    port = chosen_port()
    check_port(port)
    with opened() as environment:
        system.ensure_if_possible(["wkhtmltopdf"])
        name = ensure_demo(environment)
        check_port(port)
        log = LOGS / "server.log"
        log.write_text("")
        host = os.environ.get("HOST") or "127.0.0.1"
        say("Starting Odoo")
        process = environment.spawn(environment.odoo(name, f"--http-port={port}"), log)
        try:
            url = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}"
            wait_until_up(process, url, log)
            say("Ready.")
            print(
                f"\n    Address:   {url}/odoo\n"
                f"    Login:     {LOGIN}\n"
                f"    Password:  {PASSWORD}\n"
                f"    Database:  {name}\n"
                f"    Log:       {log.relative_to(ROOT)}\n\n"
                "    Ctrl-C stops it.\n",
                flush=True,
            )
            code = process.wait()
            if code:
                raise DevError(f"Odoo ended by itself (exit code {code}).", f"read {log}.")
        except KeyboardInterrupt:
            print(flush=True)
            say("Stopping Odoo")
        finally:
            stop(process)


def shell():
    """An interactive Odoo shell on the demo database."""
    with opened() as environment:
        name = ensure_demo(environment)
        command = environment.odoo_command(
            "shell", "-c", ODOO_CONFIG, "-d", name, "--no-http", "--log-level=warn"
        )
        return subprocess.run(command, env=environment.variables(), check=False).returncode

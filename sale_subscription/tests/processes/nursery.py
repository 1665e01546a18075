"""A process that has Odoo loaded and forks a child for every job, as Odoo's prefork server does.

Run by `testkit.spawn_script` on the database with the addon installed, which gives `registry` and
`env`; listens on the socket named by its argument. A job is one line of JSON: `database`, `action`
(a function of one of the modules below), `arguments`; of these, `today` turns the addon's clock
only, `now` stops all of Python's clocks. The child answers with one line and ends; a
child that was killed answers nothing.
"""

import ctypes
import importlib
import json
import os
import random
import signal
import socket
import sys
import traceback

import freezegun

from odoo import SUPERUSER_ID, api, fields, sql_db
from odoo.modules.registry import Registry

from odoo.addons.sale_subscription.models.company.res_company import ResCompany

MODULES = ("world", "jobs", "collecting", "poisons", "portal", "quotations")


def serve(path):
    # Children are not waited for: their socket tells when they end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    while True:
        connection, _address = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # end with the nursery
            listener.close()
            work(connection)
            os._exit(0)
        connection.close()


def work(connection):
    """Do one job and answer."""
    with connection.makefile("rw") as stream:
        job = json.loads(stream.readline())
        try:
            answer = {"result": act(**job)}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        stream.write(json.dumps(answer, default=str) + "\n")


def act(database, action, arguments):
    random.seed()
    turn_to(database)
    if today := arguments.pop("today", None):
        set_today(today)
    if now := arguments.pop("now", None):
        freezegun.freeze_time(now).start()
    with registry.cursor() as cr:
        return find(action)(api.Environment(cr, SUPERUSER_ID, {}), **arguments)


def turn_to(database):
    """Let the loaded registry serve a copy of the database it was loaded from."""
    registry.db_name = database
    registry._db = sql_db.db_connect(database)
    registry._db_readonly = None
    Registry.registries[database] = registry


def set_today(today):
    """Turn the addon's only clock."""
    day = fields.Date.to_date(today)
    ResCompany._get_subscription_today = lambda self: day


def find(name):
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        if hasattr(module, name):
            return getattr(module, name)
    raise LookupError(f"no action {name!r} in {', '.join(MODULES)}")


registry = env.registry  # noqa: F821 given by the script runner
env.cr.close()  # noqa: F821
sql_db.close_all()
serve(sys.argv[1])

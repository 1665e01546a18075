# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``odoo_script.py CONFIG DATABASE SCRIPT ARGUMENTS...``: run a script with ``env`` on a database.

SCRIPT may be ``-``: the source then comes from standard input. See `dev.testkit.script_command`.
"""

import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config


def main(config_file, database, script, *arguments):
    options = ["-c", config_file, "-d", database, "--no-http", "--log-level=warn"]
    config.parse_config(options, setup_logging=True)
    source = sys.stdin.read() if script == "-" else Path(script).read_text()
    sys.argv = [script, *arguments]
    if script != "-":
        sys.path.insert(0, str(Path(script).resolve().parent))
    registry = Registry(database)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        namespace = {"__name__": "__main__", "__file__": script, "env": env, "registry": registry}
        try:
            exec(compile(source, script, "exec"), namespace)
        finally:
            cr.rollback()


if __name__ == "__main__":
    sys.path.pop(0)  # this file's folder, which is nobody's
    main(*sys.argv[1:])

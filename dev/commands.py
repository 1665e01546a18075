# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The commands of the Makefile."""

import os
import shlex
import shutil
import subprocess

from . import database, environment, packages, postgres, server, system
from .errors import say
from .paths import ADDON, CACHE, LOGS, ROOT, RUN, SYSTEM_DIR, locked


def command_setup():
    """Fetch everything, start nothing."""
    python, tree = environment.prepare()
    say(f"Ready. Python: {python}  Odoo: {tree.python_path}")


def command_run():
    """Serve the demo database."""
    server.check_port(server.chosen_port())  # before anything long
    _enter("run")
    return server.run()


def command_shell():
    """An Odoo shell on the demo database."""
    _enter("shell")
    return server.shell()


def command_test():
    """Every kind of test; with T=name a single one."""
    system.ensure()
    _enter("test")
    from . import checks

    return checks.main(os.environ.get("T") or "")


def command_lint():
    """The style checks only."""
    _enter("lint")
    from . import checks

    return checks.main("style")


def command_mutants():
    """Break the code on purpose: does a test notice?"""
    _enter("mutants")
    from . import mutants

    return mutants.main(shlex.split(os.environ.get("ARGS") or ""))


def command_format():
    """Rewrite the Python files in the project's style."""
    python = _enter("format")
    for arguments in (["check", "--fix-only", "--quiet"], ["format"]):
        subprocess.run([python, "-m", "ruff", *arguments, "."], cwd=ROOT, check=True)


def command_bench():
    """The side-by-side benchmarks."""
    python = _enter("bench")
    with environment.opened() as env:
        peers = packages.ensure_peers(env.python)
        arguments = shlex.split(os.environ.get("ARGS") or "")
        variables = env.variables() | {"PEER_ADDONS": str(peers)}
        command = [python, "-m", "bench", *arguments]
        return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode


def command_pot():
    """Export the terms to translate."""
    _enter("pot")
    from .pot import export

    target = ADDON / "i18n" / "sale_subscription.pot"
    target.parent.mkdir(exist_ok=True)
    with environment.opened() as env:
        export(env, target)
    say(f"Wrote {target.relative_to(ROOT)}")


def command_durations():
    """Keep what each file of tests took in the last whole run; the shares follow from it."""
    _enter("durations")
    from . import shards

    durations = shards.write_durations(sorted(LOGS.glob("odoo-[0-9]*.log")))
    say(f"{len(durations)} files took {sum(durations.values()):.0f} s")


def command_clean():
    """Remove this clone's databases, logs and other leftovers."""
    if os.environ.get("DATABASE_URL"):
        _enter("clean")
        ours = postgres.from_url(os.environ["DATABASE_URL"])
        for name in database.list_ours(ours):
            say(f"Dropping the database {name}")
            database.drop(ours, name)
    RUN.mkdir(exist_ok=True)
    with locked(RUN / "postgres.start"), open(RUN / "postgres.users", "a") as users:
        # Another command of this clone may be using the server.
        if not postgres.is_unused(users):
            postgres.refuse_to_clean()
        shutil.rmtree(postgres.data_folder(), ignore_errors=True)
        shutil.rmtree(RUN, ignore_errors=True)
    say("Removed this clone's databases and logs")


def command_clean_cache():
    """Remove what all clones share."""
    if CACHE.exists():
        with locked(CACHE / "setup.lock", "Another command is fetching Odoo; waiting for it"):
            shutil.rmtree(CACHE, ignore_errors=True)
    for copy in SYSTEM_DIR.glob("programs-*"):
        shutil.rmtree(copy, ignore_errors=True)
    say(f"Removed {CACHE}")


def _enter(name):
    """Fetch what is missing and continue in the environment's own Python."""
    python, _tree = environment.prepare()
    environment.reenter_with(python, [name])
    return str(python)

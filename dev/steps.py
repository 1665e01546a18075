# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The kinds of tests. Each step takes the environment and returns a `Result`."""

import dataclasses
import resource
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from . import database, lint, odoo_log, shards, testkit
from .environment import COMPANIONS
from .paths import ADDON, ROOT
from .postgres import find_free_port

TESTS = ADDON / "tests"


@dataclasses.dataclass
class Result:
    """How a step went."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = dataclasses.field(default_factory=list)
    log: Path = None
    begun: float = 0.0  # of the monotonic clock, which all processes share
    ended: float = 0.0

    @property
    def seconds(self):
        return self.ended - self.begun

    def check(self, fine, note):
        """Count one more check, with what to tell when it is not fine."""
        if fine:
            self.passed += 1
        else:
            self.failed += 1
            self.notes.append(note)

    def join(self, other):
        """Take in how another part of the same step went."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes
        self.begun = min(self.begun, other.begun)
        self.ended = max(self.ended, other.ended)
        if other.log and self.log not in (None, other.log):
            self.log = self.log.with_name(f"{self.name}-*.log")


def step_dev(environment, *arguments):
    """the tests of this environment's own code"""
    return run_pytest(environment, "dev", [ROOT / "dev" / "tests"], *arguments)


def step_engine(environment, *arguments):
    """the arithmetic, without Odoo"""
    # The addon's folder alone on the path, Odoo not: this proves that the engine needs none.
    paths = [TESTS / "engine", "--doctest-modules", ADDON / "engine"]
    return run_pytest(environment, "engine", paths, *arguments, pythonpath=str(ADDON))


def step_style(environment):
    """ruff, pylint with Odoo's checks, well-formed XML"""
    result = Result("style", log=environment.logs / "style.log")
    lint.check_style(environment, result)
    return result


def step_odoo(environment, tags="/sale_subscription"):
    """the addon's tests in Odoo, without demo data, browser tours included"""
    result = Result("odoo", log=environment.logs / "odoo.log")
    run_odoo_tests(environment, result, tags, "Odoo's tests")
    return result


def step_odoo_part(environment, number):
    """a part of the addon's tests in Odoo"""
    files = shards.split(shards.find_files())[number]
    result = Result("odoo", log=environment.logs / f"odoo-{number + 1}.log")
    doing = f"Odoo's tests, part {number + 1}"
    found = run_odoo_tests(environment, result, shards.make_tags(files), doing)
    silent = sorted({file.stem for file in files} - found.files)
    result.check(not silent, f"no test was run of {', '.join(silent)}")
    return result


def step_website(environment, tags=None):
    """the pages of customers and visitors with the website app installed"""
    result = Result("website", log=environment.logs / "website.log")
    modules = ["website", "base_vat"]
    tags = tags or shards.make_tags(shards.find_page_files())
    run_odoo_tests(environment, result, tags, "tests with a website", modules)
    return result


def run_odoo_tests(environment, result, tags, doing, modules=()):
    """Run tests on a copy of the prepared database, and count them from the log.

    :param modules: what is installed into the copy first; its log is judged, too.
    :return: odoo_log.Report
    """
    with testkit.database(environment.ensure_prepared()) as name:
        # Odoo runs the tests of what it installs or updates only, as soon as it does either.
        install = ("-i", ",".join(modules), "-u", ADDON.name, "--without-demo") if modules else ()
        command = environment.odoo(
            name,
            *install,
            *("--test-enable", "--test-tags", tags, "--log-handler=odoo.tests.stats:DEBUG"),
            *("--stop-after-init", "--max-cron-threads=0", f"--http-port={find_free_port()}"),
        )
        code = environment.run_to_end(command, result.log, doing=f"running {doing}")
    found = odoo_log.read(result.log)
    count_odoo_tests(result, found, code)
    return found


def count_odoo_tests(result, found, code):
    """Turn what the log tells into counts; the log being clean counts as a test, too."""
    result.failed += found.failed
    result.skipped += len(found.skipped)
    result.passed += max(0, found.run - found.failed - len(found.skipped))
    result.notes += [describe_failure(found, test) for test in found.failed_tests]
    result.notes += [f"skipped: {test}" for test in found.skipped]
    result.check(found.run, "no test was run")
    check_log(result, found, code if not found.failed else 0)


def describe_failure(found, test):
    """Name a failed test and, when the log tells it, what was raised."""
    reason = found.reasons.get(test)
    return f"failed: {test}: {reason[:300]}" if reason else f"failed: {test}"


def check_log(result, found, code):
    """No warning and no error in Odoo's log, and a good end."""
    lines = [line for _level, line in found.problems]
    if code and not lines:
        lines = [f"Odoo ended with exit code {code}:", *odoo_log.tail(result.log)]
    result.check(not lines, "\n".join(["in Odoo's log:", *lines[:20]]))


def step_integrator(environment, *arguments):
    """scripts of integrators against a live server"""
    folder = TESTS / "integrator"
    with testkit.database() as name, testkit.server(name) as server:
        variables = {
            "URL": server.url,
            "DB": name,
            "LOGIN": server.login,
            "PASSWORD": server.password,
            "API_KEY": testkit.make_api_key(name),
        }
        result = run_pytest(environment, "integrator", [folder], *arguments, **variables)
        if not arguments:
            run_scripts(environment, result, folder, variables)
        check_log(result, odoo_log.read(server.log), 0)
    return result


def run_scripts(environment, result, folder, variables):
    """Every plain script is a test: it passes when it ends well."""
    for script in sorted(folder.glob("*.py")):
        if script.name.startswith(("test_", "_", "conftest")):
            continue
        run = subprocess.run(
            [environment.python, script],
            env=environment.variables() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        with open(result.log, "a") as log:
            log.write(f"\n{script.name}\n{run.stdout}{run.stderr}")
        result.check(run.returncode == 0, f"{script.name} failed:\n{run.stderr[-2000:]}")


def step_processes(environment, *arguments, log="processes"):
    """killed and parallel processes on one database"""
    variables = {
        "TESTKIT_TEMPLATE": environment.ensure_installed(),
        "TESTKIT_CONFIG": testkit.config(),
        "TESTKIT_PYTHON": testkit.python(),
    }
    result = run_pytest(environment, log, [TESTS / "processes"], *arguments, **variables)
    result.name = "processes"
    return result


def step_killed(environment):
    """killed processes, and those that get bad input"""
    others = [f"--ignore={file}" for file in shards.find_races()]
    return step_processes(environment, *others, log="processes-1")


def step_races(environment):
    """parallel processes that race each other"""
    others = set(shards.find_process_files()) - set(shards.find_races())
    arguments = [f"--ignore={file}" for file in sorted(others)]
    return step_processes(environment, *arguments, log="processes-2")


def step_demo(environment):
    """installation with demo data on an empty database"""
    result = Result("demo", log=environment.logs / "demo.log")
    modules = ",".join(["sale_subscription", *COMPANIONS])
    with testkit.empty_database() as name:
        started, used = time.monotonic(), measure_cpu()
        command = environment.odoo(
            name,
            *("-i", modules, "--with-demo"),
            *("--stop-after-init", "--no-http", "--max-cron-threads=0"),
        )
        code = environment.run_to_end(command, result.log, doing="installing the demo data")
        seconds, used = time.monotonic() - started, measure_cpu() - used
        check_log(result, odoo_log.read(result.log), code)
        # Told, not tested: how long it takes says as much about the machine.
        result.notes.append(
            f"installed with demo data in {seconds:.0f} s ({used:.0f} s of the processor)"
        )
        with database.connect(environment.server, name) as cursor:
            cursor.execute("SELECT to_regclass('sale_subscription') IS NOT NULL")
            result.check(cursor.fetchone()[0], "the addon was not installed")
        facts = run_pytest(environment, "demo-facts", [TESTS / "demo"], DEMO_DB=name)
        result.passed += facts.passed
        result.failed += facts.failed
        result.skipped += facts.skipped
        result.notes += facts.notes
    return result


def measure_cpu():
    """Seconds of the processor that this process's ended children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def step_lint(environment):
    """Odoo's own lint, and the terms to translate"""
    result = Result("lint", log=environment.logs / "lint.log")
    lint.check_in_odoo(environment, result)
    return result


STEPS = {
    "dev": step_dev,
    "engine": step_engine,
    "style": step_style,
    "odoo": step_odoo,
    "website": step_website,
    "integrator": step_integrator,
    "processes": step_processes,
    "demo": step_demo,
    "lint": step_lint,
}
# What `make test` runs, by labels whose first word is the step's name: (function, *arguments).
PARTS = {
    **{name: (step,) for name, step in STEPS.items() if name not in ("odoo", "processes")},
    **{f"odoo {number + 1}": (step_odoo_part, number) for number in range(shards.COUNT)},
    "processes 1": (step_killed,),
    "processes 2": (step_races,),
}


def run_pytest(environment, name, paths, *arguments, pythonpath=None, **variables):
    """Run pytest in a process of its own, and count from its report."""
    result = Result(name, log=environment.logs / f"{name}.log")
    folder = Path(paths[0])
    if not any(folder.glob("*.py")):
        result.check(False, f"{folder.relative_to(ROOT)} holds no tests")
        return result
    report = environment.logs / f"{name}.xml"
    report.unlink(missing_ok=True)
    base = environment.variables() | variables
    if pythonpath:
        base["PYTHONPATH"] = pythonpath
    else:
        # Above the folder lies the addon's __init__.py, which only Odoo can import.
        paths = [f"--confcutdir={folder}", *paths]
    options = ["-p", "no:cacheprovider", "-q", "-ra", f"--junitxml={report}", "--rootdir", ROOT]
    command = [environment.python, "-m", "pytest", *options, *paths, *arguments]
    with open(result.log, "w") as log:
        process = testkit.start_guarded(command, base, log)
        try:
            code = process.wait(3600)
        finally:
            testkit.stop(process)
    count_pytest(result, report, code)
    return result


def count_pytest(result, report, code):
    """Read pytest's report in JUnit's format."""
    if not report.exists():
        tail = "\n".join(odoo_log.tail(result.log, 15))
        result.check(False, f"pytest ended with exit code {code}:\n{tail}")
        return
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    for suite in suites:
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        result.failed += failed
        result.skipped += skipped
        result.passed += int(suite.get("tests")) - failed - skipped
    if code == 5 and not result.passed:  # pytest found no test; scripts may still be there
        return
    if code and not result.failed:
        result.failed += 1
    if result.failed or result.skipped:
        lines = result.log.read_text(errors="replace").splitlines()
        short = [line for line in lines if line.startswith(("FAILED", "ERROR", "SKIPPED"))]
        result.notes += short[:30] or lines[-15:]

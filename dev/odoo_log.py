# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reading Odoo's log: warnings, errors, test results."""

import dataclasses
import re

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): ?(?P<text>.*)"
)
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
TEST_FAILURE = re.compile(r"^(?:FAIL|ERROR): (.+)")
RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:: .*)?$")  # how a traceback ends, in the first column
# The report on each class, which Odoo writes where odoo.tests.stats logs details.
DURATION = re.compile(
    r"^\t\w+\.(?P<file>test_\w+)\.(?P<name>\w+): (?P<seconds>[\d.]+)s \d+ queries$"
)
PROGRESS = re.compile(r"Loading module (\w+) \((\d+)/(\d+)\)")
TESTING = re.compile(r"Starting (\w+\.\w+)")
LEVELS = ("WARNING", "ERROR", "CRITICAL")

# Lines that are no fault of the addon: (logger, text, why).
ALLOWED = [
    (
        r"odoo\.sql_db",
        r"bad query: b'CREATE EXTENSION IF NOT EXISTS",
        "the embedded PostgreSQL comes without pg_trgm and unaccent; the addon needs neither",
    ),
    (r"odoo\.service\.db", r"Unable to create PostgreSQL extensions", "the same"),
    (
        r"odoo\.addons\.base\.models\.ir_actions_report",
        r"wkhtmltopdf: .*unpatched",
        "Debian's wkhtmltopdf is built with an unpatched Qt: no page header and footer",
    ),
    (
        r"odoo\.addons\.rpc\.controllers\.(xmlrpc|jsonrpc)",
        r"The /xmlrpc, /xmlrpc/2 and /jsonrpc endpoints are deprecated",
        "integrators use them until Odoo 20, so they are tested",
    ),
    (
        r"odoo\.http",
        r"There is no customer with the id 999999\.",
        "an example of the integrator guide shows what an error looks like",
    ),
    (
        r"odoo\.tests\.result",
        r"\d+ failed, \d+ error",
        "the summary of failures that are counted one by one",
    ),
]


@dataclasses.dataclass
class Report:
    """What a log tells."""

    problems: list = dataclasses.field(default_factory=list)  # (level, line), tests excepted
    failed_tests: list = dataclasses.field(default_factory=list)
    reasons: dict = dataclasses.field(default_factory=dict)  # failed test -> what it raised
    skipped: list = dataclasses.field(default_factory=list)
    files: set = dataclasses.field(default_factory=set)  # names of the files whose tests began
    seconds: dict = dataclasses.field(default_factory=dict)  # class -> (its file, what it took)
    run: int = 0
    failed: int = 0

    @property
    def errors(self):
        return [line for level, line in self.problems if level != "WARNING"]


def read(path):
    """Read a log.

    :return: Report
    """
    report = Report()
    failing = False  # whether what follows belongs to a test that failed
    for line in path.read_text(errors="replace").splitlines():
        if match := LINE.match(line):
            before = len(report.failed_tests)
            _read_line(report, line, match)
            failing = len(report.failed_tests) > before
        elif failing and RAISED.match(line):
            report.reasons[report.failed_tests[-1]] = line
        elif duration := DURATION.match(line):
            report.seconds[duration["name"]] = duration["file"], float(duration["seconds"])
    return report


def _read_line(report, line, match):
    level, logger, text = match["level"], match["logger"], match["text"]
    if logger == "odoo.tests.result" and (counts := RESULT.search(text)):
        failures, errors, run = map(int, counts.groups())
        report.failed += failures + errors
        report.run += run
    elif failure := level in LEVELS and TEST_FAILURE.match(text):
        report.failed_tests.append(failure[1])
    elif text.startswith("skipped ") and ".tests." in logger:
        report.skipped.append(text.removeprefix("skipped "))
    elif level == "INFO" and ".tests." in logger and TESTING.match(text):
        report.files.add(logger.rpartition(".")[2])
    elif level in LEVELS and not is_allowed(logger, text):
        report.problems.append((level, line))


def is_allowed(logger, text):
    return any(re.fullmatch(who, logger) and re.match(what, text) for who, what, _why in ALLOWED)


def describe_progress(path):
    """A few words on how far an Odoo that is at work has come, from its log."""
    for line in reversed(tail(path, 200)):
        if match := PROGRESS.search(line):
            return f"module {match[2]} of {match[3]}, {match[1]}"
        if match := TESTING.search(line):
            return match[1]
    return "starting"


def tail(path, count=8):
    return path.read_text(errors="replace").splitlines()[-count:]

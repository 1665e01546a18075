"""Reading Odoo's log."""

from dev import lint, odoo_log, steps
from dev.pot import describe_difference

START = "2026-01-31 10:00:00,123 42"
PASSED = f"{START} INFO db odoo.tests.result: 0 failed, 0 error(s) of 12 tests when loading 'db'"


def write(tmp_path, *lines):
    path = tmp_path / "odoo.log"
    path.write_text("\n".join(lines))
    return path


def count(tmp_path, *lines, code=0):
    result = steps.Result("odoo", log=write(tmp_path, *lines))
    steps.count_odoo_tests(result, odoo_log.read(result.log), code)
    return result


def test_a_clean_run(tmp_path):
    result = count(tmp_path, PASSED)
    assert (result.passed, result.failed, result.skipped) == (14, 0, 0)


def test_failures_are_counted_and_named(tmp_path):
    result = count(
        tmp_path,
        f"{START} ERROR db odoo.addons.sale_subscription.tests.test_x: FAIL: TestX.test_a",
        "Traceback (most recent call last):",
        f"{START} ERROR db odoo.tests.result: 1 failed, 1 error(s) of 12 tests when loading 'db'",
        code=1,
    )
    assert (result.passed, result.failed) == (12, 2)
    assert "failed: TestX.test_a" in result.notes


def test_what_a_failed_test_raised_is_told(tmp_path):
    result = count(
        tmp_path,
        f"{START} ERROR db odoo.addons.sale_subscription.tests.test_x: FAIL: TestX.test_a",
        "Traceback (most recent call last):",
        '  File "test_x.py", line 12, in test_a',
        "    self.assertEqual(1, 2)",
        "AssertionError: 1 != 2",
        " ",
        f"{START} ERROR db odoo.addons.sale_subscription.tests.test_x: ERROR: TestX.test_b",
        "Traceback (most recent call last):",
        "odoo.exceptions.UserError: No.",
        f"{START} INFO db odoo.addons.sale_subscription.tests.test_x: Starting TestX.test_c ...",
        "ValueError: of nobody",
        f"{START} ERROR db odoo.tests.result: 1 failed, 1 error(s) of 12 tests when loading 'db'",
        code=1,
    )
    assert result.notes == [
        "failed: TestX.test_a: AssertionError: 1 != 2",
        "failed: TestX.test_b: odoo.exceptions.UserError: No.",
    ]


def test_skipped_tests_are_counted(tmp_path):
    line = f"{START} INFO db odoo.addons.sale_subscription.tests.test_x: skipped X.y : no browser"
    result = count(tmp_path, line, PASSED)
    assert (result.passed, result.skipped) == (13, 1)


def test_files_with_tests_are_known(tmp_path):
    line = f"{START} INFO db odoo.addons.sale_subscription.tests.test_x: Starting TestX.test_a ..."
    assert odoo_log.read(write(tmp_path, line, PASSED)).files == {"test_x"}


def test_a_warning_is_a_failure(tmp_path):
    result = count(tmp_path, f"{START} WARNING db odoo.models: something is odd", PASSED)
    assert result.failed == 1
    assert "something is odd" in result.notes[0]


def test_the_embedded_server_may_lack_extensions(tmp_path):
    query = f"{START} ERROR ? odoo.sql_db: bad query: b'CREATE EXTENSION IF NOT EXISTS pg_trgm'"
    assert odoo_log.read(write(tmp_path, query)).problems == []


def test_no_test_is_a_failure(tmp_path):
    assert count(tmp_path, f"{START} INFO db odoo: done").failed == 1


def test_a_bad_end_is_a_failure(tmp_path):
    assert count(tmp_path, PASSED, code=255).failed == 1


def test_lint_tells_what_is_about_the_addon(tmp_path):
    path = write(
        tmp_path,
        f"{START} ERROR db odoo.addons.test_lint: FAIL: TestX",
        "model='sale.order' is bad",
        f"{START} ERROR db odoo.addons.test_lint: FAIL: TestY",
        "model='sale.subscription.plan' is bad",
        f"{START} INFO db odoo.modules.loading: loading sale_subscription",
    )
    (record,) = lint.find_records_about_us(path)
    assert record.splitlines() == ["FAIL: TestY", "model='sale.subscription.plan' is bad"]


def test_lint_lets_pass_what_it_does_not_know(tmp_path):
    path = write(
        tmp_path,
        f"{START} ERROR db odoo.addons.test_lint: FAIL: X.test_a (module='sale_subscription')",
        "AssertionError: 'excludes' : Unknown manifest keys in module 'sale_subscription'.",
    )
    assert lint.find_records_about_us(path) == []


def test_terms_to_translate():
    old, new = {(None, "Plan"), (None, "Gone")}, {(None, "Plan"), (None, "New")}
    told = describe_difference(old, new)
    assert "missing: 'New'" in told
    assert "no longer used: 'Gone'" in told
    assert describe_difference(old, old) is None

"""Every error names what to do."""

import errno
import socket

import pytest

from dev import choosing, errors, odoo_source, packages, postgres, server, system


def test_port_taken(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(errors.DevError, match=rf"(?s)taken.*make run PORT={port + 1}"):
            server.check_port(port)


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_port_that_is_none(monkeypatch, port):
    monkeypatch.setenv("PORT", port)
    with pytest.raises(errors.DevError, match="not a port"):
        server.chosen_port()


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_wrong_python(version):
    with pytest.raises(errors.DevError, match="(?s)3.11, 3.12 or 3.13.*make PYTHON="):
        packages.check_python(version)


@pytest.mark.parametrize(
    "output, problem",
    [
        ("Err:1 sid InRelease\n  Could not resolve 'deb.debian.org'", "No network"),
        ("dpkg-deb: error: write: No space left on device", "disk is full"),
        ("NO_PUBKEY 6ED0E7B82643E131", "does not know"),
        ("mkdir: cannot create directory: Permission denied", "Not allowed"),
    ],
)
def test_programs_that_fail(output, problem):
    error = errors.explain_output(output, "doing something", "/somewhere")
    assert problem in error.problem
    assert error.remedy


def test_programs_that_fail_for_another_reason():
    assert errors.explain_output("Segmentation fault", "doing something", "/") is None


def test_disk_full():
    error = errors.explain_os_error(OSError(errno.ENOSPC, "full", "/cache/file"))
    assert "/cache/file" in error.problem
    assert "XDG_CACHE_HOME" in error.remedy


def test_odoo_path_without_odoo(tmp_path):
    with pytest.raises(errors.DevError, match="There is no Odoo"):
        odoo_source.inspect(tmp_path)


def make_odoo(path, version):
    (path / "odoo").mkdir()
    (path / "odoo" / "release.py").write_text(
        f"version_info = ({version}, 0, 0, 'final', 0, '')\nversion = '{version}.0'\n"
    )
    return path


def test_odoo_path_of_another_version(tmp_path):
    with pytest.raises(errors.DevError, match="holds Odoo 18.0"):
        odoo_source.inspect(make_odoo(tmp_path, 18))


def test_odoo_path_of_a_checkout(tmp_path):
    tree = odoo_source.inspect(make_odoo(tmp_path, 19))
    assert tree.addons == [tmp_path / "addons", tmp_path / "odoo" / "addons"]


def test_odoo_path_of_a_package(tmp_path):
    make_odoo(tmp_path, 19)
    (tmp_path / "odoo" / "addons" / "web").mkdir(parents=True)
    assert odoo_source.inspect(tmp_path).addons == [tmp_path / "odoo" / "addons"]


def test_database_url():
    found = postgres.from_url("postgresql://me:s%40crt@db.example.com:6543/main")
    assert found == postgres.Server("db.example.com", 6543, "me", "s@crt", "main")


def test_database_url_of_a_socket():
    found = postgres.from_url("postgresql://me@/?host=%2Frun%2Fpg")
    assert (found.host, found.user) == ("/run/pg", "me")


@pytest.mark.parametrize(
    "url, problem",
    [("mysql://me@host/", "not a PostgreSQL"), ("postgresql://postgres@host/", "Odoo refuses")],
)
def test_database_url_that_cannot_be_used(url, problem):
    with pytest.raises(errors.DevError, match=problem):
        postgres.from_url(url)


def test_missing_programs_without_root(monkeypatch):
    monkeypatch.setattr(system.shutil, "which", lambda name: name == "apt-get" or None)
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    with pytest.raises(errors.DevError, match="(?s)needs root.*apt-get install.*chromium"):
        system.ensure()


def test_test_that_does_not_exist():
    with pytest.raises(errors.DevError, match="There is no test named"):
        choosing.choose("no_such_test_at_all")


def test_choose_a_file_of_pytest():
    assert choosing.choose("test_fetch") == [("dev", "-k", "test_fetch.py")]


def test_choose_a_tag():
    assert choosing.choose("/sale_subscription:TestX") == [("odoo", "/sale_subscription:TestX")]

"""Downloads against a small server on this machine."""

import functools
import hashlib
import http.server
import threading

import pytest

from dev import fetch
from dev.errors import DevError

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class RangeHandler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT, parts of it too, and notes what was asked for."""

    def __init__(self, asked, breaks_after, *args):
        self.asked, self.breaks_after = asked, breaks_after
        super().__init__(*args)

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        stop = self.breaks_after if len(self.asked) == 1 and self.breaks_after else None
        self.wfile.write(CONTENT[start:stop])

    def log_message(self, *args):
        """Be silent."""


@pytest.fixture
def serve():
    servers = []

    def start(breaks_after=None):
        asked = []
        handler = functools.partial(RangeHandler, asked, breaks_after)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/file", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_download(serve, tmp_path):
    url, _asked = serve()
    target = fetch.download(url, tmp_path / "file", DIGEST)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_there_is_not_fetched_again(serve, tmp_path):
    url, asked = serve()
    (tmp_path / "file").write_bytes(CONTENT)
    fetch.download(url, tmp_path / "file", DIGEST)
    assert asked == []


def test_half_a_download_is_continued(serve, tmp_path):
    url, asked = serve()
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    target = fetch.download(url, tmp_path / "file", DIGEST)
    assert target.read_bytes() == CONTENT
    assert asked == ["bytes=1000-"]


def test_a_broken_connection_leaves_what_arrived(serve, tmp_path):
    url, asked = serve(breaks_after=300_000)
    with pytest.raises(DevError, match="(?s)No network.*kept"):
        fetch.download(url, tmp_path / "file", DIGEST)
    assert (tmp_path / "file.part").stat().st_size == 300_000
    fetch.download(url, tmp_path / "file", DIGEST)
    assert asked == [None, "bytes=300000-"]


def test_a_stale_part_is_begun_again(serve, tmp_path):
    url, asked = serve()
    (tmp_path / "file.part").write_bytes(b"another version" * 10)
    target = fetch.download(url, tmp_path / "file", DIGEST)
    assert target.read_bytes() == CONTENT
    assert asked == ["bytes=150-", None]


def test_another_file_than_expected_is_refused(serve, tmp_path):
    url, _asked = serve()
    with pytest.raises(DevError, match="not the expected file"):
        fetch.download(url, tmp_path / "file", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_no_network(tmp_path):
    with pytest.raises(DevError, match="(?s)No network.*What to do"):
        fetch.download("http://nowhere.invalid/file", tmp_path / "file", DIGEST)


def test_integrity_of_npm():
    assert fetch.integrity_to_hex("sha512-AAEC") == ("sha512", "000102")

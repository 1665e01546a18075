# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Verified downloads over http(s) that resume where they stopped."""

import base64
import hashlib
import os
import urllib.error
import urllib.request

from .errors import DevError, no_network

CHUNK = 1 << 16


def digest(path, algorithm="sha256"):
    """Hexadecimal hash of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, algorithm).hexdigest()


def is_complete(path, expected, algorithm="sha256"):
    return path.exists() and digest(path, algorithm) == expected


def integrity_to_hex(integrity):
    """Convert npm's ``sha512-BASE64`` to ``(algorithm, hexadecimal)``."""
    algorithm, encoded = integrity.split("-", 1)
    return algorithm, base64.b64decode(encoded).hex()


def download(url, target, expected, algorithm="sha256"):
    """Download a file; what an interrupted download left is continued, not begun again.

    :param str expected: hexadecimal hash the file must have.
    :raises DevError: without network, or when the file is not the expected one.
    """
    if is_complete(target, expected, algorithm):
        return target
    partial = target.with_name(target.name + ".part")
    try:
        _receive(url, partial)
        if not is_complete(partial, expected, algorithm):
            # A stale partial file of another version, perhaps: once more from the start.
            partial.unlink(missing_ok=True)
            _receive(url, partial)
    except urllib.error.HTTPError as error:
        raise DevError(
            f"The server answered {error.code} {error.reason} for {url}.",
            "try again later; if it stays so, update this clone (git pull).",
        ) from error
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        raise no_network(f"downloading {url}") from error
    if not is_complete(partial, expected, algorithm):
        partial.unlink(missing_ok=True)
        raise DevError(
            f"What was downloaded from {url} is not the expected file (its hash differs).",
            "run the same command again; if it stays so, something between you and the server "
            "changes the file, or the file was replaced: do not use it.",
        )
    os.replace(partial, target)
    return target


def _receive(url, partial):
    """Get the rest of a file, or all of it when the server cannot continue."""
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing left to send: the file was complete
            return
        raise
    with response, open(partial, "ab" if response.status == 206 else "wb") as handle:
        missing = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(CHUNK):
            handle.write(chunk)
            missing -= len(chunk)
    if missing > 0:
        raise ConnectionError(f"{missing} bytes of {url} did not arrive")

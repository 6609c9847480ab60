"""Lines that only this installation writes: each carries a code made with its secret, in a file that only grows."""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """The codes of one purpose: a line of another purpose, or of another installation, does not fit."""

    def __init__(self, secret_key: str, purpose: bytes) -> None:
        self._key = HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret_key.encode())

    def sealed(self, said: Mapping[str, Any]) -> bytes:
        """Return the line that says it, with its code."""
        return written({**said, "mac": self._code(said)})

    def fits(self, said: Mapping[str, Any], code: object) -> bool:
        """Say whether this installation wrote `code` beside it."""
        return hmac.compare_digest(str(code).encode(), self._code(said).encode())

    def _code(self, said: Mapping[str, Any]) -> str:
        return hmac.new(self._key, written(said), hashlib.sha256).hexdigest()


def written(said: Mapping[str, Any]) -> bytes:
    """Return the one way in which it is written."""
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True, sort_keys=True).encode()


@contextmanager
def opened_alone(path: Path) -> Iterator[int]:
    """Open a file for this process alone, made where it is missing; it and a new folder are the owner's only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def whole(file: int) -> bytes:
    """Return all that stands in an open file."""
    return os.pread(file, os.fstat(file).st_size, 0)


def append(file: int, line: bytes) -> None:
    """Write a line and through to the disk behind the last whole one, or leave the whole ones as they were.

    Raises:
        OSError: it could not be written.
    """
    end, sent, done = whole(file).rfind(b"\n") + 1, line + b"\n", 0
    try:
        os.ftruncate(file, end)
        while done < len(sent):
            done += os.pwrite(file, sent[done:], end + done)
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


def sync_folder(folder: Path) -> None:
    """Put the name of a new file on the disk too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

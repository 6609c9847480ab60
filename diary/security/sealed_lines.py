"""Lines that only this installation writes: each carries a code made with its secret, in a file that only grows."""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from diary.whole_files import sync_folder

ANCHORS: Final = b"ebb:audit-anchors"
ERASURES: Final = b"ebb:erasures"
PURPOSES: Final = (ANCHORS, ERASURES)
LINE_KEYS: Final = "line-keys"


class Seal:
    """The codes of one purpose: a line of another purpose, or of another installation, does not fit."""

    def __init__(self, secret_key: str, purpose: bytes, *others: str, forgotten: Iterable[bytes] = ()) -> None:
        self._key, *derived = (line_key(key, purpose) for key in (secret_key, *others))
        self._others = (*derived, *forgotten)

    def sealed(self, said: Mapping[str, Any]) -> bytes:
        """Return the line that says it, with its code."""
        return written({**said, "mac": self._code(said)})

    def fits(self, said: Mapping[str, Any], code: object) -> bool:
        """Say whether this installation wrote `code` beside it, under the key in use or another that it keeps."""
        codes = [self._code(said, key) for key in (self._key, *self._others)]
        return any(hmac.compare_digest(str(code).encode(), one.encode()) for one in codes)

    def _code(self, said: Mapping[str, Any], key: bytes | None = None) -> str:
        return hmac.new(key or self._key, written(said), hashlib.sha256).hexdigest()


def line_key(secret_key: str, purpose: bytes) -> bytes:
    """Return the key that the lines of one purpose carry codes of; nothing else can be read or made with it."""
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(secret_key.encode())


def keep_line_keys(folder: Path, secret_key: str) -> None:
    """Keep what verifies the lines of a secret key that is about to be forgotten; done twice, it is kept once."""
    with opened_alone(folder / LINE_KEYS) as file:
        held = whole(file)
        for purpose in PURPOSES:
            line = purpose + b" " + line_key(secret_key, purpose).hex().encode()
            if line not in held.split(b"\n"):
                append(file, line)
    sync_folder(folder)


def forgotten_line_keys(folder: Path, purpose: bytes) -> list[bytes]:
    """Return what verifies the lines of one purpose under secret keys that were forgotten."""
    try:
        lines = (folder / LINE_KEYS).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    return [bytes.fromhex(line.partition(b" ")[2].decode()) for line in lines if line.partition(b" ")[0] == purpose]


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

"""From the bytes of a file to its lines, in memory that does not grow with the file."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from diary.exchange.study.problems import Findings

MOST_CHARACTERS = 10_000
MOST_BYTES = 4 * MOST_CHARACTERS
CHUNK = 1 << 16
BOM = b"\xef\xbb\xbf"
SAVE_AS_UTF8 = "save the file as UTF-8"
LONE_RETURN = "a carriage return without a line feed: end every line with LF or CRLF"
LONG_LINE = f"the line is longer than {MOST_CHARACTERS:,} characters: look for a line end or a quote that is missing"
NOT_THERE = "the file is missing: a study folder holds patients.csv, courses.csv and scores.csv"


class LineSource:
    """One file of a study; a line always ends at its line end, also inside quotes.

    `stamp` and `digest` tell two readings of a changing file apart; the digest is there once all was read.
    """

    def __init__(self, path: Path, findings: Findings) -> None:
        self.path = path
        self.findings = findings
        self.stamp: tuple[int, ...] = ()
        self.digest = b""

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of every readable line; the unreadable ones become findings."""
        try:
            # Anything but an ordinary file is refused unopened: opening a pipe would wait for ever.
            if not stat.S_ISREG(self.path.stat().st_mode):
                self._refuse(1, 1, "this is not an ordinary file: put the CSV file itself here")
                return
            with self.path.open("rb", buffering=0) as stream:
                yield from self._readable(stream)
        except (FileNotFoundError, NotADirectoryError):
            self._refuse(1, 1, NOT_THERE)
        except OSError as failure:
            self._refuse(1, 1, f"the file cannot be read: {failure.strerror}")

    def _readable(self, stream: BinaryIO) -> Iterator[tuple[int, str]]:
        number = 0
        for number, raw in enumerate(self._physical_lines(stream), start=1):
            if number == 1 and self._is_utf16(raw):
                return
            text = self._text(number, raw)
            if text is not None:
                yield number, text
        if number == 0:
            self._refuse(1, 1, "the file is empty: it needs at least the line with the column names")

    def _physical_lines(self, stream: BinaryIO) -> Iterator[bytes]:
        found = os.fstat(stream.fileno())
        self.stamp = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        head = stream.read(len(BOM))
        digest = hashlib.sha256(head)
        *whole, rest = head.removeprefix(BOM).split(b"\n")
        yield from whole
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            # What lies beyond the longest line allowed is never looked at, so it is not kept either.
            rest = rest[: MOST_BYTES + 2]
        if rest:
            yield rest
        self.digest = digest.digest()

    def _is_utf16(self, raw: bytes) -> bool:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:64]:
            self._refuse(1, 1, f"this is not UTF-8 but looks like UTF-16: {SAVE_AS_UTF8}")
            return True
        return False

    def _text(self, number: int, raw: bytes) -> str | None:
        raw = raw.removesuffix(b"\r")
        if b"\r" in raw:
            self._refuse(number, _column(raw, raw.index(b"\r")), LONE_RETURN)
        elif len(raw) > MOST_BYTES:
            self._refuse(number, 1, LONG_LINE)
        else:
            return self._decoded(number, raw)
        return None

    def _decoded(self, number: int, raw: bytes) -> str | None:
        try:
            text = raw.decode()
        except UnicodeDecodeError as failure:
            byte = f"0x{raw[failure.start]:02X}"
            self._refuse(number, _column(raw, failure.start), f"not UTF-8 (byte {byte}): {SAVE_AS_UTF8}")
            return None
        if len(text) > MOST_CHARACTERS:
            self._refuse(number, 1, LONG_LINE)
        elif "\0" in text:
            self._refuse(number, text.index("\0") + 1, f"a NUL character: remove it, or {SAVE_AS_UTF8}")
        else:
            return text
        return None

    def _refuse(self, line: int, column: int, reason: str) -> None:
        self.findings.add(self.path.name, line, column=column, reason=reason)


def _column(raw: bytes, place: int) -> int:
    return len(raw[:place].decode(errors="replace")) + 1

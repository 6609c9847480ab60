"""What a backup says, line by line: its head, every table, the files beside the database, and a digest of it all."""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from diary.security.sealed_stream import BackupBroken, SealedWriter
from diary.services.backup_tables import Digest, Layout, Row, Summing, line_of

FORMAT: Final = 1
LONGEST_LINE: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """When a backup was made, by which schema, from which kind of database."""

    made_at: datetime
    schema: str
    database: str


@dataclass(slots=True)
class Summary:
    """What a backup holds: its head, the digest of each table, and the digest of the whole."""

    head: Head
    tables: dict[str, Digest] = field(default_factory=dict)
    files: int = 0
    digest: str = ""

    @property
    def rows(self) -> int:
        """How many rows there are in all tables."""
        return sum(table.rows for table in self.tables.values())


class StreamWriter:
    """Writes a backup into a sealed stream."""

    def __init__(self, out: SealedWriter, head: Head) -> None:
        self._out, self._whole, self.summary = out, hashlib.sha256(), Summary(head)
        said = {"backup": FORMAT, "made_at": head.made_at.isoformat(), "schema": head.schema, "from": head.database}
        self._say(line_of(said))

    def table(self, layout: Layout, rows: Iterable[Row]) -> Digest:
        """Write a table, row by row, and its digest behind it."""
        summing, number = Summing(layout), 0
        self._say(layout.line())
        for number, row in enumerate(rows, start=1):  # noqa: B007 (the last number is wanted)
            line = line_of(row)
            summing.take(line)
            self._say(line)
        digest = summing.digest(number)
        self._say(line_of({"end": layout.name, "rows": digest.rows, "digest": digest.digest}))
        self.summary.tables[layout.name] = digest
        return digest

    def file(self, name: str, content: bytes) -> None:
        """Write a file of the installation."""
        self._say(line_of({"file": name, "content": b64encode(content).decode()}))
        self.summary.files += 1

    def end(self) -> Summary:
        """Write the digest of the whole; nothing stands behind it."""
        self.summary.digest = self._whole.hexdigest()
        self._out.write(line_of({"whole": self.summary.digest}))
        self._out.end()
        return self.summary

    def _say(self, line: bytes) -> None:
        self._whole.update(line)
        self._out.write(line)


class Reader:
    """What takes the parts of a backup as they come; each may be called many times."""

    def table(self, _layout: Layout, rows: Iterator[Row]) -> None:
        """Take the rows of a table, to the last one."""
        for _row in rows:
            pass

    def file(self, name: str, content: bytes) -> None:
        """Take a file."""


def read_stream(parts: Iterator[bytes], reader: Reader, *, begun: Any = None) -> Summary:
    """Hand every part of a backup to `reader`, and return what it holds once all digests agree.

    `begun` is called with the head before anything else. What the reader was handed is good only when this returns.

    Raises:
        BackupBroken: a digest does not agree, something is missing, or the format is not known.
    """
    lines = _lines(parts)
    first = next(lines, b"")
    summary, whole = Summary(_head(first)), hashlib.sha256(first)
    if begun:
        begun(summary.head)
    for line in lines:
        said = _said(line)
        if "whole" in said:
            summary.digest = str(said["whole"])
            if summary.digest != whole.hexdigest() or next(lines, None) is not None:
                raise BackupBroken("The digest of the whole backup does not agree.")
            return summary
        whole.update(line)
        if "file" in said:
            reader.file(str(said["file"]), b64decode(said["content"]))
            summary.files += 1
        else:
            layout = _layout(said)
            summary.tables[layout.name] = _read_table(lines, layout, whole, reader)
    raise BackupBroken("The backup ends too soon.")


def _read_table(lines: Iterator[bytes], layout: Layout, whole: Any, reader: Reader) -> Digest:
    summing, end, number = Summing(layout), {}, 0

    def rows() -> Iterator[Row]:
        nonlocal end, number
        for line in lines:
            whole.update(line)
            said = json.loads(line)
            if isinstance(said, dict):
                end = said
                return
            summing.take(line)
            number += 1
            yield said

    coming = rows()
    reader.table(layout, coming)
    for _left in coming:
        pass
    digest = summing.digest(number)
    if end != {"end": layout.name, "rows": digest.rows, "digest": digest.digest}:
        raise BackupBroken(f"The digest of {layout.name} does not agree.")
    return digest


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        *whole, rest = held.split(b"\n") if b"\n" in part else (held,)
        for line in whole:
            yield bytes(line) + b"\n"
        held = bytearray(rest)
        if len(held) > LONGEST_LINE:
            raise BackupBroken("A line of the backup is longer than Ebb writes any.")
    if held:
        raise BackupBroken("The last line of the backup is not whole.")


def _head(line: bytes) -> Head:
    said = _said(line)
    if said.get("backup") != FORMAT:
        raise BackupBroken("This backup is of a format that this version of Ebb does not know: use a newer one.")
    return Head(datetime.fromisoformat(str(said["made_at"])), str(said["schema"]), str(said["from"]))


def _said(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except ValueError as error:
        raise BackupBroken("A line of the backup cannot be read.") from error
    if not isinstance(said, dict):
        raise BackupBroken("A row of the backup stands in no table.")
    return said


def _layout(said: dict[str, Any]) -> Layout:
    try:
        columns = tuple((str(name), str(kind)) for name, kind in said["columns"])
        return Layout(str(said["table"]), columns, tuple(said["key"]), said["own"])
    except (KeyError, TypeError, ValueError) as error:
        raise BackupBroken("The head of a table in the backup cannot be read.") from error

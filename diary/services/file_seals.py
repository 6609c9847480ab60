"""The seal of an SQLite file at rest: a digest of every block of it, beside it, renewed when somebody has written.

SQLite counts in its header how often the file was changed. While the count stands, every byte must stand.
"""

import json
import os
import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from diary.db import BUSY_MILLISECONDS, db
from diary.security import block_digests
from diary.security.block_digests import BLOCK

COUNT: Final = slice(24, 28)
COUNT_AGAIN: Final = slice(92, 96)
"""SQLite writes the count a second time when it writes the first."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the file found.

    Attributes:
        sealed: whether nobody has written since it was sealed, so that every byte could be compared.
        damaged: where blocks are not what they were, in bytes from the beginning.
    """

    sealed: bool
    damaged: list[int]
    block: int = BLOCK


def look_at_file() -> Looked:
    """Compare the file with its seal, and seal it anew when somebody has written since.

    Nobody writes while it is read; a file that does not agree with its seal keeps the seal as evidence.
    """
    if db.engine.dialect.name != "sqlite":
        return Looked(sealed=False, damaged=[])
    file = Path(db.engine.url.database or "").resolve()
    seal = file.with_name(f"{file.name}.seal")
    with closing(sqlite3.connect(file, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)) as connection:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("delete",):
                return Looked(sealed=False, damaged=[])  # with a log beside it the count does not count
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # from here on no commit passes
        except sqlite3.DatabaseError as error:
            log.error("file_damaged", reason=str(error))  # noqa: TRY400 (no fault of ours)
            return Looked(sealed=True, damaged=[0])
        return _compared(file, seal)


def _compared(file: Path, seal: Path) -> Looked:
    header, blocks = _read(file)
    if header[COUNT] != header[COUNT_AGAIN]:
        return _told(Looked(sealed=True, damaged=[0]))
    said = _read_seal(seal)
    count = int.from_bytes(header[COUNT], "big")
    if not said or said["count"] != count:
        _write(seal, {"count": count, "blocks": blocks})
        return Looked(sealed=False, damaged=[])
    known = said["blocks"]
    longest = max(len(known), len(blocks))
    differ = [at * BLOCK for at in range(longest) if known[at : at + 1] != blocks[at : at + 1]]
    return _told(Looked(sealed=True, damaged=differ))


def _told(looked: Looked) -> Looked:
    if looked.damaged:
        log.error("file_damaged", first_byte=looked.damaged[0], blocks=len(looked.damaged))
    return looked


def _read(file: Path) -> tuple[bytes, list[str]]:
    """Let another process read the file: this one would lose its locks on it."""
    asked = [sys.executable, "-I", block_digests.__file__, str(file)]
    said = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    return bytes.fromhex(said["header"]), said["blocks"]


def _read_seal(seal: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(seal.read_text("ascii"))
        return {"count": int(said["count"]), "blocks": list(said["blocks"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(seal: Path, said: dict[str, Any]) -> None:
    draft = seal.with_name(f".{seal.name}-{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
            json.dump(said, out)
        draft.replace(seal)
    except OSError as refused:
        log.warning("file_not_sealed", reason=str(refused))
        draft.unlink(missing_ok=True)

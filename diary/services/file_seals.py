"""The seal of an SQLite file at rest: a digest of every block of it, beside it, renewed when somebody has written.

SQLite counts in its header how often the file was changed. While the count stands, every byte must stand. A seal that
the file did not agree with is set aside as evidence, and the file counts as damaged until somebody takes that away.
"""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from diary.clock import utc_now
from diary.db import BUSY_MILLISECONDS, db
from diary.security import block_digests
from diary.security.block_digests import BLOCK
from diary.whole_files import write_anew

COUNT: Final = slice(24, 28)
COUNT_AGAIN: Final = slice(92, 96)
"""SQLite writes the count a second time when it writes the first."""
LONGEST_SECONDS: Final = 3.0
"""How long the file may be read: nobody commits meanwhile, and who waits is refused after five seconds."""
WRITTEN_AT: Final = "written_at"
HELD_BY_OTHERS: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at the file found.

    Attributes:
        sealed: whether nobody has written since it was sealed, so that every byte could be compared.
        damaged: where blocks are, or once were found to be, not what they should be, in bytes from the beginning.
        unsealed: why it was neither compared nor sealed, or nothing when it was.
        evidence: the seal that was set aside when damage was found, while it stands.
        right_until: when the file still agreed with that seal, as an ISO moment, where it is known.
    """

    sealed: bool
    damaged: list[int]
    block: int = BLOCK
    unsealed: str = ""
    evidence: Path | None = None
    right_until: str = ""


def look_at_file() -> Looked:
    """Compare the file with its seal, and seal it anew when somebody has written since.

    Nobody writes while it is read, for a few seconds at most. The seal of a file that does not agree with it is set
    aside as evidence: the file counts as damaged while that stands, whoever writes meanwhile.
    """
    if db.engine.dialect.name != "sqlite":
        return Looked(sealed=False, damaged=[])
    file = Path(db.engine.url.database or "").resolve()
    looked = _with_evidence(_look(file), _evidence(file))
    if looked.damaged:
        log.error("file_damaged", first_byte=looked.damaged[0], blocks=len(looked.damaged))
    if looked.unsealed:
        log.warning("file_not_sealed", reason=looked.unsealed)
    return looked


def _look(file: Path) -> Looked:
    with closing(sqlite3.connect(file, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None)) as connection:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("delete",):
                return _unsealed("it is written with a log beside it (WAL mode), and changes are not counted")
            connection.execute("BEGIN")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # from here on no commit passes
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in HELD_BY_OTHERS:
                return _unsealed("another program holds it")
            log.error("file_damaged", reason=str(error))  # noqa: TRY400 (no fault of ours)
            return Looked(sealed=True, damaged=[0])
        try:
            header, blocks = _read(file)
        except subprocess.TimeoutExpired:
            return _unsealed(f"it cannot be read within {LONGEST_SECONDS:g} seconds, and nobody may write meanwhile")
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            return _unsealed(f"its bytes cannot be read ({_why(error)}): look at the disk")
        return _compared(file, header, blocks)


def _why(error: Exception) -> str:
    """Return what the process that read the file said last, or how it ended."""
    if not isinstance(error, subprocess.CalledProcessError):
        return str(error)
    last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
    return last[0] if last else f"the process that reads it was ended: {error.returncode}"


def _compared(file: Path, header: bytes, blocks: list[str]) -> Looked:
    seal = file.with_name(f"{file.name}.seal")
    said, count = _read_seal(seal), int.from_bytes(header[COUNT], "big")
    if header[COUNT] != header[COUNT_AGAIN]:
        differ = [0]
    elif not said or said["count"] != count:
        refused = _write(seal, {"count": count, "blocks": blocks, WRITTEN_AT: _in_minutes(utc_now())})
        return _unsealed(refused) if refused else Looked(sealed=False, damaged=[])
    else:
        known = said["blocks"]
        longest = max(len(known), len(blocks))
        differ = [at * BLOCK for at in range(longest) if known[at : at + 1] != blocks[at : at + 1]]
    if differ and not _evidence(file).exists():
        refused = _write(_evidence(file), {**(said or {}), "right_until": _written_at(seal, said), "damaged": differ})
        if refused:
            log.error("evidence_not_kept", reason=refused)
    return Looked(sealed=True, damaged=differ)


def _unsealed(why: str) -> Looked:
    return Looked(sealed=False, damaged=[], unsealed=why)


def _evidence(file: Path) -> Path:
    return file.with_name(f"{file.name}.seal.damaged")


def _with_evidence(looked: Looked, evidence: Path) -> Looked:
    """Let damage that was found once count while the evidence of it stands."""
    try:
        said = json.loads(evidence.read_text("ascii"))
        places, right_until = [int(at) for at in said["damaged"]] or [0], str(said["right_until"])
    except FileNotFoundError:
        return looked
    except (OSError, ValueError, KeyError, TypeError):
        places, right_until = [0], ""
    damaged = sorted({*places, *looked.damaged})
    return replace(looked, damaged=damaged, evidence=evidence, right_until=right_until)


def _written_at(seal: Path, said: dict[str, Any] | None) -> str:
    """Return when a seal was written: it says so itself; of an older one the file tells, whose time a copy changes."""
    if said and said[WRITTEN_AT]:
        return str(said[WRITTEN_AT])
    try:
        return _in_minutes(datetime.fromtimestamp(seal.stat().st_mtime, UTC))
    except OSError:
        return ""


def _in_minutes(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _read(file: Path) -> tuple[bytes, list[str]]:
    """Let another process read the file: this one would lose its locks on it.

    Raises:
        subprocess.TimeoutExpired: it took too long, and was ended.
        subprocess.CalledProcessError: it could not be read, or the process was killed.
    """
    asked = [sys.executable, "-I", block_digests.__file__, str(file)]
    said = json.loads(subprocess.run(asked, check=True, capture_output=True, timeout=LONGEST_SECONDS).stdout)
    return bytes.fromhex(said["header"]), said["blocks"]


def _read_seal(seal: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(seal.read_text("ascii"))
        written_at = str(said.get(WRITTEN_AT, ""))
        return {"count": int(said["count"]), "blocks": list(said["blocks"]), WRITTEN_AT: written_at}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(seal: Path, said: dict[str, Any]) -> str:
    """Write it whole or not at all, and return why it could not be written, or nothing."""
    try:
        write_anew(seal, json.dumps(said).encode("ascii"))
    except OSError as refused:
        return str(refused)
    return ""

"""Tombstones: which patients were erased, kept beside the database in files that only grow.

They hold random ids and the numbers of the certificate, and no name: a backup that is put back is erased again by them.
"""

import json
import os
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from diary.errors import DiaryError
from diary.security.sealed_lines import ERASURES, Seal, append, forgotten_line_keys, opened_alone, sync_folder
from diary.security.secret_keys import SecretKeys
from diary.settings import Settings

PURPOSE: Final = ERASURES
REWRITE: Final = "file-to-be-written-anew"


class TombstonesBroken(DiaryError):
    """A tombstone that nobody wrote here asks for somebody who is in the database; the message says which."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A patient who was erased, and the certificate of it; `proven` says whether this installation wrote it."""

    clinic_id: uuid.UUID
    patient_id: uuid.UUID
    erasure_id: uuid.UUID
    how: str
    asked_at: datetime
    carried_out_at: datetime
    member_id: uuid.UUID | None
    rows: dict[str, int]
    proven: bool = True


class ErasureFiles:
    """One file a clinic, one line an erasure, each with a code that only the installation's secret makes."""

    def __init__(self, folder: Path, secret_key: str, *others: str, forgotten: Iterable[bytes] = ()) -> None:
        self.folder = folder
        self._seal = Seal(secret_key, PURPOSE, *others, forgotten=forgotten)

    @classmethod
    def of(cls, settings: Settings) -> "ErasureFiles":
        """Return the tombstones of this installation."""
        keys = SecretKeys.of(settings)
        forgotten = forgotten_line_keys(settings.instance / "keys", PURPOSE)
        return cls(settings.instance / "erasures", keys.current, *keys.others, forgotten=forgotten)

    def add(self, stone: Tombstone) -> None:
        """Append a tombstone and put it safely on the disk, before the erasure is committed.

        Raises:
            OSError: it could not be written; the file is as it was.
        """
        with opened_alone(self.folder / f"{stone.clinic_id}.jsonl") as file:
            append(file, self._seal.sealed(_said(stone)))
        self.ask_for_rewrite()

    def read(self) -> list[Tombstone]:
        """Return every tombstone that can be read; a line that a power failure cut was never committed."""
        stones = []
        for file in sorted(self.folder.glob("*.jsonl")):
            *lines, _cut = file.read_bytes().split(b"\n")
            stones += [stone for line in lines if (stone := self._read_line(line))]
        return stones

    def ask_for_rewrite(self) -> None:
        """Note that the database file is to be written anew, until that is done."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.folder / REWRITE, os.O_CREAT | os.O_WRONLY, 0o600))
        sync_folder(self.folder)

    def is_rewrite_asked_for(self) -> bool:
        """Say whether the database file is still to be written anew."""
        return (self.folder / REWRITE).exists()

    def is_rewritten(self) -> None:
        """Note that it was."""
        (self.folder / REWRITE).unlink(missing_ok=True)

    def _read_line(self, line: bytes) -> Tombstone | None:
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            said = json.loads(line)
            mac = said.pop("mac", "")
            return _stone(said, proven=self._seal.fits(said, mac))
        return None


def _said(stone: Tombstone) -> dict[str, Any]:
    fields = asdict(stone)
    del fields["proven"]
    return {name: value if isinstance(value, dict) or value is None else _text(value) for name, value in fields.items()}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _stone(said: dict[str, Any], *, proven: bool) -> Tombstone:
    return Tombstone(
        clinic_id=uuid.UUID(said["clinic_id"]),
        patient_id=uuid.UUID(said["patient_id"]),
        erasure_id=uuid.UUID(said["erasure_id"]),
        how=str(said["how"]),
        asked_at=datetime.fromisoformat(said["asked_at"]),
        carried_out_at=datetime.fromisoformat(said["carried_out_at"]),
        member_id=uuid.UUID(said["member_id"]) if said["member_id"] else None,
        rows={str(name): int(number) for name, number in said["rows"].items()},
        proven=proven,
    )

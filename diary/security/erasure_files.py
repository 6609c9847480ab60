"""Tombstones: which patients were erased, kept beside the database in files that only grow.

They hold random ids and the numbers of the certificate, and no name: a backup that is put back is erased again by them.
"""

import json
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from diary.errors import DiaryError
from diary.security.sealed_lines import (
    ERASURES,
    Seal,
    append,
    forgotten_line_keys,
    opened_alone,
    whole,
)
from diary.security.secret_keys import SecretKeys
from diary.settings import Settings
from diary.whole_files import sync_folder

PURPOSE: Final = ERASURES
REWRITE: Final = "file-to-be-written-anew"
AGAIN_SECONDS: Final = 3600.0
_in_vain: dict[Path, float] = {}


class TombstonesBroken(DiaryError):
    """A tombstone that cannot be read, or that nobody wrote here and that is needed; the message says which."""


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
            OSError: it could not be written, or would be written over a damaged one; the file is as it was.
        """
        self.ask_for_rewrite()  # before the line: whoever is refused anything here was not erased
        path = self.folder / f"{stone.clinic_id}.jsonl"
        with opened_alone(path) as file:
            *lines, rest = whole(file).split(b"\n")
            if not _is_cut(rest):
                raise OSError(f"{path}, line {len(lines) + 1}: the end of the line is damaged.")
            sync_folder(self.folder)
            append(file, self._seal.sealed(_said(stone)))

    def read(self) -> list[Tombstone]:
        """Return every tombstone; a last line that a power failure cut was never committed, and is passed over.

        Raises:
            TombstonesBroken: a line cannot be read: without it somebody who was erased could come back.
        """
        return [stone for file in sorted(self.folder.glob("*.jsonl")) for stone in self._read_file(file)]

    def ask_for_rewrite(self) -> None:
        """Note that the database file is to be written anew, until that is done."""
        _in_vain.pop(self.folder, None)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.folder / REWRITE, os.O_CREAT | os.O_WRONLY, 0o600))
        sync_folder(self.folder)

    def is_rewrite_asked_for(self) -> bool:
        """Say whether the database file is still to be written anew."""
        return (self.folder / REWRITE).exists()

    def is_rewrite_due(self) -> bool:
        """Say whether to write it anew now: not within an hour of a try in vain, unless somebody asked since."""
        tried = _in_vain.get(self.folder)
        return self.is_rewrite_asked_for() and (tried is None or time.monotonic() - tried >= AGAIN_SECONDS)

    def was_in_vain(self) -> None:
        """Note that it could not be written anew: trying holds up whoever writes."""
        _in_vain[self.folder] = time.monotonic()

    def is_rewritten(self) -> None:
        """Note that it was."""
        (self.folder / REWRITE).unlink(missing_ok=True)

    def _read_file(self, file: Path) -> Iterator[Tombstone]:
        *lines, rest = file.read_bytes().split(b"\n")
        for number, line in enumerate(lines if _is_cut(rest) else [*lines, rest], start=1):
            if not line:
                continue
            try:
                yield self._read_line(line, file.stem)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as unreadable:
                raise TombstonesBroken(
                    f"{file}, line {number}: this tombstone cannot be read, and whoever it names could come back. Keep"
                    " the file as evidence, and put it back from its newest copy, or from a backup"
                    " (docs/after-a-restore.md). Until then nothing is served."
                ) from unreadable

    def _read_line(self, line: bytes, clinic: str) -> Tombstone:
        said = json.loads(line)
        mac = said.pop("mac", "")
        stone = _stone(said, proven=self._seal.fits(said, mac))
        if not stone.proven and str(stone.clinic_id) != clinic:
            raise ValueError("A line of this clinic was changed.")
        return stone


def _is_cut(rest: bytes) -> bool:
    """Say whether what stands behind the last line is the beginning of one, and not a whole one with a damaged end."""
    text = rest.decode("utf-8", "replace")
    try:
        _said_there, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return True
    return end == len(text)


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

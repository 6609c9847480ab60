"""Anchors: what a clinic's audit chain was on a day, kept beside the database in files that only grow."""

import hashlib
import json
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from diary.errors import DiaryError
from diary.security.sealed_lines import (
    ANCHORS,
    Seal,
    append,
    forgotten_line_keys,
    opened_alone,
    whole,
    written,
)
from diary.security.secret_keys import SecretKeys
from diary.settings import Settings
from diary.whole_files import sync_folder

PURPOSE: Final = ANCHORS
FIRST: Final = bytes(32).hex()
LONGEST_LINE: Final = 1024
NAMES: Final = {"clinic", "day", "position", "hash", "previous", "mac"}


class AnchorsBroken(DiaryError):
    """The anchors of a clinic do not hold; the message says which."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The link at `position` of a clinic's chain and its hash, as verified on `day` (UTC).

    `previous` is the digest of the anchor before it, `digest` its own: of the line as it stands in the file.
    """

    clinic_id: uuid.UUID
    day: date
    position: int
    hash: bytes
    previous: str
    digest: str


class AnchorFiles:
    """One file a clinic, one line an anchor, each with a code that only the installation's secret makes."""

    def __init__(self, folder: Path, secret_key: str, *others: str, forgotten: Iterable[bytes] = ()) -> None:
        self.folder = folder
        self._seal = Seal(secret_key, PURPOSE, *others, forgotten=forgotten)

    @classmethod
    def of(cls, settings: Settings, folder: Path | None = None) -> "AnchorFiles":
        """Return the anchors of this installation, or a copy of them kept in `folder`."""
        keys = SecretKeys.of(settings)
        forgotten = forgotten_line_keys(settings.instance / "keys", PURPOSE)
        return cls(folder or settings.instance / "anchors", keys.current, *keys.others, forgotten=forgotten)

    def file_of(self, clinic_id: uuid.UUID) -> Path:
        """Return where the anchors of a clinic stand."""
        return self.folder / f"{clinic_id}.jsonl"

    def clinics(self) -> list[uuid.UUID]:
        """Return the clinics that were ever anchored.

        Raises:
            AnchorsBroken: a file that is called after no clinic.
        """
        return [_clinic_of(file) for file in sorted(self.folder.glob("*.jsonl"))]

    def last_days(self) -> list[date]:
        """Return the day of the last anchor of every clinic, as it stands there; nothing is verified."""
        days = []
        for file in sorted(self.folder.glob("*.jsonl")):
            with file.open("rb") as opened, suppress(ValueError, IndexError, KeyError, TypeError):
                opened.seek(max(0, file.stat().st_size - LONGEST_LINE))
                days.append(date.fromisoformat(json.loads(opened.read().split(b"\n")[-2])["day"]))
        return days

    def read(self, clinic_id: uuid.UUID) -> list[Anchor]:
        """Return the anchors of a clinic, the oldest first; none where there is no file.

        Raises:
            AnchorsBroken: one that was changed or left out.
        """
        try:
            held = self.file_of(clinic_id).read_bytes()
        except FileNotFoundError:
            return []
        return self._checked(clinic_id, held)

    def add(self, clinic_id: uuid.UUID, day: date, *, position: int, link: bytes, again: bool) -> Anchor | None:
        """Append the anchor of `day` and put it safely on the disk; None when the day has one and not `again`.

        Raises:
            AnchorsBroken: what stands in the file does not hold; nothing is appended to it.
        """
        with opened_alone(self.file_of(clinic_id)) as file:
            anchors = self._checked(clinic_id, whole(file))
            if anchors and (anchors[-1].position > position or (anchors[-1].day >= day and not again)):
                return None
            said = {
                "clinic": str(clinic_id),
                "day": day.isoformat(),
                "position": position,
                "hash": link.hex(),
                "previous": anchors[-1].digest if anchors else FIRST,
            }
            line = self._seal.sealed(said)
            append(file, line)
        sync_folder(self.folder)
        return _anchor(said, line)

    def _checked(self, clinic_id: uuid.UUID, held: bytes) -> list[Anchor]:
        """Read every line and follow the digests from the first to the last."""
        name = self.file_of(clinic_id).name
        *lines, rest = held.split(b"\n")
        if rest:
            raise AnchorsBroken(f"The last anchor in {name} is not whole: its line was cut.")
        anchors: list[Anchor] = []
        for number, line in enumerate(lines, start=1):
            anchor = self._read_line(line, clinic_id)
            if anchor is None:
                raise AnchorsBroken(f"Anchor {number} in {name} was changed, or written under another secret key.")
            if anchor.previous != (anchors[-1].digest if anchors else FIRST):
                raise AnchorsBroken(f"An anchor before line {number} of {name} is missing.")
            anchors.append(anchor)
        return anchors

    def _read_line(self, line: bytes, clinic_id: uuid.UUID) -> Anchor | None:
        """Return the anchor of a line, or None when it is not one that was written for this clinic."""
        try:
            said = json.loads(line)
            if not isinstance(said, dict) or said.keys() != NAMES or written(said) != line:
                return None
            mac = said.pop("mac")
            if not self._seal.fits(said, mac) or said["clinic"] != str(clinic_id):
                return None
            return _anchor(said, line)
        except ValueError:
            return None


def _clinic_of(file: Path) -> uuid.UUID:
    try:
        return uuid.UUID(file.stem)
    except ValueError:
        raise AnchorsBroken(f"{file.name} among the anchors is called after no clinic.") from None


def _anchor(said: dict[str, object], line: bytes) -> Anchor:
    return Anchor(
        clinic_id=uuid.UUID(str(said["clinic"])),
        day=date.fromisoformat(str(said["day"])),
        position=int(str(said["position"])),
        hash=bytes.fromhex(str(said["hash"])),
        previous=str(said["previous"]),
        digest=hashlib.sha256(line).hexdigest(),
    )

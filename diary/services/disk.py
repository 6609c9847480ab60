"""How much room is left on the disks that this installation writes to, and when that is said."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from diary.db import db
from diary.room import KEPT_FREE
from diary.services.backups import folder_of
from diary.settings import Settings

LOW_SHARE: Final = 10
"""Less than one part in ten is low …"""
ENOUGH_BYTES: Final = 32 * 1024**3
"""… unless it is still this much."""
ALARM_SHARE: Final = 50
"""Less than one part in fifty is almost nothing …"""
ALARM_BYTES: Final = KEPT_FREE
"""… and so is less than this, on any disk."""

log = structlog.get_logger()


class Room(StrEnum):
    """How it stands with the disk."""

    ENOUGH = "enough"
    LOW = "low"
    ALMOST_NONE = "almost_none"


@dataclass(frozen=True, slots=True)
class DiskLeft:
    """The disk with the least room among those that are written to: bytes free and bytes in all."""

    path: Path
    free: int
    total: int

    @property
    def room(self) -> Room:
        """Say how it stands: what is left must hold a copy of the database and days of writing."""
        if self.free * ALARM_SHARE < self.total or self.free < ALARM_BYTES:
            return Room.ALMOST_NONE
        if self.free * LOW_SHARE < self.total and self.free < ENOUGH_BYTES:
            return Room.LOW
        return Room.ENOUGH


def disk_left(settings: Settings) -> DiskLeft:
    """Return how much room is left where there is the least: database, keys and backups."""
    return _fullest(*places_of_entries(settings), folder_of(settings))


def room_for_entries(settings: Settings) -> DiskLeft:
    """Return how much room is left where an entry has to be written; backups may lie on a full disk of their own."""
    return _fullest(*places_of_entries(settings))


def places_of_entries(settings: Settings) -> list[Path]:
    """Return the folders without whose disks nothing is stored: the instance, and that of an SQLite file."""
    if db.engine.dialect.name != "sqlite":
        return [settings.instance]
    return [settings.instance, Path(db.engine.url.database or "").resolve().parent]


def tell_when_nearly_full(settings: Settings) -> DiskLeft:
    """Write it into the log while there is still room to do something about it."""
    left = disk_left(settings)
    said = {"free_megabytes": left.free // 1024**2, "total_megabytes": left.total // 1024**2}
    if left.room is Room.ALMOST_NONE:
        log.error("disk_almost_full", **said, hint="entries are refused when it is full: make room now")
    elif left.room is Room.LOW:
        log.warning("disk_nearly_full", **said, hint="make room, or move backups elsewhere")
    return left


def _fullest(*places: Path) -> DiskLeft:
    return min(map(_left, places), key=lambda left: left.free)


def _left(path: Path) -> DiskLeft:
    there = next(place for place in (path, *path.parents) if place.exists())
    usage = shutil.disk_usage(there)
    return DiskLeft(there, usage.free, usage.total)

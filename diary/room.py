"""Room on the disks: whatever writes a second copy of something asks for it first."""

import shutil
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Final

from diary.errors import DiaryError

MEGABYTE: Final = 1024**2
KEPT_FREE: Final = 256 * MEGABYTE
"""What no copy of ours takes, since people go on writing; on a small disk a tenth of it."""
SMALL: Final = 10


class NoRoom(DiaryError):
    """A disk has no room for a copy; the message says how much is needed."""


def require_room(wanted: Mapping[Path, int]) -> None:
    """Refuse to begin what would fill a disk.

    Args:
        wanted: bytes that are going to be written, by the folder that they are written into.

    Raises:
        NoRoom: a disk has less than that and what is kept free on it.
    """
    disks: dict[int, tuple[Path, int]] = {}
    for folder, size in wanted.items():
        disk = folder.stat().st_dev
        place, sum_there = disks.get(disk, (folder, 0))
        disks[disk] = (place, sum_there + size)
    for place, size in disks.values():
        disk_there = shutil.disk_usage(place)
        free, kept = disk_there.free, min(KEPT_FREE, disk_there.total // SMALL)
        if free < size + kept:
            raise NoRoom(
                f"{ceil(size / MEGABYTE)} MB are wanted on the disk of {place} and {free // MEGABYTE} MB are free, of"
                f" which {ceil(kept / MEGABYTE)} MB stay free for what people write: make room there."
            )

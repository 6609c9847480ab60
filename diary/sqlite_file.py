"""A first look at the file of an SQLite database, before SQLite opens it: what is damaged is never served."""

from pathlib import Path
from typing import Final

from diary.errors import DatabaseUnfit

MAGIC: Final = b"SQLite format 3\0"
HEAD: Final = 100
LARGEST_PAGE: Final = 65536
WHAT_TO_DO: Final = (
    "Nothing is served from it. Move the file away and keep it, then restore the newest backup (docs/backup.md); "
    "what phones still hold is sent again by itself."
)


def check_file(file: Path) -> None:
    """Refuse a file that is not the whole database; one without a byte is a database still to be made.

    What a commit left behind that was cut off is put right by SQLite itself: then the length says nothing.

    Raises:
        DatabaseUnfit: it is something else, its beginning is damaged, or its end is missing.
    """
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    if not head or _is_being_put_right(file):
        return
    if len(head) < HEAD or not head.startswith(MAGIC):
        raise DatabaseUnfit(f"{file} is damaged: it does not begin as a database does. {WHAT_TO_DO}")
    said, there = _length_said(head), file.stat().st_size
    if there < said:
        raise DatabaseUnfit(f"{file} is damaged: {said - there} of its {said} bytes are missing. {WHAT_TO_DO}")


def damaged(file: Path | str, found: object) -> DatabaseUnfit:
    """Return the refusal of a file in which SQLite found something wrong."""
    return DatabaseUnfit(f"{file} is damaged: SQLite says {found!s}. {WHAT_TO_DO}")


def _is_being_put_right(file: Path) -> bool:
    beside = (file.with_name(f"{file.name}{end}") for end in ("-journal", "-wal"))
    return any(one.exists() and one.stat().st_size for one in beside)


def _length_said(head: bytes) -> int:
    """Return how long the file says that it is, or 0 where an older SQLite wrote it without saying so."""
    page = int.from_bytes(head[16:18], "big")
    is_said = head[24:28] == head[92:96]
    return (LARGEST_PAGE if page == 1 else page) * int.from_bytes(head[28:32], "big") if is_said else 0

"""The mark beside an SQLite database that is being moved away, or was, and the lock of whoever moves it."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from diary.db import db, moving_mark
from diary.errors import DiaryError
from diary.whole_files import sync_names, write_anew


class MoveRefused(DiaryError):
    """A move that is not begun or not gone on with; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file beside the old database says: which move, to which server, and whether it is done."""

    move: str
    where: str
    done: bool = False


def own_mark() -> Mark | None:
    """Return the move away from this database that is under way or done, or None."""
    if db.engine.dialect.name != "sqlite":
        return None
    try:
        return Mark(**json.loads(moving_mark(db.engine).read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise MoveRefused(
            f"{moving_mark(db.engine)} cannot be read: take it away when no move is under way."
        ) from error


def write_mark(mark: Mark) -> None:
    """Keep writers out of this database from here on."""
    write_anew(moving_mark(db.engine), json.dumps(asdict(mark)).encode())


def take_mark_away() -> None:
    """Let this database be written again."""
    mark = moving_mark(db.engine)
    mark.unlink(missing_ok=True)
    sync_names(mark.parent)


@contextmanager
def moving_alone() -> Iterator[None]:
    """Let nobody else move this database, or give a move of it up; who is killed lets go of it.

    Raises:
        MoveRefused: somebody else does.
    """
    mark = moving_mark(db.engine)
    lock = os.open(mark.with_name(f"{mark.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MoveRefused(
                "A move from this database is running: let it come to its end, or stop it first (Ctrl-C in its"
                " terminal). Nothing was changed."
            ) from None
        yield
    finally:
        os.close(lock)


def finished_move() -> Mark | None:
    """Return the move away from this database that is done, or None where it was never moved.

    Raises:
        MoveRefused: one is under way.
    """
    if own_mark() is None:
        return None
    with moving_alone():
        mark = own_mark()
    if mark is not None and not mark.done:
        raise MoveRefused(
            f"A move to {mark.where} is under way: go on with it, or end it with `diary move-to --give-up`. Nothing was"
            " changed."
        )
    return mark

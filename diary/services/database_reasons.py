"""Why a database refused or did not answer, in one sentence for whoever runs the installation; never a password."""

import sqlite3
from typing import Final
from urllib.parse import quote

from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from diary.sqlite_file import damaged

LONGEST: Final = 300
NOT_ALLOWED: Final = "42501"
HELD: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
BROKEN: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
NOT_THE_OWNER: Final = (
    "This needs the role that owns the tables, and the one in DIARY_DATABASE_URL does not: use that role (`deploy/diary"
    " --as-owner …` where deploy/on-one-machine set Ebb up). Nothing was changed."
)


def sentence_of(error: SQLAlchemyError | sqlite3.Error, url: URL) -> str:
    """Say what the database at `url` refused, and what to do where that is known."""
    said = getattr(error, "orig", None) or error
    if getattr(said, "sqlstate", None) == NOT_ALLOWED:
        return NOT_THE_OWNER
    if isinstance(said, sqlite3.Error):
        return _of_file(said, url)
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database does not answer: {reason_of(error, url)}."
    return f"The database refused ({type(said).__name__}). With DIARY_TRACEBACK=1 it is said where."


def reason_of(error: Exception, url: URL) -> str:
    """Return what the driver says, in one line and without the password."""
    said = getattr(error, "orig", None) or error
    reason = " ".join(str(said).split()).rstrip(".?")
    password = str(url.password or "")
    for known in (password, quote(password, safe="")) if password else ():
        reason = reason.replace(known, "***")
    return f"{type(said).__name__}: {reason[:LONGEST]}" if reason else type(said).__name__


def _of_file(said: sqlite3.Error, url: URL) -> str:
    code = (getattr(said, "sqlite_errorcode", None) or 0) & 0xFF
    if code in BROKEN or not isinstance(said, sqlite3.OperationalError):
        return str(damaged(url.database or "The database", said))
    if code in HELD:
        return f"Somebody else holds {url.database} ({said}): end that program, or wait, then say it again."
    if code == sqlite3.SQLITE_FULL:
        return f"The disk of {url.database} is full: make room there, then say it again."
    return f"SQLite refuses {url.database}: {said}."

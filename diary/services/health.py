"""Whether this installation can serve, in one word."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from diary.db import db
from diary.installation import installation
from diary.schema import Standing, standing
from diary.services.disk import room_for_entries

DISK_FULL: Final = 32 * 1024 * 1024
"""Below so many free bytes a commit may fail at any moment."""

log = structlog.get_logger()


class Readiness(StrEnum):
    """What a machine that asks is told."""

    READY = "ready"
    DATABASE = "database"
    """It does not answer."""
    SCHEMA = "schema"
    """It is not migrated, or beyond the reach of this code."""
    READ_ONLY = "read-only"
    DISK = "disk"


def readiness() -> Readiness:
    """Say whether entries can be stored here now, or the first thing that is in the way."""
    try:
        stands = standing()
        if stands not in (Standing.UP_TO_DATE, Standing.AHEAD):
            return Readiness.SCHEMA
        if _is_read_only():
            return Readiness.READ_ONLY
    except (SQLAlchemyError, OSError) as error:
        log.warning("database_unavailable", kind=type(error).__name__)
        return Readiness.DATABASE
    return Readiness.DISK if free_bytes() < DISK_FULL else Readiness.READY


def free_bytes() -> int:
    """Return what is left on the disks of the installation's folder and of the database file, where it is less."""
    return room_for_entries(installation().settings).free


def _is_read_only() -> bool:
    """Say whether nothing can be written: a standby, or a file system that was mounted so after a fault."""
    if db.engine.dialect.name == "sqlite":
        file = Path(db.engine.url.database or "")
        if not file.exists():  # connections that are open already go on with a file that nobody finds again
            raise FileNotFoundError(file.name)
        return not os.access(file, os.W_OK) or bool(os.statvfs(file).f_flag & os.ST_RDONLY)
    with db.engine.connect() as connection:
        return connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"

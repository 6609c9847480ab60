"""The backups that the installation makes by itself, every hour, and which of them it keeps for how long."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from diary.beside import scratch_folder
from diary.clock import Clock
from diary.db import db
from diary.errors import DiaryError
from diary.security.backup_key import BackupKey
from diary.services.backups import check_backup, folder_of, make_backup
from diary.services.leases import Lease, leases, let_go, take_lease
from diary.settings import Settings

LEASE: Final = "backup"
LASTS: Final = {"sqlite": timedelta(minutes=30), "postgresql": timedelta(hours=6)}
"""How long one may take; when its process is gone, another one begins after that."""
HOURLY: Final = 24
DAILY: Final = 30
MONTHLY: Final = 12
LATE: Final = {"sqlite": timedelta(hours=3), "postgresql": timedelta(hours=27)}
"""By when a backup is missed: three times an hour on SQLite, a night and some hours on PostgreSQL."""
NIGHT: Final = timedelta(hours=2)
"""When the backup of a day is made on PostgreSQL, after midnight UTC."""
NAME: Final = "%Y-%m-%dT%H%MZ"
NAMED: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{4}Z)\.ebb")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When the last good backup was made, whether the next one is late, and what went wrong last, if anything did."""

    made_at: datetime | None
    late: bool
    trouble: str | None
    kept: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup that the installation keeps."""

    file: Path
    made_at: datetime


def kept_backups(settings: Settings) -> list[Kept]:
    """Return the backups that were made by themselves, the newest first."""
    found = []
    for file in folder_of(settings).glob("*.ebb"):
        named = NAMED.fullmatch(file.name)
        if named:
            found.append(Kept(file, datetime.strptime(named[1], NAME).replace(tzinfo=UTC)))
    return sorted(found, key=lambda kept: kept.made_at, reverse=True)


def last_backup(settings: Settings, *, clock: Clock) -> LastBackup:
    """Return how it stands with the backups of this installation."""
    kept = kept_backups(settings)
    lease = _lease()
    made_at = lease.done_at if lease else None
    return LastBackup(
        made_at,
        late=made_at is not None and clock() - made_at > LATE[db.engine.dialect.name],
        trouble=lease.outcome if lease and lease.outcome != "good" else None,
        kept=len(kept),
        bytes=sum(one.file.stat().st_size for one in kept),
    )


def back_up_where_due(settings: Settings, *, clock: Clock) -> bool:
    """Make the backup of this hour (on PostgreSQL: of this night) unless one process has; say whether it was made here.

    It is read to its last byte before it counts, and older ones go only then. One that fails is told in the log, shown
    to the clinic's admin, and tried again.
    """
    now, database = clock(), db.engine.dialect.name
    since = _due_since(now, database)
    if not _is_due(since, now) or not take_lease(LEASE, lasts=LASTS[database], since=since, clock=clock):
        return False
    try:
        file = folder_of(settings) / f"{now.astimezone(UTC):{NAME}}.ebb"
        _make_and_check(settings, file, clock)
        gone = prune(settings)
    except (DiaryError, OSError) as refusal:
        log.error("backup_failed", reason=str(refusal))  # noqa: TRY400 (no fault of ours)
        let_go(LEASE, outcome=type(refusal).__name__, done=False, clock=clock)
        return False
    let_go(LEASE, outcome="good", done=True, clock=clock)
    log.info("backup_made", bytes=file.stat().st_size, taken_away=len(gone))
    return True


def prune(settings: Settings) -> list[Path]:
    """Take away the backups whose time is over, and return them; the newest one always stays."""
    kept = kept_backups(settings)
    wanted = worth_keeping(one.made_at for one in kept)
    gone = [one.file for one in kept if one.made_at not in wanted]
    for file in gone:
        file.unlink(missing_ok=True)
    return gone


def worth_keeping(made: Iterable[datetime]) -> set[datetime]:
    """Return which of the backups made at these moments are kept.

    The last one of each of the last 24 hours in which there was one, the first one of each of the last 30 days, and the
    first one of each of the last 12 months (UTC).
    """
    moments = sorted(made)
    last_of_hour = {moment.strftime("%Y-%m-%dT%H"): moment for moment in moments}
    return (
        _latest(last_of_hour, HOURLY)
        | _latest(_first_by(moments, lambda moment: moment.strftime("%Y-%m-%d")), DAILY)
        | _latest(_first_by(moments, lambda moment: moment.strftime("%Y-%m")), MONTHLY)
    )


def _make_and_check(settings: Settings, file: Path, clock: Clock) -> None:
    """Give the backup its name only once it was read back."""
    with scratch_folder(folder_of(settings)) as scratch:
        draft = scratch / file.name
        make_backup(settings, draft, clock=clock)
        if BackupKey.of(settings).private_file.exists():
            check_backup(settings, draft)
        draft.replace(file)


def _is_due(since: datetime, now: datetime) -> bool:
    """Look before taking the lease: taking it writes."""
    held = _lease()
    if held is None:
        return True
    return (held.held_by is None or held.held_until <= now) and (held.done_at is None or held.done_at < since)


def _lease() -> Lease | None:
    return next((lease for lease in leases() if lease.name == LEASE), None)


def _due_since(now: datetime, database: str) -> datetime:
    """Return since when a backup would count as the one that is due."""
    if database == "sqlite":
        return now.replace(minute=0, second=0, microsecond=0)
    night = now.replace(hour=0, minute=0, second=0, microsecond=0) + NIGHT
    return night if now >= night else night - timedelta(days=1)


def _first_by(moments: list[datetime], part: Callable[[datetime], str]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for moment in moments:
        found.setdefault(part(moment), moment)
    return found


def _latest(by_part: dict[str, datetime], number: int) -> set[datetime]:
    return {by_part[part] for part in sorted(by_part, reverse=True)[:number]}

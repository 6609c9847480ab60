"""The backups that the installation makes by itself, every hour, and which of them it keeps for how long."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from diary.beside import scratch_folder
from diary.clock import Clock
from diary.db import db
from diary.errors import BeingMoved, DiaryError
from diary.security.backup_key import BackupKey
from diary.security.signing import make_folder
from diary.services.backups import SCRATCH, check_backup, folder_of, make_backup, scratch_place
from diary.services.leases import AHEAD, Lease, leases, let_go, take_lease
from diary.services.restoring import BEFORE_RESTORE, MOMENT, is_database_empty
from diary.settings import Settings
from diary.whole_files import sync_names

LEASE: Final = "backup"
LASTS: Final = {"sqlite": timedelta(minutes=30), "postgresql": timedelta(hours=6)}
"""How long one may take; when its process is gone, another one begins after that."""
HOURLY: Final = 24
DAILY: Final = 30
MONTHLY: Final = 12
LONGEST: Final = timedelta(days=365)
"""Nobody who was erased stays in one for longer."""
LATE: Final = {"sqlite": timedelta(hours=3), "postgresql": timedelta(hours=27)}
"""By when a backup is missed: three times an hour on SQLite, a night and some hours on PostgreSQL."""
NIGHT: Final = timedelta(hours=2)
"""When the backup of a day is made on PostgreSQL, after midnight UTC."""
GOOD: Final = "good"
FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(minutes=30)
MOST_COUNTED: Final = 10
BEFORE: Final = ((BEFORE_RESTORE, MOMENT), ("before-upgrade-", "%Y-%m-%d-%H%M"))
"""How the names of backups begin that are made before something, and how the moment follows; deployment.md has one."""
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """That the job could not even be taken: what it was, when it was last, and how often in a row."""

    what: str
    at: datetime
    times: int


_refused: dict[Path, Refusal] = {}
"""By instance: known to this process alone, since it was the database that could not be written."""


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
    kept, now, lease = kept_backups(settings), clock(), _lease()
    known = lease.done_at if lease else None
    made_at = known or next((one.made_at for one in kept if one.made_at <= now), None)
    return LastBackup(
        made_at,
        late=made_at is not None and not -AHEAD <= now - made_at <= LATE[db.engine.dialect.name],
        trouble=_not_taken(settings, known) or _trouble(lease)[0],
        kept=len(kept),
        bytes=sum(_size(one.file) for one in kept),
    )


def back_up_where_due(settings: Settings, *, clock: Clock, longest_wait: timedelta = LONGEST_WAIT) -> bool:
    """Make the backup of this hour (on PostgreSQL: of this night) unless one process has; say whether it was made here.

    It is read to its last byte before it counts, and older ones go only then. One that fails, for whatever reason, is
    told in the log, shown to the clinic's admin, and tried again: after a minute, and after each further failure after
    twice as long, until `longest_wait`. Of an empty database none is made: it would make a key, and a new machine has
    to take the one from the safe first. Of one that was moved away none is made either.
    """
    now, database = clock(), db.engine.dialect.name
    since, lasts = _due_since(now, database), LASTS[database]
    held = _lease()  # taking it writes: it is looked at before
    if (held and not held.is_free(lasts=lasts, since=since, now=now)) or is_database_empty():
        return False
    failures = _trouble(held)[1]
    refused = _refused.get(settings.instance, Refusal("", now, 0))
    if _waits(refused.at, refused.times, now, longest_wait) or (
        held and _waits(held.held_until, failures, now, longest_wait)
    ):
        return False
    if not _take_job(settings, lasts, since, clock):
        return False
    file, done, failure = folder_of(settings) / f"{now.astimezone(UTC):{NAME}}.ebb", False, None
    try:
        _make_and_check(settings, file, clock)
        done = True
        gone = prune(settings, now=now)
        log.info("backup_made", bytes=file.stat().st_size, taken_away=len(gone))
    except Exception as refusal:  # noqa: BLE001 (whatever it was, the lease is let go and an admin is told)
        failure = refusal
        _tell(refusal)
    outcome = f"{type(failure).__name__} {failures + 1}" if failure else GOOD
    let_go(LEASE, outcome=outcome, done=done, clock=clock)
    return done


def _take_job(settings: Settings, lasts: timedelta, since: datetime, clock: Clock) -> bool:
    """Take the job; a database that cannot be written, of which its own rows cannot tell, is a failed backup too."""
    try:
        taken = take_lease(LEASE, lasts=lasts, since=since, clock=clock)
    except BeingMoved:
        return False
    except Exception as refusal:  # noqa: BLE001 (whatever it was, an admin is told)
        times = _refused[settings.instance].times if settings.instance in _refused else 0
        _refused[settings.instance] = Refusal(type(refusal).__name__, clock(), min(times + 1, MOST_COUNTED))
        _tell(refusal)
        return False
    _refused.pop(settings.instance, None)
    return taken


def _waits(failed_at: datetime, times: int, now: datetime, longest: timedelta) -> bool:
    """Say whether what failed so many times in a row waits still: a minute, then twice as long each time."""
    return times > 0 and timedelta() <= now - failed_at < min(FIRST_WAIT * 2 ** (times - 1), longest)


def prune(settings: Settings, *, now: datetime) -> list[Path]:
    """Take away the backups whose time is over, and return them; the newest one always stays.

    Those that a wrong clock dated ahead do not count, or they would push out what is made now: they go when their file
    is older than the longest that any is kept. So do those that were made before a restore or an upgrade, by the
    moment in the name.
    """
    found = kept_backups(settings)
    kept, ahead = [one for one in found if one.made_at <= now], [one for one in found if one.made_at > now]
    wanted = worth_keeping(one.made_at for one in kept)
    gone = [one.file for one in kept if one.made_at not in wanted]
    gone += [one.file for one in (*ahead, *_made_before(settings)) if _is_over(one, now)]
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


def _made_before(settings: Settings) -> list[Kept]:
    """Return the backups that were made before a restore or an upgrade, by the moment in the name."""
    found = []
    for form in BEFORE:
        for file in folder_of(settings).glob(f"{form[0]}*.ebb"):
            made_at = moment_in(file.name, *form)
            found += [Kept(file, made_at)] if made_at else []
    return found


def moment_in(name: str, prefix: str, moment: str) -> datetime | None:
    """Return the moment in the name of a backup that begins with `prefix`, or None where there is none."""
    try:
        return datetime.strptime(name, f"{prefix}{moment}.ebb").replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_over(one: Kept, now: datetime) -> bool:
    """Say whether one was made longer ago than any is kept; where its name is of days to come, by its file."""
    if one.made_at <= now:
        return one.made_at < now - LONGEST
    with suppress(FileNotFoundError):
        return datetime.fromtimestamp(one.file.stat().st_mtime, UTC) < now - LONGEST
    return False


def _make_and_check(settings: Settings, file: Path, clock: Clock) -> None:
    """Give the backup its name only once it was read back."""
    make_folder(file.parent)
    with scratch_folder(_place_of_drafts(settings)) as scratch:
        draft = scratch / file.name
        make_backup(settings, draft, clock=clock)
        if BackupKey.of(settings).private_file.exists():
            check_backup(settings, draft)
        draft.replace(file)
        sync_names(file.parent)  # before older ones go


def _place_of_drafts(settings: Settings) -> Path:
    """Return where a closed draft can lie: beside the backups only where these are on a disk or mount of their own."""
    with scratch_place(settings) as scratch:
        (scratch / "draft").touch()
        tried = folder_of(settings) / f".{scratch.name}"
        try:
            (scratch / "draft").replace(tried)
        except OSError:
            return folder_of(settings)
        tried.unlink()
    return settings.instance / SCRATCH


def _tell(failure: Exception) -> None:
    """Write it into the log: what a database says may quote what somebody wrote, so that only its place is told."""
    if isinstance(failure, DiaryError | OSError):
        log.error("backup_failed", reason=str(failure))
    else:
        log.error("backup_failed", reason=type(failure).__name__, exc_info=failure)


def _trouble(lease: Lease | None) -> tuple[str | None, int]:
    """Return what went wrong last, if anything did, and how often in a row something has."""
    if lease is None or lease.outcome in {None, GOOD}:
        return None, 0
    what, _space, times = str(lease.outcome).partition(" ")
    return what, min(int(times), MOST_COUNTED) if times.isdecimal() else 1


def _not_taken(settings: Settings, made_at: datetime | None) -> str | None:
    """Return why the job could not be taken, unless another process has made a backup since."""
    refused = _refused.get(settings.instance)
    return None if refused is None or (made_at and made_at > refused.at) else refused.what


def _size(file: Path) -> int:
    """Return how long a backup is; one that was taken away meanwhile takes no room."""
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


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

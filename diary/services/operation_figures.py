"""Figures for whoever operates an installation: what waits, since when, and what is left; counts alone, of nobody."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from diary.clock import Clock
from diary.db import db, snapshot
from diary.exchange.prometheus_text import Figure, one
from diary.installation import installation
from diary.models import Clinic, JobLease, OutboxMessage, PatientForecast, PatientSummary, ReminderSetting
from diary.schema import revision_of_database, standing
from diary.security.anchor_files import AnchorFiles
from diary.services.disk import disk_left
from diary.services.health import readiness
from diary.services.kept_backups import last_backup
from diary.services.summary_marks import MARKED_BEFORE, overdue_since
from diary.vocabulary import Channel, OutboxState
from diary.wall import whole_house

VERSION: Final = "0.1.0"
LATE_AFTER: Final = timedelta(minutes=5)
"""A reminder that was to leave so long ago is late; its pass comes every ten seconds."""
ON_THE_WAY: Final = (OutboxState.WAITING, OutboxState.SENDING)
RECENT: Final = timedelta(days=1)
"""Messages that came to an end are counted for a day."""

Values = dict[tuple[str, ...], float]

log = structlog.get_logger()


def operation_figures(clock: Clock) -> list[Figure]:
    """Return the figures of the installation; a database that does not answer is one of them."""
    figures = [*_of_machine(clock()), one("ebb_ready", "1 where entries can be stored now.", readiness() == "ready")]
    try:
        with whole_house():
            figures += [*_of_backups(clock), *_of_database(clock())]
    except SQLAlchemyError as error:
        log.warning("database_unavailable", kind=type(error).__name__)
        return [*figures, one("ebb_database_up", "1 where the database answers.", 0)]
    return [*figures, one("ebb_database_up", "1 where the database answers.", 1)]


def _of_machine(now: datetime) -> Iterator[Figure]:
    disk = disk_left(installation().settings)
    yield one("ebb_disk_free_bytes", "Bytes left on the disk, among those written to, with the least room.", disk.free)
    yield one("ebb_disk_size_bytes", "Bytes of that disk.", disk.total)
    pool: Any = db.engine.pool
    if hasattr(pool, "checkedout"):
        process = (str(installation().settings.port),)
        yield Figure("ebb_pool_in_use", "Connections in use.", ("process",), {process: pool.checkedout()})
        yield Figure("ebb_pool_size", "Connections kept.", ("process",), {process: pool.size()})
    anchored = AnchorFiles.of(installation().settings).last_days()
    yield one("ebb_clinics_anchored", "Clinics whose audit chain has an anchor.", len(anchored))
    if anchored:
        since = _age(datetime.combine(min(anchored), time(), tzinfo=UTC), now)
        yield one(
            "ebb_anchor_age_seconds", "Since the day of the last anchor began, of the clinic with the oldest.", since
        )


def _of_backups(clock: Clock) -> Iterator[Figure]:
    backup = last_backup(installation().settings, clock=clock)
    if backup.made_at:
        yield one(
            "ebb_backup_age_seconds",
            "Age of the last backup; it was read to its end where the private key is on the machine that made it.",
            _age(backup.made_at, clock()),
        )
    yield one("ebb_backup_late", "1 where a backup is overdue.", backup.late)
    yield one("ebb_backup_failed", "1 where the last try failed.", backup.trouble is not None)


def _of_database(now: datetime) -> Iterator[Figure]:
    stands: Values = {(revision_of_database(), standing().value): 1.0}
    yield Figure(
        "ebb_schema_info", "Revision of the schema, and how this code sees it.", ("revision", "stands"), stands
    )
    of_code: tuple[str, ...] = (VERSION, db.engine.dialect.name)
    yield Figure("ebb_build_info", "Version of Ebb and kind of database.", ("version", "database"), {of_code: 1.0})
    with snapshot() as session:
        yield one("ebb_clinics", "Clinics.", session.scalar(select(func.count()).select_from(Clinic)) or 0)
        yield from _outbox(session, now)
        yield from _reminders(session, now)
        yield from _waiting(
            session, now, "summaries_past", "worklist lines whose day is over",
            PatientSummary.true_until, PatientSummary.true_until.between(now - MARKED_BEFORE, now),
        )  # fmt: skip
        yield from _written_since(session, now)
        yield from _waiting(
            session, now, "forecasts_waiting", "forecasts that are asked for",
            PatientForecast.wanted_since, PatientForecast.wanted_since.is_not(None),
        )  # fmt: skip
        yield from _leases(session, now)


def _written_since(session: Session, now: datetime) -> Iterator[Figure]:
    until = PatientSummary.true_until
    count, first = _count(session, until, until < now - MARKED_BEFORE)
    yield one("ebb_summaries_written", "Number of worklist lines of patients who wrote since.", count)
    waits = _age(overdue_since(first, now), now) if first else 0.0
    yield one("ebb_summaries_written_oldest_seconds", "How long the oldest waits of them.", waits)


def _outbox(session: Session, now: datetime) -> Iterator[Figure]:
    """Count what is on its way, and what came to its end within a day, by channel and state."""
    row = OutboxMessage
    counted = select(row.channel, row.state, func.count(), func.min(row.due_at)).group_by(row.channel, row.state)
    counts: Values = {(channel.value, state.value): 0.0 for channel in Channel for state in OutboxState}
    oldest: Values = {(channel.value,): 0.0 for channel in Channel}
    for channel, state, count, _first in session.execute(
        counted.where(row.state.not_in(ON_THE_WAY), row.made_at > now - RECENT)
    ):
        counts[channel, state] = count
    for channel, state, count, first in session.execute(counted.where(row.state.in_(ON_THE_WAY))):
        counts[channel, state] = count
        oldest[channel,] = max(oldest[channel,], _age(first, now))
    yield Figure("ebb_outbox_messages", "Messages on their way, or ended within a day.", ("channel", "state"), counts)
    yield Figure("ebb_outbox_oldest_seconds", "How long the oldest message on its way is due.", ("channel",), oldest)


def _reminders(session: Session, now: datetime) -> Iterator[Figure]:
    row = ReminderSetting
    yield from _waiting(
        session, now, "reminders_due", "patients whose reminder is due", row.next_at, row.next_at <= now
    )
    late = row.next_at <= now - LATE_AFTER
    yield one("ebb_reminders_late", "Patients whose reminder is late.", _count(session, row.next_at, late)[0])


def _waiting(
    session: Session, now: datetime, name: str, says: str, since: InstrumentedAttribute[Any], which: ColumnElement[bool]
) -> Iterator[Figure]:
    count, first = _count(session, since, which)
    yield one(f"ebb_{name}", f"Number of {says}.", count)
    yield one(f"ebb_{name}_oldest_seconds", f"How long the oldest waits of {says}.", _age(first, now))


def _count(
    session: Session, since: InstrumentedAttribute[Any], which: ColumnElement[bool]
) -> tuple[int, datetime | None]:
    """Count the rows of every clinic of which something is true, clinic by clinic along the index."""
    table = since.class_
    counted = select(func.count(), func.min(since)).join(Clinic, Clinic.clinic_id == table.clinic_id).where(which)
    count, first = session.execute(counted.select_from(table)).one()
    return count, first


def _leases(session: Session, now: datetime) -> Iterator[Figure]:
    held: Values = {}
    done: Values = {}
    for lease in session.scalars(select(JobLease).order_by(JobLease.name)):
        held[lease.name,] = float(lease.held_by is not None and lease.held_until > now)
        if lease.done_at is not None:
            done[lease.name,] = _age(lease.done_at, now)
    yield Figure("ebb_job_held", "1 where a process is at this job.", ("job",), held)
    yield Figure("ebb_job_done_seconds", "Seconds since this job was last done.", ("job",), done)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0

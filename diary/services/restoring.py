"""A backup put back: proven to its last byte, made a database beside the one that is served, then put in its place."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, exists, select, text, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from diary.beside import elsewhere, patient_server, put_over, reading
from diary.clock import Clock
from diary.db import Base, db, snapshot, transaction
from diary.migrations.rights import may_migrate
from diary.models import Account, AuditHead, Clinic, OutboxMessage, SignedInSession
from diary.security.backup_key import BackupKey
from diary.security.erasure_files import PURPOSE, REWRITE, ErasureFiles
from diary.security.sealed_lines import forgotten_line_keys
from diary.security.signing import make_folder
from diary.services.backup_files import (
    is_ours,
    known_keys,
    put_files_back,
    put_keys_back,
    put_names_back,
    put_secret_back,
    set_anchors_aside,
)
from diary.services.backup_stream import Summary
from diary.services.backup_tables import (
    LEFT_OUT,
    Digest,
    NotTheSame,
    RowDamaged,
    digest_of,
    layouts,
    put_rows,
    rows_of,
)
from diary.services.backups import BackupRefused, folder_of, make_backup, private_key, scratch_place
from diary.services.database_reasons import NOT_THE_OWNER
from diary.services.erasure import replay_erasures
from diary.services.move_marks import Mark, finished_move, own_mark, take_mark_away
from diary.services.rebuilding import Rebuilt, rebuild
from diary.services.reminders import leave_out_what_came
from diary.settings import Settings
from diary.vocabulary import OutboxState

HEADS: Final = AuditHead.__tablename__
LOCK_NOT_AVAILABLE: Final = "55P03"
BEFORE_RESTORE: Final = "before-restore-"
MOMENT: Final = "%Y-%m-%dT%H%M%S"
NOT_EMPTY: Final = (
    "The database is not empty. To give up everything in it for what the backup holds, stop the server and say"
    " --replace; a backup of what stands there now is made first."
)
OTHER_INSTALLATION: Final = (
    "The backup was made under another secret key, and the database here is in use under its own: restore into a fresh"
    " instance folder (DIARY_INSTANCE) instead, and nothing is mixed."
)
DAMAGED: Final = (
    "What stands in the database now cannot be backed up ({reason}), and nothing was changed. If the disk is full or"
    " somebody else writes, see to that and try again. If the database is damaged: {way}; then restore again, without"
    " --replace."
)
WRITTEN_MEANWHILE: Final = (
    "Somebody wrote while this went on: stop servers and workers, then say it again. Nothing was changed."
)
HELD: Final = (
    "Somebody else holds the database: stop servers and workers, then say it again. Nothing was changed ({reason})."
)
ASIDE: Final = "stop the server, move {file} aside with {file}-journal, {file}-wal and {file}.seal, and keep them"
ANOTHER: Final = "stop the server, keep that database as it is, and set DIARY_DATABASE_URL to a new, empty one"


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore: when the backup was made, how much it held, and what is left to do."""

    made_at: datetime
    rows: int
    erased_again: int
    files: list[str]
    secret_changed: bool
    anchors_aside: Path | None = None
    moved_to: str | None = None
    """Where the database had been moved to, which is over: it is written again."""
    names_told: str = ""
    """What to tell about the key by which phones know their patients, or nothing."""


def is_database_empty() -> bool:
    """Say whether nobody has an account or a clinic yet."""
    with snapshot() as session:
        return not session.scalar(select(exists(select(Clinic.clinic_id)) | exists(select(Account.id))))


def restore_backup(
    settings: Settings, backup: Path, *, clock: Clock, key_file: Path | None = None, replace: bool = False
) -> Restored:
    """Put a backup in the place of the database, all of it or nothing.

    Whoever was erased since is erased again before anybody can see them, nobody stays signed in, and what was on its
    way to somebody is not sent again, nor a reminder whose moment has come.

    Raises:
        BackupRefused: the role does not own the tables, the database is not empty and `replace` was not said, another
            secret key is in use, or somebody wrote meanwhile, or holds the database.
        MoveRefused: a move away from this database is under way.
        BackupBroken: the backup was changed or cut; nothing was touched.
    """
    moved = finished_move()
    _check_who_restores()
    with damage_told():
        is_empty, heads = is_database_empty(), _heads()
    if not is_empty and not replace:
        raise BackupRefused(NOT_EMPTY)
    key = private_key(settings, key_file)
    with scratch_place(settings) as scratch:
        rebuilt = rebuild(backup, key, scratch)
        is_own = is_ours(settings, rebuilt.secret_key)
        if not is_empty and not is_own:
            raise BackupRefused(OTHER_INSTALLATION)
        if not is_empty:
            heads = _back_up_first(settings, clock).tables[HEADS]
        if key_file:
            BackupKey.of(settings).keep(key)
        names = put_names_back(settings, rebuilt.files, is_empty=is_empty, is_own=is_own)
        files = put_files_back(settings.instance, rebuilt.files)
        stones = _tombstones(rebuilt, settings, scratch)
        erased_again = _make_fit(rebuilt, stones, clock)
        put_keys_back(settings, rebuilt.files)
        if not is_own:
            put_secret_back(settings, rebuilt.secret_key.encode())
        _put_in_place(rebuilt, stones, ErasureFiles.of(settings), partial(_check_unchanged, heads, moved))
        if moved is not None:
            take_mark_away()
        aside = set_anchors_aside(settings.instance, rebuilt.files, clock())
    made, where = rebuilt.summary, moved.where if moved else None
    return Restored(made.head.made_at, made.rows, erased_again, files, not is_own, aside, where, names)


def _check_who_restores() -> None:
    """Refuse before anything is made: only who owns the tables may empty them."""
    if db.engine.dialect.name == "sqlite":
        return
    with damage_told(), db.engine.connect() as connection:
        is_owner = may_migrate(connection)
    if not is_owner:
        raise BackupRefused(NOT_THE_OWNER)


@contextmanager
def damage_told() -> Iterator[None]:
    """Say what to do where the database that is to be replaced cannot even be read."""
    try:
        yield
    except (RowDamaged, sqlite3.Error, SQLAlchemyError) as refusal:
        url = db.engine.url
        way = ASIDE.format(file=url.database) if db.engine.dialect.name == "sqlite" else ANOTHER
        raise BackupRefused(DAMAGED.format(reason=_reason(refusal), way=way)) from refusal


def put_in_place(rebuilt: Rebuilt, check: Callable[[Connection], None]) -> None:
    """Let the database that is served become the one that was rebuilt, in one unit, once `check` has passed it."""
    if db.engine.dialect.name == "sqlite":
        with _holding_told():
            put_over(rebuilt.file, check)
        return
    with reading(rebuilt.file) as source, db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        with _holding_told():
            empty_tables(connection, check)
        for layout in layouts():
            put_rows(connection, layout, rows_of(source, layout, as_copied=True))
            if digest_of(connection, layout) != digest_of(source, layout):
                raise NotTheSame(f"{layout.name} is not what the backup holds of it; nothing was changed.")


@contextmanager
def _holding_told() -> Iterator[None]:
    """Say what to do where somebody else reads or writes for so long that nobody else can."""
    try:
        yield
    except (sqlite3.OperationalError, OperationalError) as refusal:
        held = getattr(refusal, "orig", None) or refusal
        is_busy = getattr(held, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
        if not is_busy and getattr(held, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise BackupRefused(HELD.format(reason=_reason(refusal))) from refusal


def _heads() -> Digest:
    """Return the digest over how far each audit chain reaches now."""
    with db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        return _heads_on(connection)


def _heads_on(connection: Connection) -> Digest:
    return digest_of(connection, next(layout for layout in layouts() if layout.name == HEADS))


def _check_unchanged(heads: Digest, moved: Mark | None, connection: Connection) -> None:
    """Refuse to replace what the backup made before does not hold: everything that is acknowledged adds a link."""
    if _heads_on(connection) != heads or own_mark() != moved:
        raise BackupRefused(WRITTEN_MEANWHILE)


def _back_up_first(settings: Settings, clock: Clock) -> Summary:
    make_folder(folder_of(settings))
    with damage_told():
        return make_backup(settings, folder_of(settings) / f"{BEFORE_RESTORE}{clock():{MOMENT}}.ebb", clock=clock)


def _reason(refusal: Exception) -> str:
    """Return what the database says of itself; a statement and its values belong to nobody's screen."""
    return str(getattr(refusal, "orig", None) or refusal)


def _tombstones(rebuilt: Rebuilt, settings: Settings, scratch: Path) -> ErasureFiles:
    """Copy the tombstones: what is to be written anew for them is the rebuilt database, not yet the one that is served.

    Every key that is known proves them: they may be older or younger than a change of the secret key.
    """
    copied = scratch / "erasures"
    make_folder(settings.instance / "erasures")
    shutil.copytree(settings.instance / "erasures", copied, ignore=shutil.ignore_patterns(REWRITE))
    forgotten = forgotten_line_keys(settings.instance / "keys", PURPOSE)
    return ErasureFiles(copied, *known_keys(settings, rebuilt.files), forgotten=forgotten)


def _put_in_place(
    rebuilt: Rebuilt, stones: ErasureFiles, served: ErasureFiles, check: Callable[[Connection], None]
) -> None:
    """Put it in place, with what is still to be done to it."""
    if stones.is_rewrite_asked_for():
        served.ask_for_rewrite()
    put_in_place(rebuilt, check)
    if not stones.is_rewrite_asked_for():
        served.is_rewritten()


def _make_fit(rebuilt: Rebuilt, stones: ErasureFiles, clock: Clock) -> int:
    """Do in the rebuilt database what has to be done before anybody sees it; return how many were erased again."""
    with elsewhere(rebuilt.url, secret_key=rebuilt.secret_key) as _app:
        erased = replay_erasures(stones, clock=clock)
        on_its_way = OutboxMessage.state.in_([OutboxState.WAITING, OutboxState.SENDING])
        with transaction() as session:
            session.execute(delete(SignedInSession))
            session.execute(update(OutboxMessage).where(on_its_way).values(state=OutboxState.UNKNOWN, sealed=None))
        leave_out_what_came(clock)
    return erased


def empty_tables(connection: Connection, check: Callable[[Connection], None] | None = None) -> None:
    """Take every row out of the tables on PostgreSQL, facts too: the owner of the tables lends itself the right.

    Nobody writes any more, nor reads, when `check` looks.
    """
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]
    names = ", ".join(f'"{table.name}"' for table in tables)
    connection.execute(text(f"GRANT TRUNCATE ON {names} TO CURRENT_USER"))
    if check is not None:
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        check(connection)
    connection.execute(text(f"TRUNCATE {names}"))
    connection.execute(text(f"REVOKE TRUNCATE ON {names} FROM CURRENT_USER"))

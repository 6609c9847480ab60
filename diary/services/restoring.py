"""A backup put back: proven to its last byte, made a database beside the one that is served, then put in its place."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, exists, select, text, update

from diary.beside import elsewhere, patient_server, put_over, reading, scratch_folder
from diary.clock import Clock
from diary.db import Base, db, snapshot, transaction
from diary.models import Account, Clinic, OutboxMessage, SignedInSession
from diary.security.erasure_files import ErasureFiles
from diary.services.backup_files import put_files_back, put_secret_back
from diary.services.backup_tables import LEFT_OUT, NotTheSame, digest_of, layouts, put_rows, rows_of
from diary.services.backups import BackupRefused, folder_of, make_backup, private_key
from diary.services.erasure import replay_erasures
from diary.services.rebuilding import Rebuilt, rebuild
from diary.settings import Settings
from diary.vocabulary import OutboxState

NOT_EMPTY: Final = (
    "The database is not empty. To give up everything in it for what the backup holds, stop the server and say"
    " --replace; a backup of what stands there now is made first."
)
OTHER_INSTALLATION: Final = (
    "The backup was made under another secret key, and the database here is in use under its own: restore into a fresh"
    " instance folder (DIARY_INSTANCE) instead, and nothing is mixed."
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore: when the backup was made, how much it held, and what is left to do."""

    made_at: datetime
    rows: int
    erased_again: int
    files: list[str]
    secret_changed: bool


def is_database_empty() -> bool:
    """Say whether nobody has an account or a clinic yet."""
    with snapshot() as session:
        return not session.scalar(select(exists(select(Clinic.clinic_id)) | exists(select(Account.id))))


def restore_backup(
    settings: Settings, backup: Path, *, clock: Clock, key_file: Path | None = None, replace: bool = False
) -> Restored:
    """Put a backup in the place of the database, all of it or nothing.

    Whoever was erased since is erased again before anybody can see them, nobody stays signed in, and what was on its
    way to somebody is not sent again.

    Raises:
        BackupRefused: the database is not empty and `replace` was not said, or another secret key is in use.
        BackupBroken: the backup was changed or cut; nothing was touched.
    """
    is_empty = is_database_empty()
    if not is_empty and not replace:
        raise BackupRefused(NOT_EMPTY)
    key = private_key(settings, key_file)
    with scratch_folder(folder_of(settings)) as scratch:
        rebuilt = rebuild(backup, key, scratch)
        if not is_empty and rebuilt.secret_key != settings.secret_key:
            raise BackupRefused(OTHER_INSTALLATION)
        files = put_files_back(settings.instance, rebuilt.files)
        erased_again = _make_fit(rebuilt, settings, clock)
        if not is_empty:
            make_backup(settings, _before(settings, clock), clock=clock)
        put_secret_back(settings, rebuilt.secret_key.encode())
        put_in_place(rebuilt)
    return Restored(
        rebuilt.summary.head.made_at,
        rebuilt.summary.rows,
        erased_again,
        files,
        secret_changed=rebuilt.secret_key != settings.secret_key,
    )


def put_in_place(rebuilt: Rebuilt) -> None:
    """Let the database that is served become the one that was rebuilt, in one unit."""
    if db.engine.dialect.name == "sqlite":
        put_over(rebuilt.file)
        return
    with reading(rebuilt.file) as source, db.engine.connect() as connection, connection.begin():
        patient_server(connection)
        empty_tables(connection)
        for layout in layouts():
            put_rows(connection, layout, rows_of(source, layout, as_copied=True))
            if digest_of(connection, layout) != digest_of(source, layout):
                raise NotTheSame(f"{layout.name} is not what the backup holds of it; nothing was changed.")


def _before(settings: Settings, clock: Clock) -> Path:
    return folder_of(settings) / f"before-restore-{clock():%Y-%m-%dT%H%M%S}.ebb"


def _make_fit(rebuilt: Rebuilt, settings: Settings, clock: Clock) -> int:
    """Do in the rebuilt database what has to be done before anybody sees it; return how many were erased again."""
    with elsewhere(rebuilt.url, secret_key=rebuilt.secret_key) as _app:
        erased = replay_erasures(ErasureFiles(settings.instance / "erasures", rebuilt.secret_key), clock=clock)
        on_its_way = OutboxMessage.state.in_([OutboxState.WAITING, OutboxState.SENDING])
        with transaction() as session:
            session.execute(delete(SignedInSession))
            session.execute(update(OutboxMessage).where(on_its_way).values(state=OutboxState.UNKNOWN, sealed=None))
    return erased


def empty_tables(connection: Connection) -> None:
    """Take every row out of the tables on PostgreSQL, facts too: the owner of the tables lends itself the right."""
    tables: list[Table] = [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]
    names = ", ".join(f'"{table.name}"' for table in tables)
    connection.execute(text(f"GRANT TRUNCATE ON {names} TO CURRENT_USER"))
    connection.execute(text(f"TRUNCATE {names}"))
    connection.execute(text(f"REVOKE TRUNCATE ON {names} FROM CURRENT_USER"))

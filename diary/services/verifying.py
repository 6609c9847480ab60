"""Everything that can be held against something else: file, rows, audit, anchors, decisions, backups."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from diary.beside import reading, scratch_folder, still_copy
from diary.db import db
from diary.errors import DiaryError
from diary.security.anchor_files import AnchorFiles
from diary.security.backup_key import BackupKey
from diary.security.erasure_files import ErasureFiles
from diary.services.backup_tables import digest_of, layouts
from diary.services.backups import folder_of
from diary.services.chains import verify_chains
from diary.services.comparing import compare_facts
from diary.services.file_seals import look_at_file
from diary.services.kept_backups import kept_backups
from diary.services.rebuilding import rebuild
from diary.services.verified_decisions import verify_decisions
from diary.settings import Settings


class Damaged(DiaryError):
    """Something is not what it was; the message says what."""


def verify_everything(settings: Settings) -> Iterator[str]:
    """Yield a sentence for each check that held.

    Raises:
        DiaryError: the first one that did not; the message says where.
    """
    yield _file()
    with scratch_folder(folder_of(settings)) as scratch:
        try:
            with still_copy(scratch) as connection:
                yield from _rows(connection)
                yield from _newest_backup(settings, connection, scratch)
        except DBAPIError as error:
            raise Damaged(f"The database cannot be read: {error.orig}.") from error
    yield from _audit(settings)


def _file() -> str:
    looked = look_at_file()
    if looked.damaged:
        places = ", ".join(str(at) for at in looked.damaged[:10])
        raise Damaged(
            f"The database file was changed, and not by Ebb: in {len(looked.damaged)} blocks of {looked.block} bytes,"
            f" at byte {places}. Keep it as evidence and restore the newest backup (docs/backup.md)."
        )
    if db.engine.dialect.name != "sqlite":
        return "File: PostgreSQL keeps its own; have it made with data checksums."
    if looked.sealed:
        return "File: every byte is as it was when somebody last wrote."
    return "File: somebody wrote since it was last sealed, so that bytes cannot be compared; it is sealed now."


def _rows(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(10)")]
        if found != ["ok"]:
            raise Damaged(f"SQLite finds damage: {'; '.join(map(str, found))}.")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise Damaged(f"{len(broken)} rows point nowhere, the first in {broken[0][0]}.")
        yield "SQLite: pages, indexes and keys between tables hold."
    rows = sum(digest_of(connection, layout).rows for layout in layouts())
    yield f"Rows: {rows} in {len(layouts())} tables are as Ebb writes them."


def _newest_backup(settings: Settings, connection: Connection, scratch: Path) -> Iterator[str]:
    newest = next(iter(kept_backups(settings)), None)
    key = BackupKey.of(settings)
    if newest is None or not key.private_file.exists():
        why = "there is none yet" if newest is None else "its key is not on this machine"
        yield f"Newest backup: not compared, {why}."
        return
    rebuilt = rebuild(newest.file, key.private(), scratch)
    with reading(rebuilt.file) as before:
        compared = compare_facts(before, connection, ErasureFiles.of(settings).read())
    if not compared.holds:
        raise Damaged(
            f"{compared.missing} facts of the backup {newest.file.name} are missing, {compared.changed} changed:"
            f" {'; '.join(compared.named)}"
        )
    yield f"Newest backup ({newest.file.name}): its {compared.same} facts are here unchanged, {compared.erased} erased."


def _audit(settings: Settings) -> Iterator[str]:
    for chain in verify_chains(AnchorFiles.of(settings)):
        yield f"Audit of {chain.clinic}: {chain.links} links hold, {len(chain.anchors)} anchors agree."
    failed = []
    for found in verify_decisions(None):
        failed += [str(checked.decision.id) for _reference, checked in found.invalid]
        failed += [str(patient_id) for patient_id in found.unreadable]
        yield f"Decisions of {found.clinic}: {sum(found.counts.values())} looked at."
    if failed:
        raise Damaged(f"Decisions that do not hold (`diary decisions verify` says why): {', '.join(failed)}.")

"""Everything that can be held against something else: file, rows, audit, anchors, decisions, backups."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from diary.beside import reading, scratch_folder, still_copy
from diary.db import db
from diary.errors import DiaryError
from diary.security.anchor_files import AnchorFiles
from diary.security.backup_key import BackupKey, BackupKeyMissing
from diary.security.erasure_files import ErasureFiles, Tombstone
from diary.security.sealed_stream import BackupBroken
from diary.services.backup_tables import NotTheSame, digest_of, layouts
from diary.services.backups import scratch_place
from diary.services.chains import verify_chains
from diary.services.comparing import Compared, compare_facts
from diary.services.file_seals import Looked, look_at_file
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
    with scratch_place(settings) as scratch:
        try:
            with still_copy(scratch) as connection:
                yield from _rows(connection)
                yield from _kept(settings, connection, scratch)
        except DBAPIError as error:
            raise Damaged(f"The database cannot be read: {error.orig}.") from error
    yield from _audit(settings)
    yield _tombstones(settings)


def _file() -> str:
    looked = look_at_file()
    if looked.damaged:
        raise Damaged(_told_of_damage(looked))
    if db.engine.dialect.name != "sqlite":
        return "File: PostgreSQL keeps its own; have it made with data checksums."
    if looked.unsealed:
        return f"File: its bytes were not compared, and it is not sealed: {looked.unsealed}."
    if looked.sealed:
        return "File: every byte is as it was when somebody last wrote."
    return "File: somebody wrote since it was last sealed, so that bytes cannot be compared; it is sealed now."


def _told_of_damage(looked: Looked) -> str:
    places = ", ".join(str(at) for at in looked.damaged[:10])
    before = f" from before {looked.right_until}, when it was still right" if looked.right_until else ""
    told = (
        f"The database file was changed, and not by Ebb: in {len(looked.damaged)} blocks of {looked.block} bytes,"
        f" at byte {places}. Keep it as evidence and restore the newest backup{before} (docs/backup.md)."
    )
    if looked.evidence is None:
        return told
    return f"{told} Then move {looked.evidence} away, to the evidence: this fails while it stands there."


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


def _kept(settings: Settings, connection: Connection, scratch: Path) -> Iterator[str]:
    """Hold the newest backup against the database, and the oldest that opens: a change may be older than the newest."""
    kept, key = [one.file for one in kept_backups(settings)], BackupKey.of(settings)
    if not kept or not key.private_file.exists():
        why = "its key is not on this machine" if kept else "there is none yet"
        yield f"Newest backup: not compared, {why}."
        return
    stones = ErasureFiles.of(settings).read()
    newest, *older = kept
    yield _told_of_backup("Newest", newest, _compared(newest, key, connection, scratch, stones))
    for file in reversed(older):
        try:
            compared = _compared(file, key, connection, scratch, stones)
        except (BackupBroken, BackupKeyMissing, NotTheSame) as unopened:
            yield f"Older backup ({file.name}): passed over, it does not open. {unopened}"
            continue
        yield _told_of_backup("Oldest", file, compared)
        return


def _compared(
    file: Path, key: BackupKey, connection: Connection, scratch: Path, stones: Iterable[Tombstone]
) -> Compared:
    with scratch_folder(scratch) as own:
        rebuilt = rebuild(file, key.private(), own)
        with reading(rebuilt.file) as before:
            return compare_facts(before, connection, stones)


def _told_of_backup(which: str, file: Path, compared: Compared) -> str:
    if not compared.holds:
        raise Damaged(
            f"{compared.missing} facts of the backup {file.name} are missing, {compared.changed} changed:"
            f" {'; '.join(compared.named)}. (Where an older backup was restored since, {file} may hold what was given"
            " up then: docs/after-a-restore.md.)"
        )
    return f"{which} backup ({file.name}): its {compared.same} facts are here unchanged, {compared.erased} erased."


def _tombstones(settings: Settings) -> str:
    stones = ErasureFiles.of(settings).read()
    unproven = [stone for stone in stones if not stone.proven]
    if unproven:
        clinics = ", ".join(sorted({f"erasures/{stone.clinic_id}.jsonl" for stone in unproven}))
        raise Damaged(
            f"{len(unproven)} tombstones were changed, or written under another secret key, in {clinics}: whom they"
            " name would not be erased again after a restore. Put the file or the key back (docs/after-a-restore.md)."
        )
    return f"Tombstones: {len(stones)}, each as it was written here."


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

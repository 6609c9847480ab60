"""Backups: one command writes everything into one closed file, another reads it to its last byte."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, select

from diary.beside import scratch_folder, size_of_copy, still_copy, sweep
from diary.clock import Clock
from diary.db import db
from diary.errors import DiaryError
from diary.models import AuditHead
from diary.room import require_room
from diary.schema import Standing, revision_of_database, standing
from diary.security.backup_key import BackupKey, read_key
from diary.security.sealed_stream import SealedWriter, opened
from diary.services.backup_files import files_to_take
from diary.services.backup_stream import Head, Reader, StreamWriter, Summary, read_stream
from diary.services.backup_tables import layouts, rows_of
from diary.settings import Settings
from diary.whole_files import sync_names

FOLDER: Final = "backups"
SCRATCH: Final = "scratch"
THERE: Final = "{} is there already: name another file, or take it away first."
TOO_OLD: Final = (
    "The database was migrated by a newer Ebb, and this one would leave out what that added: make the backup with the"
    " newer version."
)
MIGRATED_MEANWHILE: Final = "The database was migrated while the backup was made: make it again."


class BackupRefused(DiaryError):
    """A backup that is not made or not used; the message says what to do."""


def folder_of(settings: Settings) -> Path:
    """Return where this installation keeps its own backups."""
    return settings.instance / FOLDER


@contextmanager
def scratch_place(settings: Settings) -> Iterator[Path]:
    """Make a scratch folder away from the backups: other machines fetch those, and plain copies lie in here."""
    sweep(folder_of(settings))  # where earlier versions worked
    with scratch_folder(settings.instance / SCRATCH) as folder:
        yield folder


def make_backup(settings: Settings, file: Path, *, clock: Clock) -> Summary:
    """Write a backup of everything into a new `file`, whole or not at all, while others go on writing.

    Raises:
        BackupRefused: there is a file of this name, or a newer Ebb has migrated the database.
        RowDamaged: a row that Ebb would not have written: an older backup is better than one of this.
        NoRoom: a disk has no room for it, or for the copy that it is read from.
        OSError: it cannot be written.
    """
    if file.exists():
        raise BackupRefused(THERE.format(file))
    if standing() in {Standing.AHEAD, Standing.BEYOND}:
        raise BackupRefused(TOO_OLD)
    key, schema = BackupKey.of(settings).public(), revision_of_database()
    with _standing_still(settings, file) as connection, _whole(file) as out:
        writer = StreamWriter(SealedWriter(out, key), Head(clock(), schema, db.engine.dialect.name))
        for layout in layouts():
            writer.table(layout, rows_of(connection, layout))
        for name, content in files_to_take(settings, _heads(connection)):
            writer.file(name, content)
        if revision_of_database() != schema:
            raise BackupRefused(MIGRATED_MEANWHILE)
        return writer.end()


def check_backup(settings: Settings, file: Path, *, key_file: Path | None = None) -> Summary:
    """Read a backup to its last byte and return what it holds.

    Raises:
        BackupBroken: any byte of it was changed, or its end is missing.
        BackupKeyMissing: no key that opens it is at hand.
    """
    return read_backup(file, private_key(settings, key_file), Reader())


def read_backup(file: Path, key: X25519PrivateKey, reader: Reader) -> Summary:
    """Hand every part of a backup to `reader` and return what it holds, once all of it was proven."""
    with file.open("rb") as held:
        return read_stream(opened(held, key), reader)


def private_key(settings: Settings, key_file: Path | None = None) -> X25519PrivateKey:
    """Return the key that opens backups: the one handed in, or the one of this installation."""
    return read_key(key_file) if key_file else BackupKey.of(settings).private()


@contextmanager
def _standing_still(settings: Settings, file: Path) -> Iterator[Connection]:
    """Hand out a still copy of the database, where there is room for it and for a backup as long as the last one."""
    with scratch_place(settings) as scratch:
        require_room({scratch: size_of_copy(), file.parent: _size_of_last(settings)})
        with still_copy(scratch) as connection:
            yield connection


def _size_of_last(settings: Settings) -> int:
    held = []
    for one in folder_of(settings).glob("*.ebb"):
        with suppress(FileNotFoundError):  # another process takes older ones away
            held.append((one.stat().st_mtime, one.stat().st_size))
    return max(held, default=(0.0, 0))[1]


def _heads(connection: Connection) -> dict[str, int]:
    heads = connection.execute(select(AuditHead.clinic_id, AuditHead.position))
    return {str(clinic_id): position for clinic_id, position in heads}


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """Write under another name, put it on the disk, and give it its name at the very end."""
    draft = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=1024 * 1024) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        try:
            _name(draft, file)
        except FileExistsError:
            raise BackupRefused(THERE.format(file)) from None
        sync_names(file.parent)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _name(draft: Path, file: Path) -> None:
    """Give a draft its name where nothing has it yet; sticks and shared folders know no second name of a file.

    Raises:
        FileExistsError: something has that name.
    """
    try:
        file.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:
        file.touch(mode=0o600, exist_ok=False)
        try:
            draft.replace(file)
        except OSError:
            file.unlink()
            raise

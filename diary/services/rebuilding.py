"""A backup made into a database again, in a scratch file of its own: nothing that is served is touched by it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic import command
from alembic.util.exc import CommandError
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, delete
from sqlalchemy import table as plain_table

from diary.beside import elsewhere
from diary.db import db
from diary.schema import alembic_config
from diary.security.sealed_stream import BackupBroken, opened
from diary.services.backup_files import SECRET
from diary.services.backup_stream import Head, Reader, Summary, read_stream
from diary.services.backup_tables import Layout, NotTheSame, Row, count_rows, digest_of, put_rows


@dataclass(slots=True)
class Rebuilt:
    """A backup as a database in a file, at the schema of this version of Ebb, and the files that came with it."""

    file: Path
    summary: Summary
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"sqlite:///{self.file}"

    @property
    def secret_key(self) -> str:
        """The secret under which anchors and tombstones were written."""
        return self.files[SECRET].decode()


def rebuild(backup: Path, key: X25519PrivateKey, scratch: Path) -> Rebuilt:
    """Read a backup into a database in `scratch`, compare every table with its digest, and migrate it to the present.

    Raises:
        BackupBroken: a byte of the backup was changed, or it is not for this version of Ebb.
        NotTheSame: a table that was put back is not the one in the backup.
    """
    file = scratch / "rebuilt.sqlite3"
    with elsewhere(f"sqlite:///{file}") as _app:
        builder = _Builder()
        with backup.open("rb") as held:
            try:
                summary = read_stream(opened(held, key), builder, begun=builder.begin)
                builder.end(summary)
            finally:
                builder.close()
        if SECRET not in builder.files:
            raise BackupBroken("The backup holds no secret key.")
        make_schema("head")
    return Rebuilt(file, summary, builder.files)


def make_schema(revision: str) -> None:
    """Migrate the database of the current application to `revision`."""
    command.upgrade(alembic_config(), revision)


class _Builder(Reader):
    """Puts what comes into the database of the current application, in one unit without keys between tables."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._layouts: list[Layout] = []
        self._connection: Connection | None = None

    def begin(self, head: Head) -> None:
        """Make the schema that the backup was made with."""
        try:
            make_schema(head.schema)
        except CommandError as error:
            raise BackupBroken(
                f"The backup was made by a newer version of Ebb (schema {head.schema}): install that one first."
            ) from error
        self._connection = db.engine.connect()
        driver: Any = self._connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = OFF").fetchall()
        driver.execute("PRAGMA synchronous = OFF").fetchall()
        self._connection.begin()

    def table(self, layout: Layout, rows: Iterator[Row]) -> None:
        """Put a table back."""
        connection = self._open()
        if count_rows(connection, layout):  # what the migrations themselves put there
            connection.execute(delete(plain_table(layout.name)))
        put_rows(connection, layout, rows)
        self._layouts.append(layout)

    def file(self, name: str, content: bytes) -> None:
        """Keep a file."""
        self.files[name] = content

    def end(self, summary: Summary) -> None:
        """Compare what stands there now with what the backup says, and keep it."""
        connection = self._open()
        for layout in self._layouts:
            if digest_of(connection, layout) != summary.tables[layout.name]:
                raise NotTheSame(f"{layout.name} is not what the backup holds of it.")
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise NotTheSame(f"{len(broken)} rows of the backup point nowhere.")
        connection.commit()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            db.engine.dispose()

    def _open(self) -> Connection:
        if self._connection is None:
            raise BackupBroken("The backup does not begin with its head.")
        return self._connection

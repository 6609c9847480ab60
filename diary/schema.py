"""The schema of the database: brought up to date before anything is served, or within the reach of this code."""

from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection

from diary.db import check_engine, db
from diary.errors import DatabaseUnfit
from diary.installation import installation
from diary.migrations import distribution, rights
from diary.migrations.reach import steps_taken

MIGRATIONS: Final = Path(__file__).parent / "migrations"
BEYOND: Final = (
    "The database was migrated by a newer Ebb (to {stands}) in a way that this one, which knows it up to {known}, "
    "cannot serve: start the newer version, or restore a backup from before."
)

NOT_THE_OWNER: Final = (
    "The database has to be migrated first, and this role does not own its tables: run `flask --app wsgi diary "
    "database rights ROLE` once with the address of the role that does."
)

log = structlog.get_logger()


class Standing(StrEnum):
    """Where the database stands, as seen by this code."""

    UP_TO_DATE = "up_to_date"
    BEHIND = "behind"
    AHEAD = "ahead"
    """A newer Ebb has expanded it: everything that this code knows is there."""
    BEYOND = "beyond"
    """A newer Ebb has taken away what this code needs."""


def alembic_config() -> Config:
    """Return the configuration of the migrations, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def revision_of_database() -> str:
    """Return the revision that the database stands at, or an empty text where nothing was ever migrated."""
    with db.engine.connect() as connection:
        return _revision(connection)


def standing() -> Standing:
    """Say where the database stands."""
    with db.engine.connect() as connection:
        stands, steps = _revision(connection), steps_taken(connection)
    known = _known()
    if stands == known[0]:
        return Standing.UP_TO_DATE
    if not stands or stands in known:
        return Standing.BEHIND
    is_continued = known[0] in {step.revision for step in steps}
    serves = all(step.serves(known) for step in steps if step.revision not in known)
    return Standing.AHEAD if is_continued and serves else Standing.BEYOND


def is_up_to_date() -> bool:
    """Say whether the database stands at the latest migration."""
    return standing() is Standing.UP_TO_DATE


def prepare_database(app: Flask) -> None:
    """Check the settings of the database and migrate it to the latest schema, if it is not there yet.

    Raises:
        DatabaseUnfit: a setting is not held, or the schema is beyond the reach of this code.
    """
    with app.app_context():
        check_engine(db.engine, production=installation().settings.production)
        stands = standing()
        if stands is Standing.BEHIND or (stands is Standing.UP_TO_DATE and not _rights_are_in_place()):
            _check_who_migrates()
            command.upgrade(alembic_config(), "head")
        elif stands is Standing.AHEAD:
            log.warning("schema_ahead", stands=revision_of_database(), known=_known()[0])
        elif stands is Standing.BEYOND:
            raise DatabaseUnfit(BEYOND.format(stands=revision_of_database(), known=_known()[0]))


def give_rights_to(role: str) -> None:
    """Let another role of PostgreSQL serve.

    Raises:
        DatabaseUnfit: the database is SQLite, there is no such role, or it would pass the walls between clinics.
    """
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            raise DatabaseUnfit("SQLite knows no roles: whoever reads the file may do everything.")
        rights.give_to(connection, role)


def distribute_tables() -> list[str]:
    """Lay the tables out over the servers of a Citus, all of them or none, and return the statements.

    Raises:
        DatabaseUnfit: the database is not one that can be laid out.
    """
    with db.engine.begin() as connection:
        return distribution.distribute(connection)


def _rights_are_in_place() -> bool:
    """Say whether walls and rights are those of this code; SQLite knows none."""
    with db.engine.connect() as connection:
        return connection.dialect.name == "sqlite" or rights.are_in_place(connection)


def _check_who_migrates() -> None:
    """Refuse to migrate tables of another role, which would fail half-way through a sentence of the server's."""
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite" and not rights.may_migrate(connection):
            raise DatabaseUnfit(NOT_THE_OWNER)


def _revision(connection: Connection) -> str:
    return ", ".join(MigrationContext.configure(connection).get_current_heads())


def _known() -> list[str]:
    """Return the revisions that this code knows, the newest first."""
    return [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()]

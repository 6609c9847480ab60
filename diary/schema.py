"""The schema of the database: brought up to date before anything is served."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from diary.db import check_engine, db

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Return the configuration of the migrations, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def is_up_to_date() -> bool:
    """Say whether the database stands at the latest migration."""
    with db.engine.connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(alembic_config()).get_heads())


def prepare_database(app: Flask) -> None:
    """Check the settings of the database and migrate it to the latest schema, if it is not there yet."""
    with app.app_context():
        check_engine(db.engine)
        if not is_up_to_date():
            command.upgrade(alembic_config(), "head")

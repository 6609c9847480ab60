"""Migrations of a version of Ebb that is not written yet, so that the code of today is the old one."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config

from diary.schema import MIGRATIONS, alembic_config

EXPANDS = """
    op.create_table("of_tomorrow", sa.Column("id", sa.Uuid(), primary_key=True))
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("called_by", sa.String(length=40), nullable=True))
"""
SHRINKS = """
    with op.batch_alter_table("patient") as patient:
        patient.drop_column("phone")
"""


def migration(revision: str, after: str, says: str, body: str = "    pass") -> str:
    """Write one."""
    return (
        f'"""Of tomorrow"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n\nrevision = "{revision}"\n'
        f'down_revision = "{after}"\nbranch_labels = depends_on = None\n{says}\n\n\ndef upgrade():\n{body}\n\n\n'
        "def downgrade():\n    pass\n"
    )


def config_of_tomorrow(folder: Path, *migrations: str) -> Config:
    """Return a configuration that knows these migrations beside those of today."""
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(migrations):
        (folder / f"tomorrow_{number}.py").write_text(text, encoding="utf-8")
    config = alembic_config()
    config.set_main_option("version_locations", os.pathsep.join([str(MIGRATIONS / "versions"), str(folder)]))
    return config


def migrate_to_tomorrow(folder: Path, *migrations: str) -> None:
    """Bring the database to where a newer Ebb has it."""
    command.upgrade(config_of_tomorrow(folder, *migrations), "head")

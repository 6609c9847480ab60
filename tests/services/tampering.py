"""Changing the database behind the application's back."""

import sqlite3

from diary.db import db
from diary.migrations.append_only import FACTS


def tamper(*statements: str) -> None:
    """Change the file as somebody with a program of their own would."""
    other = sqlite3.connect(db.engine.url.database)
    for table in FACTS:
        other.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
        other.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
    for statement in statements:
        assert other.execute(statement).rowcount, statement
    other.commit()
    other.close()

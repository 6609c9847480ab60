"""Logs carry no word of anyone's health."""

import json

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from diary.db import transaction
from diary.logs import configure_logs


def test_a_failing_statement_is_logged_without_what_was_to_be_stored(app, capsys):
    configure_logs()
    told = f"nine-of-{10}"
    try:
        with transaction() as session:
            session.execute(text("INSERT INTO no_such_table VALUES (:score)"), {"score": told})
    except DatabaseError as failure:
        structlog.get_logger().error("unexpected_error", exc_info=failure)
    written = capsys.readouterr().err
    assert json.loads(written)["level"] == "error"
    assert "no_such_table" in written
    assert told not in written

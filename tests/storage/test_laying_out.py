"""Laying the tables out takes every foreign key away and puts it back; what Citus itself does is left out here."""

import pytest

from diary.db import db
from diary.migrations.distribution import statements_of_distribution
from diary.models.placement import KEYS_GIVEN_UP

pytestmark = pytest.mark.about_postgres(reason="SQLite is not laid out")


def keys_there(connection):
    asked = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"
    return set(connection.exec_driver_sql(asked).all())


def test_all_keys_but_those_given_up_are_there_afterwards_as_they_were(app):
    given_up = {name for names in KEYS_GIVEN_UP.values() for name in names}
    with db.engine.connect() as connection:
        before = keys_there(connection)
        for statement in statements_of_distribution("ebb"):
            if statement.startswith("ALTER TABLE"):
                connection.exec_driver_sql(statement)
        assert keys_there(connection) == {key for key in before if key[1] not in given_up}
        assert len(before) > 30
        connection.rollback()


def test_no_key_is_there_while_the_tables_are_laid_out(app):
    said = list(statements_of_distribution("ebb"))
    laid_out = [place for place, one in enumerate(said) if "create_" in one]
    with db.engine.connect() as connection:
        for statement in said[: laid_out[0]]:
            if statement.startswith("ALTER TABLE"):
                connection.exec_driver_sql(statement)
        assert not keys_there(connection)
        connection.rollback()

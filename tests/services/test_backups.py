"""Backups: everything is in them, to the last bit, also while others write; what was changed is found."""

import json
import threading
import uuid
from contextvars import copy_context
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.beside import still_copy
from diary.db import db
from diary.errors import DiaryError
from diary.installation import installation
from diary.models.types import Hundredths, UtcMoment, Words
from diary.security.backup_key import BackupKey
from diary.services import backups, entries
from diary.services.backup_stream import Reader
from diary.services.backup_tables import Layout, RowDamaged, digest_of, layouts, put_rows, rows_of
from diary.services.backups import BackupRefused, check_backup, make_backup, read_backup
from diary.services.drill import drill
from diary.services.rebuilding import rebuild
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.tampering import tamper

pytestmark = pytest.mark.usefixtures("schema_once")
EMPTY_BETWEEN_UNITS = {"erasure_permit"}


@pytest.fixture
def here(app):
    return installation().settings


def backed_up(here, clock, name="one.ebb"):
    """Make a backup and return its file."""
    file = here.instance / name
    make_backup(here, file, clock=clock)
    return file


class Everything(Reader):
    """Keeps every row and file of a backup."""

    def __init__(self):
        self.rows, self.files = {}, {}

    def table(self, layout, rows):
        self.rows[layout.name] = list(rows)

    def file(self, name, content):
        self.files[name] = content


def test_every_row_of_every_table_is_in_a_backup_and_comes_back_the_same(full_clinic, here, clock, tmp_path):
    file = backed_up(here, clock)
    held = Everything()
    summary = read_backup(file, BackupKey.of(here).private(), held)
    assert {name for name, rows in held.rows.items() if not rows} == EMPTY_BETWEEN_UNITS
    rebuilt = rebuild(file, BackupKey.of(here).private(), tmp_path)
    with sa.create_engine(rebuilt.url).connect() as again, still_copy(tmp_path) as now:
        for layout in layouts():
            assert digest_of(again, layout) == digest_of(now, layout) == summary.tables[layout.name]
            assert list(rows_of(again, layout)) == held.rows[layout.name]
        again.engine.dispose()


def test_keys_anchors_and_tombstones_go_along_and_the_key_that_opens_them_does_not(full_clinic, here, clock):
    held = Everything()
    read_backup(backed_up(here, clock), BackupKey.of(here).private(), held)
    assert held.files["secret-key"] == here.secret_key.encode()
    assert "keys/signing-key.pem" in held.files
    assert any(name.startswith("erasures/") for name in held.files)
    private = BackupKey.of(here).private_file.read_bytes().strip()
    assert not any("backup-key" in name or private in content for name, content in held.files.items())


def test_nobody_reads_a_backup_who_has_only_the_file(full_clinic, here, clock):
    file = backed_up(here, clock)
    assert b"Ram" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not backups.folder_of(here).exists()
    assert list((here.instance / "scratch").iterdir()) == []


def test_a_flipped_byte_in_any_region_of_a_backup_is_found(full_clinic, here, clock, tmp_path):
    whole = backed_up(here, clock).read_bytes()
    changed = tmp_path / "changed.ebb"
    for at in [*range(0, len(whole), max(1, len(whole) // 150)), len(whole) - 1]:
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(DiaryError):
            check_backup(here, changed)


def test_a_file_that_is_there_is_never_written_over(here, clock):
    file = backed_up(here, clock)
    before = file.read_bytes()
    with pytest.raises(BackupRefused, match="is there already"):
        backed_up(here, clock)
    assert file.read_bytes() == before


@pytest.mark.about_sqlite("PostgreSQL holds no value that is not of the kind of its column")
@pytest.mark.parametrize(
    "damage", ["name = x'ff'", "name = CAST(x'ff' AS TEXT)", "left_handed = 2", "account_id = upper(account_id)"]
)
def test_a_row_that_ebb_would_not_write_is_told_and_a_backup_of_it_is_not_made(full_clinic, here, clock, damage):
    tamper(f"UPDATE patient SET {damage} WHERE account_id GLOB '*[a-f]*'")
    there = set(here.instance.rglob("*"))
    with pytest.raises(RowDamaged, match="patient"):
        backed_up(here, clock)
    assert {path for path in here.instance.rglob("*") if path.is_file()} - there <= {
        BackupKey.of(here).private_file,
        BackupKey.of(here).public_file,
    }


def test_backups_made_while_people_write_are_whole_and_hold_nobody_up(app, here, clock, tmp_path):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    stop, stored, failed = threading.Event(), [], []

    def write():
        with app.app_context():
            while not stop.is_set():
                ref = uuid.uuid4()
                try:
                    entries.record_entry(
                        patient, subject(patient), day=date(2026, 3, 20), score=4, client_ref=ref, clock=clock
                    )
                    stored.append(ref.hex)
                except Exception as error:  # noqa: BLE001 (told below)
                    failed.append(error)

    writer = threading.Thread(target=copy_context().run, args=(write,))
    writer.start()
    try:
        for number in range(3):
            known = set(stored)
            held = Everything()
            file = backed_up(here, clock, f"{number}.ebb")
            read_backup(file, BackupKey.of(here).private(), held)
            there = {row[place_of("entry", "client_ref")] for row in held.rows["entry"]}
            assert known <= there
        found = drill(here, file)
        assert found.compared.holds
        assert found.compared.entries == len(there)
    finally:
        stop.set()
        writer.join(60)
    assert not failed
    assert len(stored) > 4


def place_of(table, column):
    """Return where a column stands in the rows of a table."""
    (layout,) = (one for one in layouts() if one.name == table)
    return [name for name, _kind in layout.columns].index(column)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
A_ROW = st.fixed_dictionaries(
    {
        "identity": st.uuids(version=4),
        "yes": st.booleans(),
        "whole": st.integers(-(2**31), 2**31 - 1),
        "part": st.floats(allow_nan=False, allow_infinity=False),
        "words": st.none() | TEXT,
        "several": st.none() | st.just(("a", "b")),
        "price": st.none() | st.decimals(-1000, 1000, places=2),
        "on": st.dates(date(1, 1, 1), date(9999, 12, 31)),
        "at": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
        "raw": st.none() | st.binary(max_size=64),
        "said": st.none() | st.dictionaries(TEXT, st.integers() | TEXT | st.none(), max_size=3).map(json.dumps),
    }
)


@pytest.fixture
def every_kind(app):
    table = sa.Table(
        "every_kind",
        sa.MetaData(),
        sa.Column("identity", sa.Uuid, primary_key=True),
        sa.Column("yes", sa.Boolean),
        sa.Column("whole", sa.Integer),
        sa.Column("part", sa.Float(53)),
        sa.Column("words", sa.String(200)),
        sa.Column("several", Words),
        sa.Column("price", Hundredths),
        sa.Column("on", sa.Date),
        sa.Column("at", UtcMoment),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("said", sa.JSON),
    )
    with db.engine.begin() as connection:
        table.create(connection)
    return table


@given(st.lists(A_ROW, max_size=8, unique_by=lambda row: row["identity"]))
@settings(max_examples=40)
def test_every_kind_of_column_is_read_and_put_back_to_the_last_bit(every_kind, rows):
    plain = [{**row, "said": json.loads(row["said"]) if row["said"] else sa.null()} for row in rows]
    layout = Layout.of(every_kind)
    with db.engine.connect() as connection, connection.begin() as unit:
        for row in plain:
            connection.execute(every_kind.insert().values(row))
        written = list(rows_of(connection, layout))
        seen = connection.execute(every_kind.select().order_by(every_kind.c.identity)).all()
        connection.execute(every_kind.delete())
        put_rows(connection, layout, json.loads(json.dumps(written)))
        assert list(rows_of(connection, layout)) == written
        assert connection.execute(every_kind.select().order_by(every_kind.c.identity)).all() == seen
        unit.rollback()


def test_no_column_of_the_tables_is_of_a_kind_that_backups_do_not_know():
    assert len(layouts()) > 50
    assert all(Path(layout.name).name for layout in layouts())

"""The disk is full, the database is held, its file is damaged, a migration breaks off."""

import pytest

from diary.errors import DatabaseUnfit
from diary.sqlite_file import check_file
from tests.faults.all_of_them import short
from tests.faults.patients import settle

ON_FILES = pytest.mark.about_sqlite("a file of ours; PostgreSQL keeps its own, and its faults are tested as servers")


@ON_FILES
def test_an_entry_for_which_the_disk_has_no_room_is_refused_and_stored_once_there_is(ground):
    figures = short("disk", ground)
    assert figures.is_well, figures
    assert sum(times for phase, times in figures.phases.items() if phase.startswith("refused")) > 0


@ON_FILES
@pytest.mark.long
def test_a_database_that_somebody_holds_keeps_no_phone_waiting_for_longer_than_it_waits(ground):
    figures = short("locked", ground)
    assert figures.is_well, figures


@ON_FILES
@pytest.mark.long
def test_a_damaged_file_is_never_served(ground):
    figures = short("corrupted", ground)
    assert figures.is_well, figures


@ON_FILES
def test_a_file_with_a_damaged_beginning_or_a_missing_end_is_refused_before_sqlite_opens_it(ground):
    settle(ground, patients=1)
    whole = ground.file.read_bytes()
    check_file(ground.file)
    for damaged in (whole[:-1], whole[: len(whole) // 2], whole[:50], bytes(100) + whole[100:], b"x" + whole[1:]):
        ground.file.write_bytes(damaged)
        with pytest.raises(DatabaseUnfit, match="restore the newest backup"):
            check_file(ground.file)
    ground.file.write_bytes(b"")
    check_file(ground.file)
    ground.file.write_bytes(whole[:-4096])
    ground.file.with_name(f"{ground.file.name}-journal").write_bytes(b"a commit was cut off")
    check_file(ground.file)


def test_a_migration_that_fails_after_any_statement_leaves_all_as_it_was(ground):
    figures = short("migration", ground)
    assert figures.is_well, figures

"""What an admin is told about backups and the disk, in plain words."""

from importlib import import_module

import pytest

from diary.installation import installation
from diary.services.disk import DiskLeft
from diary.services.kept_backups import back_up_where_due
from diary.vocabulary import Role
from diary.wall import whole_house

GIGA = 1024**3


def shown(house, role=Role.ADMIN):
    return house.staff(role).get("/clinic/settings").main


def test_an_admin_reads_when_the_last_good_backup_was_made(house, clock):
    assert "No backup was made yet" in shown(house)
    with whole_house():
        back_up_where_due(installation().settings, clock=clock)
    assert "The last good backup of everything was made on" in shown(house)
    clock.move(days=2)
    assert "did not come about" in shown(house)


@pytest.mark.parametrize(
    ("free", "words"), [(90, None), (9, "The disk is nearly full."), (1, "The disk is almost full")]
)
def test_an_admin_is_told_of_a_disk_that_fills_up_before_it_hurts(house, monkeypatch, free, words):
    left = DiskLeft(installation().settings.instance, free * GIGA, 100 * GIGA)
    monkeypatch.setattr(import_module("diary.web.clinic.settings"), "disk_left", lambda _settings: left)
    page = shown(house)
    assert (words in page) if words else ("The disk" not in page)


def test_others_of_the_staff_are_not_troubled_with_it(house):
    assert "backup" not in shown(house, Role.CLINICIAN).lower()

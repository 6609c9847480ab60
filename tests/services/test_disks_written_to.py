"""The disks that are watched: the one of the instance, the one of the backups, and the one of the database file."""

from collections import namedtuple
from dataclasses import replace

import pytest

from diary.app import create_app
from diary.installation import installation
from diary.services import health
from diary.services.disk import disk_left
from diary.services.operation_figures import operation_figures
from diary.wall import whole_house
from tests.conftest import settings_for
from tests.databases import put_copy

GIGA = 1024**3
USAGE = namedtuple("usage", "total used free")

pytestmark = pytest.mark.about_sqlite("the database is a file of ours, and may lie on a disk of its own")


@pytest.fixture
def other_disk(tmp_path, empty_instance):
    """An installation whose database file lies elsewhere, behind a link, and that folder."""
    instance, disk = tmp_path / "instance", tmp_path / "disk"
    put_copy(empty_instance, instance)
    disk.mkdir()
    (instance / "diary.sqlite3").rename(disk / "ebb.sqlite3")
    (tmp_path / "linked.sqlite3").symlink_to(disk / "ebb.sqlite3")
    made = create_app(replace(settings_for(instance), database_url=f"sqlite:///{tmp_path / 'linked.sqlite3'}"))
    with made.app_context(), whole_house():
        yield disk


@pytest.fixture
def fill(monkeypatch):
    """Let a folder lie on a full disk, and everything else on an empty one."""

    def full(folder):
        def usage(path):
            return USAGE(10 * GIGA, 10 * GIGA, 0) if folder in (path, *path.parents) else USAGE(GIGA, 0, GIGA)

        monkeypatch.setattr("shutil.disk_usage", usage)

    return full


def test_a_full_disk_of_the_database_file_is_said_on_readyz_and_in_the_figures(other_disk, fill):
    assert health.readiness() == "ready"
    fill(other_disk)
    assert (disk_left(installation().settings).path, health.readiness()) == (other_disk, "disk")
    figures = {figure.name: figure.values for figure in operation_figures(installation().clock)}
    assert (figures["ebb_disk_free_bytes"], figures["ebb_disk_size_bytes"]) == ({(): 0}, {(): 10 * GIGA})


def test_a_full_disk_of_the_instance_is_said_as_well(other_disk, fill):
    fill(installation().settings.instance)
    assert health.readiness() == "disk"


def test_backups_on_a_full_disk_of_their_own_keep_no_entry_from_being_stored(other_disk, fill):
    settings = installation().settings
    backups = settings.instance / "backups"
    backups.mkdir()
    fill(backups)
    assert (disk_left(settings).free, health.readiness()) == (0, "ready")

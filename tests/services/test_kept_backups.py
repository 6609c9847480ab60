"""The backups that are made by themselves: when, which are kept, and what an admin and an operator are told."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from diary.installation import installation
from diary.services import kept_backups
from diary.services.disk import DiskLeft, Room, disk_left, tell_when_nearly_full
from diary.services.kept_backups import back_up_where_due, last_backup, prune, worth_keeping
from diary.services.leases import leases, let_go, take_lease
from tests.clinic_builders import a_clinic
from tests.databases import ON_POSTGRES
from tests.services.side_by_side import side_by_side

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST = datetime(2026, 3, 20, 12, 1, tzinfo=UTC)


@pytest.fixture
def here(app):
    return installation().settings


def hourly(years):
    """Return the moments of the backups of so many years, one an hour, the last one at noon of 20 March 2026."""
    return [LAST - number * HOUR for number in range(int(years * 365 * 24))]


def test_of_two_years_of_hours_stay_a_day_of_hours_a_month_of_days_and_a_year_of_months():
    kept = sorted(worth_keeping(hourly(2)), reverse=True)
    assert kept[:24] == [LAST - number * HOUR for number in range(24)]
    assert [one.strftime("%m-%d %H:%M") for one in kept[23:26]] == ["03-19 13:01", "03-19 00:01", "03-18 00:01"]
    days = {datetime(2026, 3, 20, 0, 1, tzinfo=UTC) - number * DAY for number in range(30)}
    months = {datetime(2026, month, 1, 0, 1, tzinfo=UTC) for month in (1, 2, 3)}
    months |= {datetime(2025, month, 1, 0, 1, tzinfo=UTC) for month in range(4, 13)}
    assert set(kept) == {LAST - number * HOUR for number in range(24)} | days | months
    assert (
        len(kept) == 24 + 30 + 12 - 2
    )  # midnight of the 20th is one of the hours, and that of 1 March one of the days


def test_a_clinic_that_was_switched_off_for_a_winter_keeps_what_it_had():
    autumn = [datetime(2025, 10, 1, 9, 0, tzinfo=UTC) + number * HOUR for number in range(5)]
    assert worth_keeping([*autumn, LAST]) == {*autumn, LAST}


def test_of_several_in_one_hour_the_last_one_stays():
    early, late = LAST.replace(minute=2), LAST.replace(minute=58)
    midnight = LAST.replace(hour=0, minute=5)
    assert worth_keeping([midnight, early, late]) == {midnight, late}


def test_nothing_to_keep_is_no_trouble():
    assert worth_keeping([]) == set()


def test_what_is_pruned_is_nothing_but_the_backups_that_were_made_by_themselves(here):
    folder = here.instance / "backups"
    folder.mkdir(mode=0o700)
    ours = [folder / f"{moment:%Y-%m-%dT%H%M}Z.ebb" for moment in hourly(0.2)]
    others = [folder / "before-restore-2026-01-01T000000.ebb", folder / "mine.ebb", folder / "notes.txt"]
    for file in [*ours, *others]:
        file.touch()
    gone = prune(here, now=LAST)
    assert set(folder.iterdir()) == {*ours, *others} - set(gone)
    assert len(gone) == len(ours) - len(worth_keeping(hourly(0.2)))
    assert ours[0].exists()
    assert all(file.exists() for file in others)


def test_no_backup_holds_somebody_who_was_erased_for_more_than_twelve_months(here):
    folder = here.instance / "backups"
    folder.mkdir(mode=0o700)
    over = [folder / "before-restore-2025-03-20T120000.ebb", folder / "2031-01-01T0000Z.ebb"]
    over += [folder / "before-restore-2031-01-01T000000.ebb", folder / "before-upgrade-2025-03-20-1200.ebb"]
    stay = [folder / "before-restore-2025-03-20T120200.ebb", folder / "2030-01-01T0000Z.ebb"]
    stay += [folder / "before-restore-by-hand.ebb", folder / "before-upgrade-2025-03-20-1202.ebb"]
    stay += [folder / "before-upgrade-by-hand.ebb", folder / "mine-2020-01-01-0000.ebb"]
    for file in [*over, *stay]:
        file.touch()
        days = 366 if "2031" in file.name else 364
        at = (LAST - days * DAY).timestamp()
        os.utime(file, (at, at))
    assert sorted(prune(here, now=LAST)) == sorted(over)
    assert set(folder.iterdir()) == set(stay)


def test_a_backup_that_goes_while_they_are_counted_takes_no_room(here, clock, monkeypatch):
    gone = kept_backups.Kept(here.instance / "backups" / "2026-03-20T1100Z.ebb", clock())
    monkeypatch.setattr(kept_backups, "kept_backups", lambda _settings: [gone])
    assert last_backup(here, clock=clock).bytes == 0


def test_one_of_several_processes_makes_the_backup_that_is_due_and_once(app, here, clock):
    a_clinic(clock)
    made = side_by_side(app, [lambda: back_up_where_due(here, clock=clock) for _ in range(3)])
    assert sorted(made) == [False, False, True]
    assert not back_up_where_due(here, clock=clock)
    (kept,) = kept_backups.kept_backups(here)
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert kept.file.parent.stat().st_mode & 0o777 == 0o700
    told = last_backup(here, clock=clock)
    assert (told.made_at, told.late, told.trouble, told.kept) == (clock(), False, None, 1)


def test_the_next_one_comes_with_the_next_hour_or_on_postgresql_with_the_next_night(clinic, here, clock):
    assert back_up_where_due(here, clock=clock)
    clock.move(minutes=59)
    assert not back_up_where_due(here, clock=clock)
    clock.move(minutes=1)
    assert back_up_where_due(here, clock=clock) is not ON_POSTGRES
    clock.move(hours=13, minutes=1)
    assert back_up_where_due(here, clock=clock)


def test_one_that_fails_is_told_and_tried_again(clinic, here, clock, monkeypatch):
    assert back_up_where_due(here, clock=clock)
    clock.move(days=2)
    assert last_backup(here, clock=clock).late

    def full(*_asked, **_named):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, capture_logs() as said:
        broken.setattr(kept_backups, "make_backup", full)
        assert not back_up_where_due(here, clock=clock)
    assert [(one["event"], one["log_level"]) for one in said] == [("backup_failed", "error")]
    assert last_backup(here, clock=clock).trouble == "OSError"
    assert len(kept_backups.kept_backups(here)) == 1
    clock.move(minutes=1)
    assert back_up_where_due(here, clock=clock)
    told = last_backup(here, clock=clock)
    assert (told.trouble, told.late) == (None, False)


def test_a_job_whose_process_is_gone_is_taken_by_another_one_when_its_time_is_over(app, clock, monkeypatch):
    begun = clock()
    assert take_lease("a job", lasts=HOUR, since=begun, clock=clock)
    monkeypatch.setattr("diary.services.leases.HOLDER", "another process")
    assert not take_lease("a job", lasts=HOUR, since=begun, clock=clock)
    clock.move(minutes=61)
    assert take_lease("a job", lasts=HOUR, since=begun, clock=clock)
    monkeypatch.setattr("diary.services.leases.HOLDER", "the first, back from a long sleep")
    let_go("a job", outcome="good", done=True, clock=clock)
    (held,) = leases()
    assert (held.held_by, held.done_at) == ("another process", None)


GIGA = 1024**3


@pytest.mark.parametrize(
    ("free", "total", "room"),
    [
        (100 * GIGA, 200 * GIGA, Room.ENOUGH),
        (19 * GIGA, 200 * GIGA, Room.LOW),
        (20 * GIGA, 200 * GIGA, Room.ENOUGH),
        (40 * GIGA, 2000 * GIGA, Room.ENOUGH),
        (39 * GIGA, 2000 * GIGA, Room.ALMOST_NONE),
        (3 * GIGA, 200 * GIGA, Room.ALMOST_NONE),
        (GIGA // 5, GIGA, Room.ALMOST_NONE),
        (GIGA // 2, GIGA, Room.ENOUGH),
    ],
)
def test_how_much_room_is_called_enough(tmp_path, free, total, room):
    assert DiskLeft(tmp_path, free, total).room is room


def test_a_disk_that_runs_full_is_said_in_the_log_before_it_is(here, monkeypatch):
    said = {}
    for room, free in (("low", 9 * GIGA), ("none", GIGA), ("enough", 90 * GIGA)):
        left = DiskLeft(here.instance, free, 100 * GIGA)
        monkeypatch.setattr("diary.services.disk.disk_left", lambda _settings, left=left: left)
        with capture_logs() as lines:
            tell_when_nearly_full(here)
        said[room] = [(line["event"], line["log_level"]) for line in lines]
    assert said == {
        "low": [("disk_nearly_full", "warning")],
        "none": [("disk_almost_full", "error")],
        "enough": [],
    }


def test_the_room_is_that_of_the_disk_of_the_instance(here):
    left = disk_left(here)
    assert 0 < left.free <= left.total

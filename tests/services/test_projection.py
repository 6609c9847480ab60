"""The summary of a patient: right until their diary day is over, and made again after it."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from diary.db import snapshot, transaction
from diary.services.entries import record_entry
from diary.services.fresh_lines import remake_stale
from diary.services.patients import change_life_cycle
from diary.services.projection import refresh_summaries, summary_of
from diary.services.rules import rules_in_force
from diary.vocabulary import LifeCycle
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import diary_of, everything_stored, summary_of_row

ENDS = [
    ("Europe/Amsterdam", datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 21, 3, tzinfo=UTC)),
    # the night of 28 to 29 March is an hour short, the one of 24 to 25 October an hour long
    ("Europe/Amsterdam", datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC)),
    ("Europe/Amsterdam", datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 3, tzinfo=UTC)),
    # Cairo and Santiago have no midnight on these days
    ("Africa/Cairo", datetime(2026, 4, 23, 12, tzinfo=UTC), datetime(2026, 4, 24, 1, tzinfo=UTC)),
    ("America/Santiago", datetime(2026, 9, 5, 12, tzinfo=UTC), datetime(2026, 9, 6, 7, tzinfo=UTC)),
    # Apia went from 29 to 31 December: the last hours before the turn belong to the 29th
    ("Pacific/Apia", datetime(2011, 12, 30, 9, tzinfo=UTC), datetime(2011, 12, 30, 14, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 13, 59, tzinfo=UTC), datetime(2011, 12, 30, 14, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 14, tzinfo=UTC), datetime(2011, 12, 31, 14, tzinfo=UTC)),
    ("Pacific/Kiritimati", datetime(2026, 3, 20, 13, 59, tzinfo=UTC), datetime(2026, 3, 20, 14, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 3, 20, 12, tzinfo=UTC), datetime(2026, 3, 20, 22, 15, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "now", "end"), ENDS)
def test_a_summary_is_right_until_the_patients_day_is_over(app, clock, zone, now, end):
    clock.now = now
    patient = a_patient(a_clinic(clock), clock, zone=zone)
    summary = summary_of_row(patient)
    diary = diary_of(patient)
    assert summary.true_until == end
    assert diary.today(end - timedelta(microseconds=1)) == summary.as_of
    assert diary.today(end) > summary.as_of


def test_a_summary_is_made_again_once_the_day_is_over_and_not_before(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 3, 10), clock)
    write_days(patient, [7, 6, 5, 4, 4, 3], clock, first_day=date(2026, 3, 15))
    before = summary_of_row(patient)
    clock.now = before.true_until - timedelta(seconds=1)
    assert refreshed(clinic, clock) == 0
    clock.now = before.true_until
    assert refreshed(clinic, clock) == 1
    after = summary_of_row(patient)
    assert (before.as_of, after.as_of) == (date(2026, 3, 20), date(2026, 3, 21))
    assert after.shown["verdict"]["t"] == before.shown["verdict"]["t"] + 1
    assert refreshed(clinic, clock) == 0


def test_summaries_made_again_after_days_away_are_what_a_rebuild_gives(app, clock):
    clinic = a_clinic(clock)
    zones = ("Europe/Amsterdam", "Africa/Cairo", "Pacific/Apia", "America/Los_Angeles")
    patients = [a_patient(clinic, clock, f"M-{number}", zone) for number, zone in enumerate(zones)]
    for patient in patients:
        clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
        a_course(clinic, patient, date(2026, 3, 1), clock)
        write_days(patient, [7, 7, 3, 2, None, 2, 3, 2], clock, first_day=date(2026, 3, 13))
    clock.move(days=17, hours=5)
    assert refreshed(clinic, clock) == 4
    refreshed_alone = everything_stored()["patient_summary"]
    with transaction() as session:
        refresh_summaries(session, clinic.clinic_id, [p.patient_id for p in patients], now=clock())
    assert everything_stored()["patient_summary"] == refreshed_alone
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    for patient in patients:
        assert summary_of_row(patient).as_of == diary_of(patient).today(clock())
        assert summary_of_row(patient).shown == summary_of(diary_of(patient), rules, clock())["shown"]


def test_only_so_many_are_made_again_at_a_time_the_longest_overdue_first(app, clock):
    clinic = a_clinic(clock)
    east = a_patient(clinic, clock, "E", "Pacific/Kiritimati")
    west = a_patient(clinic, clock, "W", "America/Los_Angeles")
    clock.move(days=3)
    assert remake_stale(clinic.clinic_id, clock=clock, at_most=1) == 1
    assert summary_of_row(east).as_of == date(2026, 3, 23)
    assert summary_of_row(west).as_of == date(2026, 3, 20)


def test_another_clinics_summaries_are_left_alone(app, clock):
    west, east = a_clinic(clock), a_clinic(clock, "Pain clinic East")
    patient = a_patient(east, clock)
    clock.move(days=3)
    assert refreshed(west, clock) == 0
    assert summary_of_row(patient).as_of == date(2026, 3, 20)


@pytest.mark.parametrize(
    ("life_cycle", "on_worklist"),
    [
        (LifeCycle.ACTIVE, True),
        (LifeCycle.PAUSED, True),
        (LifeCycle.DISCHARGED, False),
        (LifeCycle.MOVED, False),
        (LifeCycle.DIED, False),
    ],
)
def test_who_left_the_clinic_leaves_the_worklist(app, clock, life_cycle, on_worklist):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    change_life_cycle(clinic.nurse, subject(patient), life_cycle, clock=clock)
    assert summary_of_row(patient).on_worklist is on_worklist
    clock.move(days=2)
    assert refreshed(clinic, clock) == 1
    assert summary_of_row(patient).on_worklist is on_worklist


def test_the_summary_tells_what_the_worklist_shows(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 3, 2), clock, medicines=("ketamine", "magnesium"))
    write_days(patient, [7] * 7, clock, first_day=date(2026, 2, 23))
    write_days(patient, [2] * 14, clock, first_day=date(2026, 3, 7))
    row = summary_of_row(patient)
    assert (row.state, row.medicine, row.on_worklist) == ("HOLDING", "ketamine", True)
    assert (row.reference, row.name, row.search_name) == ("M-1", "Ramirez M-1", "ramirez m-1")
    assert (row.shown["last_entry"], row.shown["entries7"]) == ("2026-03-20", 7)
    assert row.shown["verdict"]["mean7"] == 2
    assert row.shown["curve"]["line"] == 4.9
    assert row.shown["decision"] is None


def test_an_entry_moves_its_patient_in_the_same_transaction(app, clock):
    patient = a_patient(a_clinic(clock), clock)
    record_entry(patient, subject(patient), day=date(2026, 3, 20), score=5, client_ref=uuid.uuid4(), clock=clock)
    assert summary_of_row(patient).shown["last_entry"] == "2026-03-20"


def refreshed(clinic, clock):
    return remake_stale(clinic.clinic_id, clock=clock)

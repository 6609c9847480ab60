"""A study is read whole or not at all, and reading it again changes only what changed."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from diary.access.identity import OPERATOR, Identity
from diary.db import snapshot, transaction
from diary.exchange.study import StudyRefused
from diary.models import PatientZone, ReminderSetting
from diary.services import patients
from diary.services.clinics import the_clinic
from diary.services.entries import record_entry, undo_entry
from diary.services.patients import patient_with_reference
from diary.services.reminder_settings import put_setting
from diary.services.reminders import set_next_turn
from diary.services.rules import rules_in_force
from diary.services.study import import_study
from tests.clinic_builders import a_clinic, a_course, a_patient, subject
from tests.services.looking_in import (
    audit_rows,
    diary_of,
    everything_stored,
    live_score,
    revisions_of,
    summary_of_row,
)
from tests.services.study_folders import a_study, random_study, write

TODAY = date(2026, 3, 20)
COURSE = "P1,ketamine,2026-03-02,2026-03-06"


def read(folder, clock, clinic=None):
    return import_study(OPERATOR, folder, clinic=clinic, clock=clock)


def patient_called(reference, clinic=None):
    with snapshot() as session:
        home = the_clinic(session, clinic)
        row = patient_with_reference(session, home.clinic_id, reference)
    return Identity(clinic_id=home.clinic_id, patient_id=row.id)


def unread(stored):
    """Everything but the audit, which may say that nothing was new, and the askings for counts and forecasts."""
    moves = ("audit_event", "audit_head", "clinic_tally", "patient_forecast")
    return {name: rows for name, rows in stored.items() if name not in moves}


def test_a_study_becomes_a_clinic(app, clock, tmp_path):
    folder = a_study(
        tmp_path, ["P1,Africa/Cairo,b|a", "P2,UTC,"], courses=[COURSE], scores=["P1,2026-03-01,7", "P2,2026-03-02,0"]
    )
    done = read(folder, clock)
    assert (done.clinic, done.patients, done.courses, done.scores, done.unchanged) == ("Study", 2, 1, 2, 0)
    diary = diary_of(patient_called("P1"))
    assert (diary.patient.name, diary.zones[-1].zone.key, diary.tags) == ("P1", "Africa/Cairo", ["a", "b"])
    (course,) = diary.courses
    assert (course.medicines, course.status) == (("ketamine",), "given")
    assert (course.first_day, course.last_day) == (date(2026, 3, 2), date(2026, 3, 6))
    assert summary_of_row(patient_called("P1")).state == "NOT_ENOUGH_DATA"
    actions = [row.action for row in audit_rows(diary.patient.clinic_id)]
    assert actions.count("study.imported") == actions.count("patient.added") == 2


def test_reading_it_twice_changes_nothing(app, clock, tmp_path):
    folder = random_study(tmp_path, random.Random(3), patients=12, until=TODAY, days=40)
    first = read(folder, clock)
    stored = everything_stored()
    clock.move(minutes=5)
    second = read(folder, clock)
    assert unread(everything_stored()) == unread(stored)
    assert everything_stored()["audit_event"] == stored["audit_event"]
    assert (second.patients, second.courses, second.scores) == (0, 0, 0)
    assert second.unchanged == first.scores > 100


@pytest.mark.parametrize("minutes", [0, 5])
def test_a_changed_score_is_one_revision_and_is_live(app, clock, tmp_path, minutes):
    days = [TODAY - timedelta(days=back) for back in range(20)]
    read(a_study(tmp_path, scores=[f"P1,{day},5" for day in days]), clock)
    clock.move(minutes=minutes)
    done = read(a_study(tmp_path, scores=[f"P1,{day},{6 if day.day % 2 else 5}" for day in days]), clock)
    patient = patient_called("P1")
    assert (done.scores, done.unchanged) == (10, 10)
    for day in days:
        wanted = [5, 6] if day.day % 2 else [5]
        assert [entry.score for entry in revisions_of(patient, day)] == wanted
        assert live_score(patient, day, TODAY) == wanted[-1]


@pytest.mark.parametrize("moment", ["", "2026-03-19T09:00:00+01:00", "2026-03-20T23:00:00+01:00"])
def test_a_changed_score_is_live_over_one_the_patient_wrote(app, clock, tmp_path, moment):
    patient = a_patient(a_clinic(clock), clock, "P1")
    day = date(2026, 3, 19)
    record_entry(patient, subject(patient), day=day, score=8, client_ref=uuid.uuid4(), clock=clock)
    clock.move(minutes=1)
    read(a_study(tmp_path, scores=[f"P1,{day},3,{moment},"]), clock)
    assert live_score(patient, day, TODAY) == 3
    stored = everything_stored()
    clock.move(minutes=1)
    read(tmp_path, clock)
    assert unread(everything_stored()) == unread(stored)


def test_a_score_that_changes_back_is_live_again(app, clock, tmp_path):
    for score in (5, 6, 5, 6, 6):
        clock.move(minutes=1)
        read(a_study(tmp_path, scores=[f"P1,2026-03-19,{score},2026-03-19T20:00:00+01:00,self"]), clock)
        assert live_score(patient_called("P1"), date(2026, 3, 19), TODAY) == score
    assert [entry.score for entry in revisions_of(patient_called("P1"))] == [5, 6, 5, 6]


def test_a_day_the_patient_took_back_is_written_again(app, clock, tmp_path):
    patient = a_patient(a_clinic(clock), clock, "P1")
    entry = record_entry(patient, subject(patient), day=TODAY, score=8, client_ref=uuid.uuid4(), clock=clock).entry
    clock.move(minutes=1)
    undo_entry(patient, subject(patient), entry.id, clock=clock)
    clock.move(minutes=1)
    read(a_study(tmp_path, scores=[f"P1,{TODAY},8"]), clock)
    assert live_score(patient, TODAY, TODAY) == 8


def test_the_patient_corrects_an_imported_score_of_the_same_morning(app, clock, tmp_path):
    clock.now = datetime(2026, 3, 20, 7, tzinfo=UTC)
    read(a_study(tmp_path, scores=[f"P1,{TODAY},8"]), clock)
    patient = patient_called("P1")
    clock.move(hours=1)
    record_entry(patient, subject(patient), day=TODAY, score=3, client_ref=uuid.uuid4(), clock=clock)
    assert live_score(patient, TODAY, TODAY) == 3


LATENESS = [
    ("", 0, True),
    ("2026-03-10T23:00:00+01:00", 0, True),
    ("2026-03-11T03:59:59+01:00", 0, True),
    ("2026-03-11T04:00:00+01:00", 1, True),
    ("2026-03-11T23:00:00-05:00", 2, False),
    ("2026-03-12T02:59:59Z", 1, True),
    ("2026-03-12T03:00:00Z", 2, False),
    ("2026-03-18T12:00:00+01:00", 8, False),
]


@pytest.mark.parametrize(("moment", "days_late", "counts"), LATENESS)
def test_an_imported_score_is_as_late_as_it_was_written(app, clock, tmp_path, moment, days_late, counts):
    read(a_study(tmp_path, scores=[f"P1,2026-03-10,5,{moment},"]), clock)
    patient = patient_called("P1")
    (entry,) = revisions_of(patient)
    assert entry.days_late == days_late
    assert (entry.entered_at is None) is (moment == "")
    with snapshot() as session:
        rules = rules_in_force(session, patient.clinic_id)
    assert diary_of(patient).scores(TODAY, rules)[date(2026, 3, 10)].counts is counts
    written_on = date(2026, 3, 10) + timedelta(days=days_late)
    assert live_score(patient, date(2026, 3, 10), written_on) == 5
    assert live_score(patient, date(2026, 3, 10), written_on - timedelta(days=1)) is None


def test_the_offset_and_the_source_of_a_score_are_kept(app, clock, tmp_path):
    lines = ["P1,2026-03-10,5,2026-03-10T20:00:00-03:30,paper", "P1,2026-03-11,5,,", "P1,2026-03-12,5,,staff"]
    read(a_study(tmp_path, scores=lines), clock)
    one, two, three = revisions_of(patient_called("P1"))
    assert (one.utc_offset_minutes, one.source) == (-210, "paper")
    assert one.entered_at == one.written_at == datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    assert (two.utc_offset_minutes, two.source, three.source) == (None, "import", "staff")


@pytest.mark.parametrize("changed", ["P1,ketamine,2026-03-02,2026-03-04", "P1,lidocaine,2026-03-02,2026-03-06"])
def test_a_course_that_changed_is_corrected(app, clock, tmp_path, changed):
    read(a_study(tmp_path, courses=[COURSE]), clock)
    clock.move(minutes=1)
    assert read(a_study(tmp_path, courses=[changed]), clock).courses == 1
    (course,) = diary_of(patient_called("P1")).courses
    assert f"P1,{'+'.join(course.medicines)},{course.first_day},{course.last_day}" == changed
    (row,) = (row for row in audit_rows(course.clinic_id) if row.action == "course.corrected")
    assert row.content["before"]["last_day"] == "2026-03-06"


def test_a_corrected_course_makes_room_whatever_the_order_of_the_lines(app, clock, tmp_path):
    read(a_study(tmp_path, courses=["P1,ketamine,2026-03-01,2026-03-10"]), clock)
    lines = ["P1,lidocaine,2026-03-06,2026-03-10", "P1,ketamine,2026-03-01,2026-03-05"]
    assert read(a_study(tmp_path, courses=lines), clock).courses == 2
    assert [course.medicines for course in diary_of(patient_called("P1")).courses] == [("ketamine",), ("lidocaine",)]


def test_a_course_over_one_that_is_stored_is_refused_with_its_place(app, clock, tmp_path):
    clinic = a_clinic(clock)
    a_course(clinic, a_patient(clinic, clock, "P2"), date(2026, 3, 2), clock)
    stored = everything_stored()
    folder = a_study(
        tmp_path,
        ["P1", "P2", "P3"],
        courses=[COURSE, "P2,ketamine,2026-03-06,2026-03-09", "P3,ketamine,2026-03-06,2026-03-09"],
        scores=["P1,2026-03-01,7"],
    )
    with pytest.raises(StudyRefused) as refusal:
        read(folder, clock)
    (problem,) = refusal.value.problems
    assert (problem.file, problem.line) == ("courses.csv", 3)
    assert str(problem).startswith("courses.csv:3:")
    assert "2026-03-02 to 2026-03-06" in problem.reason
    assert everything_stored() == stored


@pytest.mark.parametrize("name", ["patients.csv", "courses.csv", "scores.csv"])
def test_one_bad_last_line_stores_nothing(app, clock, tmp_path, name):
    a_clinic(clock, "Study")
    folder = random_study(tmp_path, random.Random(5), patients=5, until=TODAY, days=20)
    with (folder / name).open("a") as file:
        file.write("P9,2026-03-20,11\n")
    stored = everything_stored()
    with pytest.raises(StudyRefused):
        read(folder, clock)
    assert everything_stored() == stored


def test_a_time_zone_and_tags_that_changed_are_taken_over(app, clock, tmp_path):
    read(a_study(tmp_path, ["P1,UTC,a|b"]), clock)
    write(tmp_path, "patients.csv", ["patient,timezone,tags", "P1,Africa/Cairo,b|c"])
    read(tmp_path, clock)
    diary = diary_of(patient_called("P1"))
    assert (diary.zones[-1].zone.key, diary.tags) == ("Africa/Cairo", ["b", "c"])
    row = audit_rows(diary.patient.clinic_id)[-1]
    assert (row.action, row.content["fields"]) == ("patient.changed", {"tags": ["b", "c"], "time_zone": "Africa/Cairo"})
    assert summary_of_row(patient_called("P1")).true_until == datetime(2026, 3, 21, 2, tzinfo=UTC)


def moved_by_staff(patient, from_day, zone):
    with transaction() as session:
        key = {"clinic_id": patient.clinic_id, "patient_id": patient.patient_id}
        session.add(PatientZone(**key, valid_from=from_day, time_zone=zone))


@pytest.mark.parametrize("from_day", [date(2026, 3, 10), date(2026, 3, 25)])
def test_time_zones_that_staff_entered_stay_and_are_counted_where_the_study_says_otherwise(
    app, clock, tmp_path, from_day
):
    read(a_study(tmp_path, ["P1,Europe/Amsterdam,", "P2,UTC,"]), clock)
    moved_by_staff(patient_called("P1"), from_day, "Asia/Tokyo")
    today = "Asia/Tokyo" if from_day <= TODAY else "Europe/Amsterdam"
    for said, other_zones in (("Africa/Cairo", 1), (today, 0)):
        done = read(a_study(tmp_path, [f"P1,{said},", "P2,UTC,"]), clock)
        assert done.other_zones == other_zones
        lived = [(one.valid_from, one.zone.key) for one in diary_of(patient_called("P1")).zones]
        assert [zone for _from, zone in lived] == ["Europe/Amsterdam", "Asia/Tokyo"]
        assert lived[1][0] == from_day


def test_a_new_score_is_as_late_as_it_was_where_the_patient_lived_then(app, clock, tmp_path):
    read(a_study(tmp_path, ["P1,Europe/Amsterdam,"]), clock)
    patient = patient_called("P1")
    moved_by_staff(patient, date(2026, 3, 10), "Asia/Tokyo")
    # 20:30 UTC: half past nine in the evening in Amsterdam, half past five of the next morning in Tokyo.
    lines = [f"P1,{day},5,{day}T20:30:00+00:00," for day in ("2026-03-05", "2026-03-15")] + ["P1,2026-03-16,5,,"]
    read(a_study(tmp_path, ["P1,Asia/Tokyo,"], scores=lines), clock)
    before, after, noon = revisions_of(patient)
    assert (before.days_late, after.days_late) == (0, 1)
    assert noon.written_at == datetime(2026, 3, 16, 3, tzinfo=UTC), "noon in Tokyo"


def test_reminders_follow_a_time_zone_that_a_study_changes(app, clock, tmp_path):
    read(a_study(tmp_path, ["P1,Europe/Amsterdam,"]), clock)
    patient = patient_called("P1")
    with transaction() as session:
        row = put_setting(session, subject(patient), now=clock())
        row.hour, row.is_on = 20, True
        set_next_turn(session, row, clock())
    before = next_turn(patient)
    read(a_study(tmp_path, ["P1,America/New_York,"]), clock)
    assert before.astimezone(ZoneInfo("Europe/Amsterdam")).hour == 20
    assert next_turn(patient).astimezone(ZoneInfo("America/New_York")).hour == 20


def next_turn(patient):
    with snapshot() as session:
        return session.get_one(ReminderSetting, (patient.clinic_id, patient.patient_id)).next_at


def test_a_name_the_clinic_gave_stays(app, clock, tmp_path):
    clinic = a_clinic(clock)
    particulars = patients.Particulars("P1", "Ana Ramírez", "Europe/Amsterdam", phone="0555 1")
    patients.add_patient(clinic.nurse, clinic.clinic_id, particulars, clock=clock)
    read(a_study(tmp_path, scores=["P1,2026-03-19,5"]), clock)
    patient = diary_of(patient_called("P1")).patient
    assert (patient.name, patient.phone) == ("Ana Ramírez", "0555 1")

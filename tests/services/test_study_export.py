"""What is written back says the same: in the same clinic nothing changes, in another every verdict is equal."""

import random
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from diary.access.identity import OPERATOR
from diary.db import transaction
from diary.models import PatientZone
from diary.services import courses, study, study_export
from diary.services.entries import record_entry, undo_entry
from diary.services.patients import patient_with_reference
from diary.services.verdicts import verdicts_as_of
from diary.services.worklist import refresh_everywhere
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import everything_stored
from tests.services.study_folders import random_study

TODAY = date(2026, 3, 20)
WEST = "Pain clinic West"


def write(patient, day, score, clock):
    clock.move(minutes=1)
    return record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock).entry


@pytest.fixture
def west(app, clock, tmp_path):
    """A clinic with an imported study and a patient who wrote late, corrected and took back."""
    clock.now = datetime(2026, 2, 20, 12, tzinfo=UTC)
    clinic = a_clinic(clock)
    folder = random_study(tmp_path / "first", random.Random(11), patients=8, until=TODAY, days=60)
    study.import_study(OPERATOR, folder, clinic=WEST, clock=clock)
    stranger = a_patient(clinic, clock, "=A-2", "America/St_Johns")
    write_days(stranger, [7, None, 8], clock, first_day=date(2026, 2, 21))
    patient = a_patient(clinic, clock, "A-1", "Africa/Cairo")
    lives_through_a_course(clinic, patient, clock)
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    refresh_everywhere(clock)
    return clinic


def lives_through_a_course(clinic, patient, clock):
    write_days(patient, [7, 8, 7, None, 7, 6, 7], clock, first_day=date(2026, 2, 22))
    a_course(clinic, patient, date(2026, 3, 1), clock, days=2, medicines=("lidocaine", "magnesium"))
    write_days(patient, [3, None, 2, 3, None, 2, 3, 3, None, 9, 8], clock, first_day=date(2026, 3, 3))
    for back in (1, 2, 3):
        write(patient, date(2026, 3, 13) - timedelta(days=back), back + 3, clock)
    write(patient, date(2026, 3, 3), 1, clock)
    undo_entry(patient, subject(patient), write(patient, date(2026, 3, 13), 9, clock).id, clock=clock)
    entry = write(patient, date(2026, 3, 12), 10, clock)
    clock.move(minutes=1)
    undo_entry(patient, subject(patient), entry.id, clock=clock)
    planned = courses.CourseDays(("ketamine",), CourseStatus.PLANNED, TODAY, TODAY)
    courses.record_course(clinic.nurse, subject(patient), planned, clock=clock)


def told(day, clinic):
    return [
        {name: value for name, value in verdict.items() if name not in ("clinic", "id")}
        for verdict in verdicts_as_of(OPERATOR, day, clinic=clinic)
    ]


def without_plans(verdicts):
    """Planned courses and what was recorded beside the scores are not part of a study."""
    for verdict in verdicts:
        verdict["marks"] = [
            m
            for m in verdict["marks"]
            if m["code"] not in ("course_planned", "inside_minimum_interval", "yearly_limit", "high_scores")
        ]
    return verdicts


def test_an_export_read_into_another_clinic_gives_the_same_verdicts(west, clock, tmp_path):
    assert study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock) == 10
    study.import_study(OPERATOR, tmp_path / "out", clinic="East", clock=clock)
    for days in (0, 1, 5, 12, 40):
        day = TODAY + timedelta(days=days)
        assert without_plans(told(day, "East")) == without_plans(told(day, WEST))
    # the states are not all the same one, or equality would say little
    assert len({verdict["state"] for verdict in told(TODAY, WEST)}) >= 4


def test_earlier_days_are_equal_too_where_nothing_was_corrected(app, clock, tmp_path):
    folder = random_study(tmp_path / "first", random.Random(12), patients=15, until=TODAY, days=60)
    study.import_study(OPERATOR, folder, clinic=WEST, clock=clock)
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    study.import_study(OPERATOR, tmp_path / "out", clinic="East", clock=clock)
    for back in range(0, 60, 6):
        assert told(TODAY - timedelta(days=back), "East") == told(TODAY - timedelta(days=back), WEST)


def test_an_export_read_into_the_same_clinic_changes_nothing(west, clock, tmp_path):
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    stored = everything_stored()
    clock.move(minutes=5)
    done = study.import_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    assert (done.patients, done.courses, done.scores) == (0, 0, 0)
    after = everything_stored()
    for name in stored.keys() - {"clinic_tally", "patient_forecast"}:
        assert after[name] == stored[name], name


def test_an_export_of_an_export_is_the_same_files(west, clock, tmp_path):
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    study.import_study(OPERATOR, tmp_path / "out", clinic="East", clock=clock)
    study_export.export_study(OPERATOR, tmp_path / "again", clinic="East", clock=clock)
    for name in ("patients.csv", "courses.csv", "scores.csv"):
        assert (tmp_path / "again" / name).read_text() == (tmp_path / "out" / name).read_text()


def test_an_export_holds_live_scores_and_given_courses_and_is_for_its_owner_only(west, clock, tmp_path):
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "out").iterdir()} == {0o600}
    scores = (tmp_path / "out" / "scores.csv").read_text().splitlines()
    own = [line.split(",") for line in scores if line.startswith("A-1,")]
    by_day = {day: score for _, day, score, *_ in own}
    assert len(own) == len(by_day)
    assert (by_day["2026-03-03"], by_day["2026-03-12"]) == ("1", "4")
    assert by_day["2026-03-13"] == "8"
    assert "2026-03-20" not in (tmp_path / "out" / "courses.csv").read_text().split("A-1", 1)[1].split("\n")[0]


def test_a_late_day_is_as_late_in_the_file_as_in_the_diary(west, clock, tmp_path):
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    lines = (tmp_path / "out" / "scores.csv").read_text().splitlines()
    moments = {line.split(",")[1]: line.split(",")[3][:10] for line in lines if line.startswith("A-1,")}
    assert moments["2026-03-11"] == "2026-03-13"
    assert moments["2026-03-03"] == "2026-03-03", "a correction does not make a day late"


def test_a_patient_is_written_with_the_zone_of_today_and_each_moment_in_the_zone_of_its_day(west, clock, tmp_path):
    for reference, from_day in (("A-1", date(2026, 3, 5)), ("=A-2", date(2026, 3, 25))):
        with transaction() as session:
            row = patient_with_reference(session, west.clinic_id, reference)
            session.add(
                PatientZone(clinic_id=row.clinic_id, patient_id=row.id, valid_from=from_day, time_zone="Asia/Tokyo")
            )
    study_export.export_study(OPERATOR, tmp_path / "out", clinic=WEST, clock=clock)
    patients = (tmp_path / "out" / "patients.csv").read_text().splitlines()
    zones = {line.split(",")[0].lstrip("'"): line.split(",")[1] for line in patients}
    assert (zones["A-1"], zones["=A-2"]) == ("Asia/Tokyo", "America/St_Johns")
    scores = [line.split(",") for line in (tmp_path / "out" / "scores.csv").read_text().splitlines()]
    offsets = {day: moment[-6:] for reference, day, _score, moment, *_ in scores if reference == "A-1"}
    assert (offsets["2026-03-03"], offsets["2026-03-05"]) == ("+02:00", "+09:00")

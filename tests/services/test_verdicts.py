"""Verdicts of a clinic as others read them: names, types, order, and as if nothing later had been written."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from diary.access.identity import OPERATOR, Identity
from diary.errors import Invalid
from diary.services import courses, study
from diary.services.entries import record_entry
from diary.services.verdicts import verdicts_as_of
from diary.vocabulary import EventKind
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import diary_of
from tests.services.study_folders import a_study

TODAY = date(2026, 3, 20)

NAMES = {
    "patient": str,
    "state": str,
    "marks": list,
    "medicine": str,
    "last_day": str,
    "t": int,
    "baseline": float,
    "baseline_n": int,
    "baseline_how": str,
    "line": float,
    "mean7": float,
    "n7": int,
    "mean7_before": float,
    "n7_before": int,
    "confirmed": int,
    "due": int,
    "days_of_relief": int,
    "why": str,
    "ruleset": str,
    "clinic": str,
    "id": str,
}


def told(day, clinic=None):
    return list(verdicts_as_of(OPERATOR, day, clinic=clinic))


@pytest.fixture
def lost(app, clock, tmp_path):
    """A patient who lost the response: baseline 50/7, relief of twenty days, then 7 again; each written at noon."""
    clinic = a_clinic(clock)
    scores = [7, 7, 8, 7, 7, 7, 7, *[None] * 3, *[2] * 20, *[7] * 20]
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(len(scores))]
    lines = [
        f"P-1,{day},{score},{day}T12:00:00Z," for day, score in zip(days, scores, strict=True) if score is not None
    ]
    folder = a_study(tmp_path, ["P-1"], courses=["P-1,ketamine,2026-01-08,2026-01-10"], scores=lines)
    study.import_study(OPERATOR, folder, clinic=None, clock=clock)
    (verdict,) = told(days[-1])
    return clinic, Identity(uuid.uuid4(), clinic.clinic_id, patient_id=uuid.UUID(verdict["id"]))


def test_a_verdict_says_every_name_in_its_order(lost):
    (verdict,) = told(date(2026, 2, 19))
    assert list(verdict) == list(NAMES)
    assert json.loads(json.dumps(verdict)) == verdict
    absent = {name for name, value in verdict.items() if value is None}
    assert absent == {"why"}
    for name in NAMES.keys() - absent:
        allowed = (int, float) if NAMES[name] is float else NAMES[name]
        assert isinstance(verdict[name], allowed), name


def test_a_verdict_shows_its_arithmetic(lost):
    (verdict,) = told(date(2026, 2, 19))
    _, patient = lost
    assert verdict["state"] == "REPEAT_DUE"
    assert (verdict["medicine"], verdict["last_day"], verdict["t"]) == ("ketamine", "2026-01-10", 40)
    assert (verdict["baseline"], verdict["baseline_n"], verdict["baseline_how"]) == (7.1429, 7, "7-day")
    assert verdict["line"] == 5
    assert (verdict["mean7"], verdict["n7"], verdict["mean7_before"], verdict["n7_before"]) == (7, 7, 7, 7)
    # weeks are over the line from day 25 on (5 of 7 days at 7: 39/7), so two of them from day 32 on
    assert (verdict["confirmed"], verdict["due"], verdict["days_of_relief"]) == (14, 32, 24)
    assert (verdict["ruleset"], verdict["clinic"], verdict["id"]) == (
        "1",
        "Pain clinic West",
        str(patient.patient_id),
    )
    assert {"code", "value"} <= verdict["marks"][0].keys()


def test_absent_is_null(app, clock):
    a_patient(a_clinic(clock), clock)
    (verdict,) = told(TODAY)
    present = {name for name, value in verdict.items() if value is not None}
    assert present == {"patient", "state", "marks", "ruleset", "clinic", "id"}
    assert (verdict["state"], verdict["marks"]) == ("NO_COURSE", [])


def test_everyone_is_told_in_the_order_of_the_references(app, clock, tmp_path):
    references = ["b", "B", "a10", "a2", "é", "Z", "00"]
    study.import_study(OPERATOR, a_study(tmp_path, references), clinic=None, clock=clock)
    assert [verdict["patient"] for verdict in told(TODAY)] == sorted(references)


def test_what_was_written_after_the_day_is_not_known(lost, clock):
    _, patient = lost
    before = {day: told(day) for day in (date(2026, 1, 20), date(2026, 2, 10), date(2026, 2, 19))}
    clock.now = datetime(2026, 2, 20, 12, tzinfo=UTC)
    for day in (date(2026, 1, 12), date(2026, 1, 15), date(2026, 2, 9), date(2026, 2, 17)):
        record_entry(patient, subject(patient), day=day, score=10, client_ref=uuid.uuid4(), clock=clock)
        clock.move(minutes=1)
    for day, verdict in before.items():
        assert told(day) == verdict, day
    assert told(date(2026, 2, 20))[0]["mean7"] != before[date(2026, 2, 19)][0]["mean7"]


def test_a_late_entry_is_known_from_the_day_it_was_written(lost, clock):
    _, patient = lost
    clock.now = datetime(2026, 2, 22, 12, tzinfo=UTC)
    assert told(date(2026, 2, 20))[0]["n7"] == 6
    record_entry(patient, subject(patient), day=date(2026, 2, 21), score=1, client_ref=uuid.uuid4(), clock=clock)
    assert told(date(2026, 2, 21))[0]["n7"] == 5
    assert told(date(2026, 2, 22))[0]["n7"] == 5


def test_an_event_recorded_after_the_day_is_not_known_on_it(lost, clock):
    clinic, patient = lost
    before = told(date(2026, 2, 10))
    clock.now = datetime(2026, 2, 19, 12, tzinfo=UTC)
    courses.record_event(clinic.nurse, subject(patient), EventKind.INTERCURRENT, clock=clock, day=date(2026, 2, 5))
    assert told(date(2026, 2, 10)) == before
    assert "intercurrent_event" in {mark["code"] for mark in told(date(2026, 2, 19))[0]["marks"]}


def test_a_course_that_starts_later_is_not_known(lost, clock):
    clinic, patient = lost
    before = told(date(2026, 2, 19))
    clock.now = datetime(2026, 2, 25, 12, tzinfo=UTC)
    a_course(clinic, patient, date(2026, 2, 20), clock, days=2)
    assert told(date(2026, 2, 19)) == before
    assert told(date(2026, 2, 20))[0]["state"] == "IN_COURSE"


def test_a_baseline_given_later_is_not_known(lost, clock):
    clinic, patient = lost
    before = told(date(2026, 2, 19))
    clock.now = datetime(2026, 2, 20, 12, tzinfo=UTC)
    course_id = diary_of(patient).courses[0].id
    courses.give_baseline(clinic.clinician, subject(patient), course_id, value=9, reason="notes", clock=clock)
    assert told(date(2026, 2, 19)) == before
    assert told(date(2026, 2, 20))[0]["baseline_how"] == "set"


def test_entries_of_later_days_change_nothing_on_earlier_ones(lost, clock):
    _, patient = lost
    days = [date(2026, 1, 5) + timedelta(days=number) for number in range(0, 46, 5)]
    before = [told(day) for day in days]
    write_days(patient, [10] * 15, clock, first_day=date(2026, 2, 20))
    assert [told(day) for day in days] == before


def test_the_clinic_is_the_named_or_the_only_one(app, clock):
    with pytest.raises(Invalid, match="There is no clinic yet"):
        told(TODAY)
    west = a_clinic(clock)
    a_patient(west, clock, "W")
    assert [verdict["patient"] for verdict in told(TODAY)] == ["W"]
    a_patient(a_clinic(clock, "Pain clinic East"), clock, "E")
    assert [verdict["patient"] for verdict in told(TODAY, "Pain clinic East")] == ["E"]
    with pytest.raises(Invalid, match="There are several clinics"):
        told(TODAY)
    with pytest.raises(Invalid, match="There is no clinic called 'North'"):
        told(TODAY, "North")

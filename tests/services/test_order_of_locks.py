"""Units that hold rows of many patients hold them in one order, so that none of them wait for each other in a ring."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from diary.access.identity import OPERATOR
from diary.db import db, snapshot, transaction
from diary.models import Patient
from diary.services import courses, forecasts, projection
from diary.services.forecasts import make_forecasts
from diary.services.fresh_lines import remake_stale
from diary.services.projection import refresh_summaries
from diary.services.study import import_study
from diary.vocabulary import CourseStatus
from diary.wall import standing, wall_of
from tests.clinic_builders import a_patient, subject
from tests.services.expecting import expecting, stored_forecast, wait_for_chairs
from tests.services.looking_in import diary_of
from tests.services.study_folders import a_study

pytestmark = pytest.mark.about_postgres("SQLite knows one writer")

TODAY = date(2026, 3, 20)
HOLDS = {
    "clinic": r"FROM clinic\s.*FOR (NO KEY )?UPDATE",
    "patients": r"FROM patient\s.*FOR (NO KEY )?UPDATE",
    "forecast": r"(FROM patient_forecast\s.*FOR UPDATE|^UPDATE patient_forecast)",
    "line": r"^UPDATE patient_summary",
    "head": r"FROM audit_head\s.*FOR UPDATE",
    "tally": r"^UPDATE clinic_tally",
}


@pytest.fixture
def units(app):
    """What each unit holds, in its order, each thing named where it is held first."""
    held = [[]]

    def note(_connection, _cursor, statement, *_more):
        for name, pattern in HOLDS.items():
            if re.search(pattern, statement, re.DOTALL) and name not in held[-1]:
                held[-1].append(name)

    def end(_connection):
        held.append([])

    event.listen(db.engine, "before_cursor_execute", note)
    event.listen(db.engine, "commit", end)
    yield held
    event.remove(db.engine, "before_cursor_execute", note)
    event.remove(db.engine, "commit", end)


def several(clinic, clock, number=3):
    return [a_patient(clinic, clock, f"M-{each}") for each in range(number)]


def give_course(clinic, patient, clock):
    days = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, TODAY, TODAY)
    courses.record_course(clinic.clinician, subject(patient), days, clock=clock)


def give_baseline(clinic, patient, clock):
    given = {"value": Decimal(5), "reason": "from the notes", "clock": clock}
    (course,) = diary_of(patient).courses
    courses.give_baseline(clinic.clinician, subject(patient), course.id, **given)


def several_to_forecast(clinic, clock, monkeypatch):
    people = several(clinic, clock)
    for one in people:
        give_course(clinic, one, clock)
    wait_for_chairs(clinic, clock)
    remake_stale(clinic.clinic_id, clock=clock)
    expecting(monkeypatch)
    return people


def test_forecasts_hold_the_clinic_and_its_patients_before_any_row_of_theirs(clinic, clock, monkeypatch, units):
    several_to_forecast(clinic, clock, monkeypatch)
    units.append([])
    assert make_forecasts(clock) == 3
    assert [held for held in units if "forecast" in held][-1] == ["clinic", "patients", "forecast", "line", "tally"]


def test_new_rules_hold_everyone_before_the_chain_and_their_lines(clinic, clock, units):
    several(clinic, clock)
    units.append([])
    wait_for_chairs(clinic, clock)
    assert [held for held in units if held][-1] == ["clinic", "patients", "head", "line", "tally"]


def test_many_lines_made_in_one_unit_are_all_held_before_the_tally(clinic, clock, monkeypatch, units):
    people = several(clinic, clock)
    monkeypatch.setattr(projection, "AT_ONCE", 1)
    locked = []

    def note(_connection, _cursor, statement, *_more):
        if re.search(HOLDS["patients"], statement, re.DOTALL):
            locked.append("patients")
        if re.search(HOLDS["tally"], statement, re.DOTALL):
            locked.append("tally")

    event.listen(db.engine, "before_cursor_execute", note)
    with transaction() as session:
        assert refresh_summaries(session, clinic.clinic_id, (one.patient_id for one in people), now=clock()) == 3
    event.remove(db.engine, "before_cursor_execute", note)
    assert locked == ["patients", "tally", "tally", "tally"]


def test_a_study_read_again_holds_its_patients_before_the_chain_and_the_tally(app, clock, tmp_path):
    course = "P1,ketamine,2026-03-02,2026-03-06"
    read = a_study(tmp_path / "first", ["P1", "P2"], courses=[course], scores=["P1,2026-03-01,7", "P2,2026-03-01,7"])
    import_study(OPERATOR, read, clinic=None, clock=clock)
    again = a_study(tmp_path / "again", ["P1", "P2"], courses=[course], scores=["P1,2026-03-01,6", "P2,2026-03-01,6"])
    with snapshot() as session:
        stored = set(session.scalars(select(Patient.id)))
    held, others = set(), []

    def note(_connection, _cursor, statement, parameters, *_more):
        if any(re.search(HOLDS[name], statement, re.DOTALL) for name in ("head", "tally", "line")):
            others.append(set(held))
        elif re.search(HOLDS["patients"], statement, re.DOTALL):
            held.update(stored.intersection(parameters.values()))

    event.listen(db.engine, "before_cursor_execute", note)
    import_study(OPERATOR, again, clinic=None, clock=clock)
    event.remove(db.engine, "before_cursor_execute", note)
    assert others
    assert {frozenset(before) for before in others} == {frozenset(stored)}


def test_staff_who_change_a_course_while_forecasts_are_stored_never_wait_in_a_ring(app, clinic, clock, monkeypatch):
    people = several_to_forecast(clinic, clock, monkeypatch)
    real, begun = forecasts.take_in_forecasts, []

    def change_another(patient_id):
        (last, *_) = (one for one in reversed(people) if one.patient_id != patient_id)
        with app.app_context(), standing(wall_of(clinic.clinic_id)):
            give_baseline(clinic, last, clock)

    def store_slowly(session, clinic_id, patient_ids, *, now):
        real(session, clinic_id, patient_ids, now=now)
        if not begun:  # this unit holds the tally by now
            begun.append(threads.submit(change_another, patient_ids[0]))
            time.sleep(0.5)

    monkeypatch.setattr(forecasts, "take_in_forecasts", store_slowly)
    with ThreadPoolExecutor(1) as threads:
        assert make_forecasts(clock) == 3
        begun[0].result(30)
    assert len([one for one in people if stored_forecast(one).as_of == TODAY]) == 3

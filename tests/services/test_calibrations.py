"""The calibration of a clinic's forecasts: the shipped one, until its own finished courses are enough."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from diary.access.identity import OPERATOR
from diary.clinical.forecast import finished
from diary.clinical.forecast.calibration import SHIPPED
from diary.db import snapshot
from diary.models import Clinic
from diary.services import calibrations
from diary.services.calibrations import calibration_in_force, learn_calibrations
from diary.services.study import import_study
from diary.services.verdicts import forecasts_as_of
from tests.clinic_builders import a_clinic
from tests.services.study_folders import a_study

FIRST = date(2026, 1, 5)


@pytest.fixture(scope="module")
def kept(keep, tmp_path_factory):
    return keep(lambda clock: take_finished_courses_in(clock, tmp_path_factory.mktemp("study")))


@pytest.fixture
def a_clinic_with_finished_courses(app, clock, kept):
    """Six patients whose relief ended between day 30 and 55, and one whose relief is running."""
    kept.put_into_place(clock)
    return clock


def take_finished_courses_in(clock, folder):
    clock.now = datetime(2026, 4, 1, 12, tzinfo=UTC)
    people = [f"P{number}" for number in range(7)]
    scores = []
    for number, who in enumerate(people):
        lasts = 30 + 5 * number if number < 6 else 200
        for step in range(-10, 86):
            level = 8 if step < 0 or step > lasts else 3
            if step:
                scores.append(f"{who},{FIRST + timedelta(days=step)},{level - (step + number) % 2}")
    study = a_study(folder, people, courses=[f"{who},ketamine,{FIRST},{FIRST}" for who in people], scores=scores)
    import_study(OPERATOR, study, clinic=None, clock=clock)


@pytest.fixture
def few_are_enough(monkeypatch):
    """Let five finished courses be enough."""
    for module in (calibrations, finished):
        monkeypatch.setattr(module, "OWN_COURSES_NEEDED", 5)


def in_force():
    with snapshot() as session:
        return calibration_in_force(session, session.query(Clinic.clinic_id).scalar())


def test_with_too_few_finished_courses_the_shipped_calibration_is_used(a_clinic_with_finished_courses):
    assert learn_calibrations(a_clinic_with_finished_courses) == 1
    assert in_force() == SHIPPED


def test_a_clinic_learns_from_its_own_finished_courses(a_clinic_with_finished_courses, few_are_enough):
    learn_calibrations(a_clinic_with_finished_courses)
    assert in_force().courses == 6
    assert in_force().ranks != SHIPPED.ranks


def test_it_is_learned_once_a_day(a_clinic_with_finished_courses, few_are_enough):
    clock = a_clinic_with_finished_courses
    assert [learn_calibrations(clock), learn_calibrations(clock)] == [1, 0]
    clock.now += timedelta(days=1)
    assert learn_calibrations(clock) == 1


def test_a_diary_that_cannot_be_read_keeps_no_clinic_from_learning(
    a_clinic_with_finished_courses, few_are_enough, monkeypatch
):
    real, bad = calibrations.read_diaries, []

    def failing(session, clinic_id, patient_ids):
        for diary in real(session, clinic_id, patient_ids):
            bad.extend([] if bad else [diary.patient.id])
            if diary.patient.id in bad:
                raise LookupError("a zone that nobody knows")
            yield diary

    monkeypatch.setattr(calibrations, "read_diaries", failing)
    with capture_logs() as told:
        assert learn_calibrations(a_clinic_with_finished_courses) == 1
    assert in_force().courses == 5
    assert [one["patient"] for one in told if one["event"] == "course_not_learned_from"] == [str(bad[0])]


def test_a_diary_that_cannot_be_judged_keeps_no_clinic_from_learning(
    a_clinic_with_finished_courses, few_are_enough, monkeypatch
):
    real, judged = calibrations.finished_course, []

    def failing(*course, **more):
        judged.append(course)
        if len(judged) == 3:
            raise ArithmeticError("nobody foresaw this diary")
        return real(*course, **more)

    monkeypatch.setattr(calibrations, "finished_course", failing)
    assert learn_calibrations(a_clinic_with_finished_courses) == 1
    assert in_force().courses == 5


def fail_to_learn(monkeypatch, error):
    def failing(_courses, _rules):
        raise error

    monkeypatch.setattr(calibrations, "own_calibration", failing)


def test_a_clinic_that_cannot_learn_keeps_what_it_knew_and_tries_again_the_next_day(
    a_clinic_with_finished_courses, few_are_enough, monkeypatch
):
    clock = a_clinic_with_finished_courses
    learn_calibrations(clock)
    known = in_force()
    clock.move(days=1)
    with monkeypatch.context() as broken, capture_logs() as told:
        fail_to_learn(broken, ArithmeticError("nobody foresaw these courses"))
        assert [learn_calibrations(clock), learn_calibrations(clock)] == [0, 0]
    assert len([one for one in told if one["event"] == "calibration_failed"]) == 1
    assert (in_force(), known.courses) == (known, 6)
    clock.move(days=1)
    assert learn_calibrations(clock) == 1


def test_a_clinic_that_cannot_learn_holds_up_no_other(app, clock, monkeypatch):
    clinics = [a_clinic(clock, f"Pain clinic {name}") for name in ("North", "East")]
    real = calibrations.rules_in_force

    def failing(session, clinic_id):
        if clinic_id == clinics[0].clinic_id:
            raise RuntimeError
        return real(session, clinic_id)

    monkeypatch.setattr(calibrations, "rules_in_force", failing)
    assert learn_calibrations(clock) == 1


def test_what_could_not_be_learned_while_the_database_was_away_is_learned_when_it_is_back(
    a_clinic_with_finished_courses, few_are_enough, monkeypatch
):
    with monkeypatch.context() as away:
        fail_to_learn(away, OperationalError("SELECT", None, TimeoutError()))
        assert learn_calibrations(a_clinic_with_finished_courses) == 0
    assert learn_calibrations(a_clinic_with_finished_courses) == 1


def test_a_forecast_as_of_a_day_knows_only_the_courses_that_were_finished_then(
    a_clinic_with_finished_courses, few_are_enough, monkeypatch
):
    asked = []

    def watched(courses, rules):
        asked.append(len(list(courses)))
        return SHIPPED

    monkeypatch.setattr(calibrations, "own_calibration", watched)
    for day in (FIRST + timedelta(days=25), FIRST + timedelta(days=85)):
        assert list(forecasts_as_of(OPERATOR, day, clinic=None))
    assert asked == [0, 6]


def test_own_courses_change_what_is_forecast(a_clinic_with_finished_courses, few_are_enough, monkeypatch):
    day = FIRST + timedelta(days=85)

    def still_running():
        return next(line for line in forecasts_as_of(OPERATOR, day, clinic=None) if line["patient"] == "P6")

    own = still_running()
    monkeypatch.setattr(finished, "OWN_COURSES_NEEDED", 100)
    assert own["beyond_horizon"] != still_running()["beyond_horizon"]

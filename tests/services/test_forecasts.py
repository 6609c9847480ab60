"""Forecasts: asked for by whatever changes a diary, made by the job, stored with their day, and never lost."""

import json
import subprocess
import sys
import threading
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial
from unittest.mock import patch

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from diary import jobs
from diary.clinical.forecast import Forecast, Silent
from diary.clinical.medicines import DEFAULT_MEDICINES
from diary.db import snapshot, transaction
from diary.metering import FAULTS
from diary.services import courses, forecasts, projection
from diary.services.entries import record_entry
from diary.services.forecasts import make_forecasts
from diary.services.fresh_lines import make_right, remake_stale
from diary.services.projection import refresh_summaries, summary_of
from diary.services.rules import rules_in_force
from diary.services.summary_marks import stale_patients
from diary.services.worklist import WorklistFilter, read_worklist
from diary.settings import ROOT
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.expecting import expecting, stored_forecast, wait_for_chairs
from tests.services.looking_in import diary_of, everything_stored, summary_of_row
from tests.services.side_by_side import side_by_side

TODAY = date(2026, 3, 20)
DAY_0 = date(2026, 2, 27)


@pytest.fixture(scope="module")
def relieved_kept(keep, clinic_kept):
    return keep(lambda clock: a_relieved(clinic_kept.made, clock, "M-1"), after=clinic_kept)


@pytest.fixture
def relieved(clinic, clock, relieved_kept):
    """A patient whose response is confirmed, on day 21 after ketamine."""
    return relieved_kept.put_into_place(clock)


def a_relieved(clinic, clock, reference):
    clock.now = datetime(2026, 2, 23, 12, tzinfo=UTC)
    patient = a_patient(clinic, clock, reference)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 2, 16))
    a_course(clinic, patient, date(2026, 2, 23), clock)
    write_days(patient, [2] * 21, clock, first_day=date(2026, 2, 28))
    return patient


def write_one(patient, clock, day=TODAY, score=3):
    record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)


def never(*_args, **_more):
    pytest.fail("A forecast was computed.")


def test_an_entry_asks_for_a_forecast_and_does_not_wait_for_it(relieved, clock, monkeypatch):
    monkeypatch.setattr(forecasts, "forecast_of", never)
    asked = stored_forecast(relieved)
    write_one(relieved, clock)
    again = stored_forecast(relieved)
    assert (again.wanted, again.wanted_since) == (asked.wanted + 1, asked.wanted_since)
    assert again.as_of is None


def test_a_forecast_is_made_and_kept_with_its_day(relieved, clock, monkeypatch):
    made = expecting(monkeypatch)
    assert make_forecasts(clock) == 1
    row = stored_forecast(relieved)
    assert (row.as_of, row.made_at, row.course_day_0, row.wanted_since) == (TODAY, clock(), DAY_0, None)
    assert (row.p10, row.p50, row.p90, row.p_loss_14d, row.beyond_horizon) == (50, 60, 70, 0.35, 0.1)
    assert diary_of(relieved).forecast_on(TODAY) == Forecast(TODAY, DAY_0, 50, 60, 70, 0.35, 0.1)
    assert make_forecasts(clock) == 0
    assert made == [TODAY]


def test_a_forecast_that_falls_silent_forgets_its_window(relieved, clock, monkeypatch):
    expecting(monkeypatch)
    make_forecasts(clock)
    write_one(relieved, clock)
    expecting(monkeypatch, silent=Silent.WIDE_WINDOW, chance=0.05)
    assert make_forecasts(clock) == 1
    told = diary_of(relieved).forecast_on(TODAY)
    assert told == Forecast(TODAY, DAY_0, p_loss_14d=0.05, silent=Silent.WIDE_WINDOW)


def test_a_patient_without_a_course_is_made_one_that_says_so(clinic, clock):
    patient = a_patient(clinic, clock)
    assert make_forecasts(clock) == 1
    assert diary_of(patient).forecast_on(TODAY) == Forecast(TODAY, None, silent=Silent.NO_COURSE)


def test_an_entry_that_arrives_while_the_forecast_is_computed_is_not_lost(relieved, clock, monkeypatch):
    arrived = []

    def write_meanwhile(_today):
        if not arrived:
            arrived.append(write_one(relieved, clock))  # a unit of its own: none is open while a forecast is computed

    made = expecting(monkeypatch, before=write_meanwhile)
    assert make_forecasts(clock) == 0
    assert stored_forecast(relieved).as_of is None
    assert make_forecasts(clock) == 1
    assert stored_forecast(relieved).wanted_since is None
    assert len(made) == 2


def test_rules_that_change_while_forecasts_are_computed_leave_them_wanted(clinic, relieved, clock, monkeypatch):
    changes = []

    def change_meanwhile(_today):
        if not changes:
            changes.append(wait_for_chairs(clinic, clock))

    expecting(monkeypatch, before=change_meanwhile)
    assert make_forecasts(clock) == 0
    assert make_forecasts(clock) == 1


def test_a_pass_that_is_killed_keeps_what_it_stored_and_leaves_the_rest_wanted(clinic, clock, monkeypatch):
    patients = [a_relieved(clinic, clock, f"M-{number}") for number in range(4)]
    monkeypatch.setattr(forecasts, "AT_ONCE", 1)
    made = []

    def die_at_the_third(today):
        made.append(today)
        if len(made) == 3:
            raise KeyboardInterrupt

    expecting(monkeypatch, before=die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        make_forecasts(clock)
    assert sum(stored_forecast(patient).wanted_since is None for patient in patients) == 2
    assert make_forecasts(clock) == 2
    assert all(stored_forecast(patient).wanted_since is None for patient in patients)


def test_several_workers_store_each_forecast_once(app, clinic, clock, monkeypatch):
    for number in range(6):
        a_relieved(clinic, clock, f"M-{number}")
    expecting(monkeypatch)
    stored = side_by_side(app, [partial(make_forecasts, clock)] * 4)
    assert sum(stored) == 6
    assert make_forecasts(clock) == 0


def test_one_diary_that_cannot_be_forecast_does_not_hold_up_the_others(clinic, clock, monkeypatch):
    patients = [a_relieved(clinic, clock, f"M-{number}") for number in range(3)]
    failed = []

    def fail_once(today):
        if not failed:
            failed.append(today)
            raise ValueError("not for this one")

    expecting(monkeypatch, before=fail_once)
    clock.move(minutes=1)
    assert make_forecasts(clock, at_most=1) == 0
    assert make_forecasts(clock, at_most=2) == 2
    (left,) = (row for row in map(stored_forecast, patients) if row.wanted_since)
    assert left.wanted_since == clock()
    clock.move(seconds=2)
    assert make_forecasts(clock) == 1


@pytest.mark.parametrize("part", ["read", "stored"])
def test_one_diary_that_cannot_be_read_or_stored_holds_up_nobodys_forecast(clinic, clock, monkeypatch, part):
    patients = [a_relieved(clinic, clock, f"M-{number}") for number in range(5)]
    bad = patients[2]
    expecting(monkeypatch)
    make_right(clinic.clinic_id, clock=clock)
    read, store = forecasts.read_diaries, forecasts._store

    def reading(session, clinic_id, patient_ids):
        for diary in read(session, clinic_id, patient_ids):
            if diary.patient.id == bad.patient_id:
                raise LookupError("a zone that nobody knows")
            yield diary

    def storing(session, clinic_id, one, *more):
        if one.patient_id == bad.patient_id:
            raise ValueError("no database takes this")
        return store(session, clinic_id, one, *more)

    clock.move(minutes=1)
    counted = faults()
    with monkeypatch.context() as broken, capture_logs() as told:
        if part == "read":
            broken.setattr(forecasts, "read_diaries", reading)
        else:
            broken.setattr(forecasts, "_store", storing)
        assert make_forecasts(clock) == 4
        assert make_forecasts(clock) == 0
    assert [one["patient"] for one in told if one["event"] == "forecast_failed"] == [str(bad.patient_id)]
    assert faults() == counted + 1
    assert [stored_forecast(each).wanted_since for each in patients] == [None, None, clock(), None, None]
    clock.move(seconds=2)
    assert make_forecasts(clock) == 1


def faults():
    return sum(one.value for metric in FAULTS.collect() for one in metric.samples if one.labels["where"] == "jobs")


def test_a_clinic_whose_forecasts_fail_holds_up_no_other(app, clock, monkeypatch):
    clinics = [a_clinic(clock, f"Pain clinic {name}") for name in ("North", "East", "South")]
    for each in clinics:
        a_patient(each, clock)
    real = forecasts.make_right

    def failing(clinic_id, *, clock):
        if clinic_id == clinics[0].clinic_id:
            raise RuntimeError
        real(clinic_id, clock=clock)

    monkeypatch.setattr(forecasts, "make_right", failing)
    with capture_logs() as told:
        assert make_forecasts(clock) == 2
    assert [one["clinic"] for one in told if one["event"] == "forecasts_failed"] == [str(clinics[0].clinic_id)]


def test_no_forecast_is_made_while_the_database_is_away(app, clock, monkeypatch):
    for name in ("North", "East", "South"):
        a_patient(a_clinic(clock, f"Pain clinic {name}"), clock)
    asked = []

    def away(clinic_id, *, clock):
        asked.append(clinic_id)
        raise OperationalError("SELECT", None, TimeoutError(clock()))

    monkeypatch.setattr(forecasts, "make_right", away)
    with pytest.raises(OperationalError):
        make_forecasts(clock)
    assert len(asked) == 2


def test_only_so_many_are_made_at_a_time_the_longest_wanted_first(clinic, clock, monkeypatch):
    patients = [a_patient(clinic, clock, f"M-{number}") for number in range(3)]
    expecting(monkeypatch)
    make_forecasts(clock)
    for patient in reversed(patients):
        clock.move(minutes=1)
        write_one(patient, clock)
        make_right(clinic.clinic_id, clock=clock)
    clock.move(minutes=1)
    write_one(patients[2], clock, score=5)  # wanted first, and again: its place is kept
    assert make_forecasts(clock, at_most=2) == 2
    assert [stored_forecast(patient).wanted_since is None for patient in patients] == [False, True, True]


def test_the_jobs_loop_makes_what_is_wanted_whatever_else_fails_and_goes_on(app, relieved, clock, monkeypatch):
    stop, passes, stored = threading.Event(), [], []
    monkeypatch.setattr(jobs, "EVERY_SECONDS", 0.01)

    def fail(_clock):
        stored.append(stored_forecast(relieved).as_of)
        passes.append("begun")
        if len(passes) == 2:
            stop.set()
        raise ValueError("not today")

    monkeypatch.setattr(jobs, "forget_what_is_old", fail)
    expecting(monkeypatch)
    jobs.work(app, stop)
    assert stored == [None, TODAY]


def test_every_clinic_has_its_turn(clinic, clock):
    a_patient(clinic, clock)
    a_patient(a_clinic(clock, "Pain clinic East"), clock)
    assert make_forecasts(clock, at_most=1) == 2


def test_a_day_that_passes_wants_a_new_forecast_and_shows_the_old_one_until_then(clinic, relieved, clock, monkeypatch):
    expecting(monkeypatch)
    make_forecasts(clock)
    clock.move(days=1)
    assert remake_stale(clinic.clinic_id, clock=clock) == 1
    tomorrow = TODAY + timedelta(days=1)
    assert diary_of(relieved).forecast_on(tomorrow).today == TODAY
    assert make_forecasts(clock) == 1
    assert diary_of(relieved).forecast_on(tomorrow).today == tomorrow


def test_a_forecast_is_unknown_on_the_days_before_it(relieved, clock, monkeypatch):
    expecting(monkeypatch)
    make_forecasts(clock)
    assert diary_of(relieved).forecast_on(TODAY - timedelta(days=1)) is None


def test_a_forecast_about_another_course_is_not_shown(clinic, relieved, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    expecting(monkeypatch)
    make_forecasts(clock)
    assert book_by(relieved) == "2026-03-24"
    (course,) = diary_of(relieved).courses
    earlier = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, course.first_day, course.last_day - timedelta(1))
    courses.correct_course(clinic.clinician, course.id, subject(relieved), earlier, reason="x", clock=clock)
    assert diary_of(relieved).forecast_on(TODAY) is None
    assert book_by(relieved) is None
    make_forecasts(clock)
    assert book_by(relieved) == "2026-03-23"


# Book by: the only thing on the worklist that knows the forecast.


def test_a_forecast_brings_a_patient_up_when_it_is_time_to_book(clinic, relieved, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    worklist = partial(read_worklist, clinic.clinician, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert worklist().counts["band-3"] == 1
    expecting(monkeypatch, p50=60)
    assert make_forecasts(clock) == 1
    assert worklist().counts["band-1"] == 1
    # 60 days after 27 February, less 35 days of waiting; the minimum interval of 42 days allows it
    assert book_by(relieved) == "2026-03-24"
    assert summary_of_row(relieved).shown["reason"] == "book_by"


def test_the_summary_made_with_a_forecast_is_what_a_rebuild_gives_and_asks_for_nothing(
    clinic, relieved, clock, monkeypatch
):
    wait_for_chairs(clinic, clock)
    remake_stale(clinic.clinic_id, clock=clock)
    expecting(monkeypatch)
    make_forecasts(clock)
    assert make_forecasts(clock) == 0
    stored = everything_stored()["patient_summary"]
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    shown = json.loads(json.dumps(summary_of(diary_of(relieved), rules, clock())["shown"]))
    assert shown == summary_of_row(relieved).shown
    with transaction() as session:
        refresh_summaries(session, clinic.clinic_id, [relieved.patient_id], now=clock())
    assert everything_stored()["patient_summary"] == stored


@pytest.mark.parametrize("waits", [True, False])
def test_a_summary_is_made_again_only_where_booking_can_have_moved(clinic, relieved, clock, monkeypatch, waits):
    if waits:
        wait_for_chairs(clinic, clock)
        read_worklist(clinic.clinician, clinic.clinic_id, WorklistFilter(), clock=clock)
    expecting(monkeypatch)
    with patch.object(forecasts, "take_in_forecasts", wraps=forecasts.take_in_forecasts) as taken_in:
        make_forecasts(clock)
        assert taken_in.call_count == int(waits)
        write_one(relieved, clock)
        make_forecasts(clock)
        assert taken_in.call_count == int(waits)
        expecting(monkeypatch, p50=61)
        write_one(relieved, clock, score=4)
        make_forecasts(clock)
        assert taken_in.call_count == 2 * int(waits)


def test_a_forecast_that_meets_a_line_out_of_date_lets_all_of_it_be_made_again(clinic, relieved, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    expecting(monkeypatch)
    asked = stored_forecast(relieved).wanted
    assert make_forecasts(clock) == 1
    assert summary_of_row(relieved).true_until > clock()
    assert stored_forecast(relieved).wanted == asked + 1


def test_a_line_that_cannot_be_made_with_its_forecast_holds_up_nobody(clinic, clock, monkeypatch):
    patients = [a_relieved(clinic, clock, f"M-{number}") for number in range(2)]
    wait_for_chairs(clinic, clock)
    remake_stale(clinic.clinic_id, clock=clock)
    expecting(monkeypatch)
    real = projection.line_made

    def failing(diary, rules, now):
        if diary.patient.id == patients[0].patient_id:
            raise ArithmeticError
        return real(diary, rules, now)

    with monkeypatch.context() as broken:
        broken.setattr(projection, "line_made", failing)
        assert make_forecasts(clock) == 2
    with snapshot() as session:
        assert stale_patients(session, clinic.clinic_id, now=clock()) == [patients[0].patient_id]
    assert [book_by(patient) for patient in patients] == ["2026-03-24"] * 2


def test_a_day_that_turns_between_two_looks_still_wants_its_own_forecast(clinic, relieved, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    remake_stale(clinic.clinic_id, clock=clock)
    turn = summary_of_row(relieved).true_until
    clock.now = turn - timedelta(seconds=1)

    def turn_the_day(_today):
        clock.now = turn

    expecting(monkeypatch, before=turn_the_day)
    assert make_forecasts(clock) == 0
    assert stored_forecast(relieved).as_of is None
    assert summary_of_row(relieved).as_of == TODAY
    assert remake_stale(clinic.clinic_id, clock=clock) == 1
    assert make_forecasts(clock) == 1
    assert stored_forecast(relieved).as_of == date(2026, 3, 21)


def test_a_forecast_whose_diary_is_read_as_the_day_turns_is_of_the_new_day(clinic, relieved, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    remake_stale(clinic.clinic_id, clock=clock)
    turn = summary_of_row(relieved).true_until
    clock.now = turn - timedelta(seconds=1)
    read = forecasts.read_diaries

    def reading(*what):
        clock.now = turn
        return read(*what)

    monkeypatch.setattr(forecasts, "read_diaries", reading)
    expecting(monkeypatch)
    assert make_forecasts(clock) == 1
    assert stored_forecast(relieved).as_of == date(2026, 3, 21)
    line = summary_of_row(relieved)
    assert (line.as_of, line.true_until > clock()) == (date(2026, 3, 21), True)


def book_by(patient):
    marks = {mark["code"]: mark["value"] for mark in summary_of_row(patient).shown["verdict"]["marks"]}
    return marks.get("book_by")


def test_numpy_stays_out_of_a_server_until_a_forecast_can_speak():
    code = (
        "import sys, diary.app, diary.jobs, diary.cli.serve, diary.services.forecasts, diary.services.verdicts\n"
        "print('numpy' in sys.modules, 'scipy' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert answer.stdout.split() == ["False", "False"]


def test_no_medicine_has_a_waiting_time_until_a_clinic_sets_one():
    assert {medicine.waiting_time for medicine in DEFAULT_MEDICINES} == {None}

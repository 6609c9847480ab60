"""Lines made again outside of any unit: nothing old is stored over a change, and no diary holds up another one."""

import uuid
from datetime import date, timedelta

import pytest
from structlog.testing import capture_logs

from diary.db import snapshot
from diary.metering import FAULTS
from diary.models import PatientSummary
from diary.services import courses, fresh_lines, worklist
from diary.services.entries import record_entry
from diary.services.fresh_lines import make_right, put, reckon, remake_lines, remake_stale
from diary.services.protection import protect_diary
from diary.services.summary_marks import stale_patients
from diary.services.worklist import WorklistFilter, read_worklist, refresh_everywhere
from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_clinic, a_patient, confirmed, subject
from tests.services.looking_in import everything_stored

TODAY = date(2026, 3, 20)


def write(patient, clock, score=5):
    record_entry(patient, subject(patient), day=TODAY, score=score, client_ref=uuid.uuid4(), clock=clock)


def line(patient):
    """Return a patient's line as it stands in the table."""
    with snapshot() as session:
        return session.get_one(PatientSummary, (patient.clinic_id, patient.patient_id))


def is_stale(patient, clock):
    return line(patient).true_until <= clock()


# What others change while a line is made


def protect(clinic, patient, clock):
    protect_diary(
        confirmed(clinic.admin, clock),
        subject(patient),
        responsible_id=clinic.clinician.member_id,
        reason="a colleague of ours",
        clock=clock,
    )


def give_course(clinic, patient, clock):
    days = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, TODAY - timedelta(days=4), TODAY)
    courses.record_course(clinic.clinician, subject(patient), days, clock=clock)


@pytest.mark.parametrize("change", [protect, give_course])
def test_a_job_that_comes_late_stores_nothing_over_what_staff_changed(clinic, patient, clock, change):
    write(patient, clock)
    with snapshot() as session:
        listed = stale_patients(session, clinic.clinic_id, now=clock())
    assert listed == [patient.patient_id]
    make_right(clinic.clinic_id, clock=clock)  # somebody opens the list first
    read_before = reckon(clinic.clinic_id, listed, clock=clock)
    change(clinic, patient, clock)
    changed = everything_stored()
    put(read_before)
    assert everything_stored() == changed
    assert line(patient).medicine == ("ketamine" if change is give_course else None)
    assert (line(patient).protected_at is not None) is (change is protect)


def test_lines_that_are_right_are_neither_read_nor_stored(clinic, clock, monkeypatch):
    marked, right = (a_patient(clinic, clock, reference) for reference in ("M-1", "M-2"))
    write(marked, clock)
    read = []
    real = fresh_lines.read_for_verdicts

    def listening(session, clinic_id, patient_ids):
        read.extend(patient_ids)
        return real(session, clinic_id, patient_ids)

    monkeypatch.setattr(fresh_lines, "read_for_verdicts", listening)
    remake_lines(clinic.clinic_id, [marked.patient_id, right.patient_id], clock=clock)
    assert read == [marked.patient_id]
    assert not is_stale(marked, clock)


# A diary that cannot be judged


@pytest.fixture
def broken(monkeypatch):
    """Patients whose diaries cannot be judged."""
    ids, real = set(), fresh_lines.line_made

    def line_made(diary, rules, now):
        if diary.patient.id in ids:
            raise ArithmeticError("nobody foresaw this diary")
        return real(diary, rules, now)

    monkeypatch.setattr(fresh_lines, "line_made", line_made)
    return ids


def several(clinic, clock, number, prefix="M"):
    people = [a_patient(clinic, clock, f"{prefix}-{each:02}") for each in range(number)]
    for each in people:
        write(each, clock)
    return people


def faults():
    return sum(one.value for metric in FAULTS.collect() for one in metric.samples if one.labels["where"] == "jobs")


def test_a_diary_that_cannot_be_judged_is_told_and_the_others_are_made(clinic, clock, broken):
    people = several(clinic, clock, 3)
    broken.add(people[1].patient_id)
    counted = faults()
    with capture_logs() as told:
        assert remake_stale(clinic.clinic_id, clock=clock) == 2
    assert [is_stale(each, clock) for each in people] == [False, True, False]
    (failed,) = (one for one in told if one["event"] == "line_failed")
    assert failed["patient"] == str(people[1].patient_id)
    assert faults() == counted + 1
    broken.clear()
    clock.move(seconds=2)
    assert remake_stale(clinic.clinic_id, clock=clock) == 1
    assert not is_stale(people[1], clock)


def tries(clinic, clock, seconds):
    """Look every two seconds, as the jobs do; return after how many seconds the line was tried."""
    began, told = clock(), []
    while (passed := (clock() - began).total_seconds()) < seconds:
        with capture_logs() as said:
            remake_stale(clinic.clinic_id, clock=clock)
        told += [passed for one in said if one["event"] == "line_failed"]
        clock.move(seconds=2)
    return told


def test_a_line_that_fails_is_tried_ever_more_rarely(clinic, clock, broken):
    (patient,) = several(clinic, clock, 1)
    broken.add(patient.patient_id)
    assert tries(clinic, clock, 90) == [0, 2, 6, 14, 30, 62]


def test_a_line_that_failed_is_tried_at_once_when_something_is_written(clinic, clock, broken):
    (patient,) = several(clinic, clock, 1)
    broken.add(patient.patient_id)
    tries(clinic, clock, 20)
    write(patient, clock, score=6)
    assert tries(clinic, clock, 6) == [0, 2]


def test_a_line_that_could_not_be_stored_waits_too(clinic, clock, monkeypatch):
    several(clinic, clock, 1)

    def failing(_session, _clinic_id, _made, *, now):
        raise ValueError(now)

    monkeypatch.setattr(fresh_lines, "put_lines", failing)
    assert tries(clinic, clock, 20) == [0, 2, 6, 14]


def test_a_diary_that_cannot_be_read_holds_up_nobody(clinic, clock, monkeypatch):
    people = several(clinic, clock, 3)
    real = fresh_lines.read_for_verdicts

    def failing(session, clinic_id, patient_ids):
        for diary in real(session, clinic_id, patient_ids):
            if diary.patient.id == people[0].patient_id:
                raise LookupError("a zone that nobody knows")
            yield diary

    monkeypatch.setattr(fresh_lines, "read_for_verdicts", failing)
    assert remake_stale(clinic.clinic_id, clock=clock) == 2
    assert [is_stale(each, clock) for each in people] == [True, False, False]


def test_a_line_that_cannot_be_stored_holds_up_nobody(clinic, clock, monkeypatch):
    people = several(clinic, clock, 3)
    real = fresh_lines.put_lines

    def failing(session, clinic_id, made, *, now):
        if people[2].patient_id in {one.patient_id for one in made}:
            raise ValueError("no database takes this")
        real(session, clinic_id, made, now=now)

    monkeypatch.setattr(fresh_lines, "put_lines", failing)
    assert remake_stale(clinic.clinic_id, clock=clock) == 2
    assert [is_stale(each, clock) for each in people] == [False, False, True]


@pytest.mark.parametrize("at_most", [None, 3, 200])
def test_more_of_them_than_a_handful_starve_nobody(clinic, clock, broken, at_most):
    bad = several(clinic, clock, fresh_lines.AT_ONCE + 2, "B")
    clock.move(seconds=1)
    good = several(clinic, clock, 3, "G")
    broken.update(each.patient_id for each in bad)
    assert remake_stale(clinic.clinic_id, clock=clock, at_most=at_most) == 3
    assert not any(is_stale(each, clock) for each in good)


def test_whoever_opens_a_list_sees_the_others_right(clinic, clock, broken, monkeypatch):
    bad = several(clinic, clock, 4, "B")
    clock.move(seconds=1)
    good = several(clinic, clock, 3, "G")
    broken.update(each.patient_id for each in bad)
    monkeypatch.setattr(fresh_lines, "AT_ONCE_ON_PAGES", 4)
    make_right(clinic.clinic_id, clock=clock)
    assert not any(is_stale(each, clock) for each in good)


@pytest.mark.parametrize("at_once", [50, 4])
def test_the_worklist_opens_and_tries_what_failed_once(clinic, clock, broken, monkeypatch, at_once):
    bad = several(clinic, clock, 4, "B")
    clock.move(seconds=1)
    several(clinic, clock, 3, "G")
    broken.update(each.patient_id for each in bad)
    monkeypatch.setattr(worklist, "AT_ONCE", at_once)
    with capture_logs() as told:
        page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert len(page.rows) == 7
    assert page.stale == {each.patient_id for each in bad}
    assert sorted(row.reference for row in page.rows if row.true_until > clock()) == ["G-00", "G-01", "G-02"]
    assert len([one for one in told if one["event"] == "line_failed"]) == 4


def test_a_line_that_cannot_be_made_right_is_told_as_stale_until_it_is(clinic, clock, broken):
    bad, _good = several(clinic, clock, 2)
    broken.add(bad.patient_id)

    def told_as_stale():
        return read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock).stale

    assert told_as_stale() == {bad.patient_id}
    assert told_as_stale() == {bad.patient_id}  # while it waits to be tried again, too
    broken.clear()
    clock.move(seconds=2)
    assert told_as_stale() == frozenset()


def test_a_clinic_that_fails_holds_up_no_other(app, clock, monkeypatch):
    clinics = [a_clinic(clock, f"Pain clinic {name}") for name in ("North", "East", "South")]
    people = [several(clinic, clock, 1)[0] for clinic in clinics]
    real = worklist.remake_stale

    def failing(clinic_id, *, clock, at_most):
        if clinic_id == clinics[0].clinic_id:
            raise RuntimeError
        return real(clinic_id, clock=clock, at_most=at_most)

    monkeypatch.setattr(worklist, "remake_stale", failing)
    counted = faults()
    with capture_logs() as told:
        assert refresh_everywhere(clock) == 2
    assert [is_stale(each, clock) for each in people] == [True, False, False]
    assert [one["clinic"] for one in told if one["event"] == "worklist_failed"] == [str(clinics[0].clinic_id)]
    assert faults() == counted + 1

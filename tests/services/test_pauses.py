"""Pauses: begun, ended early, undone; nobody reminds on their days, and no verdict changes."""

import uuid
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from diary.db import snapshot
from diary.errors import Changed, Invalid, NotThere
from diary.models import DiaryPause
from diary.services.pauses import end_pause, is_paused, read_own_pauses, start_pause, undo_pause
from diary.services.running_pauses import covers, live_pauses, running
from diary.vocabulary import PauseReason
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import everything_stored, summary_of_row
from tests.services.side_by_side import side_by_side

TODAY = date(2026, 3, 20)


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def patient(clinic, clock):
    return a_patient(clinic, clock)


def day(number):
    return TODAY + timedelta(days=number)


def begin(patient, clock, first=0, last=5, ref=None, reason=PauseReason.HOSPITAL):
    days = {"first_day": day(first), "last_day": None if last is None else day(last)}
    return start_pause(patient, subject(patient), reason, **days, client_ref=ref or uuid.uuid4(), clock=clock)


def paused_days(patient, numbers=range(-2, 12)):
    with snapshot() as session:
        return [n for n in numbers if is_paused(session, patient.clinic_id, patient.patient_id, day(n))]


def rows():
    with snapshot() as session:
        return list(session.scalars(select(DiaryPause).order_by(DiaryPause.revision)))


def test_a_pause_covers_its_first_and_its_last_day_and_those_between(patient, clock):
    begin(patient, clock)
    assert paused_days(patient) == [0, 1, 2, 3, 4, 5]


def test_a_pause_without_an_end_runs_until_it_is_ended(patient, clock):
    name = begin(patient, clock, last=None)
    assert paused_days(patient, (0, 300, 3000)) == [0, 300, 3000]
    clock.move(days=3)
    for _ in range(2):
        end_pause(patient, subject(patient), name, clock=clock)
    assert paused_days(patient) == [0, 1, 2]
    assert len(rows()) == 2


def test_one_that_has_not_lasted_a_day_is_taken_back_when_it_is_ended(patient, clock):
    end_pause(patient, subject(patient), begin(patient, clock), clock=clock)
    end_pause(patient, subject(patient), begin(patient, clock, first=7, last=9), clock=clock)
    assert paused_days(patient) == []


def test_beginning_and_ending_are_undone_within_ten_minutes(patient, clock):
    name = begin(patient, clock)
    clock.move(days=2)
    end_pause(patient, subject(patient), name, clock=clock)
    clock.move(minutes=9)
    for _ in range(2):
        undo_pause(patient, subject(patient), name, clock=clock)
    assert paused_days(patient) == [0, 1, 2, 3, 4, 5]
    assert read_own_pauses(patient, subject(patient), clock=clock).undoable is None
    other = begin(patient, clock, first=9, last=10)
    undo_pause(patient, subject(patient), other, clock=clock)
    assert paused_days(patient) == [0, 1, 2, 3, 4, 5]


def test_after_ten_minutes_nothing_is_undone(patient, clock):
    name = begin(patient, clock)
    clock.move(minutes=11)
    with pytest.raises(Changed, match="no longer be undone"):
        undo_pause(patient, subject(patient), name, clock=clock)


def test_twenty_sendings_of_one_form_begin_one_pause(app, patient, clock):
    answers = side_by_side(app, [partial(begin, patient, clock, ref=uuid.UUID(int=5))] * 20)
    assert len(set(answers)) == 1
    assert len(rows()) == 1
    with pytest.raises(Changed):
        begin(patient, clock, last=6, ref=uuid.UUID(int=5))


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (0, -1), (3, 2), (0, 400), (400, 401)])
def test_days_that_cannot_be_are_refused(patient, clock, first, last):
    before = everything_stored()
    with pytest.raises(Invalid):
        begin(patient, clock, first=first, last=last)
    assert everything_stored() == before


@pytest.mark.parametrize(("first", "last"), [(0, 1), (5, 9), (1, 2), (0, None), (3, None)])
def test_two_pauses_share_no_day(patient, clock, first, last):
    begin(patient, clock, first=1, last=5)
    with pytest.raises(Invalid, match="already"):
        begin(patient, clock, first=first, last=last)


def test_a_pause_changes_no_verdict_and_stands_in_the_line_of_the_worklist(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    write_days(patient, [5, 5, 5], clock, first_day=date(2026, 3, 18))
    before = summary_of_row(patient)
    begin(patient, clock)
    after = summary_of_row(patient)
    assert after.shown["verdict"] == before.shown["verdict"]
    assert (after.band, after.rank) == (before.band, before.rank)
    assert (before.shown["pause"], after.shown["pause"]) == (None, {"until": "2026-03-25"})


def test_somebody_elses_pause_is_not_there(clinic, patient, clock):
    name, other = begin(patient, clock), a_patient(clinic, clock, "M-2")
    for act in (end_pause, undo_pause):
        with pytest.raises(NotThere):
            act(other, subject(other), name, clock=clock)
    assert paused_days(other) == []


PAUSES = st.lists(
    st.builds(
        lambda pause, revision, first, length, back: DiaryPause(
            pause_id=uuid.UUID(int=pause),
            revision=revision,
            first_day=day(first),
            last_day=None if length is None else day(first + length),
            taken_back=back,
        ),
        st.integers(0, 3),
        st.integers(1, 4),
        st.integers(-5, 20),
        st.none() | st.integers(0, 9),
        st.booleans(),
    ),
    unique_by=lambda pause: (pause.pause_id, pause.revision),
    max_size=8,
)


@given(PAUSES, st.integers(-8, 30))
def test_only_the_last_revision_of_a_pause_holds_in_whatever_order_they_are_read(pauses, number):
    found = running(pauses, day(number))
    last = {p.pause_id: max((q for q in pauses if q.pause_id == p.pause_id), key=lambda q: q.revision) for p in pauses}
    holding = [pause for pause in last.values() if not pause.taken_back and covers(pause, day(number))]
    assert (found in holding) if holding else found is None
    assert {id(one) for one in live_pauses(reversed(pauses))} == {id(p) for p in last.values() if not p.taken_back}

"""The worklist tells nothing of a protected diary but whose it is."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from diary.db import db, transaction
from diary.models import PatientSummary
from diary.services import worklist
from diary.services.courses import record_event
from diary.services.worklist import ClosedRow, WorklistFilter, read_worklist
from diary.vocabulary import EventKind, Role
from tests.clinic_builders import a_clinic, a_course, a_member, a_patient, subject
from tests.services.closing import break_the_glass, protect, unprotect
from tests.services.looking_in import summary_of_row


@pytest.fixture
def people(clinic, clock):
    """Six patients, each in another state; the third is protected."""
    made = [a_patient(clinic, clock, f"M-{number}") for number in range(6)]
    for number, patient in enumerate(made[:4]):
        a_course(clinic, patient, clock().date() - timedelta(days=40 * number + 3), clock, medicines=("ketamine",))
    record_event(clinic.clinician, subject(made[3]), EventKind.LIVER_TEST, clock=clock)
    protect(clinic, subject(made[2]), clock)
    return made


def listed(who, clinic, clock, **wanted):
    """Return the references of the rows and of the closed diaries, over all pages."""
    rows, closed, after = [], [], ""
    while True:
        page = read_worklist(who, clinic.clinic_id, WorklistFilter(after=after, **wanted), clock=clock)
        assert not rows or not closed or not page.rows
        rows += [row.reference for row in page.rows]
        closed += [row.reference for row in page.closed]
        if page.next_key is None:
            return rows, closed
        after = page.next_key


def test_a_protected_patient_is_listed_by_name_and_reference_alone(clinic, people, clock):
    other = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    for who in (clinic.nurse, other):
        page = read_worklist(who, clinic.clinic_id, WorklistFilter(), clock=clock)
        assert page.closed == [ClosedRow(people[2].patient_id, "Ramirez M-2", "M-2")]
        assert sorted(row.reference for row in page.rows) == ["M-0", "M-1", "M-3", "M-4", "M-5"]
    rows, closed = listed(clinic.clinician, clinic, clock)
    assert "M-2" in rows
    assert closed == []


def test_no_filter_by_state_or_medicine_finds_it(clinic, people, clock):
    held = summary_of_row(people[2])
    for who in (clinic.nurse, a_member(clinic.clinic_id, Role.CLINICIAN, clock)):
        for wanted in ({"state": held.state}, {"medicine": "ketamine"}, {"state": held.state, "search": "M-2"}):
            rows, closed = listed(who, clinic, clock, **wanted)
            assert "M-2" not in rows
            assert closed == []
    assert "M-2" in listed(clinic.clinician, clinic, clock, state=held.state)[0]


def test_a_search_finds_its_name_and_not_its_state(clinic, people, clock):
    assert listed(clinic.nurse, clinic, clock, search="M-2") == ([], ["M-2"])
    assert listed(clinic.nurse, clinic, clock, search="M-3") == (["M-3"], [])
    assert len(listed(clinic.nurse, clinic, clock, search="Ramirez")[0]) == 5


def test_whatever_is_in_the_diary_the_list_is_the_same(clinic, people, clock):
    """Two lists that differ in what the protected patient wrote look the same, page by page and key by key."""
    calm = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    a_course(clinic, people[2], clock().date() - timedelta(days=20), clock, medicines=("lidocaine",))
    moved = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert summary_of_row(people[2]).medicine == "lidocaine"
    assert [row.reference for row in calm.rows] == [row.reference for row in moved.rows]
    assert (calm.closed, calm.next_key) == (moved.closed, moved.next_key)


def test_closed_diaries_come_by_name_after_all_others_each_once(clinic, people, clock, monkeypatch):
    monkeypatch.setattr(worklist, "PAGE", 2)
    for patient in (people[5], people[0]):
        protect(clinic, subject(patient), clock)
    rows, closed = listed(clinic.nurse, clinic, clock)
    assert sorted(rows) == ["M-1", "M-3", "M-4"]
    assert closed == ["M-0", "M-2", "M-5"]
    everything = listed(clinic.clinician, clinic, clock)
    assert sorted(everything[0]) == [f"M-{number}" for number in range(6)]


def test_broken_glass_opens_the_patients_pages_and_not_the_list(clinic, people, clock):
    before = listed(clinic.nurse, clinic, clock)
    break_the_glass(clinic.nurse, subject(people[2]), clock)
    assert listed(clinic.nurse, clinic, clock) == before


def test_a_protected_diary_that_lost_its_clinician_stays_in_the_list_and_closed(clinic, people, clock):
    with transaction() as session:
        session.get_one(PatientSummary, (clinic.clinic_id, people[2].patient_id)).responsible_id = None
    for who in (clinic.clinician, clinic.nurse):
        assert listed(who, clinic, clock)[1] == ["M-2"]


def test_a_key_made_up_for_a_closed_diary_shows_nothing_more(clinic, people, clock):
    whole = listed(clinic.nurse, clinic, clock)
    key = f"closed-{people[0].patient_id.hex}"
    page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(after=key), clock=clock)
    assert page.rows == []
    assert {row.reference for row in page.closed} <= set(whole[1])
    east = a_clinic(clock, "Pain clinic East")
    page = read_worklist(east.nurse, east.clinic_id, WorklistFilter(after=key), clock=clock)
    assert (page.rows, page.closed) == ([], [])


def test_protection_that_ends_puts_the_patient_back_in_their_place(clinic, people, clock):
    unprotect(clinic, subject(people[2]), clock)
    assert listed(clinic.nurse, clinic, clock) == listed(clinic.clinician, clinic, clock)


def test_a_diary_whose_clinician_is_a_nurse_now_is_closed_to_them_too(clinic, people, clock):
    demoted = type(clinic.nurse)(
        clinic.clinician.account_id, clinic.clinic_id, clinic.clinician.member_id, frozenset({Role.NURSE})
    )
    assert listed(demoted, clinic, clock)[1] == ["M-2"]


def test_the_number_of_queries_does_not_grow_with_the_rows(clinic, people, clock):
    asked: list[str] = []
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    few = len(asked)
    for number in range(10, 16):
        protect(clinic, subject(a_patient(clinic, clock, f"M-{number}")), clock)
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    asked.clear()
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert len(asked) == few

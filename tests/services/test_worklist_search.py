"""Looking for a patient, and what strangers put into the address."""

import base64
import json
import unicodedata

import pytest
from sqlalchemy import delete, event, select

from diary.access.policy import Subject
from diary.db import db, snapshot, transaction
from diary.models import Patient, WorklistWord
from diary.services import worklist, worklist_finding
from diary.services.patients import Particulars, add_patient, change_life_cycle
from diary.services.projection import refresh_summary
from diary.services.worklist import ClosedRow, GoneRow, WorklistFilter, read_worklist
from diary.vocabulary import LifeCycle, Role
from tests.clinic_builders import a_clinic, a_member, a_patient, subject
from tests.services.closing import protect
from tests.services.looking_in import summary_of_row

NAMES = {
    "M-100": "Ana María Ramírez",
    "M-101": "Bob O'Hara",
    "M-2": "Straße, Änne",
    "C-1": "Costa, In\u00eas",
    "C-2": "Ines Plain",
    "C-3": unicodedata.normalize("NFD", "Zo\u00eb Dvo\u0159\u00e1k"),
    "X%1": "Per Cent",
    "X_2": "Under Score",
    "Xa3": "Plain Letter",
    'Q"4': 'Quo"te \\Back',
}


@pytest.fixture
def clinic(app, clock):
    made = a_clinic(clock)
    for reference, name in NAMES.items():
        add_patient(made.nurse, made.clinic_id, Particulars(reference, name, "UTC"), clock=clock)
    return made


def found(clinic, clock, **wanted):
    page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(**wanted), clock=clock)
    return {row.reference for row in page.rows}


SEARCHES = [
    ("ana", {"M-100"}),
    ("ANA MARÍA", {"M-100"}),
    ("maría", {"M-100"}),
    ("ramí", {"M-100"}),
    ("  ramí ", {"M-100"}),
    ("amí", set()),
    ("o'h", {"M-101"}),
    ("O'HARA", {"M-101"}),
    ("strasse", {"M-2"}),
    ("STRASSE", {"M-2"}),
    ("ÄNNE", {"M-2"}),
    ("maria", {"M-100"}),
    ("Ana Maria R", {"M-100"}),
    ("ines", {"C-1", "C-2"}),
    ("in\u00eas", {"C-1", "C-2"}),
    ("INE\u0302S", {"C-1", "C-2"}),
    ("costa, ines", {"C-1"}),
    ("zoe dvorak", {"C-3"}),
    ("ZO\u00cb DVO\u0158", {"C-3"}),
    ("\u0302", set()),
    ("anne", {"M-2"}),
    ("M-10", {"M-100", "M-101"}),
    ("M-2", {"M-2"}),
    ("100", set()),
    ("X%", {"X%1"}),
    ("X_", {"X_2"}),
    ("%", set()),
    ("_", set()),
    ("X", {"X%1", "X_2", "Xa3"}),
    ('Q"', {'Q"4'}),
    ('quo"', {'Q"4'}),
    ("\\", {'Q"4'}),
    ("\\B", {'Q"4'}),
    ("/", set()),
    ("' OR 1=1 --", set()),
    ("", set(NAMES)),
    ("   ", set(NAMES)),
]


def test_a_search_finds_who_begins_so(clinic, clock):
    assert {search: found(clinic, clock, search=search) for search, _ in SEARCHES} == dict(SEARCHES)


def test_words_that_were_kept_before_accents_were_folded_are_found_as_they_were(clinic, clock):
    """Until the patient's row is written anew."""
    costa = patient_of(clinic, "C-1")
    with transaction() as session:
        session.execute(delete(WorklistWord).where(WorklistWord.patient_id == costa.patient_id))
        session.add_all(
            WorklistWord(clinic_id=clinic.clinic_id, patient_id=costa.patient_id, word=word)
            for word in ("costa, in\u00eas", "in\u00eas", "c-1")
        )
    assert "C-1" in found(clinic, clock, search="In\u00eas")
    assert "C-1" not in found(clinic, clock, search="ines")
    with transaction() as session:
        refresh_summary(session, clinic.clinic_id, costa.patient_id, now=clock())
    assert "C-1" in found(clinic, clock, search="ines")


def patient_of(clinic, reference):
    with snapshot() as session:
        row = session.scalars(select(Patient).where(Patient.reference == reference)).one()
    return Subject(clinic.clinic_id, row.id)


@pytest.mark.about_sqlite("it reads the plan of SQLite; PostgreSQL has the same index")
def test_a_search_for_both_forms_of_a_word_walks_the_index(clinic, clock):
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    found(clinic, clock, search="in\u00eas")
    words = [one for one in asked if "worklist_word" in one[0]]
    assert words
    with snapshot() as session:
        for statement, values in words:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            told = [str(row[-1]) for row in plan if "worklist_word" in str(row[-1])]
            assert told
            assert all("word>" in one or "patient_id=?" in one for one in told), told


@pytest.mark.parametrize("how", [LifeCycle.DISCHARGED, LifeCycle.MOVED, LifeCycle.DIED])
def test_who_is_no_longer_on_the_list_is_found_by_name_and_reference_apart_from_the_others(clinic, clock, how):
    gone = patient_of(clinic, "M-101")
    change_life_cycle(clinic.nurse, gone, how, clock=clock)
    row = GoneRow(gone.patient_id, "Bob O'Hara", "M-101", how)
    for search in ("bob", "M-101", "M-10", "o'h"):
        page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(search=search), clock=clock)
        assert page.gone == [row]
        assert "M-101" not in {line.reference for line in page.rows}
    for wanted in ({}, {"state": "NO_COURSE"}, {"search": "  "}, {"search": "zz"}):
        page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(**wanted), clock=clock)
        assert page.gone == []
        assert page.counts["all"] == len(NAMES) - 1


def test_a_search_within_a_filter_keeps_to_it_for_those_who_are_gone_too(clinic, clock):
    doctor = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    theirs = Particulars("M-109", "Theirs", "UTC", responsible_id=doctor.member_id, tags=("arm",))
    gone = add_patient(clinic.nurse, clinic.clinic_id, theirs, clock=clock)
    for one in (gone, patient_of(clinic, "M-101")):
        change_life_cycle(clinic.nurse, one, LifeCycle.DIED, clock=clock)

    def listed(**wanted):
        asked = WorklistFilter(search="M-10", **wanted)
        return [row.reference for row in read_worklist(clinic.nurse, clinic.clinic_id, asked, clock=clock).gone]

    assert listed() == ["M-101", "M-109"]
    assert listed(responsible_id=doctor.member_id) == listed(tag="arm") == ["M-109"]
    assert listed(state="HOLDING") == listed(chairs=clock().date(), chairs_overdue=True) == []


def test_a_protected_diary_of_someone_who_is_gone_is_a_closed_row_like_any_other(clinic, clock):
    gone = patient_of(clinic, "M-101")
    protect(clinic, gone, clock)
    change_life_cycle(clinic.clinician, gone, LifeCycle.DIED, clock=clock)
    asked = WorklistFilter(search="M-101")
    page = read_worklist(clinic.nurse, clinic.clinic_id, asked, clock=clock)
    assert (page.rows, page.gone, page.closed) == ([], [], [ClosedRow(gone.patient_id, "Bob O'Hara", "M-101")])
    page = read_worklist(clinic.clinician, clinic.clinic_id, asked, clock=clock)
    assert ([row.life_cycle for row in page.gone], page.closed) == (["died"], [])
    inside = WorklistFilter(search="M-101", state="NO_COURSE")
    assert read_worklist(clinic.nurse, clinic.clinic_id, inside, clock=clock).closed == []
    assert read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock).closed == []


@pytest.mark.parametrize("few", [0, 2000])
def test_page_by_page_a_search_gives_each_once_first_the_list_then_who_is_gone_then_what_is_closed(
    app, clock, monkeypatch, few
):
    """Whether few fit and are sorted, or many do."""
    monkeypatch.setattr(worklist, "PAGE", 3)
    monkeypatch.setattr(worklist_finding, "FEW", few)
    clinic = a_clinic(clock)
    people = [subject(a_patient(clinic, clock, f"M-{number:02}")) for number in range(24)]
    for number, one in enumerate(people):
        if number % 3 == 1:
            protect(clinic, one, clock)
        if number % 2:
            change_life_cycle(clinic.clinician, one, LifeCycle.DISCHARGED, clock=clock)
    told, pages, after = [], 0, ""
    while pages == 0 or after:
        asked = WorklistFilter(search="ramirez", after=after)
        page = read_worklist(clinic.nurse, clinic.clinic_id, asked, clock=clock)
        assert max(map(len, (page.rows, page.gone, page.closed))) <= 3
        told += [("on", row.reference) for row in page.rows]
        told += [("gone", row.reference) for row in page.gone]
        told += [("closed", row.reference) for row in page.closed]
        after, pages = page.next_key, pages + 1
    kinds = [("closed" if number % 3 == 1 else "gone" if number % 2 else "on") for number in range(24)]
    wanted = [(kind, f"M-{number:02}") for number, kind in enumerate(kinds)]
    assert told == [one for kind in ("on", "gone", "closed") for one in wanted if one[0] == kind]
    assert pages > 6


def test_a_place_among_those_who_are_gone_leads_nowhere_without_a_search(clinic, clock):
    gone = patient_of(clinic, "M-101")
    change_life_cycle(clinic.nurse, gone, LifeCycle.DIED, clock=clock)
    for after in (f"gone-{gone.patient_id.hex}", f"gone-{PATIENT}", "gone-x"):
        page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(after=after), clock=clock)
        assert page.gone == []


def test_the_patients_of_one_member_are_found(clinic, clock):
    doctor = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    theirs = Particulars("D-1", "Theirs", "UTC", responsible_id=doctor.member_id)
    add_patient(clinic.nurse, clinic.clinic_id, theirs, clock=clock)
    assert found(clinic, clock, responsible_id=doctor.member_id) == {"D-1"}
    assert found(clinic, clock, responsible_id=clinic.nurse.member_id) == set()


def key(*parts):
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


PATIENT = "0" * 32
HOSTILE = {
    "no base64": "!!!",
    "half of it": "abc",
    "not ASCII": "ü" * 8,
    "no JSON": base64.urlsafe_b64encode(b"{[").decode(),
    "no UTF-8": base64.urlsafe_b64encode(b"\xff\xfe\xfa").decode(),
    "an object": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "a number": base64.urlsafe_b64encode(b"1").decode(),
    "too short": key(1, 2),
    "too long": key(1, 0, "2026-03-20", "M-1", PATIENT, 1),
    "no day": key(1, 0, "2026-02-30", "M-1", PATIENT),
    "a day that is a number": key(1, 0, 20260320, "M-1", PATIENT),
    "words for numbers": key("x", 0, "2026-03-20", "M-1", PATIENT),
    "no patient": key(1, 0, "2026-03-20", "M-1", "x"),
    "a patient that is a number": key(1, 0, "2026-03-20", "M-1", 5),
    "nothing for a number": key(None, 0, "2026-03-20", "M-1", PATIENT),
    "no end": base64.urlsafe_b64encode(f'[Infinity, 0, "2026-03-20", "M-1", "{PATIENT}"]'.encode()).decode(),
    "no number": base64.urlsafe_b64encode(f'[NaN, 0, "2026-03-20", "M-1", "{PATIENT}"]'.encode()).decode(),
    "a band beyond the database": key(10**30, 0, "2026-03-20", "M-1", PATIENT),
    "half a letter": key(1, 0, "2026-03-20", "\ud800", PATIENT),
    "a deep nest": base64.urlsafe_b64encode(b"[" * 3000).decode(),
    "a very long number": base64.urlsafe_b64encode(b"9" * 5000).decode(),
}


def test_a_key_that_no_page_gave_is_ignored(clinic, clock):
    for what, after in HOSTILE.items():
        assert found(clinic, clock, after=after) == set(NAMES), what


def test_a_key_of_another_clinic_shows_nothing_of_it(clinic, clock):
    east = a_clinic(clock, "Pain clinic East")
    stranger = summary_of_row(a_patient(east, clock, "E-1"))
    after = key(0, 0, "2000-01-01", "", stranger.patient_id.hex)
    assert found(clinic, clock, after=after) == set(NAMES)


def test_a_state_or_medicine_that_does_not_exist_finds_nobody(clinic, clock):
    assert found(clinic, clock, state="HAPPY") == set()
    assert found(clinic, clock, medicine="' OR 1=1 --") == set()

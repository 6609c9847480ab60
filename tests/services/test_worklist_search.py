"""Looking for a patient, and what strangers put into the address."""

import base64
import json

import pytest

from diary.services.patients import Particulars, add_patient
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import Role
from tests.clinic_builders import a_clinic, a_member, a_patient
from tests.services.looking_in import summary_of_row

NAMES = {
    "M-100": "Ana María Ramírez",
    "M-101": "Bob O'Hara",
    "M-2": "Straße, Änne",
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

"""Who may do what over whom: the whole table, written out a second time."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import (
    CONFIRMED_FOR,
    POLICY,
    Permission,
    Protection,
    Subject,
    may,
    require,
    require_confirmed,
)
from diary.errors import ConfirmFirst, NotThere, Refused
from diary.vocabulary import Role

CLINIC, ELSEWHERE = uuid.uuid4(), uuid.uuid4()
PATIENT, NEIGHBOUR = uuid.uuid4(), uuid.uuid4()
OVER_PATIENT, OVER_CLINIC = Subject(CLINIC, PATIENT, Protection()), Subject(CLINIC)


def staff(*roles, clinic=CLINIC):
    return Identity(uuid.uuid4(), clinic, uuid.uuid4(), frozenset(roles))


PEOPLE = {
    "patient": Identity(uuid.uuid4(), CLINIC, patient_id=PATIENT),
    "neighbour": Identity(uuid.uuid4(), CLINIC, patient_id=NEIGHBOUR),
    "clinician": staff(Role.CLINICIAN),
    "nurse": staff(Role.NURSE),
    "admin": staff(Role.ADMIN),
    "researcher": staff(Role.RESEARCHER),
    "roleless": staff(),
    "foreign clinician": staff(*Role, clinic=ELSEWHERE),
    "foreign patient": Identity(uuid.uuid4(), ELSEWHERE, patient_id=PATIENT),
    "nobody": Identity(),
    "operator": OPERATOR,
}

ALLOWED = {
    Permission.DIARY_READ: {"patient"},
    Permission.ENTRY_WRITE: {"patient"},
    Permission.ENTRY_TRANSCRIBE: {"clinician", "nurse"},
    Permission.LOOKS_READ: {"patient"},
    Permission.CONSENT_SAY: {"patient"},
    Permission.REMINDERS_SET: {"patient"},
    Permission.DATA_TAKE_OUT: {"patient"},
    Permission.ERASURE_ASK: {"patient"},
    Permission.ERASURE_TAKE_BACK: {"patient"},
    Permission.CONSENT_RECORD: {"clinician", "nurse", "operator"},
    Permission.EXTRAS_WRITE: {"patient"},
    Permission.WEARING_OFF_SAY: {"patient"},
    Permission.SCREEN_LOCK: {"patient"},
    Permission.WORKLIST_READ: {"clinician", "nurse"},
    Permission.PATIENT_READ: {"clinician", "nurse"},
    Permission.LETTER_TAKE_OUT: {"clinician", "nurse"},
    Permission.DIGEST_SET: {"clinician", "nurse"},
    Permission.PATIENT_WRITE: {"clinician", "nurse", "operator"},
    Permission.COURSE_WRITE: {"clinician", "nurse", "operator"},
    Permission.NOTE_WRITE: {"clinician", "nurse"},
    Permission.BASELINE_SET: {"clinician", "operator"},
    Permission.PROTOCOLS_WRITE: {"clinician", "admin"},
    Permission.DECISION_WRITE: {"clinician", "operator"},
    Permission.PLAN_RELEASE: {"clinician"},
    Permission.CLINIC_READ: {"clinician", "nurse", "admin", "researcher"},
    Permission.CLINIC_WRITE: {"admin", "operator"},
    Permission.MEMBERS_READ: {"admin"},
    Permission.MEMBERS_WRITE: {"admin", "operator"},
    Permission.MEMBERSHIP_END: {"clinician", "nurse", "admin", "researcher"},
    Permission.RULES_WRITE: {"admin"},
    Permission.COHORT_READ: {"clinician", "nurse", "admin", "researcher", "operator"},
    Permission.COHORT_TAKE_OUT: {"clinician", "nurse", "admin", "researcher"},
    Permission.AUDIT_READ: {"admin"},
    Permission.AUDIT_TAKE_OUT: {"admin"},
    Permission.RESEARCH_READ: {"researcher", "admin"},
    Permission.RESEARCH_TAKE_OUT: {"researcher", "admin"},
    Permission.ERASURES_READ: {"admin"},
    Permission.ERASE: {"admin"},
    Permission.DIARY_PROTECT: {"admin"},
    Permission.GLASS_BREAK: {"clinician", "nurse"},
    Permission.GLASS_REVIEW: {"admin"},
    Permission.MOVE_OUT: {"patient", "clinician", "nurse"},
    Permission.STUDY_WRITE: {"operator"},
}

UNKNOWING = {"neighbour", "foreign clinician", "foreign patient", "nobody", "operator"}
"""To whom a patient they may not reach does not exist; all others are told that their role does not allow it."""


def test_the_table_names_every_permission():
    assert set(ALLOWED) == set(POLICY) == set(Permission)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_do_it_to_a_patient(person, permission):
    who, allowed = PEOPLE[person], person in ALLOWED[permission]
    assert may(who, permission, OVER_PATIENT) is allowed
    if allowed:
        require(who, permission, OVER_PATIENT)
    else:
        with pytest.raises(NotThere if person in UNKNOWING else Refused):
            require(who, permission, OVER_PATIENT)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("person", PEOPLE)
def test_who_may_do_it_to_a_clinic(person, permission):
    patients_only = {
        Permission.DIARY_READ,
        Permission.ENTRY_WRITE,
        Permission.LOOKS_READ,
        Permission.WEARING_OFF_SAY,
    }
    allowed = person in ALLOWED[permission] and permission not in patients_only and person != "patient"
    assert may(PEOPLE[person], permission, OVER_CLINIC) is allowed


def test_roles_of_one_member_add_up():
    both = staff(Role.NURSE, Role.ADMIN)
    assert may(both, Permission.WORKLIST_READ, OVER_CLINIC)
    assert may(both, Permission.CLINIC_WRITE, OVER_CLINIC)
    assert not may(both, Permission.DECISION_WRITE, OVER_PATIENT)


def test_a_role_without_a_membership_opens_nothing():
    claimed = Identity(uuid.uuid4(), CLINIC, roles=frozenset(Role))
    assert not any(may(claimed, permission, OVER_PATIENT) for permission in Permission)


def test_what_is_not_there_tells_nothing():
    for person in UNKNOWING - {"operator"}:
        with pytest.raises(NotThere) as refusal:
            require(PEOPLE[person], Permission.PATIENT_READ, OVER_PATIENT)
        assert str(refusal.value) == ""


def test_what_is_confirmed_first_is_refused_to_whoever_proved_it_too_long_ago():
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    doctor = PEOPLE["clinician"]
    for confirmed_at, passes in (
        (None, False),
        (now, True),
        (now - CONFIRMED_FOR, True),
        (now - CONFIRMED_FOR - timedelta(seconds=1), False),
        (now + timedelta(seconds=1), False),
    ):
        who = replace(doctor, confirmed_at=confirmed_at)
        if passes:
            require_confirmed(who, Permission.DECISION_WRITE, OVER_PATIENT, now=now)
        else:
            with pytest.raises(ConfirmFirst):
                require_confirmed(who, Permission.DECISION_WRITE, OVER_PATIENT, now=now)


def test_a_proof_of_who_one_is_allows_nothing_by_itself():
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    with pytest.raises(Refused):
        require_confirmed(replace(PEOPLE["nurse"], confirmed_at=now), Permission.DECISION_WRITE, OVER_PATIENT, now=now)


def test_the_command_line_proves_nothing():
    now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    require_confirmed(OPERATOR, Permission.DECISION_WRITE, OVER_PATIENT, now=now)

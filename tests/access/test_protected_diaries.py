"""Every service closes a protected diary to all but the responsible clinician; broken glass alone opens it."""

import ast
import uuid
from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from diary.access.identity import OPERATOR
from diary.access.policy import NotLookedUp, Permission, Subject, may, require
from diary.errors import Changed, ConfirmFirst, DiaryProtected, Invalid, NotThere, Refused
from diary.services import glass, protection
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import Role
from script.lib.rules_code import ROOT
from tests.access.test_services_are_guarded import CALLS
from tests.clinic_builders import a_clinic, a_member, a_patient, confirmed, subject
from tests.services.closing import break_the_glass, protect, unprotect
from tests.services.looking_in import audit_rows, everything_stored

OF_NO_PATIENT = {
    "add a patient",
    "read the worklist",
    "compare groups",
    "open the groups",
    "draw the groups",
    "take groups out",
    "see who has no account",
    "invite many patients",
    "look at a code",
    "look at a file",
    "take a code in",
    "take a file in",
    "read the protocols",
    "add a protocol",
    "count a round",
    "count what a round came to",
    "lead to the next patient",
    "save a view",
    "see the saved views",
    "see the clinic's tags",
    "see the own digest",
    "set the digest",
    "stop the digest",
    "try the digest",
}
"""Services of CALLS that clinicians or nurses use for the clinic as a whole; every other one is about one patient."""
NEVER_THROUGH_GLASS = {
    "invite a patient",
    "look at a move",
    "make a move code",
    "take a copy out",
}
"""What would stay open when the hour is over."""
ROLES = (Role.CLINICIAN, Role.NURSE)


@pytest.fixture
def made(full_clinic, clock):
    protect(full_clinic.clinic, subject(full_clinic.patient), clock)
    return full_clinic


@pytest.fixture
def whom(made):
    return subject(made.patient)


def ask(call, who, made, clock):
    """Call a service; what it finds wrong with the form is not what is tested here."""
    with suppress(Invalid, Changed):
        CALLS[call](confirmed(who, clock), subject(made.patient), made, clock)


def refusal_of(call, who, made, clock):
    """Return how a service refuses, having changed nothing, or None where it lets `who` in."""
    stored = everything_stored()
    try:
        ask(call, who, made, clock)
    except (Refused, NotThere) as refusal:
        assert everything_stored() == stored
        return type(refusal)
    return None


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("call", sorted(CALLS.keys() - OF_NO_PATIENT))
def test_a_protected_diary_is_closed_until_the_glass_is_broken_and_again_when_it_ends(made, whom, clock, call, role):
    other = a_member(made.clinic.clinic_id, role, clock)
    closed = refusal_of(call, other, made, clock)
    break_the_glass(other, whom, clock)
    clock.move(minutes=59, seconds=59)
    under_glass = refusal_of(call, other, made, clock)
    if under_glass is closed:  # not for this role at all
        assert closed is not None
        assert closed is not DiaryProtected
        assert role is Role.CLINICIAN or call not in FOR_NURSES
        return
    assert closed is DiaryProtected
    assert (under_glass is Refused) == (call in NEVER_THROUGH_GLASS)
    clock.move(seconds=1)
    assert refusal_of(call, other, made, clock) is DiaryProtected
    break_the_glass(other, whom, clock)
    glass.close_glass(other, whom, clock=clock)
    assert refusal_of(call, other, made, clock) is DiaryProtected


FOR_NURSES = {"look at a patient", "record a course", "correct a course", "record an infusion", "record an event"}


@pytest.mark.parametrize("call", sorted({*FOR_NURSES, "decide", "give a baseline", "invite a patient"}))
def test_the_responsible_clinician_is_let_in_all_along(made, clock, call):
    assert refusal_of(call, made.clinic.clinician, made, clock) is None


@pytest.mark.parametrize("call", ["add a patient", "read the worklist", "compare groups"])
def test_what_is_about_the_clinic_is_done_as_before(made, clock, call):
    assert refusal_of(call, made.clinic.nurse, made, clock) is None


def test_the_patient_writes_in_a_protected_diary_as_before(made, clock):
    for call in ("write an entry", "undo an entry", "say it wears off", "change the hand", "see who looked"):
        ask(call, made.patient, made, clock)


def test_a_diary_whose_protection_has_ended_is_open_again(made, whom, clock):
    unprotect(made.clinic, whom, clock)
    for role in ROLES:
        read_patient_page(a_member(made.clinic.clinic_id, role, clock), whom, clock=clock)


def test_glass_opens_one_diary_to_one_member(made, whom, clock):
    nurses = [a_member(made.clinic.clinic_id, Role.NURSE, clock) for _ in range(2)]
    other = subject(a_patient(made.clinic, clock, "M-3"))
    protect(made.clinic, other, clock)
    break_the_glass(nurses[0], whom, clock)
    read_patient_page(nurses[0], whom, clock=clock)
    for who, closed in ((nurses[1], whom), (nurses[0], other)):
        with pytest.raises(DiaryProtected):
            read_patient_page(who, closed, clock=clock)


def test_a_clock_that_goes_back_does_not_lengthen_the_hour(made, whom, clock):
    break_the_glass(made.clinic.nurse, whom, clock)
    clock.move(minutes=-1)
    with pytest.raises(DiaryProtected):
        read_patient_page(made.clinic.nurse, whom, clock=clock)


def test_a_nurse_who_answers_for_a_patient_is_no_responsible_clinician(made, whom, clock):
    with pytest.raises(Invalid, match="needs a responsible clinician"):
        protect(made.clinic, whom, clock, responsible=made.clinic.nurse)


def test_a_diary_is_handed_over_to_another_clinician(made, whom, clock):
    other = a_member(made.clinic.clinic_id, Role.CLINICIAN, clock)
    protect(made.clinic, whom, clock, responsible=other)
    read_patient_page(other, whom, clock=clock)
    with pytest.raises(DiaryProtected):
        read_patient_page(made.clinic.clinician, whom, clock=clock)


def test_an_admin_who_is_a_clinician_does_not_let_themselves_in_by_taking_a_diary_over(made, whom, clock):
    both = replace(
        a_member(made.clinic.clinic_id, Role.CLINICIAN, clock), roles=frozenset({Role.ADMIN, Role.CLINICIAN})
    )
    take_over = partial(
        protection.protect_diary, patient=whom, responsible_id=both.member_id, reason="taking over for now", clock=clock
    )
    stored = everything_stored()
    with pytest.raises(Invalid, match="let another admin hand it over to you, or break the glass"):
        take_over(confirmed(both, clock))
    assert everything_stored() == stored
    protect(made.clinic, whom, clock, responsible=both)
    read_patient_page(both, whom, clock=clock)


def test_a_diary_that_is_open_to_an_admin_who_is_a_clinician_is_theirs_to_take_over(made, whom, clock):
    both = replace(
        a_member(made.clinic.clinic_id, Role.CLINICIAN, clock), roles=frozenset({Role.ADMIN, Role.CLINICIAN})
    )
    break_the_glass(both, whom, clock)
    said = {"responsible_id": both.member_id, "reason": "nobody else is here", "clock": clock}
    protection.protect_diary(confirmed(both, clock), whom, **said)
    clock.move(hours=2)
    read_patient_page(both, whom, clock=clock)
    unprotect(made.clinic, whom, clock)
    protection.protect_diary(confirmed(both, clock), whom, **said | {"responsible_id": made.clinic.clinician.member_id})
    unprotect(made.clinic, whom, clock)
    protection.protect_diary(confirmed(both, clock), whom, **said)


def test_only_the_responsible_clinician_and_an_admin_protect_a_diary(made, whom, clock):
    clinic = made.clinic
    elsewhere = a_clinic(clock, "Pain clinic East")
    people = {
        clinic.clinician: None,
        clinic.admin: None,
        clinic.nurse: Refused,
        a_member(clinic.clinic_id, Role.CLINICIAN, clock): Refused,
        made.patient: Refused,
        elsewhere.admin: NotThere,
        elsewhere.clinician: NotThere,
    }
    for person, refusal in people.items():
        stored = everything_stored()
        for act in changes_of(clinic, confirmed(person, clock), whom, clock):
            if refusal is None:
                act()
                continue
            with pytest.raises(refusal):
                act()
        assert refusal is None or everything_stored() == stored


def changes_of(clinic, who, whom, clock):
    reason, responsible = "for this test alone", clinic.clinician.member_id
    return (
        lambda: protection.read_protection(who, whom, clock=clock),
        lambda: protection.unprotect_diary(who, whom, reason=reason, clock=clock),
        lambda: protection.protect_diary(who, whom, responsible_id=responsible, reason=reason, clock=clock),
    )


def test_whoever_has_not_proved_who_they_are_breaks_and_protects_nothing(made, whom, clock):
    stored = everything_stored()
    reason = "for the test alone"
    for act in (
        lambda: glass.break_glass(made.clinic.nurse, whom, reason=reason, clock=clock),
        lambda: protection.unprotect_diary(made.clinic.admin, whom, reason=reason, clock=clock),
        lambda: protection.protect_diary(
            made.clinic.admin, whom, responsible_id=made.clinic.nurse.member_id, reason=reason, clock=clock
        ),
    ):
        with pytest.raises(ConfirmFirst):
            act()
    assert everything_stored() == stored


def test_admins_researchers_and_strangers_break_no_glass(made, whom, clock):
    elsewhere = a_clinic(clock, "Pain clinic East")
    researcher = a_member(made.clinic.clinic_id, Role.RESEARCHER, clock)
    stored = everything_stored()
    for who in (made.clinic.admin, researcher, made.patient, elsewhere.nurse, elsewhere.clinician):
        with pytest.raises((Refused, NotThere)):
            break_the_glass(who, whom, clock)
        with pytest.raises((Refused, NotThere)):
            glass.close_glass(who, whom, clock=clock)
        with pytest.raises((Refused, NotThere)):
            glass.read_closed_diary(who, whom, clock=clock)
        assert glass.own_glass(who, whom, clock=clock) is None
    assert everything_stored() == stored


def test_glass_before_nobody_is_not_there(made, clock):
    nobody = Subject(made.clinic.clinic_id, uuid.uuid4())
    for act in (
        lambda: break_the_glass(made.clinic.nurse, nobody, clock),
        lambda: glass.read_closed_diary(made.clinic.nurse, nobody, clock=clock),
        lambda: glass.close_glass(made.clinic.nurse, nobody, clock=clock),
        lambda: protect(made.clinic, nobody, clock),
        lambda: protection.read_protection(made.clinic.clinician, nobody, clock=clock),
    ):
        with pytest.raises(NotThere):
            act()


def test_a_service_that_forgets_to_look_the_patient_up_lets_no_member_in(made, whom):
    for permission in (Permission.PATIENT_READ, Permission.COURSE_WRITE, Permission.PATIENT_WRITE):
        with pytest.raises(NotLookedUp):
            require(made.clinic.clinician, permission, whom)
        with pytest.raises(NotLookedUp):
            may(made.clinic.nurse, permission, whom)
    require(OPERATOR, Permission.COURSE_WRITE, whom)


def test_the_protection_of_a_diary_is_read_in_one_place_only():
    texts = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "diary").rglob("*.py"))}
    makers = [
        path.relative_to(ROOT).as_posix()
        for path, text in texts.items()
        if "Protection(" in text
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Protection"
    ]
    assert set(makers) == {"diary/access/policy.py", "diary/services/protection.py"}
    assert makers.count("diary/access/policy.py") == 1


def test_glass_that_is_open_already_is_not_broken_twice(made, whom, clock):
    assert break_the_glass(made.clinic.nurse, whom, clock)
    before = len(audit_rows(made.clinic.clinic_id))
    assert not break_the_glass(made.clinic.nurse, whom, clock)
    assert not break_the_glass(made.clinic.clinician, whom, clock)
    assert audit_rows(made.clinic.clinic_id, since=before) == []

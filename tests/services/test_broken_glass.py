"""Broken glass: what is written, what the patient is told, and what the admin reviews."""

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diary.errors import Changed, DiaryProtected, Invalid, NotThere, Refused
from diary.services import glass, glass_reviews
from diary.services.audit import ONE_LOOK
from diary.services.looks import read_own_looks
from diary.services.own_diary import read_own_diary
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import ReviewOutcome, Role
from tests.clinic_builders import a_clinic, a_member, a_patient, subject
from tests.services.closing import A_NEED, break_the_glass, protect, unprotect
from tests.services.looking_in import audit_rows, everything_stored

JUSTIFIED, NOT_JUSTIFIED = ReviewOutcome


@pytest.fixture
def broken(clinic, patient, clock):
    protect(clinic, subject(patient), clock)
    break_the_glass(clinic.nurse, subject(patient), clock)
    return subject(patient)


def acts_since(clinic, before):
    return [row.action for row in audit_rows(clinic.clinic_id, since=before)]


def told(patient):
    return [(look.action, look.reason) for look in read_own_looks(patient, subject(patient)).looks]


def waiting(clinic, clock):
    return glass_reviews.read_glass(clinic.admin, clinic.clinic_id, clock=clock).waiting


def review(who, clinic, glass_id, clock, outcome=JUSTIFIED, words=""):
    glass_reviews.review_glass(who, clinic.clinic_id, glass_id, outcome=outcome, words=words, clock=clock)


def test_a_look_under_glass_is_written_as_such(clinic, broken, clock):
    before = len(audit_rows(clinic.clinic_id))
    for _ in range(3):
        read_patient_page(clinic.nurse, broken, clock=clock)
    read_patient_page(clinic.clinician, broken, clock=clock)
    assert acts_since(clinic, before) == ["patient.seen_under_glass", "patient.seen"]
    row = audit_rows(clinic.clinic_id, since=before)[0]
    assert row.content == {"glass": str(waiting(clinic, clock)[0].id)}
    assert (row.actor_id, row.patient_id) == (clinic.nurse.member_id, broken.patient_id)


def test_a_look_through_the_next_glass_is_another_look(clinic, broken, clock):
    before = len(audit_rows(clinic.clinic_id))
    read_patient_page(clinic.nurse, broken, clock=clock)
    glass.close_glass(clinic.nurse, broken, clock=clock)
    break_the_glass(clinic.nurse, broken, clock)
    read_patient_page(clinic.nurse, broken, clock=clock)
    looks = [row.content["glass"] for row in audit_rows(clinic.clinic_id, since=before) if "seen" in row.action]
    assert len(set(looks)) == len(looks) == 2


def test_the_patient_reads_that_the_glass_was_broken_by_whom_and_why(clinic, broken, patient, clock):
    read_patient_page(clinic.nurse, broken, clock=clock)
    glass.close_glass(clinic.nurse, broken, clock=clock)
    unprotect(clinic, broken, clock)
    assert told(patient)[:5] == [
        ("diary.unprotected", "She left the clinic's staff."),
        ("glass.closed", ""),
        ("patient.seen_under_glass", ""),
        ("glass.broken", A_NEED),
        ("diary.protected", "She works in this clinic."),
    ]
    assert read_own_looks(patient, broken).looks[3].name == "nurse Meyer"
    assert read_own_diary(patient, clock=clock).seen_on == clock().date()


def test_a_reason_is_neither_too_short_nor_too_long(clinic, patient, clock):
    protect(clinic, subject(patient), clock)
    stored = everything_stored()
    for reason in ("", "because", " " * 40 + "urgent", "x" * 501):
        with pytest.raises(Invalid, match="10 to 500"):
            break_the_glass(clinic.nurse, subject(patient), clock, reason)
    assert everything_stored() == stored
    for reason in ("x" * 10, "x" * 500):
        assert break_the_glass(clinic.nurse, subject(patient), clock, reason)
        glass.close_glass(clinic.nurse, subject(patient), clock=clock)


def test_an_admin_reviews_each_glass_once(clinic, broken, patient, clock):
    (one,) = waiting(clinic, clock)
    assert (one.member, one.reason, one.own) == ("nurse Meyer", A_NEED, False)
    assert glass_reviews.count_waiting(clinic.admin, clinic.clinic_id) == 1
    before = len(audit_rows(clinic.clinic_id))
    review(clinic.admin, clinic, one.id, clock, NOT_JUSTIFIED, " Talked with her. ")
    (row,) = audit_rows(clinic.clinic_id, since=before)
    assert row.action == "glass.reviewed"
    assert row.content == {"glass": str(one.id), "outcome": "not justified", "words": "Talked with her."}
    assert waiting(clinic, clock) == []
    assert glass_reviews.count_waiting(clinic.admin, clinic.clinic_id) == 0
    (read,) = glass_reviews.read_glass(clinic.admin, clinic.clinic_id, clock=clock).reviewed
    assert (read.outcome, read.words, read.reviewed_by) == ("not justified", "Talked with her.", "admin Meyer")
    assert told(patient)[0] == ("glass.reviewed", "")
    stored = everything_stored()
    with pytest.raises(Changed):
        review(clinic.admin, clinic, one.id, clock)
    assert everything_stored() == stored


def test_what_was_not_justified_is_explained(clinic, broken, clock):
    (one,), stored = waiting(clinic, clock), everything_stored()
    for words in ("", "   ", "x" * 501):
        with pytest.raises(Invalid):
            review(clinic.admin, clinic, one.id, clock, NOT_JUSTIFIED, words)
    assert everything_stored() == stored


def test_nobody_reviews_their_own_glass(clinic, broken, clock):
    both = a_member(clinic.clinic_id, Role.NURSE, clock)
    both = type(both)(both.account_id, both.clinic_id, both.member_id, frozenset({Role.NURSE, Role.ADMIN}))
    clock.move(minutes=1)
    break_the_glass(both, broken, clock)
    first, own = glass_reviews.read_glass(both, clinic.clinic_id, clock=clock).waiting
    assert (first.own, own.own) == (False, True)
    stored = everything_stored()
    with pytest.raises(Refused, match="another admin"):
        review(both, clinic, own.id, clock)
    assert everything_stored() == stored
    review(both, clinic, first.id, clock)
    review(clinic.admin, clinic, own.id, clock)


def test_reviews_are_the_admins_of_the_clinic_alone(clinic, broken, patient, clock):
    glass_id, elsewhere = waiting(clinic, clock)[0].id, a_clinic(clock, "Pain clinic East")
    stored = everything_stored()
    for who in (clinic.clinician, clinic.nurse, patient, elsewhere.admin):
        for act in (
            lambda who=who: review(who, clinic, glass_id, clock),
            lambda who=who: glass_reviews.read_glass(who, clinic.clinic_id, clock=clock),
            lambda who=who: glass_reviews.count_waiting(who, clinic.clinic_id),
            lambda who=who: glass_reviews.patient_of_reference(who, clinic.clinic_id, "M-1"),
        ):
            with pytest.raises((Refused, NotThere)):
                act()
    for strange in (glass_id, uuid.uuid4()):
        with pytest.raises(NotThere):
            review(elsewhere.admin, elsewhere, strange, clock)
    assert everything_stored() == stored


def test_the_banner_says_who_why_and_until_when(clinic, broken, clock):
    held = glass.own_glass(clinic.nurse, broken, clock=clock)
    assert held
    assert (held.member, held.reason, held.ends_at - clock()) == ("nurse Meyer", A_NEED, timedelta(minutes=60))
    assert glass.own_glass(clinic.clinician, broken, clock=clock) is None
    clock.move(minutes=60)
    assert glass.own_glass(clinic.nurse, broken, clock=clock) is None


steps = st.sampled_from(["look", "break", "close", "wait", "wait an hour", "protect", "unprotect"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(taken=st.lists(steps, min_size=3, max_size=14))
def test_no_look_under_glass_is_ever_without_its_row(clinic, clock, taken):
    patient = a_patient(clinic, clock, f"M-{uuid.uuid4().hex[:12]}")
    whom, nurse = subject(patient), clinic.nurse
    protected = False
    for step in taken:
        if step == "look":
            check_a_look(clinic, whom, clock, protected)
        elif step == "break":
            break_the_glass(nurse, whom, clock)
        elif step == "close":
            glass.close_glass(nurse, whom, clock=clock)
        elif step.startswith("wait"):
            clock.move(minutes=60 if step.endswith("hour") else 7)
        else:
            protected = step == "protect"
            (protect if protected else unprotect)(clinic, whom, clock)


def check_a_look(clinic, whom, clock, protected):
    held = glass.own_glass(clinic.nurse, whom, clock=clock)
    try:
        read_patient_page(clinic.nurse, whom, clock=clock)
    except DiaryProtected:
        assert protected
        assert held is None
        return
    assert not protected or held is not None
    own = [
        r
        for r in audit_rows(clinic.clinic_id)
        if (r.patient_id, r.actor_id) == (whom.patient_id, clinic.nurse.member_id)
    ]
    written = [row for row in own if row.at > clock() - ONE_LOOK and row.action.startswith("patient.seen")]
    broken = [row.content["glass"] for row in own if row.action == "glass.broken"]
    if protected:
        assert {"glass": broken[-1]} in [row.content for row in written if row.action == "patient.seen_under_glass"]
    else:
        assert "patient.seen" in {row.action for row in written}


def test_an_admin_who_looks_at_protected_diaries_is_written_down(clinic, broken, clock):
    before = len(audit_rows(clinic.clinic_id))
    waiting(clinic, clock)
    waiting(clinic, clock)
    (look,) = audit_rows(clinic.clinic_id, since=before)
    assert (look.action, look.actor_id, look.patient_id) == ("glass.seen", clinic.admin.member_id, None)

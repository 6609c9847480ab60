"""Many patients are invited at once: those that were chosen, each once, all or none."""

import uuid

import pytest
from sqlalchemy import func, select

from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, NotThere, Refused
from diary.installation import installation
from diary.models import Clinic, Invite, Patient
from diary.services import invite_cards
from diary.services.invite_cards import make_cards, patients_without_account
from diary.services.invites import accept_invite, invite_patient, open_invite
from diary.services.patients import change_life_cycle
from diary.vocabulary import LifeCycle
from tests.clinic_builders import AGREED, a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows, everything_stored


def ids(*people):
    return [one.patient_id for one in people]


def listed(clinic, clock, **fields):
    page = patients_without_account(clinic.nurse, clinic.clinic_id, **fields, clock=clock)
    return [one.reference for one in page.patients], page.next_key


def accept(token, clock):
    passwords = installation().passwords
    return accept_invite(
        token, sign_in_name="ana7", password="four words in a row", passwords=passwords, clock=clock, agreed=AGREED
    )


def test_those_without_an_account_are_listed_by_reference(clinic, clock):
    people = [a_patient(clinic, clock, reference) for reference in ("M-3", "M-1", "M-2", "M-4", "M-5")]
    accept(invite_patient(clinic.nurse, subject(people[0]), clock=clock), clock)
    change_life_cycle(clinic.nurse, subject(people[3]), LifeCycle.DISCHARGED, clock=clock)
    change_life_cycle(clinic.nurse, subject(people[4]), LifeCycle.PAUSED, clock=clock)
    invite_patient(clinic.nurse, subject(people[1]), clock=clock)
    page = patients_without_account(clinic.nurse, clinic.clinic_id, clock=clock)
    assert [one.reference for one in page.patients] == ["M-1", "M-2", "M-5"]
    assert [bool(one.until) for one in page.patients] == [True, False, False]
    clock.move(hours=72)
    page = patients_without_account(clinic.nurse, clinic.clinic_id, clock=clock)
    assert not any(one.until for one in page.patients)


def test_the_list_goes_on_by_key(clinic, clock, monkeypatch):
    monkeypatch.setattr(invite_cards, "MOST_AT_ONCE", 2)
    for reference in ("M-1", "M-2", "M-3"):
        a_patient(clinic, clock, reference)
    assert listed(clinic, clock) == (["M-1", "M-2"], "M-2")
    assert listed(clinic, clock, after="M-2") == (["M-3"], None)


def test_looking_at_the_list_is_told_once_in_ten_minutes(clinic, clock):
    before = len(audit_rows(clinic.clinic_id))
    for _ in range(3):
        listed(clinic, clock)
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["invites.seen"]


def test_each_card_opens_the_invite_of_its_patient(clinic, clock):
    people = [a_patient(clinic, clock, f"M-{number}") for number in range(4)]
    older = invite_patient(clinic.nurse, subject(people[0]), clock=clock)
    before = len(audit_rows(clinic.clinic_id))
    made = make_cards(clinic.nurse, clinic.clinic_id, ids(*people[:3], people[0]), clock=clock)
    assert [card.reference for card in made.cards] == ["M-0", "M-1", "M-2"]
    assert [open_invite(card.token, clock=clock).name for card in made.cards] == [card.name for card in made.cards]
    told = audit_rows(clinic.clinic_id, since=before)
    assert [(row.action, row.patient_id) for row in told] == [("invite.made", one) for one in ids(*people[:3])]
    with pytest.raises(Expired, match="A newer link"):
        open_invite(older, clock=clock)


def test_whoever_needs_none_any_more_is_left_out_and_named(clinic, clock):
    joined, left, other = (a_patient(clinic, clock, f"M-{number}") for number in range(3))
    accept(invite_patient(clinic.nurse, subject(joined), clock=clock), clock)
    change_life_cycle(clinic.nurse, subject(left), LifeCycle.MOVED, clock=clock)
    made = make_cards(clinic.nurse, clinic.clinic_id, ids(joined, left, other), clock=clock)
    assert [card.reference for card in made.cards] == ["M-2"]
    assert made.left_out == ["Ramirez M-0", "Ramirez M-1"]


def test_all_cards_are_made_or_none(clinic, clock):
    east = a_clinic(clock, "Pain clinic East")
    own, foreign = a_patient(clinic, clock), a_patient(east, clock)
    stored = everything_stored()
    for last in (foreign.patient_id, uuid.uuid4()):
        with pytest.raises(NotThere):
            make_cards(clinic.nurse, clinic.clinic_id, [own.patient_id, last], clock=clock)
    assert everything_stored() == stored


def test_nobody_chosen_too_many_and_no_numbers_are_refused(clinic, clock):
    own = a_patient(clinic, clock)
    with pytest.raises(Invalid, match="Tick at least one"):
        make_cards(clinic.nurse, clinic.clinic_id, [], clock=clock)
    with pytest.raises(Invalid, match="at most 100"):
        make_cards(clinic.nurse, clinic.clinic_id, [uuid.uuid4() for _ in range(101)], clock=clock)
    with transaction() as session:
        session.get_one(Clinic, clinic.clinic_id).emergency_number = ""
    with pytest.raises(Invalid, match="emergency number first"):
        make_cards(clinic.nurse, clinic.clinic_id, ids(own), clock=clock)
    with snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Invite)) == 0


def test_who_may_not_invite_makes_no_cards_and_sees_no_list(clinic, clock):
    own, east = a_patient(clinic, clock), a_clinic(clock, "Pain clinic East")
    stored = everything_stored()
    for who, refusal in ((clinic.admin, Refused), (own, NotThere), (east.nurse, NotThere)):
        with pytest.raises(refusal):
            make_cards(who, clinic.clinic_id, ids(own), clock=clock)
        with pytest.raises(refusal):
            patients_without_account(who, clinic.clinic_id, clock=clock)
    assert everything_stored() == stored


def test_a_protected_diary_is_left_to_those_who_may_reach_it(clinic, clock):
    own, other = a_patient(clinic, clock), a_patient(clinic, clock, "M-2")
    with transaction() as session:
        row = session.get_one(Patient, (clinic.clinic_id, own.patient_id))
        row.protected_at, row.responsible_id = clock(), clinic.clinician.member_id
    assert listed(clinic, clock) == (["M-2"], None)
    stored = everything_stored()
    made = make_cards(clinic.nurse, clinic.clinic_id, ids(own), clock=clock)
    assert (made.cards, made.left_out, made.closed) == ([], [], ["Ramirez M-1"])
    assert everything_stored() == stored
    made = make_cards(clinic.nurse, clinic.clinic_id, ids(own, other), clock=clock)
    assert ([card.reference for card in made.cards], made.closed) == (["M-2"], ["Ramirez M-1"])
    made = make_cards(clinic.clinician, clinic.clinic_id, ids(own), clock=clock)
    assert ([card.reference for card in made.cards], made.closed) == (["M-1"], [])

"""Whoever has an account joins another clinic with it: one link, one place, and never the wrong account unseen."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from diary.access.identity import OPERATOR
from diary.db import snapshot, transaction
from diary.errors import Changed, ConfirmFirst, Expired, Invalid, NotThere
from diary.models import Account, AccountClinic, Consent, Invite, Member, Patient
from diary.services import joining, members, sign_in
from diary.services.invites import invite_patient, open_invite
from diary.services.joining import join, own_places
from diary.vocabulary import Proof, Role
from tests.clinic_builders import AGREED, a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.signing_in import accept


@pytest.fixture
def west(app, clock):
    return a_clinic(clock)


@pytest.fixture
def east(west, clock):
    return a_clinic(clock, "Pain clinic East")


def staff_link(clinic_name, clock, email="nurse@a.example", role=Role.NURSE):
    return members.invite_member(OPERATOR, email, clinic=clinic_name, roles=[role], clock=clock, name="Nurse Bakker")


def signed_in(account_id, clock):
    token = sign_in.start_session(account_id, proof=Proof.CODE, clock=clock)
    return sign_in.identity_behind(token, clock=clock)


@pytest.fixture
def nurse(west, clock):
    """A nurse of the first clinic, right after signing in."""
    return signed_in(accept(staff_link("Pain clinic West", clock), "nurse@a.example", clock), clock)


def join_as(who, token, clock, **fields):
    return join(who, token, **{"shown_account": who.account_id, "agreed": AGREED, **fields}, clock=clock)


def test_a_member_joins_a_second_clinic_and_works_in_both(west, east, nurse, clock):
    token = staff_link("Pain clinic East", clock)
    assert join_as(nurse, token, clock) == east.clinic_id
    places = own_places(nurse)
    assert [(one.clinic, one.is_here) for one in places] == [("Pain clinic East", False), ("Pain clinic West", True)]
    assert joining.has_other_clinics(nurse)
    with snapshot() as session:
        row = session.scalar(
            select(Member).where(Member.account_id == nurse.account_id, Member.clinic_id == east.clinic_id)
        )
        assert session.scalar(select(func.count()).select_from(Account)) == 1
    assert row.status == "active"
    told = audit_rows(east.clinic_id)[-1]
    assert (told.action, told.actor_id) == ("invite.accepted", row.id)


def test_a_member_becomes_a_patient_elsewhere_and_agrees_first(west, east, nurse, clock):
    about = subject(a_patient(east, clock))
    token = invite_patient(east.nurse, about, clock=clock)
    stored = everything_stored()
    with pytest.raises(Invalid, match="Tick the box"):
        join_as(nurse, token, clock, agreed="")
    assert everything_stored() == stored
    join_as(nurse, token, clock)
    with snapshot() as session:
        assert session.get_one(Patient, (about.clinic_id, about.patient_id)).account_id == nurse.account_id
        assert session.scalar(select(Consent.version)) == AGREED
    assert [one.roles for one in own_places(nurse)] == [frozenset(), frozenset({Role.NURSE})]


def test_a_patient_treated_in_two_clinics_has_one_name_to_sign_in_with(west, east, clock):
    here, there = a_patient(west, clock), a_patient(east, clock)
    account_id = accept(invite_patient(west.nurse, subject(here), clock=clock), "ana7", clock)
    who = signed_in(account_id, clock)
    join_as(who, invite_patient(east.nurse, subject(there), clock=clock), clock)
    assert len(own_places(who)) == 2


def test_the_account_that_was_shown_is_the_only_one_that_joins(west, east, nurse, clock):
    token = invite_patient(east.nurse, subject(a_patient(east, clock)), clock=clock)
    stored = everything_stored()
    with pytest.raises(Changed, match="Somebody else is signed in by now"):
        join_as(nurse, token, clock, shown_account=uuid.uuid4())
    assert everything_stored() == stored


def test_a_device_left_open_joins_nothing(west, east, nurse, clock):
    token = staff_link("Pain clinic East", clock)
    clock.move(minutes=6)
    stored = everything_stored()
    with pytest.raises(ConfirmFirst):
        join_as(nurse, token, clock)
    assert everything_stored() == stored


def test_one_account_has_one_place_in_a_clinic(west, nurse, clock):
    again = staff_link("Pain clinic West", clock, email="other@a.example")
    own_diary = invite_patient(west.nurse, subject(a_patient(west, clock)), clock=clock)
    stored = everything_stored()
    for token in (again, own_diary):
        with pytest.raises(Invalid, match="works in that clinic already"):
            join_as(nurse, token, clock)
    assert everything_stored() == stored
    patient = signed_in(accept(own_diary, "ana7", clock), clock)
    for token in (again, invite_patient(west.nurse, subject(a_patient(west, clock, "M-2")), clock=clock)):
        with pytest.raises(Invalid, match="has a diary in that clinic already"):
            join_as(patient, token, clock)


def test_a_link_is_joined_once_and_not_when_it_is_over(west, east, nurse, clock):
    token = staff_link("Pain clinic East", clock)
    join_as(nurse, token, clock)
    for link, sentence in ((token, "used already"), ("x.y", "not known"), ("nonsense", "not known")):
        with pytest.raises(Expired, match=sentence):
            join_as(nurse, link, clock)
    over = staff_link("Pain clinic East", clock, email="late@a.example")
    clock.move(hours=72)
    with pytest.raises(Expired, match="72 hours"):
        join_as(nurse, over, clock)


def test_a_disabled_account_joins_nothing(west, east, nurse, clock):
    token = staff_link("Pain clinic East", clock)
    with transaction() as session:
        session.get_one(Account, nurse.account_id).disabled_at = clock()
    with pytest.raises(NotThere):
        join_as(nurse, token, clock)


def test_of_twenty_who_join_and_begin_with_one_link_at_once_one_gets_it(app, west, east, clock):
    people = [
        signed_in(
            accept(staff_link("Pain clinic West", clock, email=f"n{number}@a.example"), f"nurse{number}", clock), clock
        )
        for number in range(10)
    ]
    about = subject(a_patient(east, clock))
    token = invite_patient(east.nurse, about, clock=clock)
    acts = [partial(join_as, who, token, clock) for who in people]
    acts += [partial(accept, token, f"new{number}", clock) for number in range(10)]
    said = side_by_side(app, acts)
    assert sum(isinstance(one, uuid.UUID) for one in said) == 1
    assert sum(isinstance(one, Expired) for one in said) == 19
    with snapshot() as session:
        in_east = select(AccountClinic.account_id).where(AccountClinic.clinic_id == east.clinic_id)
        assert session.scalars(in_east).all() == [
            session.get_one(Patient, (about.clinic_id, about.patient_id)).account_id
        ]
        assert len(session.scalars(select(Invite).where(Invite.used_at.is_not(None))).all()) == 11


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("Ramírez, Ana María", "ana"),
        ("José Ramírez", "jose"),
        ("Wolfeschlegelsteinhausen", "wolfeschlege"),
        ("Анна", "анна"),
        ("'; DROP TABLE--", "ebb"),
        ("–", "ebb"),
        ("", "ebb"),
    ],
)
def test_a_short_name_that_is_free_is_suggested(west, clock, name, begins):
    about = a_patient(west, clock)
    with transaction() as session:
        session.get_one(Patient, (west.clinic_id, about.patient_id)).name = name
    token = invite_patient(west.nurse, subject(about), clock=clock)
    suggested = open_invite(token, clock=clock).suggested
    assert suggested.startswith(begins)
    assert suggested[len(begins) :].isdigit()
    assert open_invite(token, clock=clock).suggested == suggested, "the same each time it is opened"
    other = invite_patient(west.nurse, subject(a_patient(west, clock, "M-2")), clock=clock)
    accept(other, suggested, clock)
    assert open_invite(token, clock=clock).suggested not in (suggested, "")


def test_until_when_a_link_is_good_stands_on_its_page(west, clock):
    token = invite_patient(west.nurse, subject(a_patient(west, clock)), clock=clock)
    assert open_invite(token, clock=clock).until == clock() + timedelta(hours=72)

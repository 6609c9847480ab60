"""An invite is handed over once, is good for 72 hours and makes one account."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from diary.access.identity import OPERATOR
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, NotThere, Refused
from diary.installation import installation
from diary.models import Account, Invite, Member, Patient
from diary.security.tokens import token_hash
from diary.services import clinics, members
from diary.services.invites import accept_invite, invite_patient, open_invite
from diary.vocabulary import Role
from tests.beside import all_words
from tests.clinic_builders import AGREED, a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side

PASSWORD = "four words in a row"


def invite(clinic, patient, clock):
    return invite_patient(clinic.nurse, subject(patient), clock=clock)


def accept(token, clock, name="ana@home.example", password=PASSWORD, agreed=AGREED):
    passwords = installation().passwords
    return accept_invite(token, sign_in_name=name, password=password, passwords=passwords, clock=clock, agreed=agreed)


def test_an_invite_shows_whose_it_is_and_opening_it_uses_nothing_up(clinic, patient, clock):
    token = invite(clinic, patient, clock)
    stored = everything_stored()
    for _ in range(3):
        opened = open_invite(token, clock=clock)
    assert (opened.clinic.name, opened.name, opened.for_patient) == ("Pain clinic West", "Ramirez M-1", True)
    assert everything_stored() == stored


def test_accepting_makes_the_account_of_the_patient(clinic, patient, clock):
    account_id = accept(invite(clinic, patient, clock), clock, name=" Ana@Home.example ")
    with snapshot() as session:
        account = session.get_one(Account, account_id)
        row = session.get_one(Patient, (clinic.clinic_id, patient.patient_id))
    assert (account.sign_in_name, account.email) == ("ana@home.example", "ana@home.example")
    assert account.password_hash.startswith("$argon2id$")
    assert row.account_id == account_id
    assert "invite.accepted" in [row.action for row in audit_rows(clinic.clinic_id)[-2:]]


def test_a_sign_in_name_need_not_be_an_address(clinic, patient, clock):
    account_id = accept(invite(clinic, patient, clock), clock, name="ana7")
    with snapshot() as session:
        account = session.get_one(Account, account_id)
    assert (account.sign_in_name, account.email) == ("ana7", None)


def test_an_invite_is_good_once(clinic, patient, clock):
    token = invite(clinic, patient, clock)
    accept(token, clock)
    stored = everything_stored()
    with pytest.raises(Expired):
        accept(token, clock, name="other@home.example")
    with pytest.raises(Expired):
        open_invite(token, clock=clock)
    assert everything_stored() == stored


def test_a_used_invite_stays_used_when_the_account_is_taken_away(clinic, patient, clock):
    token = invite(clinic, patient, clock)
    accept(token, clock)
    with transaction() as session:
        session.get_one(Patient, (clinic.clinic_id, patient.patient_id)).account_id = None
    with pytest.raises(Expired):
        accept(token, clock, name="other@home.example")


def test_an_invite_is_good_for_72_hours(clinic, patient, clock):
    token = invite(clinic, patient, clock)
    clock.move(hours=71, minutes=59)
    assert open_invite(token, clock=clock)
    clock.move(minutes=1)
    stored = everything_stored()
    with pytest.raises(Expired):
        open_invite(token, clock=clock)
    with pytest.raises(Expired):
        accept(token, clock)
    assert everything_stored() == stored


def test_a_newer_invite_ends_the_older_one(clinic, patient, clock):
    older = invite(clinic, patient, clock)
    other = invite(clinic, a_patient(clinic, clock, "M-2"), clock)
    newer = invite(clinic, patient, clock)
    with pytest.raises(Expired):
        accept(older, clock)
    assert open_invite(other, clock=clock)
    assert accept(newer, clock)


def test_only_the_hash_of_an_invite_is_stored(clinic, patient, clock):
    token = invite(clinic, patient, clock)
    _, _, secret = token.partition(".")
    with snapshot() as session:
        assert session.scalar(select(Invite.token_hash)) == token_hash(secret)
    assert len(secret) >= 22, "128 bits at least"
    dumped = all_words()
    assert secret not in dumped


def test_a_name_that_is_taken_is_refused_and_the_invite_stays_good(clinic, patient, clock):
    accept(invite(clinic, patient, clock), clock)
    token = invite(clinic, a_patient(clinic, clock, "M-2"), clock)
    stored = everything_stored()
    with pytest.raises(Invalid) as refusal:
        accept(token, clock, name="ANA@home.example")
    assert list(refusal.value.fields) == ["email"]
    now_stored = everything_stored()
    now_stored.pop("sign_in_attempts"), stored.pop("sign_in_attempts")  # names tried with one link are counted
    assert now_stored == stored
    assert accept(token, clock, name="second@home.example")


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 257, "ü" * 129])
def test_a_password_too_short_or_too_long_is_refused_and_the_invite_stays_good(clinic, patient, clock, password):
    token = invite(clinic, patient, clock)
    stored = everything_stored()
    with pytest.raises(Invalid) as refusal:
        accept(token, clock, password=password)
    assert list(refusal.value.fields) == ["password"]
    assert everything_stored() == stored
    assert accept(token, clock, password="twelve chars")


TOKENS = ["", ".", "x", "x.y", "ü.ü", "AAAA.BBBB", "A" * 22 + "." + "B" * 43, "A" * 10_000]


@pytest.mark.parametrize("token", TOKENS)
def test_a_link_that_was_never_made_is_no_longer_good(clinic, patient, clock, token):
    with pytest.raises(Expired):
        open_invite(token, clock=clock)
    with pytest.raises(Expired):
        accept(token, clock)


def test_a_secret_is_good_in_its_own_clinic_only(clinic, patient, clock):
    east = a_clinic(clock, "Pain clinic East")
    elsewhere = invite(east, a_patient(east, clock), clock).partition(".")[0]
    secret = invite(clinic, patient, clock).partition(".")[2]
    with pytest.raises(Expired):
        open_invite(f"{elsewhere}.{secret}", clock=clock)


def test_ten_taps_on_accept_make_one_account(app, clinic, patient, clock):
    token = invite(clinic, patient, clock)
    answers = side_by_side(app, [partial(accept, token, clock, name=f"ana{number}") for number in range(10)])
    made = [answer for answer in answers if isinstance(answer, uuid.UUID)]
    assert len(made) == 1
    assert sum(isinstance(answer, Expired) for answer in answers) == 9, answers
    with snapshot() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1


@pytest.mark.parametrize(("phone", "emergency_number"), [("", ""), ("0555 1", ""), ("", "112")])
def test_a_clinic_without_its_numbers_cannot_invite_patients(app, clock, phone, emergency_number):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    clinics.change_clinic(clinic.admin, clinic.clinic_id, clock=clock, phone=phone, emergency_number=emergency_number)
    stored = everything_stored()
    with pytest.raises(Invalid, match="phone and emergency number"):
        invite(clinic, patient, clock)
    assert everything_stored() == stored


def test_a_patient_who_accepted_is_not_invited_again(clinic, patient, clock):
    accept(invite(clinic, patient, clock), clock)
    with pytest.raises(Invalid, match="accepted an invite already"):
        invite(clinic, patient, clock)


def test_who_may_not_invite_does_not(clinic, patient, clock):
    east = a_clinic(clock, "Pain clinic East")
    for who, refusal in ((patient, Refused), (clinic.admin, Refused), (east.nurse, NotThere)):
        with pytest.raises(refusal):
            invite_patient(who, subject(patient), clock=clock)


def test_staff_are_invited_and_active_once_they_accept(clinic, clock):
    name, roles = "nurse@clinic.example", [Role.NURSE, Role.ADMIN]
    token = members.invite_member(OPERATOR, name, clinic="Pain clinic West", roles=roles, clock=clock)
    with snapshot() as session:
        assert session.scalar(select(Member.status).where(Member.name == "nurse")) == "invited"
    assert not open_invite(token, clock=clock).for_patient
    account_id = accept(token, clock, name=name)
    with snapshot() as session:
        member = session.scalar(select(Member).where(Member.account_id == account_id))
    assert (member.status, set(member.roles)) == ("active", set(roles))


def test_the_first_member_of_a_new_clinic_brings_it_with_them(app, clock):
    token = members.invite_member(OPERATOR, "a@b.example", clinic="New", roles=[Role.ADMIN], clock=clock)
    assert open_invite(token, clock=clock).clinic.name == "New"


@pytest.mark.parametrize("email", ["", "@", "a@", "@b", "nobody"])
def test_staff_are_invited_by_an_address(app, clock, email):
    stored = everything_stored()
    with pytest.raises(Invalid, match="not an e-mail address"):
        members.invite_member(OPERATOR, email, clinic="New", roles=[Role.ADMIN], clock=clock)
    assert everything_stored() == stored


def test_staff_with_an_account_are_not_invited_again(clinic, clock):
    def ask():
        return members.invite_member(
            OPERATOR, "N@clinic.example", clinic="Pain clinic West", roles=[Role.NURSE], clock=clock
        )

    accept(ask(), clock, name="n@clinic.example")
    with pytest.raises(Invalid, match="has an account already"):
        ask()


def test_the_time_an_invite_ends_is_on_it(clinic, patient, clock):
    invite(clinic, patient, clock)
    with snapshot() as session:
        row = session.scalar(select(Invite))
    assert row.expires_at - row.made_at == timedelta(hours=72)

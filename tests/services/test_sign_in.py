"""Signing in: the right name and password, one row for each, and a cookie that dies with it."""

import hashlib
import uuid

import pytest
from sqlalchemy import select

from diary.db import snapshot, transaction
from diary.installation import installation
from diary.models import Account, Member, Patient, SignedInSession
from diary.security.passwords import Passwords
from diary.services import invites, members, patients, second_factors, sign_in
from diary.services.devices import Visit
from diary.settings import PasswordCost
from diary.vocabulary import LifeCycle, MemberStatus, Proof, Role
from tests.beside import all_words
from tests.clinic_builders import a_patient, confirmed, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.signing_in import PASSWORD, accept

SECRETS = {}
"""What the apps of staff hold, by the name they sign in with."""


@pytest.fixture
def patient(clinic, clock):
    """A patient who signs in as ana@home.example."""
    who = a_patient(clinic, clock)
    accept(invites.invite_patient(clinic.nurse, subject(who), clock=clock), "ana@home.example", clock)
    return who


@pytest.fixture
def doctor(clinic, clock):
    """A clinician who signs in as doctor@clinic.example."""
    name, roles = "doctor@clinic.example", [Role.CLINICIAN, Role.ADMIN]
    token = members.invite_member(
        confirmed(clinic.admin, clock), name, clinic="Pain clinic West", roles=roles, clock=clock
    )
    account_id = accept(token, name, clock)
    SECRETS[name] = second_factors.give_app(account_id, clock=clock)
    return name


def enter(name, clock, password=PASSWORD):
    token = begin(name, clock, password)
    return sign_in.prove(token, Proof.CODE, clock=clock) if token and name in SECRETS else token


def begin(name, clock, password=PASSWORD):
    return sign_in.sign_in(name, password, visit=Visit(), passwords=installation().passwords, clock=clock)


def stored_but_for_attempts():
    return {name: rows for name, rows in everything_stored().items() if name != "sign_in_attempts"}


def test_the_right_name_and_password_open_the_own_diary(clinic, patient, clock):
    who = sign_in.identity_behind(enter("ana@home.example", clock), clock=clock)
    assert (who.clinic_id, who.patient_id, who.member_id) == (clinic.clinic_id, patient.patient_id, None)
    assert (who.roles, who.operator) == (frozenset(), False)


def test_staff_come_in_with_their_roles(clinic, doctor, clock):
    who = sign_in.identity_behind(enter(doctor, clock), clock=clock)
    assert (who.clinic_id, who.patient_id) == (clinic.clinic_id, None)
    assert who.roles == {Role.CLINICIAN, Role.ADMIN}


@pytest.mark.parametrize("name", ["ana@home.example", "  ANA@Home.Example "])
def test_the_name_is_taken_in_any_case_and_with_spaces_around_it(patient, clock, name):
    assert enter(name, clock)


WRONG = ["", " ", PASSWORD.upper(), f"{PASSWORD} ", PASSWORD[:-1], "x" * 300, "ü" * 200, "\0"]


def test_a_wrong_password_opens_nothing_and_stores_nothing(patient, clock):
    stored = stored_but_for_attempts()
    for password in WRONG:
        clock.move(hours=1)
        assert enter("ana@home.example", clock, password) is None, password
    assert stored_but_for_attempts() == stored


def test_an_unknown_name_opens_nothing_and_stores_nothing(patient, clock):
    stored = stored_but_for_attempts()
    for name in ("", "nobody@home.example", "%", "ana"):
        assert enter(name, clock) is None
    assert stored_but_for_attempts() == stored


def test_an_account_without_a_password_cannot_be_signed_in_to(patient, clock):
    with transaction() as session:
        session.scalar(select(Account)).password_hash = None
    for password in (PASSWORD, "", "None"):
        assert enter("ana@home.example", clock, password) is None


def test_only_the_hash_of_the_token_is_stored(patient, clock):
    token = enter("ana@home.example", clock)
    with snapshot() as session:
        assert session.scalars(select(SignedInSession.token_hash)).all() == [hashlib.sha256(token.encode()).digest()]
    dumped = all_words()
    assert token not in dumped
    assert PASSWORD not in dumped


def test_every_sign_in_has_a_token_of_its_own(patient, clock):
    tokens = {enter("ana@home.example", clock) for _ in range(5)}
    assert len(tokens) == 5
    assert min(map(len, tokens)) >= 43


def test_a_copied_token_is_dead_after_signing_out(patient, clock):
    token, other = enter("ana@home.example", clock), enter("ana@home.example", clock)
    sign_in.sign_out(token, clock=clock)
    assert sign_in.identity_behind(token, clock=clock) is None
    assert sign_in.identity_behind(other, clock=clock)
    stored = everything_stored()
    sign_in.sign_out(token, clock=clock)
    assert everything_stored() == stored


@pytest.mark.parametrize("token", ["", "x", "ü", "a" * 5000])
def test_a_token_that_was_never_given_is_nobody(patient, clock, token):
    stored = everything_stored()
    assert sign_in.identity_behind(token, clock=clock) is None
    sign_in.sign_out(token, clock=clock)
    assert everything_stored() == stored


def test_signing_in_and_out_are_written(clinic, patient, clock):
    before = len(audit_rows(clinic.clinic_id))
    sign_in.sign_out(enter("ana@home.example", clock), clock=clock)
    rows = audit_rows(clinic.clinic_id, since=before)
    assert [row.action for row in rows] == ["signed_in", "signed_out"]
    assert {(row.actor, row.actor_id) for row in rows} == {("patient", patient.patient_id)}


def outlives(token, clock, **steps):
    clock.move(**steps)
    return sign_in.identity_behind(token, clock=clock) is not None


def test_staff_are_out_after_fifteen_idle_minutes(doctor, clock):
    token = enter(doctor, clock)
    for _ in range(4):
        assert outlives(token, clock, minutes=15)
    assert not outlives(token, clock, minutes=15, seconds=1)


def test_staff_are_out_after_twelve_hours_at_work(doctor, clock):
    token = enter(doctor, clock)
    for _ in range(72):
        assert outlives(token, clock, minutes=10)
    assert not outlives(token, clock, seconds=1)


def test_a_patient_stays_in_for_thirty_days_after_the_last_visit(patient, clock):
    token = enter("ana@home.example", clock)
    for _ in range(4):
        assert outlives(token, clock, days=30)
    assert not outlives(token, clock, days=30, seconds=1)


@pytest.mark.parametrize("status", [MemberStatus.SUSPENDED, MemberStatus.LEFT])
def test_a_suspended_member_is_out_at_once(clinic, doctor, clock, status):
    token = enter(doctor, clock)
    with transaction() as session:
        session.scalar(select(Member).where(Member.account_id.is_not(None))).status = status
    assert sign_in.identity_behind(token, clock=clock) is None
    assert enter(doctor, clock) is None


@pytest.mark.parametrize("life_cycle", LifeCycle)
def test_a_patient_who_moved_or_died_is_out_at_once(clinic, patient, clock, life_cycle):
    token = enter("ana@home.example", clock)
    patients.change_life_cycle(clinic.nurse, subject(patient), life_cycle, clock=clock)
    stays = life_cycle not in (LifeCycle.MOVED, LifeCycle.DIED)
    assert (sign_in.identity_behind(token, clock=clock) is not None) is stays
    assert (enter("ana@home.example", clock) is not None) is stays


def test_a_disabled_account_is_out_at_once(patient, clock):
    token = enter("ana@home.example", clock)
    with transaction() as session:
        session.scalar(select(Account)).disabled_at = clock()
    assert sign_in.identity_behind(token, clock=clock) is None
    assert enter("ana@home.example", clock) is None


def test_a_session_never_becomes_another_persons(clinic, patient, clock):
    """The account is taken from one patient and given to another one, as a mended mistake would."""
    token = enter("ana@home.example", clock)
    second = a_patient(clinic, clock, "M-2")
    with transaction() as session:
        first = session.get_one(Patient, (clinic.clinic_id, patient.patient_id))
        account_id, first.account_id = first.account_id, None
        session.flush()
        session.get_one(Patient, (clinic.clinic_id, second.patient_id)).account_id = account_id
    who = sign_in.identity_behind(token, clock=clock)
    assert who is None or who.patient_id == second.patient_id


def test_a_password_hashed_at_another_cost_is_hashed_again_at_sign_in(patient, clock):
    dearer = Passwords(PasswordCost(time=2, memory_kib=16, lanes=1))
    assert sign_in.sign_in("ana@home.example", PASSWORD, visit=Visit(), passwords=dearer, clock=clock)
    with snapshot() as session:
        stored = session.scalar(select(Account.password_hash))
    assert not dearer.is_outdated(stored)
    assert "m=16,t=2" in stored
    assert enter("ana@home.example", clock)


def test_a_visit_is_noted_at_most_once_a_minute(patient, clock):
    token = enter("ana@home.example", clock)
    stored = everything_stored()
    clock.move(seconds=59)
    sign_in.identity_behind(token, clock=clock)
    assert everything_stored() == stored
    clock.move(seconds=1)
    sign_in.identity_behind(token, clock=clock)
    with snapshot() as session:
        assert session.scalar(select(SignedInSession.last_seen_at)) == clock()


def test_an_account_without_a_clinic_has_nowhere_to_go(app, clock):
    account = Account(
        id=uuid.uuid4(),
        sign_in_name="lone@home.example",
        password_hash=installation().passwords.hash(PASSWORD),
        created_at=clock(),
    )
    with transaction() as session:
        session.add(account)
    assert enter("lone@home.example", clock) is None

"""How long a session lives: idle limits, clocks that go back, tokens that are new after every proof."""

from datetime import timedelta

import pytest

from diary.db import transaction
from diary.errors import NotThere
from diary.models import AccountClinic, Member, Patient
from diary.services import sign_in
from diary.services.live_sessions import PATIENT_IDLE, SHARED_IDLE, STAFF_IDLE, STAFF_LONGEST, Standing
from diary.services.own_sessions import share_session
from diary.vocabulary import Proof
from tests.clinic_builders import a_clinic, a_patient
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.signing_in import a_doctors_account, a_patients_account, enter, who_is

JUST = timedelta(seconds=1)


@pytest.fixture
def patient(clinic, clock):
    return a_patients_account(clinic, clock)[1]


@pytest.fixture
def doctor(clinic, clock):
    return a_doctors_account(clock)


@pytest.fixture
def sessions(patient, doctor, clock):
    """A session of each kind, and how long it may be left alone."""
    return {
        "staff": (enter(doctor, clock, proof=Proof.CODE), STAFF_IDLE),
        "patient": (enter(patient, clock), PATIENT_IDLE),
        "shared by staff": (enter(doctor, clock, proof=Proof.PASSKEY, shared=True), SHARED_IDLE),
        "shared by a patient": (enter(patient, clock, shared=True), SHARED_IDLE),
    }


KINDS = ["staff", "patient", "shared by staff", "shared by a patient"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_session_ends_after_its_idle_time_and_not_before(sessions, clock, kind):
    token, idle = sessions[kind]
    for _ in range(3):
        clock.now += idle
        assert who_is(token, clock)
    clock.now += idle + JUST
    assert who_is(token, clock) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_goes_back_further_than_a_session_may_idle_ends_it(sessions, clock, kind):
    token, idle = sessions[kind]
    clock.now -= idle + JUST
    assert who_is(token, clock) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_clock_that_goes_back_a_little_makes_no_session_longer(sessions, clock, kind):
    token, idle = sessions[kind]
    clock.now -= idle / 2
    assert who_is(token, clock)
    clock.now += idle + JUST
    assert who_is(token, clock) is None


def test_a_clock_that_goes_back_step_by_step_keeps_no_staff_signed_in_for_ever(doctor, clock):
    token = enter(doctor, clock, proof=Proof.CODE)
    steps = 0
    while who_is(token, clock) and steps < 1000:
        clock.now -= timedelta(minutes=4)
        steps += 1
    assert steps < 10


def test_staff_are_out_after_twelve_hours_whatever_they_do(doctor, clock):
    token, began = enter(doctor, clock, proof=Proof.CODE), clock()
    while who_is(token, clock):
        clock.now += timedelta(minutes=14)
    assert STAFF_LONGEST < clock() - began <= STAFF_LONGEST + timedelta(minutes=14)


def test_five_minutes_are_counted_closer_than_by_the_minute(patient, clock):
    token = enter(patient, clock, shared=True)
    clock.move(seconds=50)
    assert who_is(token, clock)
    clock.move(minutes=4, seconds=55)
    assert who_is(token, clock)


def test_looking_at_rest_notes_no_use(patient, clock):
    token = enter(patient, clock, shared=True)
    clock.move(minutes=4)
    stored = everything_stored()
    assert sign_in.session_at_rest(token, clock=clock).standing is Standing.SIGNED_IN
    assert everything_stored() == stored
    clock.move(minutes=2)
    assert sign_in.session_at_rest(token, clock=clock) is None


@pytest.mark.parametrize(
    "renewed",
    [
        lambda token, _clinic, clock: sign_in.prove(token, Proof.CODE, clock=clock),
        lambda token, _clinic, clock: sign_in.prove(token, Proof.PASSWORD, clock=clock),
        lambda token, clinic, clock: sign_in.work_in(token, clinic.clinic_id, clock=clock),
        lambda token, _clinic, clock: share_session(token, None, clock=clock),
    ],
    ids=["second factor", "confirmed", "another clinic", "shared from now on"],
)
def test_a_copy_of_the_old_token_is_dead_after_it_was_renewed(doctor, clinic, clock, renewed):
    old = enter(doctor, clock, proof=Proof.CODE)
    new = renewed(old, clinic, clock)
    assert new != old
    assert who_is(new, clock)
    assert who_is(old, clock) is None
    with pytest.raises(NotThere):
        sign_in.prove(old, Proof.PASSKEY, clock=clock)


def test_of_twenty_who_prove_with_one_cookie_at_once_one_goes_on_and_nobody_fails(app, doctor, clock):
    token = enter(doctor, clock)
    told = side_by_side(app, [lambda: sign_in.prove(token, Proof.CODE, clock=clock)] * 20)
    new = [one for one in told if isinstance(one, str)]
    assert len(new) == 1
    assert all(isinstance(one, (str, NotThere)) for one in told)
    assert who_is(new[0], clock)


def test_a_cookie_that_is_used_while_it_is_renewed_breaks_nothing(app, doctor, clock):
    token = enter(doctor, clock, proof=Proof.CODE)
    clock.move(minutes=2)
    acts = [lambda: sign_in.session_behind(token, clock=clock)] * 10
    told = side_by_side(app, [*acts, lambda: sign_in.prove(token, Proof.CODE, clock=clock)])
    assert not [one for one in told if isinstance(one, Exception)]
    assert who_is(told[-1], clock)
    assert who_is(token, clock) is None


@pytest.fixture
def east(clinic, clock):
    return a_clinic(clock, "Pain clinic East")


@pytest.fixture
def in_own_diary(clinic, east, doctor, clock):
    """The session of a doctor of West, who has just gone from work there to their own diary in East."""
    own = a_patient(east, clock, "E-1")
    with transaction() as session:
        session.get_one(Patient, (east.clinic_id, own.patient_id)).account_id = doctor
        session.add(AccountClinic(account_id=doctor, clinic_id=east.clinic_id))
    at_work = sign_in.work_in(enter(doctor, clock, proof=Proof.CODE), clinic.clinic_id, clock=clock)
    assert who_is(at_work, clock).member_id
    return sign_in.work_in(at_work, east.clinic_id, clock=clock)


def signed_in_there(clinic):
    return [row.action for row in audit_rows(clinic.clinic_id)].count("signed_in")


def test_from_ones_own_diary_one_goes_back_to_work_at_once(clinic, in_own_diary, clock):
    clock.now += STAFF_IDLE
    assert who_is(in_own_diary, clock).patient_id
    assert who_is(sign_in.work_in(in_own_diary, clinic.clinic_id, clock=clock), clock).member_id


def test_a_session_left_in_ones_own_diary_longer_than_staff_may_idle_is_proven_again_at_work(
    clinic, in_own_diary, clock
):
    clock.now += STAFF_IDLE + JUST
    assert who_is(in_own_diary, clock).patient_id
    before = signed_in_there(clinic)
    back = sign_in.work_in(in_own_diary, clinic.clinic_id, clock=clock)
    assert sign_in.session_at_rest(back, clock=clock).standing is Standing.HALFWAY
    assert who_is(back, clock) is None
    assert signed_in_there(clinic) == before, "nobody came in yet"
    proven = sign_in.prove(back, Proof.CODE, clock=clock)
    assert who_is(proven, clock).member_id
    assert signed_in_there(clinic) == before + 1


@pytest.mark.parametrize("hours", [1, 11, 20])
def test_hours_in_ones_own_diary_open_no_clinic_without_signing_in_anew(clinic, in_own_diary, clock, hours):
    for _ in range(hours * 6):
        clock.move(minutes=10)
        assert who_is(in_own_diary, clock).patient_id
    back = sign_in.work_in(in_own_diary, clinic.clinic_id, clock=clock)
    assert sign_in.session_at_rest(back, clock=clock) is None
    assert who_is(in_own_diary, clock) is None, "the old token is dead too"


def test_staff_of_two_clinics_go_from_one_to_the_other_without_a_proof(clinic, east, doctor, clock):
    with transaction() as session:
        session.get_one(Member, (east.clinic_id, east.nurse.member_id)).account_id = doctor
        session.add(AccountClinic(account_id=doctor, clinic_id=east.clinic_id))
    token = sign_in.work_in(enter(doctor, clock, proof=Proof.CODE), clinic.clinic_id, clock=clock)
    for _ in range(6):
        clock.move(minutes=10)
        assert who_is(token, clock)
    assert who_is(sign_in.work_in(token, east.clinic_id, clock=clock), clock).clinic_id == east.clinic_id

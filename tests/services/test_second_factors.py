"""Second factors: staff never work on a password alone, and every code is good once."""

import uuid
from datetime import timedelta

import pyotp
import pytest

from diary.access.identity import OPERATOR
from diary.db import snapshot
from diary.errors import Invalid, NotThere, Refused, Throttled
from diary.installation import installation
from diary.models import OneTimeCodes, RecoveryCode
from diary.security.one_time_codes import STEP_SECONDS
from diary.services import invites, members, second_factors, sign_in
from diary.services.devices import Visit, remember_device
from diary.services.live_sessions import HALFWAY_LONGEST, Standing
from diary.vocabulary import Proof, Role
from tests.beside import all_words
from tests.clinic_builders import a_patient, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.signing_in import PASSWORD, accept

DOCTOR = "doctor@clinic.example"


@pytest.fixture
def doctor(clinic, clock):
    """The account of a clinician who has a password and no second factor yet."""
    name = "Pain clinic West"
    token = members.invite_member(OPERATOR, DOCTOR, clinic=name, roles=[Role.CLINICIAN], clock=clock)
    return accept(token, DOCTOR, clock)


def enter(name, clock):
    return sign_in.sign_in(name, PASSWORD, visit=Visit(), passwords=installation().passwords, clock=clock)


def shown_by(secret, clock, *, steps=0):
    return pyotp.TOTP(secret).at(clock() + timedelta(seconds=steps * STEP_SECONDS))


def with_an_app(account, clock):
    """Give the account an app and recovery codes as the pages do; the next code is a new one."""
    held = sign_in.session_behind(enter(DOCTOR, clock), clock=clock)
    secret = second_factors.offered_secret(account, held.id)
    codes = second_factors.keep_first_app(account, held.id, shown_by(secret, clock), clock=clock)
    clock.move(seconds=STEP_SECONDS)
    return secret, codes


def test_staff_with_a_password_alone_are_nobody_yet(doctor, clock):
    token = enter(DOCTOR, clock)
    held = sign_in.session_behind(token, clock=clock)
    assert (held.standing, held.identity, held.account_id) == (Standing.HALFWAY, None, doctor)
    assert sign_in.identity_behind(token, clock=clock) is None


def test_a_patient_is_signed_in_with_a_password(clinic, clock):
    patient = a_patient(clinic, clock)
    accept(invites.invite_patient(clinic.nurse, subject(patient), clock=clock), "ana@home.example", clock)
    held = sign_in.session_behind(enter("ana@home.example", clock), clock=clock)
    assert held.standing is Standing.SIGNED_IN
    assert held.identity.patient_id == patient.patient_id


def test_the_second_factor_makes_a_new_token_and_kills_the_old_one(doctor, clock):
    token = enter(DOCTOR, clock)
    proven = sign_in.prove(token, Proof.CODE, clock=clock)
    assert proven != token
    assert sign_in.session_behind(token, clock=clock) is None
    who = sign_in.identity_behind(proven, clock=clock)
    assert (who.roles, who.confirmed_at) == ({Role.CLINICIAN}, clock())


def test_proving_again_with_a_password_takes_no_second_factor_away(doctor, clock):
    proven = sign_in.prove(enter(DOCTOR, clock), Proof.PASSKEY, clock=clock)
    again = sign_in.prove(proven, Proof.PASSWORD, clock=clock)
    assert sign_in.identity_behind(again, clock=clock).roles == {Role.CLINICIAN}


def test_a_password_is_no_second_factor(doctor, clock):
    again = sign_in.prove(enter(DOCTOR, clock), Proof.PASSWORD, clock=clock)
    assert sign_in.identity_behind(again, clock=clock) is None


def test_signing_in_is_written_when_the_second_factor_is_there(clinic, doctor, clock):
    before = len(audit_rows(clinic.clinic_id))
    token = enter(DOCTOR, clock)
    assert audit_rows(clinic.clinic_id, since=before) == []
    token = sign_in.prove(token, Proof.CODE, clock=clock)
    sign_in.prove(token, Proof.CODE, clock=clock)
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["signed_in", "confirmed"]


def test_halfway_is_over_after_half_an_hour(doctor, clock):
    token = enter(DOCTOR, clock)
    for _ in range(3):
        clock.move(seconds=HALFWAY_LONGEST.total_seconds() / 3)
        held = sign_in.session_behind(token, clock=clock)
    assert held
    clock.move(seconds=1)
    assert sign_in.session_behind(token, clock=clock) is None
    with pytest.raises(NotThere):
        sign_in.prove(token, Proof.CODE, clock=clock)


def test_an_app_is_kept_when_it_shows_the_right_code(doctor, clock):
    secret, codes = with_an_app(doctor, clock)
    assert len(set(codes)) == 10
    assert second_factors.factors_of(doctor) == second_factors.Factors(True, True, 0, 10)
    assert second_factors.check_code(doctor, shown_by(secret, clock), clock=clock) is Proof.CODE


def test_showing_an_app_stores_nothing_and_shows_the_same_one_again(doctor, clock):
    held = sign_in.session_behind(enter(DOCTOR, clock), clock=clock)
    stored = everything_stored()
    offered = {second_factors.offered_secret(doctor, held.id) for _ in range(3)}
    assert len(offered) == 1
    assert everything_stored() == stored
    assert second_factors.offered_secret(doctor, uuid.uuid4()) not in offered
    assert second_factors.offered_secret(uuid.uuid4(), held.id) not in offered


def test_a_wrong_code_keeps_no_app(doctor, clock):
    held = sign_in.session_behind(enter(DOCTOR, clock), clock=clock)
    with pytest.raises(Invalid, match="not right"):
        second_factors.keep_first_app(doctor, held.id, "000000", clock=clock)
    assert not second_factors.factors_of(doctor).any


def test_a_password_alone_never_gives_an_account_another_app(doctor, clock):
    with_an_app(doctor, clock)
    stolen = sign_in.session_behind(enter(DOCTOR, clock), clock=clock)
    secret = second_factors.offered_secret(doctor, stolen.id)
    stored = everything_stored()["one_time_codes"]
    with pytest.raises(Refused, match="second factor already"):
        second_factors.keep_first_app(doctor, stolen.id, shown_by(secret, clock), clock=clock)
    assert everything_stored()["one_time_codes"] == stored


def test_a_code_works_once(doctor, clock):
    secret, _codes = with_an_app(doctor, clock)
    code = shown_by(secret, clock)
    assert second_factors.check_code(doctor, code, clock=clock) is Proof.CODE
    with pytest.raises(Invalid, match="used before"):
        second_factors.check_code(doctor, code, clock=clock)


def test_an_older_code_is_dead_once_a_newer_one_was_taken(doctor, clock):
    secret, _codes = with_an_app(doctor, clock)
    clock.move(seconds=STEP_SECONDS)
    older, newer = shown_by(secret, clock, steps=-1), shown_by(secret, clock)
    assert second_factors.check_code(doctor, newer, clock=clock) is Proof.CODE
    with pytest.raises(Invalid):
        second_factors.check_code(doctor, older, clock=clock)


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(doctor, clock, steps, taken):
    secret, _codes = with_an_app(doctor, clock)
    clock.move(minutes=5)
    code = shown_by(secret, clock, steps=steps)
    if taken:
        assert second_factors.check_code(doctor, code, clock=clock) is Proof.CODE
    else:
        with pytest.raises(Invalid):
            second_factors.check_code(doctor, code, clock=clock)


def test_of_twenty_at_once_one_takes_the_code(app, doctor, clock, monkeypatch):
    monkeypatch.setattr(second_factors.throttle, "begin_attempt", lambda counters, clock: None)
    secret, codes = with_an_app(doctor, clock)
    for code in (shown_by(secret, clock), codes[0]):
        assert sum(side_by_side(app, [lambda code=code: is_taken(doctor, code, clock)] * 20)) == 1


def is_taken(account, code, clock):
    try:
        second_factors.check_code(account, code, clock=clock)
    except Invalid:
        return False
    return True


def test_a_recovery_code_works_once_however_it_is_written(clinic, doctor, clock):
    _secret, codes = with_an_app(doctor, clock)
    written = codes[3].upper().replace("-", " ")
    before = len(audit_rows(clinic.clinic_id))
    assert second_factors.check_code(doctor, written, clock=clock) is Proof.RECOVERY_CODE
    assert [row.action for row in audit_rows(clinic.clinic_id, since=before)] == ["second_factor.used_up"]
    with pytest.raises(Invalid):
        second_factors.check_code(doctor, codes[3], clock=clock)
    assert second_factors.factors_of(doctor).recovery_codes == 9


def test_new_recovery_codes_make_the_old_ones_worthless(doctor, clock):
    _secret, old = with_an_app(doctor, clock)
    new = second_factors.new_recovery_codes(doctor, clock=clock)
    assert not set(old) & set(new)
    with pytest.raises(Invalid):
        second_factors.check_code(doctor, old[0], clock=clock)
    assert second_factors.check_code(doctor, new[0], clock=clock) is Proof.RECOVERY_CODE


def test_a_code_of_somebody_else_opens_nothing(clinic, doctor, clock):
    secret, codes = with_an_app(doctor, clock)
    token = members.invite_member(
        OPERATOR, "other@clinic.example", clinic="Pain clinic West", roles=[Role.NURSE], clock=clock
    )
    other = accept(token, "other@clinic.example", clock)
    for code in (shown_by(secret, clock), codes[0]):
        with pytest.raises(Invalid):
            second_factors.check_code(other, code, clock=clock)


def test_wrong_codes_make_one_wait_and_the_right_one_forgets_them(doctor, clock):
    secret, _codes = with_an_app(doctor, clock)
    for _ in range(5):
        with pytest.raises(Invalid):
            second_factors.check_code(doctor, "123456", clock=clock)
    with pytest.raises(Throttled):
        second_factors.check_code(doctor, shown_by(secret, clock), clock=clock)
    clock.move(seconds=60)
    assert second_factors.check_code(doctor, shown_by(secret, clock), clock=clock)
    clock.move(seconds=STEP_SECONDS)
    assert second_factors.check_code(doctor, shown_by(secret, clock), clock=clock)


def waits(account, clock, *, times, device=None):
    """Try wrong codes and return whether each had to wait."""
    found = []
    for _ in range(times):
        try:
            second_factors.check_code(account, "123456", visit=Visit("192.0.2.7", device), clock=clock)
        except Throttled:
            found.append(True)
        except Invalid:
            found.append(False)
        clock.move(seconds=5)
    return found


def test_a_stranger_with_the_password_does_not_keep_the_owner_waiting_for_the_second_factor(doctor, clock):
    secret, recovery = with_an_app(doctor, clock)
    laptop = Visit(device=remember_device(doctor, None, clock=clock))
    strange = waits(doctor, clock, times=1000)
    assert strange.count(False) < 25
    assert strange[-1]
    assert second_factors.check_code(doctor, shown_by(secret, clock), visit=laptop, clock=clock) is Proof.CODE
    assert second_factors.check_code(doctor, recovery[0], visit=laptop, clock=clock) is Proof.RECOVERY_CODE
    with pytest.raises(Throttled):
        second_factors.check_code(doctor, recovery[1], visit=Visit(device="made up"), clock=clock)


def test_whoever_guesses_codes_on_a_known_device_waits_as_well(doctor, clock):
    secret, _recovery = with_an_app(doctor, clock)
    laptop = remember_device(doctor, None, clock=clock)
    assert waits(doctor, clock, times=6, device=laptop)[:5] == [False] * 5
    clock.move(seconds=-5)
    with pytest.raises(Throttled):
        second_factors.check_code(doctor, shown_by(secret, clock), visit=Visit(device=laptop), clock=clock)
    assert second_factors.check_code(doctor, shown_by(secret, clock), clock=clock) is Proof.CODE


def test_the_device_of_somebody_else_is_a_strange_one_for_a_code(clinic, doctor, clock):
    with_an_app(doctor, clock)
    patient = accept(
        invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock)), clock=clock), "ana@home.example", clock
    )
    theirs = remember_device(patient, None, clock=clock)
    for _ in range(5):
        with pytest.raises(Invalid):
            second_factors.check_code(doctor, "123456", visit=Visit(device=theirs), clock=clock)
    with pytest.raises(Throttled):
        second_factors.check_code(doctor, "123456", clock=clock)


@pytest.mark.parametrize("code", ["", " ", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\0", "x" * 5000, "-", "' OR 1=1"])
def test_what_is_no_code_is_refused(doctor, clock, code):
    with_an_app(doctor, clock)
    with pytest.raises(Invalid):
        second_factors.check_code(doctor, code, clock=clock)


def test_neither_secrets_nor_codes_can_be_read_in_the_database(doctor, clock):
    secret, codes = with_an_app(doctor, clock)
    dumped = all_words()
    assert secret not in dumped
    assert not any(code in dumped or code.replace("-", "") in dumped for code in codes)
    assert secret.encode().hex().upper() not in dumped.upper()
    with snapshot() as session:
        assert len(session.get_one(OneTimeCodes, doctor).secret) > len(secret)
        assert session.query(RecoveryCode).count() == 10

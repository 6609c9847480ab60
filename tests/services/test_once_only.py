"""What works once works once: twenty at the same moment with one answer, one link or one printed code."""

import os
import uuid
from functools import partial

import pytest
from sqlalchemy import func, select

from diary.access.identity import Identity
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid
from diary.installation import installation
from diary.models import Account, AccountLink, Ceremony, Passkey, RecoveryCode, SignedInSession
from diary.security.passkeys import Site
from diary.services import account_links, beginning_again, ceremonies, invites, own_sign_in, passkeys, second_factors
from diary.services.ceremonies import Answer
from diary.services.devices import Visit
from diary.vocabulary import Proof
from tests.clinic_builders import AGREED, a_patient, confirmed, subject
from tests.security.authenticator import Authenticator
from tests.services.side_by_side import side_by_side

SITE = Site("https://diary.example")
PASSWORD = "four words in a row"


@pytest.fixture
def ana(clinic, clock):
    """A patient with an account, who has just proved who she is."""
    who = a_patient(clinic, clock)
    account_id = invites.accept_invite(
        invites.invite_patient(clinic.nurse, subject(who), clock=clock),
        sign_in_name="ana@home.example",
        password=PASSWORD,
        passwords=installation().passwords,
        clock=clock,
        agreed=AGREED,
    )
    return confirmed(Identity(account_id, who.clinic_id, patient_id=who.patient_id, name="Ana"), clock)


@pytest.fixture
def device(ana, clock):
    """A device with a passkey of hers."""
    held = Authenticator(host="diary.example", origin=SITE.origin)
    held.credential_id = uuid.uuid4().bytes
    answer = made(held, passkeys.ask_for_own(ana, site=SITE, clock=clock))
    passkeys.add_passkey(ana, answer, name="My phone", site=SITE, clock=clock)
    return held


def made(device, question):
    return Answer(str(question.ceremony), device.register(question.options["challenge"]))


def signed(device, question):
    return Answer(str(question.ceremony), device.sign_in(question.options["challenge"]))


def done(answers, refusal):
    """Return what was done, all others being refused."""
    assert all(not isinstance(one, Exception) or isinstance(one, refusal) for one in answers), answers
    return [one for one in answers if not isinstance(one, Exception)]


def rows(table, *which):
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(table).where(*which))


def test_one_answer_of_a_passkey_signs_in_once(app, ana, device, clock):
    answer = signed(device, ceremonies.ask_known(None, site=SITE, clock=clock))
    sign_in = partial(passkeys.sign_in_with_passkey, answer, site=SITE, clock=clock)
    # Each from a network of its own, so that the throttle is not what refuses the others.
    visits = [Visit(f"192.0.{number}.1") for number in range(20)]
    answers = side_by_side(app, [partial(sign_in, visit=visit) for visit in visits])
    tokens = [one for one in answers if isinstance(one, str)]
    assert len(tokens) == 1
    assert rows(SignedInSession) == 1
    assert rows(Ceremony) == 0


def test_one_answer_confirms_once(app, ana, device, clock):
    answer = signed(device, ceremonies.ask_known(ana.account_id, site=SITE, clock=clock))
    check = partial(passkeys.check_passkey, ana.account_id, answer, site=SITE, clock=clock)
    assert done(side_by_side(app, [check] * 20), Invalid) == [Proof.PASSKEY]


def test_one_answer_adds_one_passkey(app, ana, clock):
    held = Authenticator(host="diary.example", origin=SITE.origin)
    answer = made(held, passkeys.ask_for_own(ana, site=SITE, clock=clock))
    add = partial(passkeys.add_passkey, ana, answer, name="x", site=SITE, clock=clock)
    assert done(side_by_side(app, [add] * 20), Invalid) == [None]
    assert rows(Passkey) == 1


def test_one_link_sets_one_password(app, clinic, ana, clock):
    nurse = confirmed(clinic.nurse, clock)
    token = account_links.give_patient_link(nurse, subject(ana), clock=clock).token
    passwords = installation().passwords
    choose = [
        partial(
            beginning_again.choose_password, token, f"plain words number {number}", passwords=passwords, clock=clock
        )
        for number in range(20)
    ]
    answers = side_by_side(app, choose)
    assert done(answers, Expired) == [None]
    with snapshot() as session:
        stored = session.get_one(Account, ana.account_id).password_hash
    assert passwords.verify(stored, f"plain words number {answers.index(None)}")
    assert rows(AccountLink, AccountLink.used_at.is_not(None)) == 1


def test_one_printed_code_is_taken_once(app, ana, clock):
    code = own_sign_in.new_recovery_codes(ana, clock=clock)[0]
    check = partial(second_factors.check_code, ana.account_id, code, clock=clock)
    answers = side_by_side(app, [check] * 20)
    assert [one for one in answers if not isinstance(one, Exception)] == [Proof.RECOVERY_CODE]
    assert rows(RecoveryCode, RecoveryCode.used_at.is_not(None)) == 1


def test_of_two_passkeys_removed_at_once_the_last_way_in_stays(app, ana, device, clock):
    second = Authenticator(host="diary.example", origin=SITE.origin)
    passkeys.add_passkey(
        ana, made(second, passkeys.ask_for_own(ana, site=SITE, clock=clock)), name="Two", site=SITE, clock=clock
    )
    with transaction() as session:
        session.get_one(Account, ana.account_id).password_hash = None
    keys = [one.key for one in passkeys.passkeys_of(ana)]
    answers = side_by_side(app, [partial(passkeys.remove_passkey, ana, key, clock=clock) for key in keys])
    assert done(answers, Invalid) == [None]
    assert rows(Passkey) == 1


def test_an_answer_of_noise_proves_nothing_and_uses_the_question_up(app, ana, device, clock):
    for said in ("", "{}", "[" * 5000, '{"rawId": "%s"}' % ("A" * 4000), os.urandom(60).hex()):
        question = ceremonies.ask_known(ana.account_id, site=SITE, clock=clock)
        with pytest.raises(Invalid):
            passkeys.check_passkey(ana.account_id, Answer(str(question.ceremony), said), site=SITE, clock=clock)
        with pytest.raises(Invalid):
            passkeys.check_passkey(ana.account_id, signed(device, question), site=SITE, clock=clock)

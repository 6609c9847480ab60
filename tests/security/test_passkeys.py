"""A passkey proves who it is on its own site, for its own challenge, with the person verified, and once."""

import json
import os

import pytest

from diary.security.passkeys import (
    NewPasskey,
    NotProven,
    Site,
    check_new,
    check_sign_in,
    credential_in,
    questions_for_new,
    questions_for_sign_in,
)
from tests.security.authenticator import Authenticator

SITE = Site("https://diary.example")


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(host="diary.example", origin="https://diary.example")


@pytest.fixture
def passkey(device: Authenticator) -> NewPasskey:
    challenge = os.urandom(32)
    asked = questions_for_new(SITE, challenge, account=b"an account", name="ana", known=[])
    return check_new(SITE, challenge, device.register(asked["challenge"]))


def signed_in(device: Authenticator, passkey: NewPasskey, answered: bytes, expected: bytes, site: Site = SITE) -> int:
    answer = device.sign_in(questions_for_sign_in(SITE, answered)["challenge"])
    return check_sign_in(site, expected, answer, public_key=passkey.public_key, sign_count=passkey.sign_count)


def test_a_passkey_signs_in(device: Authenticator, passkey: NewPasskey) -> None:
    challenge = os.urandom(32)
    assert signed_in(device, passkey, challenge, challenge) == 1


def test_what_is_kept_of_it_is_nothing_secret(device: Authenticator, passkey: NewPasskey) -> None:
    secret = device.key.private_numbers().private_value.to_bytes(32, "big")
    assert secret not in passkey.public_key
    assert passkey.credential_id == device.credential_id


def test_the_answer_to_another_challenge_proves_nothing(device: Authenticator, passkey: NewPasskey) -> None:
    with pytest.raises(NotProven):
        signed_in(device, passkey, os.urandom(32), os.urandom(32))


@pytest.mark.parametrize("origin", ["https://diary.example.evil", "http://diary.example", "https://diary.example:8443"])
def test_an_answer_from_another_site_proves_nothing(passkey: NewPasskey, device: Authenticator, origin: str) -> None:
    challenge = os.urandom(32)
    device.origin = origin
    with pytest.raises(NotProven):
        signed_in(device, passkey, challenge, challenge)


def test_another_device_proves_nothing(passkey: NewPasskey) -> None:
    challenge = os.urandom(32)
    other = Authenticator(host="diary.example", origin="https://diary.example")
    with pytest.raises(NotProven):
        signed_in(other, passkey, challenge, challenge)


def test_a_device_that_did_not_verify_the_person_proves_nothing(device: Authenticator, passkey: NewPasskey) -> None:
    challenge = os.urandom(32)
    asked = questions_for_sign_in(SITE, challenge)["challenge"]
    with pytest.raises(NotProven):
        check_sign_in(
            SITE, challenge, device.sign_in(asked, verified=False), public_key=passkey.public_key, sign_count=0
        )
    with pytest.raises(NotProven):
        check_new(SITE, challenge, device.register(asked, verified=False))


def test_a_count_that_went_back_is_a_copied_passkey(device: Authenticator, passkey: NewPasskey) -> None:
    challenge = os.urandom(32)
    answer = device.sign_in(questions_for_sign_in(SITE, challenge)["challenge"])
    with pytest.raises(NotProven):
        check_sign_in(SITE, challenge, answer, public_key=passkey.public_key, sign_count=5)


@pytest.mark.parametrize("answer", ["", "[]", "null", "{}", '{"rawId": 5}', "\x00", '{"rawId": "AAAA"}'])
def test_what_is_no_answer_is_refused(answer: str, passkey: NewPasskey) -> None:
    with pytest.raises(NotProven):
        check_new(SITE, bytes(32), answer)
    with pytest.raises(NotProven):
        check_sign_in(SITE, bytes(32), answer, public_key=passkey.public_key, sign_count=0)


def test_an_answer_names_its_credential(device: Authenticator) -> None:
    assert credential_in(device.sign_in("AAAA")) == device.credential_id
    for answer in ("", "[]", "{}", json.dumps({"rawId": 5})):
        with pytest.raises(NotProven):
            credential_in(answer)


def test_a_device_that_holds_a_passkey_already_is_told_so() -> None:
    asked = questions_for_new(SITE, bytes(32), account=b"an account", name="ana", known=[b"known"])
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["rp"]["id"] == "diary.example"

"""What is sealed, what a code proves, and which passwords everybody tries first."""

import uuid
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.security import one_time_codes, recovery_codes
from diary.security.leaked_passwords import is_leaked
from diary.security.sealing import Broken, Seal

NOW = datetime(2026, 3, 20, 12, 0, 10, tzinfo=UTC)


@given(plain=st.binary(max_size=200), owner=st.binary(max_size=40))
def test_what_is_sealed_is_opened_by_the_same_key_for_the_same_owner_alone(plain: bytes, owner: bytes) -> None:
    seal = Seal("one key", "second factors")
    sealed = seal.close(plain, owner=owner)
    assert seal.open(sealed, owner=owner) == plain
    for other, whose in (
        (Seal("another key", "second factors"), owner),
        (Seal("one key", "another purpose"), owner),
        (seal, owner + b"."),
    ):
        with pytest.raises(Broken):
            other.open(sealed, owner=whose)


@pytest.mark.parametrize("place", [0, 11, 12, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    seal = Seal("one key", "second factors")
    sealed = bytearray(seal.close(b"a secret", owner=b""))
    sealed[place] ^= 1
    with pytest.raises(Broken):
        seal.open(bytes(sealed), owner=b"")


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(28)])
def test_bytes_that_were_never_sealed_are_not_opened(sealed: bytes) -> None:
    with pytest.raises(Broken):
        Seal("one key", "second factors").open(sealed, owner=b"")


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    seal = Seal("one key", "second factors")
    assert len({seal.close(b"a secret", owner=b"") for _ in range(5)}) == 5


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_the_code_of_a_phone_that_is_half_a_minute_off_is_taken(seconds: int) -> None:
    secret = one_time_codes.new_secret()
    moment = NOW + timedelta(seconds=seconds)
    code = pyotp.TOTP(secret).at(moment)
    assert one_time_codes.matching_step(secret, code, NOW) == int(moment.timestamp()) // 30


@pytest.mark.parametrize("seconds", [-90, -61, 61, 90])
def test_an_older_or_later_code_is_not(seconds: int) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=seconds))
    assert one_time_codes.matching_step(secret, code, NOW) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "-12345"])
def test_what_is_not_six_digits_is_no_code(code: str) -> None:
    assert one_time_codes.matching_step("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", code, NOW) is None


def test_spaces_in_a_code_do_not_matter() -> None:
    secret = one_time_codes.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    assert one_time_codes.matching_step(secret, f" {code[:3]} {code[3:]} ", NOW) is not None


def test_the_address_names_the_product_and_the_account() -> None:
    address = one_time_codes.address_of("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "ana@west.example")
    read = pyotp.parse_uri(address)
    assert (read.secret, read.name, read.issuer) == ("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "ana@west.example", "Ebb")


def test_recovery_codes_are_ten_different_ones_that_can_be_read_aloud() -> None:
    codes = recovery_codes.new_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 14 and not set(code) & set("01ilo") for code in codes)


def test_a_recovery_code_may_be_typed_in_capitals_and_without_dashes() -> None:
    account = uuid.uuid4()
    code = recovery_codes.new_codes()[0]
    typed = code.upper().replace("-", " ")
    assert recovery_codes.code_hash(account, typed) == recovery_codes.code_hash(account, code)
    assert recovery_codes.code_hash(uuid.uuid4(), code) != recovery_codes.code_hash(account, code)


@pytest.mark.parametrize(
    "password",
    [
        "Password1234!",
        "passwordpassword",
        "123456789012",
        "qwertyuiop12",
        "aaaaaaaaaaaaaa",
        "P@ssw0rd2025",
        "monkeymonkey1",
    ],
)
def test_what_everybody_tries_first_is_known(password: str) -> None:
    assert is_leaked(password)


@pytest.mark.parametrize(
    "password", ["four words in a row", "correct horse battery", "839201847563", "8392a0184756", "Ωμέγα is a letter"]
)
def test_what_nobody_tries_first_is_not(password: str) -> None:
    assert not is_leaked(password)

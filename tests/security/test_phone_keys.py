"""What waits on a phone is sealed to the installation: opened here, and nowhere and for nobody else."""

import json
import stat
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from diary.security.phone_keys import KeyNotKept, NotOpened, PhoneKeys, owner_tag
from diary.security.signing import KeyUnfit
from tests.web.phone import from_base64url, seal

VECTORS = json.loads((Path(__file__).parent / "sealed_vectors.json").read_text())
REF = "5f0c2b8e-6c8f-4d8e-9d59-1f6b1d1c7a10"


@pytest.fixture
def keys(tmp_path):
    return PhoneKeys(tmp_path / "keys")


def sealed_to(keys, content=b"a score", about=REF):
    key_id, public = keys.public_key()
    return key_id, from_base64url(seal(content, public=public, about=about))


def private_of(jwk):
    value = int.from_bytes(from_base64url(jwk["d"]), "big")
    return ec.derive_private_key(value, ec.SECP256R1())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["client_ref"])
def test_the_fixed_examples_are_sealed_and_opened_as_the_browser_does(tmp_path, case):
    folder = tmp_path / "keys"
    folder.mkdir()
    pem = private_of(VECTORS["server"]["private"]).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "phone-key.pem").write_bytes(pem)
    keys = PhoneKeys(folder)
    assert keys.public_key() == (VECTORS["server"]["key_id"], from_base64url(VECTORS["server"]["public"]))
    text, name = case["content"].encode(), case["client_ref"]
    again = seal(
        text,
        public=from_base64url(VECTORS["server"]["public"]),
        about=name,
        ephemeral=private_of(case["ephemeral"]),
        iv=from_base64url(case["iv"]),
    )
    assert again == case["sealed"]
    opened = keys.open(from_base64url(case["sealed"]), key_id=VECTORS["server"]["key_id"], about=name.encode())
    assert opened == text


def test_the_key_is_made_once_and_readable_by_its_owner_alone(keys, tmp_path):
    first = keys.public_key()
    assert PhoneKeys(tmp_path / "keys").public_key() == first
    assert len(first[1]) == 65
    files = [file for file in (tmp_path / "keys").rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"phone-key.pem", f"{first[0]}.pem"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    folders = {stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) for name in (".", "phones")}
    assert folders == {0o700}


def test_ten_who_ask_for_the_first_key_at_once_get_the_same(tmp_path):
    with ThreadPoolExecutor(10) as threads:
        made = list(threads.map(lambda _one: PhoneKeys(tmp_path / "keys").public_key(), range(10)))
    assert len(set(made)) == 1


def test_after_a_change_of_keys_both_what_waits_and_what_is_new_can_be_opened(keys):
    old_id, old = sealed_to(keys)
    new_id = keys.rotate()
    assert (keys.public_key()[0], new_id != old_id) == (new_id, True)
    assert keys.open(old, key_id=old_id, about=REF.encode()) == b"a score"
    key_id, new = sealed_to(keys, b"another")
    assert key_id == new_id
    assert keys.open(new, key_id=new_id, about=REF.encode()) == b"another"


def test_a_first_key_may_be_made_by_changing_it(keys):
    assert keys.rotate() == keys.public_key()[0]


def test_what_is_sealed_opens_for_its_own_name_and_key_only(keys, tmp_path):
    key_id, sealed = sealed_to(keys)
    with pytest.raises(NotOpened):
        keys.open(sealed, key_id=key_id, about=str(uuid.uuid4()).encode())
    others = PhoneKeys(tmp_path / "others")
    with pytest.raises(KeyNotKept):
        others.open(sealed, key_id=key_id, about=REF.encode())
    with pytest.raises(NotOpened):
        others.open(sealed, key_id=others.public_key()[0], about=REF.encode())


@pytest.mark.parametrize("key_id", ["", "../phone-key", "../../etc/passwd", "0" * 31, "g" * 32, "A" * 32, "0" * 32])
def test_a_key_is_found_by_its_name_and_nothing_else(keys, key_id):
    _, sealed = sealed_to(keys)
    with pytest.raises(KeyNotKept):
        keys.open(sealed, key_id=key_id, about=REF.encode())


@given(at=st.integers(0, 200), by=st.integers(1, 255))
def test_no_bit_can_be_changed(tmp_path, at, by):
    keys = PhoneKeys(tmp_path / "keys")
    key_id, sealed = sealed_to(keys)
    place = at % len(sealed)
    changed = sealed[:place] + bytes([sealed[place] ^ by]) + sealed[place + 1 :]
    with pytest.raises(NotOpened):
        keys.open(changed, key_id=key_id, about=REF.encode())


@given(rubbish=st.binary(max_size=300))
def test_rubbish_is_not_opened(tmp_path, rubbish):
    keys = PhoneKeys(tmp_path / "keys")
    for sealed in (rubbish, b"\x01" + rubbish, b"\x01\x04" + rubbish):
        with pytest.raises(NotOpened):
            keys.open(sealed, key_id=keys.public_key()[0], about=b"")


@pytest.mark.parametrize("held", [b"", b"rubbish", b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"])
def test_a_broken_key_says_what_to_do(keys, tmp_path, held):
    keys.public_key()
    (tmp_path / "keys" / "phone-key.pem").write_bytes(held)
    with pytest.raises(KeyUnfit, match="look at its folder"):
        keys.public_key()


def test_an_owner_is_told_apart_by_clinic_patient_and_installation_and_tells_nothing():
    clinic, patient = uuid.UUID(int=1), uuid.UUID(int=2)
    tag = owner_tag("secret", clinic, patient)
    assert owner_tag("secret", clinic, patient) == tag
    others = {
        owner_tag("secret", patient, clinic),
        owner_tag("secret", clinic, uuid.UUID(int=3)),
        owner_tag("another", clinic, patient),
    }
    assert len(others | {tag}) == 4
    assert len(tag) == 22

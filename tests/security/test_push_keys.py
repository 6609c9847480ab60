"""The key of push: made once, whole, for its owner only, and never replaced by itself."""

import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from diary.security.push_keys import PushKeys, key_id_of
from diary.security.signing import KeyUnfit


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


def test_the_key_is_made_once_for_its_owner_only(folder):
    keys = PushKeys(folder)
    assert not keys.is_made
    keys.make()
    first = keys.public()
    keys.make()
    assert PushKeys(folder).public() == first
    assert (len(first), first[0]) == (65, 4)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_of_many_at_once_one_makes_it(folder):
    barrier = threading.Barrier(8)

    def make():
        barrier.wait()
        PushKeys(folder).make()
        return PushKeys(folder).public()

    with ThreadPoolExecutor(8) as pool:
        made = {one.result() for one in [pool.submit(make) for _ in range(8)]}
    assert len(made) == 1
    assert len(list(folder.iterdir())) == 1


def test_a_key_that_is_not_there_is_not_made_by_asking_for_it(folder):
    with pytest.raises(KeyUnfit, match="put it back from a backup"):
        PushKeys(folder).public()
    assert not folder.exists()


@pytest.mark.parametrize(
    "content", [b"", b"no key", pem(ed25519.Ed25519PrivateKey.generate()), pem(ec.generate_private_key(ec.SECP384R1()))]
)
def test_what_is_no_key_is_neither_used_nor_replaced(folder, content):
    folder.mkdir()
    (folder / "push-key.pem").write_bytes(content)
    PushKeys(folder).make()
    with pytest.raises(KeyUnfit):
        PushKeys(folder).private()
    assert (folder / "push-key.pem").read_bytes() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(KeyUnfit, match="look at its folder"):
        PushKeys(tmp_path / "keys").make()


def test_each_key_has_a_name_of_its_own(tmp_path):
    one, other = PushKeys(tmp_path / "one"), PushKeys(tmp_path / "other")
    one.make()
    other.make()
    assert key_id_of(one.public()) != key_id_of(other.public())
    assert len(key_id_of(one.public())) == 16


def test_where_there_is_no_key_yet_there_is_none_to_replace(tmp_path):
    with pytest.raises(KeyUnfit, match=r"^There is no push key yet: ") as refusal:
        PushKeys(tmp_path / "keys").rotate()
    assert "backup" not in str(refusal.value)
    assert not (tmp_path / "keys").exists()

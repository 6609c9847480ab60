"""Keys of the installation to which phones seal what waits on them, and the tags by which a phone knows its patient.

What is sealed can be opened here and nowhere else: not by the next person who holds the phone, nor by the phone itself.
"""

import hmac
import secrets
import uuid
from base64 import urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from diary.errors import DiaryError
from diary.security.signatures import key_id_of
from diary.security.signing import KeyUnfit, make_folder
from diary.settings import Settings
from diary.whole_files import write_once

CURRENT: Final = "phone-key.pem"
KEPT: Final = "phones"
KEY_ID_SIGNS: Final = 32
PURPOSE: Final = b"ebb-entry-1"
FORMAT: Final = 1
POINT: Final = 65
IV: Final = 12
TAG: Final = 16
HEAD: Final = 1 + POINT + IV


class NotOpened(DiaryError):
    """Something sealed that no key here opens: it was damaged, or sealed for something else."""


class KeyNotKept(DiaryError):
    """Something sealed to a key that is not kept here."""


class PhoneKeys:
    """The folder of P-256 keys: the one that phones seal to now, and every one that they ever sealed to."""

    def __init__(self, folder: Path) -> None:
        self._current = folder / CURRENT
        self._kept = folder / KEPT

    @staticmethod
    def of(settings: Settings) -> "PhoneKeys":
        """Return the keys of this installation."""
        return _keys_in(settings.instance)

    def public_key(self) -> tuple[str, bytes]:
        """Return id and public half of the key to seal to, made when it is first asked for.

        Raises:
            KeyUnfit: it cannot be read or made.
        """
        try:
            if not self._current.exists():
                make_folder(self._current.parent)
                write_once(self._current, _pem(ec.generate_private_key(ec.SECP256R1())))
            key = _read(self._current)
            self._keep(key)
        except (OSError, ValueError) as error:
            raise KeyUnfit(f"The key of phones {self._current} cannot be read or made: look at its folder.") from error
        return _id_of(key), _public(key)

    def rotate(self) -> str:
        """Let phones seal to a new key and return its id; what was sealed to an older one can be opened all the same.

        Raises:
            KeyUnfit: it cannot be made.
        """
        if self._current.exists():
            self.public_key()  # keeps it under its own name first
        key = ec.generate_private_key(ec.SECP256R1())
        draft = self._current.with_name(f".{CURRENT}-{secrets.token_hex(4)}")
        try:
            self._keep(key)
            write_once(draft, _pem(key))
            draft.replace(self._current)
        except OSError as error:
            raise KeyUnfit(f"The key of phones {self._current} cannot be made: look at its folder.") from error
        return _id_of(key)

    def open(self, sealed: bytes, *, key_id: str, about: bytes) -> bytes:
        """Return what was sealed to the key `key_id`, together with `about`.

        Raises:
            KeyNotKept: that key is not kept here.
            NotOpened: the seal does not fit.
        """
        if len(sealed) < HEAD + TAG or sealed[0] != FORMAT:
            raise NotOpened
        key = self._key(key_id)
        ephemeral, iv, text = sealed[1 : 1 + POINT], sealed[1 + POINT : HEAD], sealed[HEAD:]
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ephemeral)
            secret = key.exchange(ec.ECDH(), point)
            return AESGCM(_derive(secret, ephemeral + _public(key))).decrypt(iv, text, about)
        except (InvalidTag, ValueError) as error:
            raise NotOpened from error

    def _key(self, key_id: str) -> ec.EllipticCurvePrivateKey:
        if len(key_id) != KEY_ID_SIGNS or not set(key_id) <= set("0123456789abcdef"):
            raise KeyNotKept
        try:
            return _read_once(self._kept / f"{key_id}.pem")
        except FileNotFoundError as error:
            raise KeyNotKept from error
        except (OSError, ValueError) as error:
            raise KeyUnfit(f"A key of phones in {self._kept} cannot be read: put it back from a backup.") from error

    def _keep(self, key: ec.EllipticCurvePrivateKey) -> None:
        file = self._kept / f"{_id_of(key)}.pem"
        if not file.exists():
            make_folder(self._kept)
            write_once(file, _pem(key))


@lru_cache(maxsize=8)
def _keys_in(instance: Path) -> PhoneKeys:
    return PhoneKeys(instance / "keys")


def owner_tag(secret_key: str, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> str:
    """Return what a phone calls its patient: always the same, and nothing that tells who it is."""
    made = hmac.new(secret_key.encode(), b"owner:" + clinic_id.bytes + patient_id.bytes, sha256)
    return urlsafe_b64encode(made.digest()[:16]).rstrip(b"=").decode()


def _derive(secret: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=PURPOSE).derive(secret)


def _read_once(file: Path) -> ec.EllipticCurvePrivateKey:
    """Return a key as `_read` does; every entry asks for it, and reading it takes longer than opening the seal."""
    told = file.stat()
    return _read_as_it_was(file, told.st_mtime_ns, told.st_ino)


@lru_cache(maxsize=8)
def _read_as_it_was(file: Path, _changed: int, _inode: int) -> ec.EllipticCurvePrivateKey:
    return _read(file)


def _read(file: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"{file} holds no P-256 key.")  # noqa: TRY004 (what the file holds, not what was handed in)
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _id_of(key: ec.EllipticCurvePrivateKey) -> str:
    return key_id_of(_public(key))

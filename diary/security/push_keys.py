"""The key with which this installation names itself to push services; every subscription is bound to it."""

import hashlib
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from diary.security.signing import KeyUnfit, make_folder
from diary.settings import Settings
from diary.whole_files import write_once

PRIVATE: Final = "push-key.pem"
KEPT: Final = "push"


class PushKeys:
    """The P-256 key that browsers subscribe under, made when somebody first asks for it, and those they did before."""

    def __init__(self, folder: Path) -> None:
        self._private = folder / PRIVATE
        self._kept = folder / KEPT

    @classmethod
    def of(cls, settings: Settings) -> "PushKeys":
        """Return the keys of this installation."""
        return cls(settings.instance / "keys")

    @property
    def is_made(self) -> bool:
        """Say whether there is one."""
        return self._private.exists()

    def make(self) -> None:
        """Make the key where there is none, whole or not at all; of two that are made at once the first one stays.

        Raises:
            KeyUnfit: it cannot be kept.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            make_folder(self._private.parent)
            if not self._private.exists():
                write_once(self._private, _pem(key))
        except OSError as error:
            raise KeyUnfit(f"The push key {self._private} cannot be made: look at its folder.") from error

    def rotate(self) -> bytes:
        """Let browsers subscribe under a new key and return its id; those that listen go on under the one they know.

        Raises:
            KeyUnfit: there is none to replace, or it cannot be made.
        """
        if not self.is_made:
            raise KeyUnfit("There is no push key yet: it is made when the first phone is set up for reminders.")
        before = self.private()
        key = ec.generate_private_key(ec.SECP256R1())
        draft = self._private.with_name(f".{PRIVATE}-{secrets.token_hex(4)}")
        try:
            make_folder(self._kept)
            write_once(self._kept_as(key_id_of(_public(before))), _pem(before))
            write_once(draft, _pem(key))
            draft.replace(self._private)
        except OSError as error:
            raise KeyUnfit(f"The push key {self._private} cannot be made: look at its folder.") from error
        return key_id_of(_public(key))

    def private(self) -> ec.EllipticCurvePrivateKey:
        """Return the key.

        Raises:
            KeyUnfit: there is none, or it cannot be read.
        """
        return _read(self._private)

    def private_of(self, key_id: bytes) -> ec.EllipticCurvePrivateKey | None:
        """Return the key that a browser subscribed under, or None where it is not kept any more.

        Raises:
            KeyUnfit: it cannot be read.
        """
        current = self.private()
        if key_id_of(_public(current)) == key_id:
            return current
        kept = self._kept_as(key_id)
        return _read(kept) if kept.exists() else None

    def _kept_as(self, key_id: bytes) -> Path:
        return self._kept / f"{key_id.hex()}.pem"

    def public(self) -> bytes:
        """Return the public half as browsers want it: 65 bytes, uncompressed.

        Raises:
            KeyUnfit: there is no key, or it cannot be read.
        """
        return _public(self.private())


def key_id_of(public: bytes) -> bytes:
    """Return what a subscription keeps of the key that it is bound to."""
    return hashlib.sha256(public).digest()[:16]


def _read(file: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise KeyUnfit(f"The push key {file} cannot be read: put it back from a backup.") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnfit(f"{file} holds no P-256 key: put the right one back.")
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

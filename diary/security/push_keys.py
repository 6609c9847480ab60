"""The key with which this installation names itself to push services; every subscription is bound to it."""

import hashlib
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

from diary.security.signing import KeyUnfit, make_folder, write_once
from diary.settings import Settings

PRIVATE: Final = "push-key.pem"


class PushKeys:
    """One P-256 key, made when somebody first asks for it and never replaced by itself."""

    def __init__(self, folder: Path) -> None:
        self._private = folder / PRIVATE

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
                write_once(self._private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        except OSError as error:
            raise KeyUnfit(f"The push key {self._private} cannot be made: look at its folder.") from error

    def private(self) -> ec.EllipticCurvePrivateKey:
        """Return the key.

        Raises:
            KeyUnfit: there is none, or it cannot be read.
        """
        try:
            key = load_pem_private_key(self._private.read_bytes(), None)
        except (OSError, ValueError) as error:
            raise KeyUnfit(f"The push key {self._private} cannot be read: put it back from a backup.") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise KeyUnfit(f"{self._private} holds no P-256 key: put the right one back.")
        return key

    def public(self) -> bytes:
        """Return the public half as browsers want it: 65 bytes, uncompressed.

        Raises:
            KeyUnfit: there is no key, or it cannot be read.
        """
        return self.private().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def key_id_of(public: bytes) -> bytes:
    """Return what a subscription keeps of the key that it is bound to."""
    return hashlib.sha256(public).digest()[:16]

"""Sealing: what the database holds of secrets that must be read again, readable with the installation's key only."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE: Final = 12
KEY: Final = 32


class Broken(ValueError):
    """Sealed bytes that were changed, moved to another owner, or sealed with another key."""


class Seal:
    """AES-256-GCM under a key derived from the installation's secret for one purpose."""

    def __init__(self, secret_key: str, purpose: str) -> None:
        derived = HKDF(SHA256(), KEY, salt=None, info=f"ebb:{purpose}".encode())
        self._cipher = AESGCM(derived.derive(secret_key.encode()))

    def close(self, plain: bytes, *, owner: bytes) -> bytes:
        """Return `plain` sealed for `owner`, an id it cannot be taken away from."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, owner)

    def open(self, sealed: bytes, *, owner: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            Broken: it is not what was sealed for this owner.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner)
        except (InvalidTag, ValueError) as error:
            raise Broken("What was sealed cannot be opened with this key.") from error

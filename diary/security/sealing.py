"""Sealing: what the database holds of secrets that must be read again, readable with the installation's keys only."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from diary.security.secret_keys import SecretKeys, id_of
from diary.settings import Settings

NONCE: Final = 12
KEY: Final = 32
NAMED: Final = b"Ebb1"
"""What is sealed says under which key; what was sealed before that says nothing, and every key is tried."""


class Broken(ValueError):
    """Sealed bytes that were changed, moved to another owner, or sealed with another key."""


class Seal:
    """AES-256-GCM under keys derived from the installation's secrets for one purpose."""

    def __init__(self, secret_key: str, purpose: str, keys: SecretKeys | None = None) -> None:
        self._current, self._purpose, self._keys = secret_key, purpose, keys
        self._cipher = _cipher(secret_key, purpose)

    @classmethod
    def of(cls, settings: Settings, purpose: str) -> "Seal":
        """Return the seal of this installation: it closes under the key in use, and opens under any that is kept."""
        keys = SecretKeys.of(settings)
        return cls(keys.current, purpose, keys)

    @property
    def mark(self) -> bytes:
        """What everything begins with that is sealed under the key in use."""
        return NAMED + id_of(self._current)

    def close(self, plain: bytes, *, owner: bytes) -> bytes:
        """Return `plain` sealed for `owner`, an id it cannot be taken away from."""
        nonce = os.urandom(NONCE)
        return self.mark + nonce + self._cipher.encrypt(nonce, plain, owner)

    def open(self, sealed: bytes, *, owner: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            Broken: it is not what was sealed for this owner.
        """
        if sealed.startswith(self.mark):
            opened = _opened(self._cipher, sealed[len(self.mark) :], owner)
        else:
            opened = self._under_another(sealed, owner)
        if opened is None:
            raise Broken("What was sealed cannot be opened with any key that is kept here.")
        return opened

    def _under_another(self, sealed: bytes, owner: bytes) -> bytes | None:
        """Try the other keys, those too that were put there since the start, then what was sealed without a name."""
        keys = self._keys.looked_at_again().others if self._keys else ()
        for key in keys:
            mark = NAMED + id_of(key)
            if sealed.startswith(mark):
                return _opened(_cipher(key, self._purpose), sealed[len(mark) :], owner)
        tried = (_opened(_cipher(key, self._purpose), sealed, owner) for key in (self._current, *keys))
        return next((opened for opened in tried if opened is not None), None)


def _cipher(secret_key: str, purpose: str) -> AESGCM:
    derived = HKDF(SHA256(), KEY, salt=None, info=f"ebb:{purpose}".encode())
    return AESGCM(derived.derive(secret_key.encode()))


def _opened(cipher: AESGCM, sealed: bytes, owner: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], owner)
    except (InvalidTag, ValueError):
        return None

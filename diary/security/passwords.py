"""Passwords: argon2id, no more hashes at once than cores."""

import os
import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from diary.errors import Invalid, Sentence
from diary.security.leaked_passwords import is_leaked
from diary.settings import PasswordCost

SHORTEST: Final = 12
LONGEST_BYTES: Final = 256

_hashing = threading.BoundedSemaphore(os.cpu_count() or 1)


def check_new_password(password: str) -> None:
    """Refuse a password that is too short, too long to be hashed, or among those that are tried first.

    Raises:
        Invalid: says which.
    """
    if len(password) < SHORTEST:
        words = Sentence("Use at least %(number)s characters, for example four words.", number=SHORTEST)
        raise Invalid(password=words)
    if _bytes(password) > LONGEST_BYTES:
        raise Invalid(password=Sentence("Use at most %(number)s characters.", number=LONGEST_BYTES))
    if is_leaked(password):
        words = Sentence("This password is among those tried first. Choose another one, for example four words.")
        raise Invalid(password=words)


class Passwords:
    """Hashes and verifies at the cost of the settings."""

    def __init__(self, cost: PasswordCost) -> None:
        self._hasher = PasswordHasher(cost.time, cost.memory_kib, cost.lanes)
        self._nobody = self._hasher.hash(os.urandom(16).hex())

    def hash(self, password: str) -> str:
        """Return the hash to store."""
        with _hashing:
            return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Say whether `password` is the one behind `stored`; an account without one takes as long."""
        if _bytes(password) > LONGEST_BYTES:
            password = ""
        try:
            with _hashing:
                self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Say whether `stored` was made at another cost and should be made again."""
        return self._hasher.check_needs_rehash(stored)


def _bytes(password: str) -> int:
    return len(password.encode(errors="surrogatepass"))

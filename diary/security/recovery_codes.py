"""Recovery codes: printed once, each good for one sign-in when the second factor is lost."""

import hashlib
import hmac
import secrets
import uuid
from typing import Final

NUMBER: Final = 10
LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""
GROUPS, GROUP_LENGTH = 3, 4


def new_codes() -> list[str]:
    """Return ten codes of about 59 random bits, as they are printed."""
    return ["-".join(_group() for _ in range(GROUPS)) for _ in range(NUMBER)]


def code_hash(account_id: uuid.UUID, code: str) -> bytes:
    """Return what is stored of a code; capitals, spaces and dashes do not matter."""
    plain = "".join(letter for letter in code.casefold() if letter in LETTERS)
    return hmac.new(account_id.bytes, plain.encode(), hashlib.sha256).digest()


def _group() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH))

"""Codes that a patient carries to another clinic: 128 random bits that can be read aloud and typed."""

import base64
import hashlib
import secrets
from typing import Final

BYTES: Final = 16
SIGNS: Final = 26
GROUP: Final = 5
MISREAD: Final = str.maketrans({"0": "O", "1": "I", "8": "B"})


def new_move_code() -> str:
    """Return a new code in groups of five signs."""
    signs = base64.b32encode(secrets.token_bytes(BYTES)).decode("ascii").rstrip("=")
    return "-".join(signs[place : place + GROUP] for place in range(0, SIGNS, GROUP))


def move_code_hash(typed: str) -> bytes | None:
    """Return what is stored of a code, however it was typed, or None when it cannot be one."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(MISREAD)
    if len(signs) != SIGNS or not signs.isascii():
        return None
    return hashlib.sha256(b"ebb:move-code:" + signs.encode("ascii")).digest()

"""Signatures as such: what exactly is signed, by which key, and whether it fits."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from diary.security.chain import canonical


class Origin(StrEnum):
    """Whose key it is, as far as this installation knows."""

    OWN = "own"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Signature:
    """64 bytes of Ed25519, and the id of the key that made them."""

    key_id: str
    value: bytes


def key_id_of(public: bytes) -> str:
    """Return the name of a public key: the first half of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:32]


def fits(public: bytes, purpose: str, content: Any, value: bytes) -> bool:
    """Say whether `value` is a signature of `content` for that purpose by the owner of `public`, whoever that is."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, message_of(purpose, content))
    except (InvalidSignature, ValueError):
        return False
    return True


def message_of(purpose: str, content: Any) -> bytes:
    """Return what is signed: the purpose stands in it, so that no signature fits something of another kind."""
    return canonical({"purpose": purpose, "content": content})

"""The arithmetic of the audit chain."""

import hashlib
import hmac
import json
from typing import Any, Final

FIRST_HASH: Final = bytes(32)


def canonical(content: Any) -> bytes:
    """Return the one way `content` is written for hashing."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str).encode()


def commit_to(content: Any, salt: bytes) -> bytes:
    """Return the commitment to `content` under `salt`."""
    return hmac.new(salt, canonical(content), hashlib.sha256).digest()


def link_hash(previous: bytes, position: int, envelope: list[str | None], commitment: bytes) -> bytes:
    """Return the hash of a link: what came before, where it stands, who did what to whom and when, and the content."""
    head = canonical([position, *envelope])
    return hashlib.sha256(previous + hashlib.sha256(head).digest() + commitment).digest()

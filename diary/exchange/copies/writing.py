"""Copies written: the content in one canonical way, its digest, and the signature around it."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from diary.exchange.copies.content import DiaryCopy
from diary.security.chain import canonical

FORMAT: Final = "ebb-diary-copy"
VERSION: Final = 1
PURPOSE: Final = "ebb-diary-copy-1"


@dataclass(frozen=True, slots=True)
class SignedCopy:
    """A copy with the signature around it.

    Attributes:
        copy: what was signed.
        digest: SHA-256 of the canonical content, hex.
        public_key, signature: Ed25519, over the canonical content with its purpose.
    """

    copy: DiaryCopy
    digest: str
    public_key: bytes
    signature: bytes


def plain_content(copy: DiaryCopy) -> dict[str, Any]:
    """Return the content as plain JSON values: days and moments (UTC) in ISO 8601, exact numbers as texts."""
    plain: dict[str, Any] = _plain(copy)
    return plain


def plain_consents(copy: DiaryCopy) -> list[Any]:
    """Return the consents of a copy as they stand in its content."""
    return [_plain(one) for one in copy.consents]


def digest_of_content(content: dict[str, Any]) -> str:
    """Return the SHA-256 of the canonical content."""
    return hashlib.sha256(canonical(content)).hexdigest()


def write_copy(signed: SignedCopy) -> bytes:
    """Return the file in the canonical way: format, version, content, digest, public key and signature, in ASCII."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "content": plain_content(signed.copy),
        "digest": signed.digest,
        "public_key": signed.public_key.hex(),
        "signature": signed.signature.hex(),
    }
    return canonical(document) + b"\n"


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | uuid.UUID) else value

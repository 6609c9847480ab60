"""Random tokens; only their hashes are stored."""

import base64
import binascii
import hashlib
import secrets
import uuid


def new_token() -> str:
    """Return 256 random bits in letters that fit a cookie and a URL."""
    return secrets.token_urlsafe(32)


def new_short_token() -> str:
    """Return 128 random bits in such letters, for an address that stands in a mail."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> bytes:
    """Return what is stored of `token`."""
    return hashlib.sha256(token.encode()).digest()


def clinic_token(clinic_id: uuid.UUID, secret: str) -> str:
    """Return a link token that names its clinic, so that it is found without asking every clinic."""
    return base64.urlsafe_b64encode(clinic_id.bytes).decode().rstrip("=") + "." + secret


def read_clinic_token(token: str) -> tuple[uuid.UUID, str] | None:
    """Return clinic and secret of a link token, or None when it is none."""
    clinic, dot, secret = token.partition(".")
    try:
        return (uuid.UUID(bytes=base64.urlsafe_b64decode(clinic + "==")), secret) if dot and secret else None
    except (ValueError, binascii.Error):
        return None

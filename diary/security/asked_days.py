"""When the server asked for the day of an entry: nothing is kept of it here, it knows its own writing again."""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

_WRITTEN: Final = re.compile(r"([0-9T:.+-]{19,40})~([A-Za-z0-9_-]{43})", re.ASCII)


def written_asking(secret_key: str, about: bytes, at: datetime) -> str:
    """Return the moment `at` as nobody else can write it, and for nothing but `about`."""
    moment = at.astimezone(UTC).isoformat()
    return f"{moment}~{_mark(secret_key, about, moment)}"


def moment_of_asking(secret_key: str, about: bytes, written: str) -> datetime | None:
    """Return when the server asked, or None where it never wrote this about `about`."""
    read = _WRITTEN.fullmatch(written)
    if read is None or not hmac.compare_digest(_mark(secret_key, about, read[1]), read[2]):
        return None
    return datetime.fromisoformat(read[1])


def _mark(secret_key: str, about: bytes, moment: str) -> str:
    made = hmac.new(secret_key.encode(), b"asked:" + moment.encode() + b":" + about, sha256)
    return urlsafe_b64encode(made.digest()).rstrip(b"=").decode()

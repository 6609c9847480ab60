"""A phone that holds scores back and seals them exactly as the browser does; the fixed examples are made with it."""

import json
import secrets
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from werkzeug.test import TestResponse

from tests.web.visiting import Visitor

JSON = dict[str, Any]


def base64url(plain: bytes) -> str:
    """Return it without padding, as it travels."""
    return urlsafe_b64encode(plain).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return what was written so."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def seal(
    content: bytes,
    *,
    public: bytes,
    about: str,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    iv: bytes | None = None,
) -> str:
    """Seal `content` to the public key of the installation, together with the name of the entry."""
    ephemeral, iv = ephemeral or ec.generate_private_key(ec.SECP256R1()), iv or secrets.token_bytes(12)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = ephemeral.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
    key = HKDF(SHA256(), 32, salt=point + public, info=b"ebb-entry-1").derive(shared)
    return base64url(b"\x01" + point + iv + AESGCM(key).encrypt(iv, content, about.encode()))


def iso(moment: datetime) -> str:
    """Return a moment as `toISOString()` writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Phone:
    """The phone of somebody who is signed in; its clock is `ahead` of everybody else's."""

    visitor: Visitor
    ahead: timedelta = timedelta()
    offset: int = 60
    state: JSON = field(default_factory=dict)

    def ask(self) -> JSON:
        """Ask the server where it stands."""
        answer = self.visitor.open("/sync/state")
        assert answer.status_code == 200, answer.data
        self.state = answer.get_json()
        return self.state

    @property
    def now(self) -> datetime:
        """What its clock shows."""
        return self.visitor.app.extensions["ebb"].clock() + self.ahead

    def tap(self, score: int | None, day: date | str, *, at: datetime | None = None, ref: str | None = None) -> JSON:
        """Return an entry that was tapped at `at` by the phone's clock, and is not sealed."""
        return {
            "client_ref": ref or str(uuid.uuid4()),
            "day": str(day),
            "score": score,
            "entered_at": iso(at or self.now),
            "utc_offset": self.offset,
        }

    def sealed(self, entry: JSON, *, owner: str | None = None, key: JSON | None = None) -> JSON:
        """Seal an entry, as it waits on the phone."""
        key, name = key or self.state["key"], entry["client_ref"]
        said = {"v": 1, "owner": owner or self.state["owner"], "item_version": self.state["item_version"], **entry}
        sealed = seal(json.dumps(said).encode(), public=from_base64url(key["public"]), about=name)
        return {"client_ref": name, "key_id": key["id"], "sealed": sealed}

    def post(self, entries: Any, **changed: Any) -> TestResponse:
        """Send entries and return the answer as it comes; `changed` replaces parts of the request."""
        body = json.dumps({"sent_at": iso(self.now), "entries": entries})
        return self.post_body(body, **changed)

    def post_body(self, body: str | bytes, **changed: Any) -> TestResponse:
        """Send any body as the phone would."""
        headers = {"Origin": self.visitor.base_url, "Sec-Fetch-Site": "same-origin"} | changed.pop("headers", {})
        headers = {name: value for name, value in headers.items() if value is not None}
        options = {"data": body, "content_type": "application/json", "headers": headers, **changed}
        return self.visitor.open("/sync/entries", method="POST", **options)

    def send(self, entries: Iterable[JSON]) -> list[JSON]:
        """Send entries and return what became of each."""
        answer = self.post(list(entries))
        assert answer.status_code == 200, answer.data
        results: list[JSON] = answer.get_json()["results"]
        return results

    def send_one(self, entry: JSON) -> JSON:
        """Send one entry and return what became of it."""
        (result,) = self.send([entry])
        return result

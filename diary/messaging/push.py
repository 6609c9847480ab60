"""Web push: one message, encrypted for one browser (RFC 8291), handed to its push service under our name (RFC 8292).

The push service learns that somebody is reminded and when, and nothing else: what is said is readable in the browser
only, and all messages are of one size.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from diary.messaging.problems import Delayed, Gone, NotReached, PutOff, TurnedDown
from diary.messaging.push_connection import Answer, Slow, hand_over
from diary.messaging.push_services import ForeignAddress, PushServices
from diary.security.push_keys import PushKeys
from diary.security.signing import KeyUnfit
from diary.settings import Settings

PLAIN: Final = 2048
"""Bytes of every message before it is encrypted: spaces, which JSON does not mind, fill up what is shorter."""
NAMED_FOR: Final = timedelta(hours=12)
LONGEST_LIFE: Final = timedelta(days=28)
LONGEST_DELAY: Final = timedelta(days=1)
RESTS_FOR: Final = timedelta(minutes=1)
BUSY: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
"""A service that says so, and until when, speaks of all that comes from here and not of one message."""
TAKEN: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT)
URGENCY: Final = "high"
"""It is the hour that the person chose: a phone that sleeps is to say it now and not at its next round."""
POINT: Final = 65
SECRET: Final = 16


class NoSubscription(ValueError):
    """What a browser sent is not a subscription."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser listens, and the keys that only it can read with."""

    endpoint: str = field(repr=False)
    public_key: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def read(cls, sent: Any) -> "Subscription":
        """Return the subscription in what `PushSubscription.toJSON()` made.

        Raises:
            NoSubscription: it is none, or its key is none of the curve.
        """
        try:
            endpoint, keys = sent["endpoint"], sent["keys"]
            made = cls(endpoint, _octets(keys["p256dh"]), _octets(keys["auth"]))
            if not isinstance(endpoint, str) or (len(made.public_key), len(made.secret)) != (POINT, SECRET):
                raise NoSubscription("Its address or its keys are none.")
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), made.public_key)
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            raise NoSubscription("This is not a push subscription.") from error
        return made

    def as_sent(self) -> dict[str, Any]:
        """Return it as it was sent."""
        return {"endpoint": self.endpoint, "keys": {"p256dh": text_of(self.public_key), "auth": text_of(self.secret)}}


@dataclass(frozen=True, slots=True)
class PushSender:
    """What is needed to write to push services: which, under which key, and whom they may ask about it."""

    services: PushServices
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str

    @classmethod
    def of(cls, settings: Settings, key_id: bytes | None = None) -> "PushSender":
        """Return the sender of this installation, under the key that a browser subscribed under.

        Raises:
            NotReached: its key cannot be read now, and nothing leaves under another.
            TurnedDown: that key is not kept any more.
        """
        keys = PushKeys.of(settings)
        try:
            key = keys.private() if key_id is None else keys.private_of(key_id)
        except KeyUnfit as unfit:
            raise NotReached("push_key", str(unfit)) from unfit
        if key is None:
            raise TurnedDown("other_push_key", "This phone listens under a key that is not ours any more.")
        host = urlsplit(settings.address).hostname or ""
        public = settings.address.startswith("https://") and re.fullmatch(r"[\w-]+\.[\w.-]+", host)
        return cls(PushServices.of(settings), key, f"https://{host}" if public else "mailto:ebb@localhost")


def send(
    sender: PushSender, subscription: Subscription, payload: Mapping[str, str], *, until: datetime, at: datetime
) -> None:
    """Hand a message to the push service of `subscription`; it was taken when this returns.

    The service keeps it until `until` at most, and a later one with the same `tag` takes its place. A service that is
    not reached is left alone for a minute, so that it does not hold up the others; one that is busy, for as long as it
    asks, a minute at most.

    Raises:
        PutOff: the service is busy, and was not asked.
        Gone: the browser does not listen there any more.
        TurnedDown: it will never be taken.
        Delayed: it was not taken, and may be tried again.
        Unclear: nobody knows.
    """
    plain = padded(payload)
    try:
        endpoint = sender.services.read(subscription.endpoint)
    except ForeignAddress as foreign:
        raise TurnedDown("address", str(foreign)) from foreign
    _resting.pass_by(endpoint.origin, at)
    body = encrypted(plain, subscription)
    headers = _headers(subscription, payload.get("tag", ""), until - at) | named(sender, endpoint.origin, at=at)
    try:
        answer = hand_over(endpoint, sender.services.places_of(endpoint), headers, body)
    except NotReached as problem:
        _resting.leave_alone(endpoint.origin, at)
        raise Delayed(problem.why, str(problem), after=RESTS_FOR) from problem
    except Slow:
        _resting.leave_alone(endpoint.origin, at)
        raise
    if answer.status in BUSY and (asked := _wait(answer, at)):
        _resting.leave_alone(endpoint.origin, at, min(asked, RESTS_FOR), met=PutOff)
    _judge(answer, at)


def padded(payload: Mapping[str, str]) -> bytes:
    """Return a payload in the size of all.

    Raises:
        TurnedDown: it is longer than that.
    """
    plain = json.dumps(dict(payload), ensure_ascii=False, separators=(",", ":")).encode()
    if len(plain) > PLAIN:
        raise TurnedDown("too_long", "The message is too long for a push service.")
    return plain.ljust(PLAIN)


def encrypted(
    plain: bytes,
    subscription: Subscription,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return `plain` as the browser alone can read it; key and salt are new each time, unless a test gives them."""
    sealed: bytes = http_ece.encrypt(
        plain,
        salt=salt,
        private_key=key or ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.public_key,
        auth_secret=subscription.secret,
        version="aes128gcm",
    )
    return sealed


def named(sender: PushSender, audience: str, *, at: datetime) -> dict[str, str]:
    """Return the header that says to one push service, for some hours, who is writing."""
    claims = {"aud": audience, "exp": int((at + NAMED_FOR).timestamp()), "sub": sender.contact}
    signed: dict[str, str] = Vapid02(sender.key).sign(claims)
    return signed


def topic_of(endpoint: str, tag: str) -> str:
    """Return what a push service tells messages of one kind apart by: always the same, and of no meaning to it."""
    return text_of(hashlib.sha256(f"{endpoint} {tag}".encode()).digest()[:SECRET])


def _headers(subscription: Subscription, tag: str, life: timedelta) -> dict[str, str]:
    seconds = int(max(timedelta(), min(life, LONGEST_LIFE)).total_seconds())
    replaced = {"Topic": topic_of(subscription.endpoint, tag)} if tag else {}
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(seconds),
        "Urgency": URGENCY,
        **replaced,
    }


def _judge(answer: Answer, at: datetime) -> None:
    """Go on when the message was taken.

    Raises:
        DeliveryProblem: what it is otherwise.
    """
    said = f"It said: {answer.status} {answer.words}"
    match answer.status:
        case status if status in TAKEN:
            return
        case 404 | 410:
            raise Gone("gone", "The browser does not listen there any more.", said)
        case 401 | 403:
            raise TurnedDown("sender_refused", "The push service does not take messages under our name.", said)
        case 413:
            raise TurnedDown("too_long", "The message is too long for the push service.", said)
        case 408 | 425 | 429:
            raise Delayed("later", "The push service does not take it now.", said, after=_wait(answer, at))
        case status if 400 <= status < 500:
            raise TurnedDown("message_refused", "The push service refuses this message for good.", said)
        case status if 300 <= status < 400:
            raise Delayed("redirected", "The push service sends us elsewhere: we do not go.", said)
    raise Delayed("later", "The push service does not take it now.", said, after=_wait(answer, at))


def _wait(answer: Answer, at: datetime) -> timedelta | None:
    """Return how long the service asks us to wait, within reason, or None where it does not say."""
    text = (answer.retry_after or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return min(timedelta(seconds=int(text)), LONGEST_DELAY)
    try:
        asked = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    until = asked if asked.tzinfo else asked.replace(tzinfo=UTC)  # the oldest form of a date names no zone
    return max(timedelta(), min(until - at, LONGEST_DELAY))


class _Resting:
    """Push services that were not reached a moment ago, or asked for a rest, in this process, and what is met there."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[datetime, type[Delayed]]] = {}
        self._lock = threading.Lock()

    def leave_alone(
        self, origin: str, now: datetime, rest: timedelta = RESTS_FOR, *, met: type[Delayed] = Delayed
    ) -> None:
        with self._lock:
            self._until = {known: resting for known, resting in self._until.items() if resting[0] > now}
            self._until[origin] = now + rest, met

    def pass_by(self, origin: str, now: datetime) -> None:
        with self._lock:
            until, met = self._until.get(origin, (now, Delayed))
        if timedelta() < until - now <= RESTS_FOR:
            raise met("resting", "The push service is left alone for a moment.", after=until - now)


_resting = _Resting()


def text_of(octets: bytes) -> str:
    """Return bytes as browsers write them."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    """Return the bytes behind such a text; padding, which some browsers write, is no part of them."""
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)

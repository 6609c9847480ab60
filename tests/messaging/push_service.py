"""A push service on a free port of this machine, with browsers that listen there, as friendly as a test wants it."""

import base64
import json
import re
import secrets
import socket
import struct
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
LARGEST = 4096
A_DAY = 24 * 3600


@dataclass
class Browser:
    """A browser that listens: its keys, made as browsers make them, and its address at the service."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def public(self):
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def subscription(self):
        """What `PushSubscription.toJSON()` gives."""
        keys = {"p256dh": text_of(self.public), "auth": text_of(self.secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def plain(self, body):
        """Return what was encrypted for this browser."""
        return http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")

    def read(self, taken):
        """Return the payload of a message."""
        return json.loads(self.plain(taken.body))


@dataclass(frozen=True)
class Taken:
    """One message as it came over the line."""

    path: str
    headers: dict
    body: bytes

    @property
    def topic(self):
        return self.headers.get("Topic")

    @property
    def ttl(self):
        return int(self.headers["TTL"])

    @property
    def in_the_open(self):
        """Everything that the service itself can read."""
        return f"{self.path} {self.headers}".encode() + self.body


@dataclass
class PushService:
    """What the service does, and the messages it has taken.

    `waiting` is what phones out of reach would get: of messages with one topic the last one only.
    """

    url: str = ""
    now: object = lambda: NOON
    status: int = 201
    retry_after: str | None = None
    redirect_to: str | None = None
    answer_of: dict = field(default_factory=dict)
    hang_up: bool = False
    hang_up_early: bool = False
    endless: bool = False
    hold: threading.Event | None = None
    came: threading.Event = field(default_factory=threading.Event)
    knocked: list = field(default_factory=list)
    taken: list = field(default_factory=list)
    waiting: dict = field(default_factory=dict)
    complaints: list = field(default_factory=list)
    browsers: dict = field(default_factory=dict)

    def a_browser(self):
        """Return a browser that has just subscribed."""
        path = f"/wpush/v2/{secrets.token_urlsafe(60)}"
        self.browsers[path] = Browser(self.url + path)
        return self.browsers[path]

    def forget(self, browser):
        """Let the browser have unsubscribed."""
        self.browsers.pop(browser.endpoint.removeprefix(self.url))

    def judged(self, taken):
        """Return the answer to a message, which is taken only if all is as the standards say."""
        if taken.path not in self.browsers:
            return 410
        if len(taken.body) > LARGEST:
            return 413
        complaint = next(self._complaints_about(taken), None)
        if complaint:
            self.complaints.append(complaint)
            return 403 if "VAPID" in complaint else 400
        status = self.answer_of.get(taken.path, self.status)
        if status in (200, 201, 202):
            self.taken.append(taken)
            self.waiting[taken.path, taken.topic or secrets.token_hex(4)] = taken
        return status

    def _complaints_about(self, taken):
        if not re.fullmatch(r"[0-9]+", taken.headers.get("TTL", "")):
            yield "no TTL"
        if taken.headers.get("Content-Encoding") != "aes128gcm":
            yield "not aes128gcm"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", taken.headers.get("Topic", "x")):
            yield "a topic that is none"
        if taken.headers.get("Urgency") not in ("very-low", "low", "normal", "high"):
            yield "no urgency"
        try:
            claims = claims_of(taken.headers["Authorization"])
        except (KeyError, ValueError, InvalidSignature) as error:
            yield f"VAPID: {error!r}"
            return
        if claims["aud"] != self.url:
            yield f"VAPID: aud is {claims['aud']}"
        if not 0 < claims["exp"] - self.now().timestamp() <= A_DAY:
            yield f"VAPID: exp is {claims['exp']}"
        if not claims["sub"].startswith(("mailto:", "https://")):
            yield f"VAPID: sub is {claims['sub']}"


def claims_of(authorization):
    """Return the claims of a VAPID header whose signature is right, read without the library that made it."""
    parts = re.fullmatch(r"vapid t=([\w.-]+),\s?k=([\w-]+)", authorization)
    if parts is None:
        raise ValueError("not vapid t=…,k=…")
    token, key = parts.groups()
    head, claims, signature = token.split(".")
    raw = octets_of(signature)
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets_of(key)).verify(
        encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")),
        f"{head}.{claims}".encode(),
        ec.ECDSA(hashes.SHA256()),
    )
    if json.loads(octets_of(head)) != {"typ": "JWT", "alg": "ES256"}:
        raise ValueError("not ES256")
    return json.loads(octets_of(claims))


@contextmanager
def open_push_service(*, certificate=None, host="127.0.0.1", **behaviour):
    """Run a push service until the test is done with it."""
    service = PushService(**behaviour)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            _take(service, self)

        def do_GET(self):
            service.knocked.append(("GET", self.path))
            _answer(self, 200)

        def log_message(self, *_words):
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_about):
            """Say nothing of connections that were cut."""

    server = Server((host, 0), Handler)
    if certificate:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    named = "localhost" if certificate else host
    service.url = f"{'https' if certificate else 'http'}://{named}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        if service.hold:
            service.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _take(service, request):
    service.knocked.append(("POST", request.path))
    if service.hang_up_early:
        return _reset(request)
    body = request.rfile.read(int(request.headers["Content-Length"]))
    status = service.judged(Taken(request.path, dict(request.headers), body))
    service.came.set()
    if service.hold:
        service.hold.wait(60)
    if service.hang_up:
        return _reset(request)
    more = {"Retry-After": service.retry_after, "Location": service.redirect_to}
    return _answer(request, status, {name: value for name, value in more.items() if value}, endless=service.endless)


def _answer(request, status, headers=None, *, endless=False):
    words = b"" if status in (201, 204) else f"about {request.path}".encode()
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(10**9 if endless else len(words)))
    request.end_headers()
    with suppress(OSError):
        request.wfile.write(words)
        while endless:
            request.wfile.write(b"x" * 65536)


def _reset(request):
    """Break off at once, as a service does that dies."""
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.close_connection = True
    request.connection.close()


def text_of(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

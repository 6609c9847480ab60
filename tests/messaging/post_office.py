"""A real mail server on a free port of this machine, as friendly or unfriendly as a test wants it."""

# ruff: noqa: ARG002, N802 (names and arguments of its three handlers are the server's own)

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from diary.installation import Installation, installation

USER, PASSWORD = "diary@clinic.example", "p@ss/word"


@dataclass
class PostOffice:
    """What the server does, and the mail it has taken."""

    port: int = 0
    taken: list = field(default_factory=list)
    envelopes: list = field(default_factory=list)
    sender_answer: str = "250 OK"
    recipient_answers: dict = field(default_factory=dict)
    answer: str = "250 Taken"
    cut_at: str = ""
    hold: threading.Event | None = None
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}?from=diary@clinic.example"

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.sender_answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.cut_at == "RCPT":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return self.recipient_answers.get(address, "250 OK")

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.envelopes.append(envelope)
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        self.came.set()
        while self.hold and not self.hold.is_set():
            await asyncio.sleep(0.01)
        if self.cut_at == "DATA":
            server.transport.abort()
        return self.answer

    @property
    def references(self):
        return sorted(mail["Message-ID"] for mail in self.taken)


@contextmanager
def open_post_office(*, certificate=None, signed_in=False, tls=False, **behaviour):
    """Run a mail server until the test is done with it."""
    office = PostOffice(port=free_port(), **behaviour)
    offers = {}
    if certificate and not tls:
        offers |= {"tls_context": certificate, "require_starttls": True}
    if signed_in:
        offers |= {"auth_required": True, "authenticator": _is_our_user}
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        ssl_context=certificate if tls else None,
        **offers,
    )
    controller.start()
    try:
        yield office
    finally:
        if office.hold:
            office.hold.set()
        controller.stop()


def _is_our_user(server, session, envelope, mechanism, said):
    ours = (said.login, said.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ours, handled=ours)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def self_made_certificate(folder):
    """Return the context of a server that shows a certificate of its own, and the file in which it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail of a test")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, secret)
    return context, certificate


def set_up_mail(app, url):
    """Make `url` the mail server of the installation."""
    ours = installation()
    Installation(replace(ours.settings, mail_url=url), ours.clock, ours.passwords).put_into(app)

"""Mail: one plain message handed to the mail server, and what came of it."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from threading import Timer
from typing import Final, Never

from diary.errors import DiaryError
from diary.mail_server import Encryption, MailServer, address_in_ascii

PATIENCE: Final = 10.0
"""Seconds for one answer of the server."""
LONGEST: Final = 60.0
"""Seconds for all of them together: a server that drips answers holds nobody longer."""


class MailProblem(DiaryError):
    """A mail that was not taken; `why` names the class of the problem, `answer` what the server said.

    The answer of a server may repeat the address: it is for the operator's terminal, never for a log or a table.
    """

    def __init__(self, why: str, words: str, answer: str = "") -> None:
        super().__init__(f"{words} {answer}".strip())
        self.why = why


class Delayed(MailProblem):
    """Not taken now: it may be tried again."""


class NotReached(Delayed):
    """The server takes no mail at all now, whoever it is for."""


class TurnedDown(MailProblem):
    """This mail will never be taken."""


class Unclear(MailProblem):
    """The connection broke when all was said: the server may have taken the mail, or not."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What one mail says; `reference` makes its Message-ID, the same each time it is tried."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    reference: str


def send(server: MailServer, mail: Mail, *, at: datetime) -> None:
    """Hand `mail` to `server`; it was taken when this returns.

    Raises:
        NotReached, Delayed: it was not taken, and may be tried again.
        TurnedDown: the address or the mail was refused for good.
        Unclear: nobody knows.
    """
    to = _deliverable(mail.to)
    octets = written(server, mail, at=at).as_bytes()
    with _conversation(server) as smtp:
        _hand_over(smtp, server.sender, to, octets)


def written(server: MailServer, mail: Mail, *, at: datetime) -> EmailMessage:
    """Return the mail as it is sent: plain text, no header that its words could reach."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Ebb", addr_spec=server.sender)
    message["To"] = Address(addr_spec=_deliverable(mail.to))
    message["Subject"] = _on_one_line(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.reference}@{_domain(server)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_plain(mail.text), cte="quoted-printable")
    return message


@contextmanager
def _conversation(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Open a connection that is protected and signed in as the settings ask, for `LONGEST` seconds at most."""
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connected(server)
        watch = Timer(LONGEST, _cut, [smtp])
        watch.daemon = True
        watch.start()
    except (OSError, smtplib.SMTPException) as error:
        _not_reached(error)
    try:
        try:
            _introduce(smtp, server)
        except (OSError, smtplib.SMTPException) as error:
            _not_reached(error)
        yield smtp
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()  # the mail was taken: a server that is rude at parting changes nothing
    finally:
        watch.cancel()
        smtp.close()


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.encryption is Encryption.TLS:
        trusted = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, _domain(server), timeout=PATIENCE, context=trusted)
    return smtplib.SMTP(server.host, server.port, _domain(server), timeout=PATIENCE)


def _introduce(smtp: smtplib.SMTP, server: MailServer) -> None:
    if server.encryption is Encryption.STARTTLS:
        smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo_or_helo_if_needed()
    if server.user:
        smtp.login(server.user, server.password)


def _hand_over(smtp: smtplib.SMTP, sender: str, to: str, octets: bytes) -> None:
    try:
        _taken("sender", smtp.mail(sender))
        _taken("recipient", smtp.rcpt(to))
        _taken("mail", smtp.docmd("DATA"))
    except (OSError, smtplib.SMTPException) as error:
        raise Delayed("cut", "The mail server broke off before it had the mail.") from error
    try:
        smtp.send(re.sub(rb"(?m)^\.", b"..", octets) + b".\r\n")
        answer = smtp.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise Unclear(
            "unclear", "The mail server broke off when it had the mail: nobody knows what came of it."
        ) from error
    _taken("mail", answer)


def _taken(what: str, answer: tuple[int, bytes]) -> None:
    """Go on after a good answer.

    Raises:
        Delayed: the server says later, or does not take mail from us: the settings can be mended.
        TurnedDown: it says never.
    """
    code, words = answer
    said = f"It said: {code} {words.decode('utf-8', 'replace')}"
    if code in (250, 251, 354):
        return
    if code == 421:
        raise NotReached("not_now", "The mail server takes no mail now.", said)
    if what == "sender":
        raise NotReached("sender_refused", "The mail server does not take mail from this sender.", said)
    if 500 <= code < 600:
        raise TurnedDown(f"{what}_refused", f"The mail server refuses this {what} for good.", said)
    raise Delayed("later", f"The mail server does not take this {what} now.", said)


def _not_reached(error: Exception) -> Never:
    said = f"({error})"
    match error:
        case smtplib.SMTPAuthenticationError():
            raise NotReached("sign_in_refused", "The mail server refuses this user and password.", said) from error
        case ssl.SSLCertVerificationError():
            raise NotReached("certificate", "The mail server shows a certificate that is not trusted.", said) from error
        case smtplib.SMTPNotSupportedError():
            raise NotReached("not_offered", "The mail server does not offer what the settings ask.", said) from error
        case ssl.SSLError():
            raise NotReached("encryption", "The mail server and this one find no common encryption.", said) from error
        case TimeoutError():
            raise NotReached("slow", "The mail server does not answer.", said) from error
        case smtplib.SMTPResponseException():
            raise NotReached("not_now", "The mail server takes no mail now.", said) from error
    raise NotReached("not_reached", "The mail server is not reached.", said) from error


def _cut(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def _deliverable(to: str) -> str:
    try:
        return address_in_ascii(to)
    except ValueError as none:
        raise TurnedDown("address", "This is not an address that mail can be sent to.") from none


def _domain(server: MailServer) -> str:
    return server.sender.rpartition("@")[2]


def _on_one_line(words: str) -> str:
    """Return words for a header; what looks like an encoded word would be decoded, line ends and all."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in words).split()).replace("=?", "= ?")


def _plain(text: str) -> str:
    lines = ("".join(sign for sign in line if _is_text(sign)) for line in text.splitlines())
    return "\n".join(lines) + "\n"


def _is_text(sign: str) -> bool:
    return sign == "\t" or not ("\x00" <= sign < " " or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff")

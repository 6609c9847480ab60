"""Mail: one plain message handed to the mail server, and what came of it."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from threading import Timer
from typing import Any, Final, Never

from diary.installation import installation
from diary.mail_server import Encryption, MailServer, address_in_ascii
from diary.messaging.problems import Delayed, NotReached, TurnedDown, Unclear

PATIENCE: Final = 10.0
"""Seconds for one answer of the server."""
LONGEST: Final = 60.0
"""Seconds for all of them together: a server that drips answers holds nobody longer."""


class _LinksWhole(EmailPolicy):
    """Writes the address that stops mails on one line: mail programs read it as it is, and none decodes its words."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as it goes over the wire."""
        if name.casefold() == "list-unsubscribe" and str(value).isascii():
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return bytes(super().fold_binary(name, value))


AS_WRITTEN: Final = _LinksWhole(linesep=SMTP.linesep)


@dataclass(frozen=True, slots=True)
class Mail:
    """What one mail says; `reference` makes its Message-ID, the same each time it is tried."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    reference: str
    unsubscribe: str = field(default="", repr=False)
    """Address that stops mails of this kind at one POST (RFC 8058); none for what must reach its reader."""


def deliver(said: Mapping[str, Any], *, reference: str, at: datetime) -> None:
    """Hand over what the outbox holds of a mail; raises what `send` raises."""
    server = installation().settings.mail_server
    if server is None:
        raise NotReached("no_mail_server", "No mail is set up.")
    letter = Mail(said["to"], said["subject"], said["text"], reference, said.get("unsubscribe", ""))
    send(server, letter, at=at)


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
    message = EmailMessage(policy=AS_WRITTEN)
    message["From"] = Address("Ebb", addr_spec=server.sender)
    message["To"] = Address(addr_spec=_deliverable(mail.to))
    message["Subject"] = _on_one_line(mail.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.reference}@{_domain(server)}>"
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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

"""The mail server of an installation, as its address in the settings names it."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

HOW: Final = "smtp://user:password@host:587?starttls=1 or smtps://user:password@host:465"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"(?!.*=\?)(?=.{{1,64}}@.{{1,253}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


class Encryption(StrEnum):
    """How the way to the server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


PORTS: Final = {Encryption.NONE: 25, Encryption.STARTTLS: 587, Encryption.TLS: 465}


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    encryption: Encryption
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def in_the_open(self) -> bool:
        """Say whether mail would cross a network unprotected."""
        return self.encryption is Encryption.NONE and not _is_this_machine(self.host)


def read_mail_server(url: str, served_as: str) -> MailServer:
    """Read `smtp://user:password@host:port?starttls=1&from=diary@clinic.example`.

    Args:
        url: the setting; what is left out of it has a default.
        served_as: name of the host that people open, for the sender's address where none is given.

    Raises:
        ValueError: with the sentence that says what to write; it repeats nothing that may be secret.
    """
    parts = _parts(url)
    if parts.scheme not in ("smtp", "smtps") or not _host(parts) or parts.path not in ("", "/") or parts.fragment:
        raise ValueError(f"DIARY_MAIL_URL is not the address of a mail server: write it as {HOW}.")
    options = _options(parts)
    encryption = _encryption(parts.scheme, options.pop("starttls", "0"))
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError(f"DIARY_MAIL_URL needs both a user and a password, or neither: write it as {HOW}.")
    if not (user + password).isascii() or not (user + password + "x").isprintable():
        raise ValueError("DIARY_MAIL_URL has a user or a password with signs that mail servers do not take.")
    sender = _sender(options.pop("from", "") or (user if "@" in user else f"diary@{_name(served_as)}"))
    if options:
        raise ValueError("DIARY_MAIL_URL may end in ?starttls=1 and from=an address to send as, and in nothing else.")
    return MailServer(_host(parts), _port(parts) or PORTS[encryption], encryption, sender, user, password)


def address_in_ascii(address: str) -> str:
    """Return an address as mail servers take it; its domain may be written in any script.

    Raises:
        ValueError: it is none, or one with quotes, spaces, comments or an encoded word, which nobody has.
    """
    local, _, domain = address.rpartition("@")
    written = f"{local}@{domain.encode('idna').decode('ascii')}"
    if not _ADDRESS.fullmatch(written):
        raise ValueError("This is not an address that mail can be sent to.")
    return written


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return host if re.fullmatch(r"[A-Za-z0-9:_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*", host) else ""


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("DIARY_MAIL_URL has a port that is none: use 587 for starttls, 465 for smtps.")
    return port


def _options(parts: SplitResult) -> dict[str, str]:
    try:
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        pairs = [("unreadable", "")]
    return dict(pairs)


def _encryption(scheme: str, starttls: str) -> Encryption:
    if starttls not in ("0", "1") or (scheme == "smtps" and starttls == "1"):
        raise ValueError("DIARY_MAIL_URL is encrypted by smtp://…?starttls=1 or by smtps://…: choose one of them.")
    if scheme == "smtps":
        return Encryption.TLS
    return Encryption.STARTTLS if starttls == "1" else Encryption.NONE


def _sender(address: str) -> str:
    try:
        return address_in_ascii(address)
    except ValueError as none:
        raise ValueError("DIARY_MAIL_URL names no address to send as: add from=diary@your.domain to it.") from none


def _name(served_as: str) -> str:
    return served_as if re.search(r"[a-z]", served_as) and ":" not in served_as else "localhost"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.casefold() == "localhost"

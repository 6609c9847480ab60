"""Push services: which addresses a browser may hand us, and where they really are.

An address comes from a browser, so from anybody: without this the server could be told to knock at its own network.
"""

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from diary.messaging.problems import NotReached
from diary.settings import Settings

KNOWN: Final = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
"""Chrome, Edge on Android, Samsung and Opera; Firefox; Safari; Edge on Windows."""
LONGEST: Final = 1000
NEARBY: Final = ("127.0.0.1", "localhost")
SHAPE: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[!-\"$-\[\]-~]*)"
)
"""Lower-case, no name and password, no fragment, no backslash: nothing that two readers could read in two ways."""
WITHIN_NAT64: Final = IPv6Network("64:ff9b::/96")

Resolve = Callable[..., Iterable[tuple[Any, Any, Any, str, tuple[Any, ...]]]]


class ForeignAddress(ValueError):
    """An address that no push service known here has."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The address of one subscription, taken apart; its path is a secret between browser, push service and us."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Return the push service, as its audience is written."""
        usual = {"https": 443, "http": 80}[self.scheme]
        return f"{self.scheme}://{self.host}" + ("" if self.port == usual else f":{self.port}")


@dataclass(frozen=True, slots=True)
class PushServices:
    """The push services that this installation writes to.

    Attributes:
        more: hosts of others, from the settings; nearby: whether one on this machine will do, for development.
    """

    more: tuple[str, ...] = ()
    nearby: bool = False

    @classmethod
    def of(cls, settings: Settings) -> "PushServices":
        """Return those of this installation."""
        return cls(settings.push_hosts, nearby=not settings.production)

    def read(self, address: str) -> Endpoint:
        """Return the endpoint at `address`.

        Raises:
            ForeignAddress: it is none, or of nobody who is known here.
        """
        shape = SHAPE.fullmatch(address) if len(address) <= LONGEST else None
        if shape is None:
            raise ForeignAddress("This is not the address of a push service.")
        scheme, host = shape["scheme"], shape["host"]
        port = int(shape["port"] or {"https": 443, "http": 80}[scheme])
        is_known = scheme == "https" and port == 443 and any(_fits(host, known) for known in (*KNOWN, *self.more))
        if not is_known and not (self.nearby and host in NEARBY and 0 < port <= 65535):
            raise ForeignAddress("This is not the address of a push service that is known here.")
        return Endpoint(scheme, host, port, shape["path"])

    def places_of(self, endpoint: Endpoint, *, resolve: Resolve = socket.getaddrinfo) -> list[str]:
        """Return the addresses to connect to, as numbers: one of each kind, no name is looked up again after this.

        Raises:
            NotReached: the name is not found, or one of its addresses is not a public one.
        """
        if endpoint.host in NEARBY:
            return [NEARBY[0]]
        try:
            found = [str(place[0]).partition("%")[0] for *_, place in resolve(endpoint.host, endpoint.port, type=1)]
        except OSError as error:
            raise NotReached("not_found", "The name of the push service is not found.", f"({error})") from error
        numbers = [ip_address(place) for place in found]
        if not numbers or not all(map(is_public, numbers)):
            raise NotReached("private_address", "The name of the push service leads to no public address.")
        return [str(place) for place in {number.version: number for number in reversed(numbers)}.values()][::-1]


def is_public(number: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is one of the open network, also when it is wrapped into another kind."""
    if isinstance(number, IPv6Address):
        if number.teredo is not None:
            return False
        inner = number.ipv4_mapped or number.sixtofour
        if number in WITHIN_NAT64:
            inner = IPv4Address(int(number) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return number.is_global and not number.is_multicast and not number.is_reserved


def _fits(host: str, known: str) -> bool:
    """Say whether a host is the known one, or within it where that begins with a star."""
    return host.endswith(known[1:]) if known.startswith("*.") else host == known

"""One request to one push service, at the place that was looked up: patient, but not for long, and nowhere else."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Final

from diary.messaging.problems import Delayed, NotReached, Unclear
from diary.messaging.push_services import Endpoint

PATIENCE: Final = 10.0
"""Seconds for one answer."""
LONGEST: Final = 30.0
"""Seconds for all of it: a service that drips its answer holds nobody longer."""
MUCH: Final = 500
"""Bytes of an answer that are read at most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said; its words may repeat the address, and are for the operator's terminal alone."""

    status: int
    retry_after: str | None = None
    words: str = field(default="", repr=False)


class Slow(Unclear):
    """It had the message and did not answer in time: it may have taken it, or not."""


def hand_over(endpoint: Endpoint, places: list[str], headers: Mapping[str, str], body: bytes) -> Answer:
    """Post `body` and return the answer, whatever it is; a redirect is an answer too, and followed by nobody.

    Raises:
        NotReached: there was no connection, or none that is trusted.
        Delayed: it broke before everything was said.
        Unclear: it broke afterwards.
    """
    with _connected(endpoint, places) as connection:
        try:
            connection.request("POST", endpoint.path, body, dict(headers))
        except (OSError, HTTPException) as error:
            raise Delayed("cut", "The push service broke off before it had the message.") from error
        try:
            response = connection.getresponse()
        except TimeoutError as error:
            raise Slow("slow", "The push service has the message and says nothing.") from error
        except (OSError, HTTPException) as error:
            said = "The push service broke off when it had the message: nobody knows what came of it."
            raise Unclear("unclear", said) from error
        words = b""
        if response.status >= 300:
            with suppress(OSError, HTTPException):
                words = response.read(MUCH)
        return Answer(response.status, response.getheader("Retry-After"), words.decode("utf-8", "replace"))


class _Connection(HTTPConnection):
    """A connection to a place that is known already: nothing is looked up, and no proxy is asked."""

    def __init__(self, endpoint: Endpoint, place: str) -> None:
        super().__init__(endpoint.host, endpoint.port, timeout=PATIENCE)
        self._endpoint, self._place = endpoint, place
        self.default_port = {"https": 443, "http": 80}[endpoint.scheme]

    def connect(self) -> None:
        """Connect, and make sure by its certificate that it is who was meant."""
        self.sock = socket.create_connection((self._place, self._endpoint.port), timeout=PATIENCE)
        if self._endpoint.scheme == "https":
            trusted = ssl.create_default_context()
            self.sock = trusted.wrap_socket(self.sock, server_hostname=self.host)


@contextmanager
def _connected(endpoint: Endpoint, places: list[str]) -> Iterator[HTTPConnection]:
    """Open a connection to the first place that takes one, for `LONGEST` seconds at most."""
    open_ones: list[_Connection] = []
    watch = Timer(LONGEST, _cut, [open_ones])
    watch.daemon = True
    watch.start()
    try:
        yield _first_reached(endpoint, places, open_ones)
    finally:
        watch.cancel()
        for connection in open_ones:
            connection.close()


def _first_reached(endpoint: Endpoint, places: list[str], open_ones: list[_Connection]) -> HTTPConnection:
    failed: Exception = OSError("no address")
    for place in places:
        connection = _Connection(endpoint, place)
        open_ones.append(connection)
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise _not_reached(error) from error
        except OSError as error:
            failed = error
        else:
            return connection
    raise _not_reached(failed) from failed


def _not_reached(error: Exception) -> NotReached:
    said = f"({error})"
    match error:
        case ssl.SSLCertVerificationError():
            return NotReached("certificate", "The push service shows a certificate that is not trusted.", said)
        case ssl.SSLError():
            return NotReached("encryption", "The push service and this one find no common encryption.", said)
        case TimeoutError():
            return NotReached("slow", "The push service does not answer.", said)
    return NotReached("not_reached", "The push service is not reached.", said)


def _cut(open_ones: list[_Connection]) -> None:
    for connection in open_ones:
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

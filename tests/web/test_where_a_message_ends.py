"""The server that Ebb comes with ends a request where the standard does: none is smuggled inside another."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from flask import Flask
from waitress import create_server

HEAD = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """Serve the application as `diary serve` does, on a port of its own."""
    served: dict[int, object] = {}
    server = create_server(app, map=served, host="127.0.0.1", port=0, threads=2, ident=None)
    server.adj.asyncore_loop_timeout = 0.05  # it is seen at once that it is closed
    thread = threading.Thread(target=server.run, name="served")
    thread.start()
    yield int(server.effective_port)
    server.pull_trigger()
    for part in list(served.values()):
        part.close()
    thread.join(10)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()


def answers(port: int, sent: bytes) -> list[int]:
    """Send raw bytes; return the status of each answer that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(sent)
        came = b""
        with suppress(TimeoutError, ConnectionResetError):
            while part := connection.recv(65536):
                came += part
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", came)]


def test_of_two_lengths_the_chunks_count_as_the_standard_says(port: int) -> None:
    hidden = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert answers(port, HEAD + hidden + NEXT) == [400, 200]


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 4\r\nContent-Length: 0\r\n\r\nabcd",
        b"Content-Length: +4\r\n\r\nabcd",
        b"Content-Length: 4, 0\r\n\r\nabcd",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
        b"X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_refused_and_nothing_follows(port: int, lengths: bytes) -> None:
    assert answers(port, HEAD + lengths + NEXT) in ([400], [501])

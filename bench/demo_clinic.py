"""The demo clinic as people get it, served by the product's own command from a folder that is gone afterwards."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

ROOT: Final = Path(__file__).resolve().parents[1]
STARTS_WITHIN: Final = 180.0
"""Seconds; making the demo clinic is most of it."""
TOKEN: Final = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@dataclass(frozen=True)
class DemoClinic:
    """A served demo clinic: where it is, its database, and how its patient signs in."""

    port: int
    file: Path
    email: str
    password: str

    @property
    def address(self) -> str:
        """The beginning of every address."""
        return f"http://127.0.0.1:{self.port}"

    def cookies(self) -> dict[str, str]:
        """Sign in as the patient, through the page, and return the cookies."""
        kept: dict[str, str] = {}
        token = TOKEN.search(self._ask("GET", "/sign-in", kept))
        if token is None:
            raise RuntimeError("The sign-in page has no form.")
        form = {"csrf_token": token[1], "email": self.email, "password": self.password}
        self._ask("POST", "/sign-in", kept, form)
        if "/sign-in" not in kept.pop("leads to", "/sign-in"):
            return kept
        raise RuntimeError("The demo's patient could not sign in.")

    def _ask(self, method: str, path: str, kept: dict[str, str], form: dict[str, str] | None = None) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": header_of(kept)} if kept else {}
        if form:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.address}
        connection.request(method, path, urlencode(form) if form else None, headers)
        answer = connection.getresponse()
        body = answer.read().decode()
        kept |= cookies_of(answer)
        if answer.status == http.client.SEE_OTHER:
            kept["leads to"] = answer.headers.get("Location") or ""
        connection.close()
        return body


def cookies_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Return the cookies that an answer sets."""
    parts = [one.partition(";")[0].partition("=") for one in answer.headers.get_all("Set-Cookie") or []]
    return {name: value for name, _is, value in parts}


def header_of(cookies: dict[str, str]) -> str:
    """Write cookies as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


@contextmanager
def demo_clinic() -> Iterator[DemoClinic]:
    """Serve a new demo clinic until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        instance, port = Path(folder) / "instance", free_port()
        settings = {name: value for name, value in os.environ.items() if not name.startswith("DIARY_")}
        settings |= {"DIARY_INSTANCE": str(instance), "DIARY_PORT": str(port)}
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "diary", "serve", "--demo"]
        with serving(command, settings, port):
            known = json.loads((instance / "demo-sign-ins.json").read_text(encoding="utf-8"))
            patient = next(one for one in known if one["role"] == "patient")
            yield DemoClinic(port, instance / "diary.sqlite3", patient["email"], patient["password"])


@contextmanager
def serving(command: list[str], settings: dict[str, str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command that serves on `port`, from its first answer until the block ends."""
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=said, stderr=subprocess.STDOUT)
        try:
            _wait_for(server, port)
            yield server
        except ConnectionError as silent:
            said.seek(0)
            raise RuntimeError(f"{silent}\n{said.read().decode(errors='replace')[-2000:]}") from silent
        finally:
            server.terminate()
            server.wait()


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if line.recv(16):
                return
        time.sleep(0.2)
    raise ConnectionError("The server did not answer. It said:")

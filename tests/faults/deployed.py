"""A whole installation as deploy/on-one-machine brings it up: servers, workers and nginx, as processes of one folder.

with Deployed(cluster, servers=2, workers=1) as deployed:
    people = settle(deployed.ground, patients=6)
    phone = PhoneByTls(deployed.address, people[0], certificate=deployed.certificate)
    deployed.kill("server-8001")                          # SIGKILL
    deployed.start("server-8001")                         # again, on the same port
"""

import http.client
import os
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

from diary.settings import ROOT
from tests.faults.phones import Phone
from tests.faults.served import Ground
from tests.postgres.cluster import OWNER, Cluster, url_of

SERVING: Final = "ebb_serving"
"""The role that serves: it owns no table."""
NAME: Final = "localhost"
SECONDS: Final = 240.0
SECRET_KEY: Final = "only-for-tests-only-for-tests-only"


class NoNginx(Exception):
    """There is no nginx to test with."""


class NotDeployed(AssertionError):
    """deploy/on-one-machine refused, or something that it started ended."""


@dataclass
class PhoneByTls(Phone):
    """A phone that comes through nginx, as all of them do."""

    certificate: Path | None = None

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any]:
        """Ask over TLS, and trust the certificate of the installation only."""
        if self._line is None:
            port = int(self.address.rpartition(":")[2])
            trusted = _trusting(self.certificate)
            line = http.client.HTTPSConnection(NAME, port, timeout=self.patience, context=trusted)
            try:
                line.connect()
            except OSError:
                self.statuses[0] += 1
                return 0, None
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line = line
        return super().request(method, path, body, **headers)


@cache
def _trusting(certificate: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


class Deployed:
    """Servers, workers and nginx on a PostgreSQL that the test holds, and may kill or fail over."""

    def __init__(
        self, *clusters: Cluster, servers: int = 2, workers: int = 1, mail_url: str = "", database: str = OWNER
    ) -> None:
        """Name the folder and write who owns the tables, who serves, and what else is set."""
        self.folder = Path(tempfile.mkdtemp(prefix="ebb-deployed-"))
        self.servers, self.workers = servers, workers
        etc = self.folder / "etc"
        etc.mkdir(mode=0o700)
        owner = url_of(database, *clusters)
        self._write(etc / "owner.env", DIARY_DATABASE_URL=owner)
        self._write(
            etc / "ebb.env",
            DIARY_DATABASE_URL=owner.replace(f"//{OWNER}@", f"//{SERVING}@"),
            DIARY_SECRET_KEY=SECRET_KEY,
            DIARY_MAIL_URL=mail_url,
        )
        known = f"SELECT 1 FROM pg_roles WHERE rolname = '{SERVING}'"
        if not clusters[0].run_sql(known):
            clusters[0].run_sql(f"CREATE ROLE {SERVING} LOGIN NOSUPERUSER NOBYPASSRLS")

    def __enter__(self) -> Self:
        """Bring it up."""
        try:
            self.bring_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_raised: object) -> None:
        """End every process and take the folder away."""
        for name in self.processes():
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def bring_up(self) -> None:
        """Run the script; again, it upgrades."""
        self._script("--servers", str(self.servers), "--workers", str(self.workers))

    @property
    def ports(self) -> list[int]:
        """The ports of TLS, of plain HTTP, of PostgreSQL and of the servers."""
        return [int(port) for port in (self.folder / "etc" / "ports").read_text().split()]

    @property
    def address(self) -> str:
        """What patients type."""
        return f"https://{NAME}:{self.ports[0]}"

    @property
    def certificate(self) -> Path:
        """What nginx shows."""
        return self.folder / "etc" / "tls" / "certificate.pem"

    @property
    def server_names(self) -> list[str]:
        """The servers, by the names of their processes."""
        return [f"server-{port}" for port in self.ports[3 : 3 + self.servers]]

    @property
    def worker_names(self) -> list[str]:
        """The workers, by the names of their processes."""
        return [f"worker-{number + 1}" for number in range(self.workers)]

    @property
    def ground(self) -> Ground:
        """The installation as every one of its processes finds it."""
        said = self.settings()
        return Ground(self.folder / "state", said["DIARY_DATABASE_URL"], said)

    def settings(self) -> dict[str, str]:
        """Return what stands in ebb.env."""
        lines = (self.folder / "etc" / "ebb.env").read_text().splitlines()
        named = (line.partition("=") for line in lines if "=" in line)
        return {name: "".join(shlex.split(value)) for name, _is, value in named}

    def processes(self) -> list[str]:
        """Return the names of all that was started."""
        return sorted(file.stem for file in (self.folder / "run").glob("*.pid"))

    def pid(self, name: str) -> int:
        """Return the number of a process."""
        return int((self.folder / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        """SIGKILL a process, and with nginx all of its workers."""
        with suppress(OSError, ValueError):
            first = self.pid(name)
            os.kill(first, signal.SIGSTOP)  # it starts nobody more
            for pid in (*_children(first), first):
                os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + 10
        while time.monotonic() < until and self.is_alive(name):
            time.sleep(0.01)

    def stop(self, name: str) -> None:
        """SIGTERM a process and do not wait for it."""
        os.kill(self.pid(name), signal.SIGTERM)

    def is_alive(self, name: str) -> bool:
        """Say whether a process runs; one that ended and was not yet taken from the list does not."""
        try:
            state = Path(f"/proc/{self.pid(name)}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return False
        return state not in "ZX"

    def start(self, name: str) -> None:
        """Start a process again that was killed."""
        if name == "nginx":
            (self.folder / "run" / "nginx.pid").unlink(missing_ok=True)
        self._script("--start", name)

    def said_by(self, name: str) -> str:
        """Return what a process wrote."""
        file = self.folder / "logs" / f"{name}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def _script(self, *arguments: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIARY_", "FLASK_", "PG"))}
        found = {"EBB_PYTHON": sys.executable, "EBB_NGINX": nginx_program(), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [ROOT / "deploy" / "on-one-machine", "--without-systemd", self.folder, *arguments],
            env={**kept, **found}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
        if done.returncode:
            logs = "\n".join(f"{name}: {self.said_by(name)[-1500:]}" for name in self.processes())
            raise NotDeployed(f"{done.stdout}{done.stderr}\n{logs}")

    def _write(self, file: Path, **settings: str) -> None:
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()), encoding="utf-8")


def nginx_program() -> str:
    """Return the nginx to test with: EBB_NGINX, one that is installed, or the one that script/test fetched.

    Raises:
        NoNginx: there is none.
    """
    fetched = ROOT / ".venv" / "nginx" / "usr" / "sbin" / "nginx"
    for name in (os.environ.get("EBB_NGINX"), shutil.which("nginx"), "/usr/sbin/nginx", str(fetched)):
        if name and os.access(name, os.X_OK):
            return name
    raise NoNginx("No nginx is here: script/test fetches one, or name it in EBB_NGINX.")


def _children(pid: int) -> Iterable[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in file.read_text().split()] if file.exists() else []


def free_name() -> str:
    """Return a name for a database that no other test has."""
    return f"ebb_{secrets.token_hex(4)}"

"""A served installation in a process of its own: started, killed and started again, as an operator or a fault does it.

    ground = Ground(tmp_path / "instance")                    # or Ground(folder, database_url="postgresql://…")
    with Served(ground) as served:                            # `flask diary serve`, waited for until /readyz
        served.kill()                                         # SIGKILL: nothing is said, nothing is finished
        seconds = served.start()                              # again, on the same port
        assert served.stop() == 0                             # SIGTERM, and its exit code

Settings go through the environment only. Several servers of one installation are several `Served` on one `Ground`.
"""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from diary.settings import ROOT

HOST = "127.0.0.1"
SECRET_KEY = "only-for-tests-only-for-tests-only"
PATIENCE = 60.0
"""Seconds for a start on a machine that does much else."""


class DidNotStart(AssertionError):
    """The process ended, or did not answer in time; what it wrote is in the message."""


@dataclass(frozen=True)
class Ground:
    """What every process of one installation shares: its folder, its database, its settings."""

    instance: Path
    database_url: str = ""
    more: dict[str, str] = field(default_factory=dict)
    """Further settings by name, e.g. `{"DIARY_MAIL_URL": "smtp://127.0.0.1:2525"}`."""

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.database_url or f"sqlite:///{self.instance / 'diary.sqlite3'}"

    @property
    def file(self) -> Path:
        """The file of the embedded database."""
        return self.instance / "diary.sqlite3"

    @property
    def clock_file(self) -> Path | None:
        """The file that holds the moment, where the clock stands."""
        named = self.more.get("DIARY_CLOCK_FILE")
        return Path(named) if named else None

    def settings(self, **others: str) -> dict[str, str]:
        """Return the settings of the installation, as its processes find them in their environment."""
        return {
            "DIARY_ENV": "development",
            "DIARY_INSTANCE": str(self.instance),
            "DIARY_DATABASE_URL": self.url,
            "DIARY_SECRET_KEY": SECRET_KEY,
            **self.more,
            **others,
        }

    def environment(self, **others: str) -> dict[str, str]:
        """Return the whole environment of a process: this machine's own, and our settings in place of its."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DIARY_", "FLASK_"))}
        return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **self.settings(**others)}

    def set_clock(self, moment: datetime) -> None:
        """Let every process read this moment from now on; the file is replaced whole."""
        assert self.clock_file, "The ground has no DIARY_CLOCK_FILE."
        draft = self.clock_file.with_suffix(f".{secrets.token_hex(3)}")
        draft.write_text(moment.astimezone(UTC).isoformat(), encoding="utf-8")
        draft.replace(self.clock_file)

    def command(self, *words: str, timeout: float = PATIENCE, **others: str) -> "subprocess.CompletedProcess[str]":
        """Run `flask diary …` to its end."""
        return subprocess.run(
            flask(*words), cwd=ROOT, env=self.environment(**others), capture_output=True, text=True,
            check=False, timeout=timeout, stdin=subprocess.DEVNULL,
        )  # fmt: skip


def flask(*words: str) -> list[str]:
    """Return the command line of one of Ebb's commands."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", "diary", *words]


class Running:
    """Any process of an installation; what it writes goes into a file that a failure shows."""

    def __init__(self, ground: Ground, command: Sequence[str], *, name: str, **others: str) -> None:
        self.ground, self.arguments, self.others = ground, list(command), others
        self.log = ground.instance.parent / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.prepare: Callable[[], None] | None = None
        """Called in the new process before its program: a limit on its files, say."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The number of the process that runs."""
        assert self.process is not None, "It was never started."
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Say whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> float:
        """Start it and return the seconds until it is ready."""
        assert not self.is_alive, "It runs already: entering the block started it."
        began = time.monotonic()
        self.ground.instance.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.arguments, cwd=ROOT, env=self.ground.environment(**self.others), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, preexec_fn=self.prepare,  # noqa: PLW1509 (no thread runs yet)
            )  # fmt: skip
        self.wait_until_ready()
        return time.monotonic() - began

    def wait_until_ready(self) -> None:
        """Wait for what this process says when it is ready; a bare process is so at once."""

    def kill(self) -> None:
        """SIGKILL the process and wait until it is gone; one that is gone already stays so."""
        if self.process is not None:
            if self.is_alive:
                self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)

    def stop(self, patience: float = PATIENCE) -> int:
        """SIGTERM the process and return its exit code."""
        assert self.process is not None, "It was never started."
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(patience)

    def said(self) -> str:
        """Return what the process wrote, all its lives together."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Served(Running):
    """One server of an installation, on a port that stays the same over its lives."""

    def __init__(self, ground: Ground, *, port: int = 0, name: str = "server", **others: str) -> None:
        self.port = port or free_port()
        super().__init__(ground, flask("serve"), name=name, DIARY_HOST=HOST, DIARY_PORT=str(self.port), **others)

    @property
    def address(self) -> str:
        """The beginning of every address of this server."""
        return f"http://{HOST}:{self.port}"

    def wait_until_ready(self) -> None:
        """Wait until /readyz says so.

        Raises:
            DidNotStart: the process ended, or was not ready in time.
        """
        until = time.monotonic() + PATIENCE
        while not self.is_ready():
            if not self.is_alive:
                raise DidNotStart(
                    f"The server ended with {self.process and self.process.returncode}:\n{self.end_said()}"
                )
            if time.monotonic() > until:
                self.kill()
                raise DidNotStart(f"The server was not ready within {PATIENCE:.0f} s:\n{self.end_said()}")
            time.sleep(0.02)

    def end_said(self) -> str:
        """Return the last lines that the process wrote."""
        return "\n".join(self.said().splitlines()[-30:])

    def is_ready(self) -> bool:
        """Ask /readyz once."""
        return self.status("/readyz", timeout=5) == 200

    def status(self, path: str, *, timeout: float = 20) -> int:
        """Return the status of a page, 0 when nobody answers."""
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=timeout)) as line:
            try:
                line.request("GET", path)
                answer = line.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                return 0
            return answer.status


class Working(Running):
    """The jobs in a process of their own: `flask diary work`."""

    def __init__(self, ground: Ground, *, name: str = "worker", **others: str) -> None:
        super().__init__(ground, flask("work"), name=name, **others)


def free_port() -> int:
    """Return a port that nobody uses now."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def side_by_side(acts: Sequence[Callable[[], Any]], *, patience: float = PATIENCE) -> list[Any]:
    """Do all acts at the same moment, each in a thread, and return what each returned or raised."""
    start, results = threading.Barrier(len(acts)), [TimeoutError("It was not done in time.")] * len(acts)

    def do(number: int, act: Callable[[], Any]) -> None:
        start.wait(patience)
        try:
            results[number] = act()
        except Exception as refusal:  # noqa: BLE001 (handed back to whoever asked)
            results[number] = refusal  # type: ignore[call-overload]

    threads = [threading.Thread(target=do, args=one, daemon=True) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return results

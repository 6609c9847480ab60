"""A server that starts within a moment, so that hundreds of kills fit into minutes.

A process that has loaded all code waits, and forks a server each time it is asked to: the same program on the same
files as `Served`, whose start is paid once. It is killed with SIGKILL like any other.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

from diary.settings import ROOT
from tests.faults.served import PATIENCE, DidNotStart, Ground, Served


class Forked(Served):
    """One server of an installation, forked from a process that has loaded its code; `stop` is for `Served` only."""

    def __init__(self, ground: Ground, *, port: int = 0, name: str = "forked", **others: str) -> None:
        super().__init__(ground, port=port, name=name, **others)
        self._forge: subprocess.Popen[str] | None = None
        self._child = 0

    def __exit__(self, *_raised: object) -> None:
        self.kill()
        if self._forge is not None and self._forge.stdin is not None and self._forge.stdout is not None:
            self._forge.stdin.close()
            self._forge.wait(PATIENCE)
            self._forge.stdout.close()

    @property
    def pid(self) -> int:
        """The number of the server that runs."""
        return self._child

    @property
    def is_alive(self) -> bool:
        """Say whether the server runs."""
        with suppress(ProcessLookupError):
            os.kill(self._child, 0)
            return self._child != 0
        return False

    def start(self) -> float:
        """Fork a server and return the seconds until it is ready."""
        assert not self.is_alive, "It runs already: entering the block started it."
        forge = self._forge or self._made()
        began = time.monotonic()
        assert forge.stdin is not None
        assert forge.stdout is not None
        forge.stdin.write("start\n")
        forge.stdin.flush()
        answer = forge.stdout.readline()
        if not answer.strip():
            raise DidNotStart(f"The process that forks servers has ended:\n{self.end_said()}")
        self._child = int(answer)
        self.wait_until_ready()
        return time.monotonic() - began

    def kill(self) -> None:
        """SIGKILL the server and wait until it is gone."""
        if self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            until = time.monotonic() + PATIENCE
            while self.is_alive and time.monotonic() < until:
                time.sleep(0.001)

    def _made(self) -> "subprocess.Popen[str]":
        with self.log.open("ab") as log:
            self._forge = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.forked"], cwd=ROOT, text=True, start_new_session=True,
                env=self.ground.environment(**self.others), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            )  # fmt: skip
        return self._forge


def main() -> None:
    """Fork a server for every line that is read, and say its number; end them all when nobody asks any more."""
    import diary.app  # noqa: PLC0415 (all code is loaded before the first fork)
    import diary.cli.erasures  # noqa: PLC0415
    import diary.schema  # noqa: F401, PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever was killed is gone at once
    children = []
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            _serve()
        children.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _serve() -> None:
    """Be `flask --app wsgi diary serve` until the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    code: Any = 1
    try:
        from flask.cli import ScriptInfo  # noqa: PLC0415

        from diary.cli import diary_commands  # noqa: PLC0415
        from wsgi import app  # noqa: PLC0415

        code = diary_commands.main(["serve"], obj=ScriptInfo(create_app=lambda: app), standalone_mode=False)
    except SystemExit as ended:  # refused in words
        code = ended.code
    except BaseException:  # noqa: BLE001 (the process ends here, and says why)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code or 0)


if __name__ == "__main__":
    main()

"""Processes of this machine: who started whom, and the end of them."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def everyone_below(parent: int) -> list[int]:
    """Return the processes that `parent` started, and that those started."""
    parents = _parents()
    below = [process for process, its_parent in parents.items() if its_parent == parent]
    return below + [further for process in below for further in everyone_below(process)]


def end(process: int, how: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    with suppress(ProcessLookupError):
        os.kill(process, how)


def wait_until_gone(processes: Iterable[int], seconds: float) -> None:
    """Wait until none of them runs any more."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(_runs(process) for process in processes):
        time.sleep(0.01)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{process}/stat")
    try:
        return ") Z " not in status.read_text() if Path("/proc").is_dir() else True
    except OSError:
        return False


def _parents() -> dict[int, int]:
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
        return {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return parents

"""Makes the virtual environment in `.venv`, installs pinned packages there once, and runs a command in it.

    python environment.py REQUIREMENTS [ARGUMENTS FOR THE PYTHON OF THE ENVIRONMENT …]
    .venv/bin/python environment.py --ready REQUIREMENTS     (exit 0: nothing is left to do)

It needs nothing but Python's own library. A set-up that was broken off is begun again from an empty folder,
and of two that start at once the second waits for the first.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
LOG = VENV / "set-up.log"

OLDEST_PYTHON = (3, 11)
# With these, set for other work, pip would refuse to install into an environment or would install elsewhere.
FOREIGN_SETTINGS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_HASHES", "PYTHONPATH", "PYTHONHOME")
NO_NETWORK = re.compile(
    r"failed to establish a new connection|name resolution|getaddrinfo|name or service not known|"
    r"nodename nor servname|timed out|network is unreachable|connection (refused|reset|aborted)|"
    r"cannot connect to proxy",
    re.IGNORECASE,
)


class SetUpError(Exception):
    """The environment could not be made; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Make the environment ready for the requirements named first and run the rest of the arguments there."""
    if arguments[0] == "--ready":
        return 0 if is_ready(arguments[1]) and importlib.util.find_spec("pip") else 1
    requirements, *command = arguments
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    try:
        make_ready(requirements)
    except SetUpError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Ebb could not be set up in {VENV}: {error}; mend this and run it again.", file=sys.stderr)
        return 1
    if command:
        run(command)
    return 0


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    """End the set-up at a signal; the half-made environment is noticed by the next run."""
    print("\nStopped before Ebb was set up; the next run begins again.", file=sys.stderr)
    raise SystemExit(128 + number)


def run(command: list[str]) -> NoReturn:
    """Become the environment's Python, so that signals reach it and its exit status is ours."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.execv(PYTHON, [str(PYTHON), *command])  # noqa: S606 - the command is ours, and no shell is wanted


def make_ready(requirements: str) -> None:
    """Install `requirements` into the environment unless exactly they are installed already."""
    if is_ready(requirements):
        return
    with only_one_at_a_time() as lock:
        if is_ready(requirements):
            return
        first = not is_sound()
        print(
            "Setting up Ebb (first run, about a minute) …" if first else f"Installing {requirements} …",
            file=sys.stderr,
            flush=True,
        )
        if first:
            make_environment()
        UNFINISHED.touch()
        install(requirements, lock)
        for path in included(ROOT / requirements):
            stamp(path.name).write_text(fingerprint(path))
        UNFINISHED.unlink()


def is_ready(requirements: str) -> bool:
    """Say whether the environment is whole and holds these very requirements."""
    try:
        return (
            not UNFINISHED.exists()
            and PYTHON.exists()
            and stamp(requirements).read_text() == fingerprint(ROOT / requirements)
        )
    except OSError:
        return False


def is_sound() -> bool:
    """Say whether an environment can be added to: finished, made in this folder, its Python new enough."""
    if UNFINISHED.exists() or not PYTHON.exists() or not is_made_here():
        return False
    probe = f"import pip, sys; sys.exit(sys.version_info < {OLDEST_PYTHON})"
    return subprocess.run([PYTHON, "-I", "-c", probe], capture_output=True, check=False).returncode == 0


def is_made_here() -> bool:
    """Say whether the environment was made in this very folder; a copied or moved one still names the old."""
    try:
        return str(VENV) in (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False


def make_environment() -> None:
    """Make an empty environment in place of whatever half-made one is there."""
    with suppress(FileNotFoundError):
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise SetUpError(f"{made.stdout}{made.stderr}\nThe virtual environment {VENV} could not be made (see above).")


def install(requirements: str, lock: int) -> None:
    """Install a requirements file with pip, its talk going to the log.

    pip keeps `lock` open: should this process be killed, nobody starts over while pip still writes.
    """
    settings = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    with LOG.open("w", encoding="utf-8") as log:
        pip = subprocess.Popen(
            [PYTHON, "-m", "pip", "install", "-r", requirements],
            cwd=ROOT,
            env={**settings, "PIP_USER": "0"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
        )
        try:
            failed = pip.wait()
        finally:
            if pip.poll() is None:
                pip.terminate()
                pip.wait()
    if failed:
        raise SetUpError(what_to_do(LOG.read_text(encoding="utf-8", errors="replace")))


def what_to_do(log: str) -> str:
    """Turn pip's log into the sentence that a person needs, after the log's end if its cause is not known."""
    place = LOG.relative_to(ROOT)
    if "No space left on device" in log:
        return f"The disk is full: free about 500 MB and run this again (details: {place})."
    if NO_NETWORK.search(log):
        return (
            "The packages could not be fetched: connect this machine to the internet and run this again "
            f"(details: {place})."
        )
    end = "\n".join(log.splitlines()[-20:])
    return (
        f"{end}\nThe packages could not be installed: the reason is above and the whole log in {place}; "
        "mend it and run this again."
    )


def stamp(requirements: str) -> Path:
    """Return the file that tells which requirements were installed to the end."""
    return VENV / f"installed-{requirements}"


def fingerprint(requirements: Path) -> str:
    """Digest what decides whether an installation still fits: the files, the place and Python it is for."""
    digest = hashlib.sha256()
    for path in included(requirements):
        digest.update(path.read_bytes())
    digest.update(os.fsencode(VENV))
    digest.update((VENV / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def included(requirements: Path) -> list[Path]:
    """List a requirements file and those it names with `-r`."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    others = [requirements.with_name(line.split()[1]) for line in lines if line.startswith("-r ")]
    return [requirements, *(path for other in others for path in included(other))]


@contextmanager
def only_one_at_a_time() -> Iterator[int]:
    """Hold a lock that dies with its holders, waiting for another set-up that runs now."""
    lock = os.open(__file__, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up of Ebb is under way; waiting for it …", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

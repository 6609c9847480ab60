"""What this machine has for a PostgreSQL of our own: its programs, who may run them, a folder and a port."""

import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Final

OLDEST: Final = 15
MEMORY_NEEDED: Final = 1_500_000_000
"""Bytes that must be free in memory for a cluster to lie there."""


class NoPostgres(Exception):
    """There is no PostgreSQL to test with, or it does not do what it is asked to."""


def postgres_binaries() -> Path:
    """Return the folder of initdb and postgres: EBB_POSTGRES_BIN, or the newest that Debian or the PATH has.

    Raises:
        NoPostgres: there are none, or only older ones.
    """
    named = os.environ.get("EBB_POSTGRES_BIN")
    folders = [Path(named)] if named else [*_of_debian(), *_on_the_path()]
    for folder in folders:
        if all((folder / program).exists() for program in ("initdb", "postgres", "pg_basebackup")):
            return folder
    raise NoPostgres(
        f"No PostgreSQL {OLDEST} or newer is here: install it (Debian: apt-get install postgresql; macOS: "
        "brew install postgresql) or name its folder of programs in EBB_POSTGRES_BIN."
    )


def postgres_user() -> str | None:
    """Return whom the server runs as, since PostgreSQL refuses root; None: as whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def group_of(user: str | None) -> int:
    """Return the group of a user."""
    return pwd.getpwnam(user).pw_gid if user else os.getgid()


def own_folder(*, on_disk: bool = False) -> Path:
    """Make a folder that nobody else has: in memory where the machine offers it, or where a commit waits for a disk."""
    memory = Path("/dev/shm")  # noqa: S108 (mkdtemp makes a folder of its own in it)
    usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_NEEDED
    return Path(tempfile.mkdtemp(prefix="ebb-postgres-", dir=memory if usable and not on_disk else None))


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _of_debian() -> list[Path]:
    folders = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    return sorted((one for one in folders if int(one.parent.name) >= OLDEST), key=_version, reverse=True)


def _version(folder: Path) -> int:
    return int(folder.parent.name)


def _on_the_path() -> list[Path]:
    found = shutil.which("initdb")
    return [Path(found).resolve().parent] if found else []

"""Run a command with a PostgreSQL of its own.

    python -m tests.postgres [--standby] [COMMAND …]

The command finds DIARY_DATABASE_URL at a fresh, empty database, which goes away when it ends. Without a command the
address is printed, and the server runs until it is interrupted.
"""

import argparse
import os
import signal
import subprocess
import sys

from tests.postgres.cluster import OWNER, Cluster, url_of


def main() -> int:
    """Start a server, run the command, and end the server."""
    asked = argparse.ArgumentParser(prog="python -m tests.postgres", description="Run a command with a PostgreSQL.")
    asked.add_argument("--standby", action="store_true", help="with a synchronous standby")
    asked.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    given = asked.parse_args()
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(143))
    with Cluster() as cluster:
        if not given.standby:
            return run(given.command, cluster.url())
        other = cluster.standby()
        try:
            return run(given.command, url_of(OWNER, cluster, other))
        finally:
            other.stop()


def run(command: list[str], url: str) -> int:
    """Run the command with the address in its environment, or wait for an interrupt."""
    if command:
        return subprocess.run(command, check=False, env={**os.environ, "DIARY_DATABASE_URL": url}).returncode
    print(url, flush=True)
    try:
        signal.pause()
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

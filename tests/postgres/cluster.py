"""A PostgreSQL of our own: started on a free port in a folder of its own, killed or failed over at will, then gone."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.sql import SQL, Identifier

from tests.postgres.machine import NoPostgres, free_port, group_of, own_folder, postgres_binaries, postgres_user
from tests.postgres.processes import end, everyone_below, wait_until_gone

HOST: Final = "127.0.0.1"
OWNER: Final = "ebb"
"""The role that owns the databases and serves: no superuser, so that policies and rights hold for it."""
SUPERUSER: Final = "postgres"
SECONDS: Final = 60.0
"""How long a cluster may take for anything; a busy machine is slow, and nothing waits for ever."""
STANDBY: Final = "standby"
SETTINGS: Final = {
    "fsync": "on",  # and so is full_page_writes: a killed cluster must come back with all that it promised
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",  # the folder may lie in memory
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # nothing that a row holds stands in a log
}


class Cluster:
    """One PostgreSQL server with its folder; `stop()` ends it and takes the folder away."""

    def __init__(self, folder: Path | None = None) -> None:
        """Name the folder; `start()` fills it."""
        self.binaries = postgres_binaries()
        self.user = postgres_user()
        self.folder = folder or own_folder()
        self.port = 0
        self.primary: Cluster | None = None
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        if self.user:
            shutil.chown(self.folder, self.user)

    @property
    def files(self) -> Path:
        """Where the server keeps its files."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.folder / "log"

    @property
    def runs(self) -> bool:
        """Say whether the server's first process lives."""
        return self._postmaster is not None and self._postmaster.poll() is None

    def url(self, database: str = OWNER, *, role: str = OWNER) -> str:
        """Return the address of a database as DIARY_DATABASE_URL takes it."""
        return f"postgresql://{role}@{HOST}:{self.port}/{database}"

    def start(self) -> "Cluster":
        """Start the server, the first time or again after it was stopped or killed, on the port it had."""
        first = not self.files.exists()
        if first:
            self._make()
        for _attempt in range(5):
            self.port = self.port or free_port()
            self._run_server()
            if self._answers():
                break
            if not first:
                raise NoPostgres(f"PostgreSQL does not start again: {self._last_words()}")
            self.port = 0  # somebody else took it meanwhile
        else:
            raise NoPostgres(f"PostgreSQL does not start: {self._last_words()}")
        if first:
            self.run_sql(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE NOSUPERUSER NOBYPASSRLS")
            self.create_database(OWNER)
        return self

    def create_database(self, name: str, *, template: str | None = None, role: str = OWNER) -> str:
        """Make a database, empty or as a copy of one that nobody has open, and return its address."""
        made = SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        self.run_sql(made.format(Identifier(name), Identifier(role), Identifier(template or "template1")))
        return self.url(name, role=role)

    def drop_database(self, name: str) -> None:
        """Take a database away, whoever has it open."""
        self.run_sql(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))

    def run_sql(self, statement: Any, *values: Any, database: str = SUPERUSER) -> list[tuple[Any, ...]]:
        """Run one statement as the superuser and return its rows."""
        with (
            psycopg.connect(self.url(database, role=SUPERUSER), autocommit=True, connect_timeout=10) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def kill(self) -> None:
        """Kill -9 the server and everything it started, as a machine that loses its power would."""
        if self._postmaster is None:
            return
        end(self._postmaster.pid, signal.SIGSTOP)  # it starts nobody more
        everyone = [self._postmaster.pid, *everyone_below(self._postmaster.pid)]
        for process in everyone:
            end(process, signal.SIGKILL)
        self._postmaster.wait(SECONDS)
        wait_until_gone(everyone, SECONDS)
        self._dismiss_watcher()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server hang meanwhile: it takes connections and answers nobody."""
        if self._postmaster is None:
            raise NoPostgres("A server that does not run cannot hang.")
        everyone = [self._postmaster.pid, *everyone_below(self._postmaster.pid)]
        for process in everyone:
            end(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in everyone:
                end(process, signal.SIGCONT)

    def shut_down(self) -> None:
        """End the server in an orderly way and leave its files: connections are closed, `start()` goes on."""
        if self.runs and self._postmaster is not None:
            self._postmaster.send_signal(signal.SIGINT)
            try:
                self._postmaster.wait(SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._dismiss_watcher()

    def stop(self) -> None:
        """End the server and take its folder away."""
        if self.runs and self._postmaster is not None:
            self._postmaster.send_signal(signal.SIGQUIT)  # nothing of it is wanted any more
            with suppress(subprocess.TimeoutExpired):
                self._postmaster.wait(10)
            self.kill()
        self._dismiss_watcher()
        shutil.rmtree(self.folder, ignore_errors=True)

    def standby(self) -> "Cluster":
        """Start a copy that follows; from now on nothing is committed here before it is durable there as well."""
        other = Cluster()
        other.port, other.primary = free_port(), self
        other._call(
            "pg_basebackup",
            *("--pgdata", str(other.files), "--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
            *("--create-slot", f"--slot={STANDBY}", "--wal-method=stream"),
            f"--dbname=host={HOST} port={self.port} user={SUPERUSER} application_name={STANDBY}",
        )
        other.start()
        self.run_sql(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self.run_sql("SELECT pg_reload_conf()")
        self._wait_for("SELECT sync_state FROM pg_stat_replication WHERE sync_state = 'sync'", "no standby follows")
        return other

    def promote(self) -> None:
        """Let this standby take over; it commits alone from now on."""
        self.run_sql("SELECT pg_promote(true, 60)")
        self._wait_for("SELECT 1 WHERE NOT pg_is_in_recovery()", "the standby does not take over")
        self.primary = None

    def __enter__(self) -> "Cluster":
        """Start it."""
        return self.start()

    def __exit__(self, *_failure: object) -> None:
        """Stop it."""
        self.stop()

    def _make(self) -> None:
        self._call(
            "initdb",
            *("--pgdata", str(self.files), f"--username={SUPERUSER}", "--auth=trust", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"),
        )

    def _run_server(self) -> None:
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._postmaster = subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.files), "-p", str(self.port), *settings],
                **self._as_user(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the keyboard's interrupt is ours to hand on
            )
        self._dismiss_watcher()
        # Whoever is killed cannot stop its cluster: this shell waits for the end of its input and does it.
        self._watcher = subprocess.Popen(
            [
                "sh",
                "-c",
                'read -r _ || { kill -QUIT "$1"; rm -rf "$2"; }',
                "sh",
                str(self._postmaster.pid),
                self.folder,
            ],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _dismiss_watcher(self) -> None:
        if self._watcher is not None and self._watcher.stdin is not None:
            with suppress(BrokenPipeError):
                self._watcher.stdin.write(b"all is well\n")
                self._watcher.stdin.close()
            self._watcher.wait(SECONDS)
        self._watcher = None

    def _answers(self) -> bool:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and self.runs:
            with suppress(psycopg.OperationalError):
                self.run_sql("SELECT 1")
                return True
            time.sleep(0.05)
        return False

    def _wait_for(self, question: str, otherwise: str) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if self.run_sql(question):
                return
            time.sleep(0.05)
        raise NoPostgres(f"PostgreSQL: {otherwise} within {SECONDS:.0f} s: {self._last_words()}")

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.binaries / program), *arguments],
            **self._as_user(),
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS * 3,
        )
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr.decode(errors='replace')[-2000:]}")

    def _as_user(self) -> dict[str, Any]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        who = {"user": self.user, "group": group_of(self.user), "extra_groups": []} if self.user else {}
        return {**who, "cwd": self.folder, "env": {**environment, "LC_ALL": "C.UTF-8"}, "umask": 0o077}

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else "it said nothing"


def url_of(database: str, *clusters: Cluster) -> str:
    """Return one address for several servers: whichever of them takes writes is meant."""
    hosts = "&".join(f"host={HOST}:{cluster.port}" for cluster in clusters)
    return f"postgresql://{OWNER}@/{database}?{hosts}&target_session_attrs=read-write&connect_timeout=3"

"""Settings, read once from the environment."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from diary.errors import UnsafeSettings
from diary.mail_server import MailServer, read_mail_server
from diary.whole_files import write_once

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENTS: Final = ("development", "production")
SHORTEST_SECRET: Final = 32
JOBS: Final = ("beside", "none")
"""Whether the server runs the jobs in threads of its own, or leaves them to `flask diary work`."""
PUSH_HOST: Final = re.compile(r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A name with two parts at least, the last one not a number."""


@dataclass(frozen=True)
class PasswordCost:
    """Cost of one argon2id hash; production refuses less than the default."""

    time: int = 3
    memory_kib: int = 46 * 1024
    lanes: int = 1


@dataclass(frozen=True)
class Settings:
    """How this installation runs."""

    env: str
    instance: Path
    database_url: str
    secret_key: str
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    mail_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    proxy_hops: int = 0
    metrics_token: str = ""
    clock_file: Path | None = None
    push_hosts: tuple[str, ...] = ()
    jobs: str = "beside"
    other_secret_keys: tuple[str, ...] = ()
    secret_key_given: bool = False
    slow_query_ms: int = 200
    slow_request_ms: int = 1000
    stop_seconds: int = 20
    password_cost: PasswordCost = PasswordCost()

    @property
    def production(self) -> bool:
        """Say whether real patients are served."""
        return self.env == "production"

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        return self.base_url or f"http://{self.host}:{self.port}"

    @property
    def mail_server(self) -> MailServer | None:
        """The server that mail is handed to, or None where no mail is set up.

        Raises:
            ValueError: it cannot be read; `check` has refused it at the start.
        """
        return read_mail_server(self.mail_url, urlsplit(self.address).hostname or "") if self.mail_url else None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings and make the secret key once.

        Raises:
            UnsafeSettings: a value that cannot be read, or one that production must not serve with.
        """
        given = os.environ if environ is None else environ
        env = given.get("DIARY_ENV", "development")
        instance = Path(given.get("DIARY_INSTANCE") or ROOT / "instance").resolve()
        problems: list[str] = []
        if env not in ENVIRONMENTS:
            problems.append(f"DIARY_ENV is {env!r}: set it to development or production.")
        settings = cls(
            env=env,
            instance=instance,
            database_url=given.get("DIARY_DATABASE_URL") or f"sqlite:///{instance / 'diary.sqlite3'}",
            secret_key=given.get("DIARY_SECRET_KEY") or ("" if env == "production" else _made_once(instance, problems)),
            host=given.get("DIARY_HOST") or "127.0.0.1",
            port=_whole_number(given, "DIARY_PORT", 8000, problems),
            base_url=given.get("DIARY_BASE_URL", "").rstrip("/"),
            mail_url=given.get("DIARY_MAIL_URL", ""),
            trusted_hosts=_listed(given, "DIARY_TRUSTED_HOSTS"),
            proxy_hops=_whole_number(given, "DIARY_PROXY_HOPS", 0, problems),
            metrics_token=given.get("DIARY_METRICS_TOKEN", ""),
            clock_file=Path(given["DIARY_CLOCK_FILE"]) if given.get("DIARY_CLOCK_FILE") else None,
            push_hosts=_listed(given, "DIARY_PUSH_HOSTS"),
            jobs=given.get("DIARY_JOBS") or "beside",
            secret_key_given=bool(given.get("DIARY_SECRET_KEY")),
            other_secret_keys=tuple(given.get("DIARY_OTHER_SECRET_KEYS", "").split()),
            slow_query_ms=_whole_number(given, "DIARY_SLOW_QUERY_MS", 200, problems),
            slow_request_ms=_whole_number(given, "DIARY_SLOW_REQUEST_MS", 1000, problems),
            stop_seconds=_whole_number(given, "DIARY_STOP_SECONDS", 20, problems),
        )
        if settings.production and given.get("FLASK_DEBUG", "0") not in ("", "0"):
            problems.append("FLASK_DEBUG shows code and values to whoever causes an error: unset it.")
        settings.check(*problems)
        return settings

    def check(self, *problems: str) -> None:
        """Refuse settings that cannot be served with.

        Raises:
            UnsafeSettings: `problems` that are known already, and all that are found.
        """
        found = [
            *problems,
            *address_faults(self.database_url, "DIARY_DATABASE_URL"),
            *_no_mail_server(self),
            *_no_push_hosts(self),
        ]
        if self.jobs not in JOBS:
            found.append(f"DIARY_JOBS is {self.jobs!r}: set it to beside, or to none where `diary work` runs them.")
        found += _unsafe(self) if self.production else ()
        if found:
            raise UnsafeSettings(found)


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in given.get(name, "").split(",") if part.strip())


def _whole_number(given: Mapping[str, str], name: str, default: int, problems: list[str]) -> int:
    text = given.get(name) or str(default)
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    problems.append(f"{name} is {text!r}: set it to a whole number up to 65535.")
    return default


def address_faults(address: str, named: str) -> list[str]:
    """Say what is wrong with a database address that stands in `named`, if anything is; never a part of a password."""
    if address.startswith("postgres://"):
        return [f"{named} begins with postgres://: write postgresql:// instead."]
    if not address.startswith("sqlite") and "@" in address.partition("@")[2].partition("?")[0]:
        return [f"{named} has more than one @: write %40 for an @ in the password, %3A for a colon, %2F for a slash."]
    try:
        url = make_url(address)
    except ArgumentError:
        return [f"{named} is not a database address: use sqlite:////path/to/file or postgresql://…"]
    except ValueError:
        return [f"{named} names a port that is no number: write postgresql://user:password@host:5432/name."]
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        return [f"{named} names {url.get_backend_name()}: Ebb runs on SQLite and PostgreSQL."]
    if url.get_backend_name() == "postgresql" and find_spec("psycopg") is None:
        return [f"{named} names PostgreSQL: install its driver first, pip install 'psycopg[binary]'."]
    if _in_memory(url):
        return [f"{named} names an SQLite database in memory: name a file, so that nothing is lost."]
    return []


def _no_mail_server(settings: Settings) -> list[str]:
    try:
        server = settings.mail_server
    except ValueError as unreadable:
        return [str(unreadable)]
    if server and server.in_the_open and settings.production:
        return ["DIARY_MAIL_URL sends mail in the open: add ?starttls=1 to it, or begin it with smtps://."]
    return []


def _no_push_hosts(settings: Settings) -> list[str]:
    wrong = [host for host in settings.push_hosts if not PUSH_HOST.fullmatch(host)]
    return [
        f"DIARY_PUSH_HOSTS names {host!r}: write push.example.org, or *.example.org for all within." for host in wrong
    ]


def _in_memory(url: URL) -> bool:
    named = f"{url.database}{dict(url.query)}"
    return url.get_backend_name() == "sqlite" and (not url.database or "memory" in named.rpartition("/")[2])


def _unsafe(settings: Settings) -> list[str]:
    sentences = []
    if len(settings.secret_key) < SHORTEST_SECRET:
        sentences.append(f"DIARY_SECRET_KEY is missing or short: set at least {SHORTEST_SECRET} random characters.")
    if not settings.base_url.startswith("https://"):
        sentences.append("DIARY_BASE_URL must be the https:// address that patients open.")
    if not settings.trusted_hosts:
        sentences.append("DIARY_TRUSTED_HOSTS is empty: name the hosts that this server answers for.")
    if settings.clock_file is not None:
        sentences.append("DIARY_CLOCK_FILE is for tests only: unset it.")
    cost, least = settings.password_cost, PasswordCost()
    if cost.time < least.time or cost.memory_kib < least.memory_kib or cost.lanes < least.lanes:
        sentences.append("The cost of password hashes is below the least that protects them.")
    return sentences


def _made_once(instance: Path, problems: list[str]) -> str:
    """Return the secret key of the installation, made at the first start and readable by its owner only."""
    file = instance / "secret-key"
    try:
        instance.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            write_once(file, secrets.token_urlsafe(48).encode("ascii"))
        held = file.read_bytes().strip()
    except OSError as refused:
        problems.append(
            f"The folder {instance} of DIARY_INSTANCE cannot be used ({refused}): name another, or mend it."
        )
        return ""
    if len(held) < SHORTEST_SECRET or not (held.isascii() and held.decode("ascii").isprintable()):
        problems.append(
            f"{file} is empty or cut: put it back from a backup (docs/backup.md). Do not take it away: with a new one"
            " nobody's second factor can be read."
        )
        return ""
    return held.decode("ascii")


def wants_tracebacks() -> bool:
    """Say whether a command that refuses is to say where in the code it did."""
    return os.environ.get("DIARY_TRACEBACK", "0") not in ("", "0")


def keep_numbers_to_one_thread() -> None:
    """Tell numerical libraries, before the first forecast loads them, to use one thread.

    The matrices of a forecast are small: more threads only wait for one another.
    """
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(threads, "1")

"""PostgreSQL: how connections are made, what is asked of the server, and how a unit begins."""

import uuid
from collections.abc import Iterable
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from diary.errors import DatabaseUnfit
from diary.prepared import run_text
from diary.unit import connection_of
from diary.wall import Wall, wall_here

OLDEST: Final = 15
KEPT_OPEN: Final = 10
"""Connections that a process keeps: its eight threads and the jobs beside them."""
MORE_AT_ONCE: Final = 6
POOL_SECONDS: Final = 5
GIVEN_TO_SERVER: Final = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
CONNECTING: Final = {
    "application_name": "ebb",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is gone without a word is given up after about eleven seconds."""
NEVER_OFF: Final = ("fsync", "full_page_writes", "synchronous_commit")
NOT_COPIED: Final = "not_copied"
"""Where a connection keeps that its last COMMIT did not wait for the standby."""
STANDBY_WAIT: Final = "SyncRepWaitForLSN"
"""The function of PostgreSQL that gives up waiting, and then speaks."""

WIDENED: Final = "clinics"
PATIENTS_HELD: Final = "patients_held"
BEGIN: Final = "isolation"
"""The option of a connection that says how its unit begins."""
WRITES: Final = "READ COMMITTED"
READS: Final = "REPEATABLE READ READ ONLY"
_HOLD_PATIENT: Final = "SELECT 1 FROM patient WHERE clinic_id = %(clinic)s AND id = %(patient)s FOR NO KEY UPDATE"
_HOLD_CLINIC: Final = "SELECT 1 FROM clinic WHERE clinic_id = %(clinic)s FOR NO KEY UPDATE"

log = structlog.get_logger()


def is_postgresql(url: str) -> bool:
    """Say whether a database address names PostgreSQL."""
    return make_url(url).get_backend_name() == "postgresql"


def engine_options(address: str) -> dict[str, Any]:
    """Return how connections to the server at `address` are made and kept; what the address itself says goes first."""
    url = make_url(address)
    said = {name: value for name, value in CONNECTING.items() if name not in url.query}
    return {
        "pool_size": KEPT_OPEN,
        "max_overflow": MORE_AT_ONCE,
        "pool_timeout": POOL_SECONDS,
        "pool_recycle": 1800,
        "pool_use_lifo": True,
        "connect_args": {**said, "options": _options(url)},
    }


def _options(url: URL) -> str:
    given = url.query.get("options", "")
    own = " ".join(f"-c {name}={value}" for name, value in GIVEN_TO_SERVER.items())
    return f"{own} {given if isinstance(given, str) else ' '.join(given)}".strip()


def prepare_connections(engine: Engine) -> None:
    """Begin every unit in our words, and listen on every connection for a COMMIT that did not wait for the standby."""
    event.listen(engine, "connect", _listen)
    event.listen(engine, "begin", _begin)


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get(BEGIN, WRITES)
    run_text(connection, f"BEGIN ISOLATION LEVEL {how}").close()


def _listen(connection: Any, record: Any) -> None:
    def note(notice: Any) -> None:
        if _says_not_copied(notice):
            record.info[NOT_COPIED] = True

    connection.add_notice_handler(note)
    connection.autocommit = True  # the driver's own BEGIN would be a question of its own


def _says_not_copied(notice: Any) -> bool:
    """Say whether the wait for the standby was given up: the words are in the server's language, the place is not."""
    in_words = notice.sqlstate == "01000" and "synchronous replication" in (notice.message_primary or "")
    return in_words or notice.source_function == STANDBY_WAIT


def writing(wall: Wall) -> dict[str, str]:
    """Return how a unit begins that writes: the wall is put up, and the row held behind which such units queue.

    All of it is one question to the server; what is written into it are ids, and nothing that anybody sent.
    """
    return {BEGIN: f"{WRITES}; {_put_up(wall)}{_held(wall)}"}


def reading(wall: Wall) -> dict[str, str]:
    """Return how a unit begins that only reads."""
    return {BEGIN: f"{READS}; {_put_up(wall)}"}


def end_reading(connection: Connection) -> None:
    """End a unit that only read with COMMIT: after a ROLLBACK the driver forgets every statement that is prepared."""
    try:
        connection.connection.commit()
    except connection.dialect.loaded_dbapi.Error as error:
        connection.invalidate(error)  # what was read was read


def _put_up(wall: Wall) -> str:
    return f"SET LOCAL diary.clinics = '{wall.written}'"


def _held(wall: Wall) -> str:
    if wall.patient is not None:
        clinic_id, patient_id = wall.patient
        return f"; {_HOLD_PATIENT}" % {"clinic": f"'{clinic_id}'", "patient": f"'{patient_id}'"}
    return "" if wall.staff_of is None else f"; {_HOLD_CLINIC}" % {"clinic": f"'{wall.staff_of}'"}


def put_up(connection: Connection, wall: Wall) -> None:
    """Let the unit see the rows within `wall` and no others, until it ends."""
    connection.exec_driver_sql(_put_up(wall))


def hold_patient(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> None:
    """Hold a patient's row until the unit ends: always before the head of the chain, so that none wait in a ring."""
    held = session.info.setdefault(PATIENTS_HELD, set())
    is_known = patient_id in held or wall_here().patient == (clinic_id, patient_id)
    if is_known or connection_of(session).dialect.name == "sqlite":
        return
    run_text(connection_of(session), _HOLD_PATIENT, {"clinic": clinic_id, "patient": patient_id}).close()
    held.add(patient_id)


def widen(session: Session, clinic_ids: Iterable[uuid.UUID]) -> None:
    """Let a unit that is open touch the rows of further clinics: those of an account, which may belong to several."""
    wall = wall_here()
    if wall.clinic_ids is None or connection_of(session).dialect.name == "sqlite":
        return
    known = session.info.get(WIDENED, wall.clinic_ids)
    further = known | frozenset(clinic_ids)
    if further != known:
        session.info[WIDENED] = further
        put_up(connection_of(session), Wall(further))


def permit_erasing(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID | None) -> None:
    """Let a unit take the facts of one patient out from here on; those of nobody where none is named."""
    if connection_of(session).dialect.name != "sqlite":
        named = f"{clinic_id}/{patient_id}" if patient_id else ""
        connection_of(session).exec_driver_sql(f"SET LOCAL diary.erasing = '{named}'")


def check_server(engine: Engine, *, production: bool) -> None:
    """Ask the server for what the promises rest on.

    Raises:
        DatabaseUnfit: it is too old, may lose what it said is stored, writes another encoding, or its role passes the
            walls between clinics in production.
    """
    with engine.connect() as connection:
        number = int(_ask(connection, "SHOW server_version_num"))
        if number < OLDEST * 10_000:
            raise DatabaseUnfit(f"The server is PostgreSQL {number // 10_000}: Ebb needs {OLDEST} or later.")
        for name in NEVER_OFF:
            if _ask(connection, f"SHOW {name}") == "off":
                raise DatabaseUnfit(f"PostgreSQL has {name} off, and may lose what it said is stored: switch it on.")
        encoding = _ask(connection, "SHOW server_encoding")
        if encoding != "UTF8":
            raise DatabaseUnfit(f"The database is in {encoding}: make it with ENCODING 'UTF8' TEMPLATE template0.")
        passes = connection.exec_driver_sql(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).scalar()
    if passes and production:
        raise DatabaseUnfit(
            "The database role may pass the walls between clinics: use one that is no SUPERUSER and has no BYPASSRLS."
        )
    if passes:
        log.warning("role_passes_the_walls", hint="use a role that is no SUPERUSER and has no BYPASSRLS")


def _ask(connection: Connection, question: str) -> str:
    return str(connection.exec_driver_sql(question).scalar())

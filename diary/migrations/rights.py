"""What the role of the app may do on PostgreSQL, made from the tables: walls between clinics, facts that stay.

Policies ask for what a unit said with SET LOCAL: `diary.clinics`, whose rows it may touch, and `diary.erasing`, whose
facts an erasure takes out. They name no other table, since a database that is sharded refuses that.
"""

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection, Table, inspect, text

from diary.db import Base
from diary.errors import DatabaseUnfit
from diary.migrations.append_only import FACTS

IN_THE_WALL: Final = (
    "(current_setting('diary.clinics', true) = '*' OR "
    "clinic_id::text = ANY (string_to_array(current_setting('diary.clinics', true), ',')))"
)
ERASING: Final = "current_setting('diary.erasing', true)"
OF_NOBODY: Final = frozenset({"clinic_rules", "erasure"})
"""Facts about no patient: no erasure takes them out."""
SAID_OF_A_LINK: Final = ("content", "salt")
VERSION: Final = "alembic_version"
OF_THE_SCHEMA: Final = (VERSION, "schema_reach")
"""Tables that say how the schema is: a role that owns nothing reads them."""
ONE_AT_A_TIME: Final = 0x4562_6264
"""The lock that whoever migrates holds."""
POLICIES: Final = ("wall", "wall_read", "wall_add", "erasing", "emptying")
OWNER: Final = "CURRENT_USER"
ROLE_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def wait_until_alone(connection: Connection) -> None:
    """Wait until no other server migrates: those that start at once come one after another."""
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        connection.exec_driver_sql(f"SET LOCAL {name} = 0")
    connection.execute(text("SELECT pg_advisory_xact_lock(:one)"), {"one": ONE_AT_A_TIME})
    connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
    connection.exec_driver_sql("SET LOCAL diary.clinics = '*'")


def lift(connection: Connection) -> None:
    """Let the owner of the tables change facts until `put_in_place`, as migrations may."""
    for table in _there(connection):
        if table.name in FACTS:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} NO FORCE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"GRANT ALL ON {table.name} TO {OWNER}")


def put_in_place(connection: Connection) -> None:
    """Put every wall up and take every right away that no unit needs; tables that have theirs are left in peace."""
    held, there, walled = _held(connection), _there(connection), _walled_now(connection)
    roles = (OWNER, *_who_serve(connection))
    for table in there:
        if held.get(table.name) != _digest(table) or (is_walled(table) and table.name not in walled):
            _carry_out(connection, walls_of([table]))
            for role in roles:
                _carry_out(connection, rights_of(table, role))
        elif table.name in FACTS:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY")
            _carry_out(connection, rights_of(table, OWNER))
    if _is_known(connection):
        connection.exec_driver_sql(f"COMMENT ON TABLE {VERSION} IS '{json.dumps(_wanted(there))}'")


def are_in_place(connection: Connection) -> bool:
    """Say whether walls and rights are those of this version."""
    return _held(connection) == _wanted(Base.metadata.sorted_tables)


def may_migrate(connection: Connection) -> bool:
    """Say whether this role owns the tables, or there are none yet."""
    asked = text("SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass(:version)")
    return connection.scalar(asked, {"version": VERSION}) in (None, True)


def give_to(connection: Connection, role: str) -> None:
    """Give a role that serves, and owns nothing, what it needs.

    Raises:
        DatabaseUnfit: the name is none that needs no quoting, or there is no such role, or it would pass the walls.
    """
    passes = None
    if ROLE_NAME.fullmatch(role):
        asked = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role")
        passes = connection.scalar(asked, {"role": role})
    if passes is None:
        raise DatabaseUnfit(f"There is no role {role!r}: CREATE ROLE it first, in small letters, with LOGIN.")
    if passes:
        raise DatabaseUnfit(f"The role {role} may pass the walls between clinics: take SUPERUSER and BYPASSRLS away.")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {role}")
    connection.exec_driver_sql(f"GRANT SELECT ON {', '.join(OF_THE_SCHEMA)} TO {role}")
    for table in _there(connection):
        _carry_out(connection, rights_of(table, role))


def _who_serve(connection: Connection) -> list[str]:
    """Return the roles that were given what they need to serve: a table that is new is theirs as well."""
    if not _is_known(connection):
        return []
    asked = text(
        "SELECT DISTINCT role.rolname FROM pg_class AS version, aclexplode(version.relacl) AS given"
        " JOIN pg_roles AS role ON role.oid = given.grantee WHERE version.oid = to_regclass(:version)"
        " AND given.privilege_type = 'SELECT' AND given.grantee <> version.relowner ORDER BY 1"
    )
    return [role for role in connection.scalars(asked, {"version": VERSION}) if ROLE_NAME.fullmatch(role)]


def is_walled(table: Table) -> bool:
    """Say whether the rows of a table belong to a clinic: those of a person are found before the clinic is known."""
    return next(iter(table.primary_key.columns)).name == "clinic_id"


def walls_of(tables: Iterable[Table]) -> Iterator[str]:
    """Return the statements that put the walls of these tables up."""
    for table in filter(is_walled, tables):
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY"
        yield from (f"DROP POLICY IF EXISTS {policy} ON {table.name}" for policy in POLICIES)
        yield from _policies_of_facts(table) if table.name in FACTS else _policy(table)


def rights_of(table: Table, role: str) -> Iterator[str]:
    """Return the statements that give a role what units need of a table, and nothing else."""
    yield f"REVOKE ALL ON {table.name} FROM PUBLIC"
    yield f"REVOKE ALL ON {table.name} FROM {role}"  # and with them those on its columns
    if role == OWNER:
        yield f"GRANT REFERENCES ON {table.name} TO {role}"
    if table.name not in FACTS:
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {role}"
        return
    yield f"GRANT SELECT, INSERT ON {table.name} TO {role}"
    if table.name == "audit_event":
        yield f"GRANT UPDATE ({', '.join(SAID_OF_A_LINK)}) ON {table.name} TO {role}"
    elif table.name not in OF_NOBODY:
        yield f"GRANT DELETE ON {table.name} TO {role}"
    if role == OWNER:  # the server checks keys as the owner, with FOR KEY SHARE; no policy lets a change pass
        yield f"GRANT UPDATE (clinic_id) ON {table.name} TO {role}"


def _there(connection: Connection) -> list[Table]:
    names = set(inspect(connection).get_table_names())
    return [table for table in Base.metadata.sorted_tables if table.name in names]


def _is_known(connection: Connection) -> bool:
    return connection.scalar(text("SELECT to_regclass(:version)"), {"version": VERSION}) is not None


def _walled_now(connection: Connection) -> set[str]:
    return set(connection.scalars(text("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relrowsecurity")))


def _held(connection: Connection) -> dict[str, str]:
    """Return what was put in place, by table, as it is kept beside the version of the schema."""
    asked = text("SELECT obj_description(to_regclass(:version), 'pg_class')")
    said = connection.scalar(asked, {"version": VERSION})
    try:
        held: dict[str, str] = json.loads(said or "{}")
    except ValueError:
        return {}
    return held


def _wanted(tables: Iterable[Table]) -> dict[str, str]:
    return {table.name: _digest(table) for table in tables}


def _digest(table: Table) -> str:
    return sha256("\n".join([*walls_of([table]), *rights_of(table, OWNER)]).encode()).hexdigest()[:16]


def _carry_out(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _policy(table: Table) -> Iterator[str]:
    yield f"CREATE POLICY wall ON {table.name} USING {IN_THE_WALL}"


def _policies_of_facts(table: Table) -> Iterator[str]:
    """Let facts be read and added; one patient's go when an erasure says so."""
    yield f"CREATE POLICY wall_read ON {table.name} FOR SELECT USING {IN_THE_WALL}"
    yield f"CREATE POLICY wall_add ON {table.name} FOR INSERT WITH CHECK {IN_THE_WALL}"
    if table.name == "audit_event":
        theirs = f"({_named('patient_id')} OR {_named('actor_id')})"
        emptied = " AND ".join(f"{column} IS NULL" for column in SAID_OF_A_LINK)
        yield f"CREATE POLICY emptying ON {table.name} FOR UPDATE USING ({theirs}) WITH CHECK ({theirs} AND {emptied})"
    elif table.name not in OF_NOBODY:
        named = _named("patient_id") if "patient_id" in table.c else f"split_part({ERASING}, '/', 1) = clinic_id::text"
        yield f"CREATE POLICY erasing ON {table.name} FOR DELETE USING ({named})"


def _named(column: str) -> str:
    return f"{ERASING} = clinic_id::text || '/' || {column}::text"

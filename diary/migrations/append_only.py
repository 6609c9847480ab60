"""Facts that are added and never changed: triggers on SQLite, made again whenever a table is."""

from typing import Any, Final

FACTS: Final = ("entry", "decision", "audit_event", "baseline_by_hand", "patient_event", "clinic_rules")


def protect(op: Any, table: str) -> None:
    """Refuse UPDATE and DELETE on `table`; on PostgreSQL the role of the app has no such right."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )

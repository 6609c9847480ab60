"""Facts that are added and never changed: triggers on SQLite, made again whenever a table is."""

from typing import Any, Final

FACTS: Final = (
    "entry",
    "entry_conflict",
    "decision",
    "audit_event",
    "baseline_by_hand",
    "patient_event",
    "clinic_rules",
    "consent",
    "erasure",
    "day_note",
    "weekly_peg",
    "extra_reading",
    "diary_pause",
    "event_withdrawal",
    "staff_note",
    "global_impression",
    "transcription",
    "released_plan",
    "course_change",
)


def protect(op: Any, table: str) -> None:
    """Refuse UPDATE and DELETE on `table`; on PostgreSQL the role of the app has no such right."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


OF_PATIENT: Final = "SELECT 1 FROM erasure_permit WHERE clinic_id = OLD.clinic_id AND patient_id = OLD.patient_id"
OF_COURSE: Final = (
    "SELECT 1 FROM erasure_permit JOIN course USING (clinic_id, patient_id) "
    "WHERE clinic_id = OLD.clinic_id AND course.id = OLD.course_id"
)
OF_LINK: Final = (
    "SELECT 1 FROM erasure_permit WHERE clinic_id = OLD.clinic_id AND patient_id IN (OLD.patient_id, OLD.actor_id)"
)
ENVELOPE: Final = (
    "clinic_id", "position", "at", "actor", "actor_id", "action", "patient_id", "commitment", "previous_hash", "hash",
)  # fmt: skip


def allow_erasure(op: Any, table: str, permit: str = OF_PATIENT) -> None:
    """Let DELETE pass on a protected table for the rows of a patient for whom `permit` finds an erasure's permit."""
    _let_pass(op, table, "DELETE", permit)


def allow_emptying(op: Any) -> None:
    """Let an erasure take content and salt out of the links about its patient, and touch nothing else of them."""
    same = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in ENVELOPE)
    emptied = f"NEW.content IS NULL AND NEW.salt IS NULL AND {same}"
    _let_pass(op, "audit_event", "UPDATE", OF_LINK, only=emptied)


def refuse_erasure(op: Any, table: str, change: str = "DELETE") -> None:
    """Refuse the change whoever asks, as `protect` does."""
    _let_pass(op, table, change, "SELECT 1 WHERE 0")


def _let_pass(op: Any, table: str, change: str, permit: str, *, only: str = "1") -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    op.execute(f"DROP TRIGGER {table}_no_{change.lower()}")
    op.execute(
        f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
        f"WHEN NOT ({only} AND EXISTS ({permit})) BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )

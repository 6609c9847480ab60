"""Foreign keys that carry the clinic with them, and checks on lists of words."""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, ForeignKeyConstraint


def belongs_to_clinic() -> ForeignKeyConstraint:
    """Return the key to the clinic that owns the row."""
    return ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"])


def belongs_to(table: str, column: str | None = None, *, key: str = "id") -> ForeignKeyConstraint:
    """Return the key to a row of `table` in the same clinic, held in `column` (default: the table's name + `_id`)."""
    return ForeignKeyConstraint(["clinic_id", column or f"{table}_id"], [f"{table}.clinic_id", f"{table}.{key}"])


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Return the check that `column` holds one of `words`."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")

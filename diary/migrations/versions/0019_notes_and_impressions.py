"""Notes of staff and global impressions

What staff write about a patient, what the patient says of the change as a whole, and why an event was taken back.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import allow_erasure, protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PROTECTED = ("staff_note", "global_impression")


def upgrade() -> None:
    op.add_column("event_withdrawal", sa.Column("reason", sa.String(length=500), nullable=True))
    _of_patient(
        "staff_note",
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("takes_back", sa.Uuid(), nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(words) >= 1", name=op.f("ck_staff_note_words_there")),
        sorted_by="written_at",
    )
    _of_patient(
        "global_impression",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("takes_back", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "answer IS NULL OR answer BETWEEN 1 AND 7", name=op.f("ck_global_impression_answer_in_range")
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (takes_back IS NOT NULL)", name=op.f("ck_global_impression_answer_or_taken_back")
        ),
        sa.CheckConstraint("how IN ('visit', 'phone')", name=op.f("ck_global_impression_how_known")),
        sorted_by="day",
    )
    for table in PROTECTED:
        protect(op, table)
        allow_erasure(op, table)


def _of_patient(table: str, *parts: Any, sorted_by: str) -> None:
    op.create_table(
        table,
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        *parts,
        _key(table, "patient_id", "patient"),
        _key(table, "member_id", "member"),
        _key(table, "takes_back", table),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f(f"pk_{table}")),
    )
    for columns, unique in ((("patient_id", sorted_by), False), (("takes_back",), True)):
        name = "_".join(("ix", table, "clinic_id", *columns))
        op.create_index(op.f(name), table, ["clinic_id", *columns], unique=unique)


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["clinic_id", column], [f"{to}.clinic_id", f"{to}.id"], name=op.f(f"fk_{table}_clinic_id_{column}")
    )


def downgrade() -> None:
    for table in reversed(PROTECTED):
        op.drop_table(table)
    op.drop_column("event_withdrawal", "reason")

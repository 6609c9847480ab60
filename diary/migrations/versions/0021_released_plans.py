"""Released plans, and where an entry on paper came from

Plans in plain words that patients read; the sheet or call behind an entry that staff wrote in; and of a decision the one
that it reverses, and the medicine it changes to.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import allow_erasure, protect

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PROTECTED = ("transcription", "released_plan")


def upgrade() -> None:
    op.add_column("decision", sa.Column("reverses", sa.Uuid(), nullable=True))
    op.add_column("decision", sa.Column("medicine", sa.String(length=40), nullable=True))
    op.create_index(op.f("ix_decision_clinic_id_reverses"), "decision", ["clinic_id", "reverses"], unique=True)
    _make_transcription()
    _make_released_plan()
    for table in PROTECTED:
        protect(op, table)
        allow_erasure(op, table)


def _make_transcription() -> None:
    op.create_table(
        "transcription",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("sending", sa.Uuid(), nullable=False),
        sa.Column("written_from", sa.String(length=10), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("member_name", sa.String(length=120), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("written_from IN ('sheet', 'call')", name=op.f("ck_transcription_written_from_known")),
        _key("transcription", "patient"),
        _key("transcription", "entry"),
        _key("transcription", "member"),
        sa.PrimaryKeyConstraint("clinic_id", "entry_id", name=op.f("pk_transcription")),
    )
    _index("transcription", "patient_id", "sending")


def _make_released_plan() -> None:
    op.create_table(
        "released_plan",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("member_name", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_released_plan_revision_counts")),
        sa.CheckConstraint("taken_back = (words = '')", name=op.f("ck_released_plan_words_or_taken_back")),
        _key("released_plan", "patient"),
        _key("released_plan", "decision"),
        _key("released_plan", "member"),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_released_plan")),
    )
    _index("released_plan", "decision_id", "revision", unique=True)
    _index("released_plan", "patient_id")


def _key(table: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["clinic_id", f"{to}_id"],
        [f"{to}.clinic_id", f"{to}.id"],
        name=op.f(f"fk_{table}_clinic_id_{to}_id"),
    )


def _index(table: str, *columns: str, **kind: Any) -> None:
    name = "_".join(("ix", table, "clinic_id", *columns))
    op.create_index(op.f(name), table, ["clinic_id", *columns], **kind)


def downgrade() -> None:
    for table in reversed(PROTECTED):
        op.drop_table(table)
    op.drop_index(op.f("ix_decision_clinic_id_reverses"), "decision")
    op.drop_column("decision", "medicine")
    op.drop_column("decision", "reverses")

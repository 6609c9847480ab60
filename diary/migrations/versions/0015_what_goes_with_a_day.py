"""What goes with a day

Optional extras, PEG, other scores of the same day, pauses, events that were taken back; and what the clinic sets for them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import allow_erasure, protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
PROTECTED = ("day_note", "weekly_peg", "extra_reading", "diary_pause", "event_withdrawal")
ALL_OR_NONE = "(pain IS NULL) = (enjoyment IS NULL) AND (pain IS NULL) = (activity IS NULL)"


def upgrade() -> None:
    op.add_column("clinic", sa.Column("notes_since", MOMENT, nullable=True))
    op.add_column("clinic", sa.Column("working_days", sa.String(length=200), nullable=True))
    op.add_column("patient_event", sa.Column("client_ref", sa.Uuid(), nullable=True))
    op.add_column("patient_event", sa.Column("due_day", sa.Date(), nullable=True))
    _unique("patient_event", "patient_id", "client_ref")
    _make_day_note()
    _make_weekly_peg()
    _make_extra_reading()
    _make_diary_pause()
    _make_event_withdrawal()
    for table in PROTECTED:
        protect(op, table)
        allow_erasure(op, table)


def _make_day_note() -> None:
    _of_patient(
        "day_note",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("worst", sa.Integer(), nullable=True),
        sa.Column("sleep", sa.Integer(), nullable=True),
        sa.Column("side_effects", sa.String(length=200), nullable=False),
        sa.Column("medicine_changed", sa.Boolean(), nullable=False),
        sa.Column("happened", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        _in_range("day_note", "worst"),
        _in_range("day_note", "sleep"),
        _revision_counts("day_note"),
    )
    _unique("day_note", "patient_id", "day", "revision")
    _unique("day_note", "patient_id", "client_ref")


def _make_weekly_peg() -> None:
    items = ("pain", "enjoyment", "activity")
    _of_patient(
        "weekly_peg",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        *(sa.Column(item, sa.Integer(), nullable=True) for item in items),
        sa.Column("written_at", MOMENT, nullable=False),
        *(_in_range("weekly_peg", item) for item in items),
        _revision_counts("weekly_peg"),
        sa.CheckConstraint(ALL_OR_NONE, name=op.f("ck_weekly_peg_all_or_none")),
    )
    _unique("weekly_peg", "patient_id", "day", "revision")
    _unique("weekly_peg", "patient_id", "client_ref")


def _make_extra_reading() -> None:
    _of_patient(
        "extra_reading",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("felt_at", MOMENT, nullable=True),
        sa.Column("takes_back", sa.Uuid(), nullable=True),
        sa.Column("written_at", MOMENT, nullable=False),
        _in_range("extra_reading", "score"),
        sa.CheckConstraint(
            "(score IS NULL) = (takes_back IS NOT NULL)", name=op.f("ck_extra_reading_score_or_taken_back")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "takes_back"],
            ["extra_reading.clinic_id", "extra_reading.id"],
            name=op.f("fk_extra_reading_clinic_id_takes_back"),
        ),
    )
    op.create_index(
        op.f("ix_extra_reading_clinic_id_patient_id_day"), "extra_reading", ["clinic_id", "patient_id", "day"]
    )
    _unique("extra_reading", "patient_id", "client_ref")
    _unique("extra_reading", "takes_back")


def _make_diary_pause() -> None:
    _of_patient(
        "diary_pause",
        sa.Column("pause_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.CheckConstraint("reason IN ('hospital', 'holiday', 'other')", name=op.f("ck_diary_pause_reason_known")),
        _revision_counts("diary_pause"),
        sa.CheckConstraint("last_day IS NULL OR first_day <= last_day", name=op.f("ck_diary_pause_days_in_order")),
    )
    _unique("diary_pause", "patient_id", "pause_id", "revision")
    _unique("diary_pause", "patient_id", "client_ref")


def _make_event_withdrawal() -> None:
    op.create_table(
        "event_withdrawal",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("taken_back_at", MOMENT, nullable=False),
        sa.Column("taken_back_by", sa.Uuid(), nullable=True),
        _key_to_patient("event_withdrawal"),
        sa.ForeignKeyConstraint(
            ["clinic_id", "event_id"],
            ["patient_event.clinic_id", "patient_event.id"],
            name=op.f("fk_event_withdrawal_clinic_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "event_id", name=op.f("pk_event_withdrawal")),
    )
    op.create_index(op.f("ix_event_withdrawal_clinic_id_patient_id"), "event_withdrawal", ["clinic_id", "patient_id"])


def _of_patient(table: str, *parts: Any) -> None:
    op.create_table(
        table,
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *parts,
        _key_to_patient(table),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f(f"pk_{table}")),
    )


def _key_to_patient(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["clinic_id", "patient_id"],
        ["patient.clinic_id", "patient.id"],
        name=op.f(f"fk_{table}_clinic_id_patient_id"),
    )


def _in_range(table: str, column: str) -> sa.CheckConstraint:
    words = f"{column} IS NULL OR {column} BETWEEN 0 AND 10"
    return sa.CheckConstraint(words, name=op.f(f"ck_{table}_{column}_in_range"))


def _revision_counts(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("revision >= 1", name=op.f(f"ck_{table}_revision_counts"))


def _unique(table: str, *columns: str) -> None:
    name = "_".join(("ix", table, "clinic_id", *columns))
    op.create_index(op.f(name), table, ["clinic_id", *columns], unique=True)


def downgrade() -> None:
    for table in reversed(PROTECTED):
        op.drop_table(table)
    op.drop_index(op.f("ix_patient_event_clinic_id_patient_id_client_ref"), "patient_event")
    op.drop_column("patient_event", "due_day")
    op.drop_column("patient_event", "client_ref")
    op.drop_column("clinic", "working_days")
    op.drop_column("clinic", "notes_since")

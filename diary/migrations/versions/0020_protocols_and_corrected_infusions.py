"""Protocols of a clinic, more about courses and infusions, and what was changed of them

A course that is planned already asks for the week before, as its patient reads until now.
"""

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import allow_erasure, protect

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CHANGES = "'corrected', 'moved', 'cancelled', 'planned_anyway', 'infusion_corrected', 'infusion_taken_back'"


def upgrade() -> None:
    _make_protocol()
    op.add_column("course", sa.Column("asks_baseline", sa.Boolean(), nullable=True))
    op.add_column("course", sa.Column("from_notes", sa.Boolean(), nullable=True))
    op.add_column("course", sa.Column("remark", sa.String(length=500), nullable=True))
    op.add_column("infusion", sa.Column("side_effects", sa.String(length=200), nullable=True))
    op.add_column("infusion", sa.Column("side_effect_words", sa.String(length=500), nullable=True))
    op.add_column("infusion", sa.Column("taken_back_at", MOMENT, nullable=True))
    op.execute("UPDATE course SET asks_baseline = (status = 'planned'), from_notes = false, remark = ''")
    op.execute("UPDATE infusion SET side_effects = '', side_effect_words = ''")
    _make_course_protocol()
    _make_course_change()
    protect(op, "course_change")
    allow_erasure(op, "course_change")


def _make_protocol() -> None:
    op.create_table(
        "protocol",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("medicines", sa.String(length=200), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("dose_range", sa.String(length=200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("retired_at", MOMENT, nullable=True),
        sa.CheckConstraint("unit IN ('mg', 'mg/h', 'mg/kg/h', 'g/kg')", name=op.f("ck_protocol_unit_known")),
        sa.CheckConstraint("days BETWEEN 1 AND 60", name=op.f("ck_protocol_days_plausible")),
        sa.CheckConstraint("hours IS NULL OR hours BETWEEN 1 AND 2400", name=op.f("ck_protocol_hours_plausible")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_protocol_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_protocol")),
    )
    op.create_index(op.f("ix_protocol_clinic_id_name"), "protocol", ["clinic_id", "name"])


def _make_course_protocol() -> None:
    op.create_table(
        "course_protocol",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("protocol_id", sa.Uuid(), nullable=False),
        _key("course_protocol", "course"),
        _key("course_protocol", "protocol"),
        sa.PrimaryKeyConstraint("clinic_id", "course_id", name=op.f("pk_course_protocol")),
    )


def _make_course_change() -> None:
    op.create_table(
        "course_change",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("infusion_id", sa.Uuid(), nullable=True),
        sa.Column("changed", sa.String(length=20), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(f"changed IN ({CHANGES})", name=op.f("ck_course_change_changed_known")),
        *(_key("course_change", other) for other in ("patient", "course", "infusion")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_course_change")),
    )
    op.create_index(op.f("ix_course_change_clinic_id_patient_id"), "course_change", ["clinic_id", "patient_id"])


def _key(table: str, other: str) -> sa.ForeignKeyConstraint:
    columns = ["clinic_id", f"{other}_id"]
    name = op.f(f"fk_{table}_clinic_id_{other}_id")
    return sa.ForeignKeyConstraint(columns, [f"{other}.clinic_id", f"{other}.id"], name=name)


def downgrade() -> None:
    op.drop_table("course_change")
    op.drop_table("course_protocol")
    for column in ("taken_back_at", "side_effect_words", "side_effects"):
        op.drop_column("infusion", column)
    for column in ("remark", "from_notes", "asks_baseline"):
        op.drop_column("course", column)
    op.drop_table("protocol")

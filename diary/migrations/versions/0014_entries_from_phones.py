"""Entries from phones

The wording that is fixed for each patient, and second numbers that came under the name of a stored entry.
"""

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import allow_erasure, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("patient", sa.Column("wording", sa.String(length=20), nullable=True))
    op.create_table(
        "entry_conflict",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("said", sa.String(length=20), nullable=False),
        sa.Column("item_version", sa.String(length=40), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=False),
        sa.Column("clock_error_seconds", sa.Integer(), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name=op.f("ck_entry_conflict_score_in_range")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_entry_conflict_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_entry_conflict")),
    )
    op.create_index(
        op.f("ix_entry_conflict_clinic_id_patient_id_client_ref_said"),
        "entry_conflict",
        ["clinic_id", "patient_id", "client_ref", "said"],
        unique=True,
    )
    protect(op, "entry_conflict")
    allow_erasure(op, "entry_conflict")


def downgrade() -> None:
    op.drop_table("entry_conflict")
    op.drop_column("patient", "wording")

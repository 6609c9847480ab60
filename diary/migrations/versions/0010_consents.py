"""Consents

What patients agreed to, in which words, and what they withdrew.
"""

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import protect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("said", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("how IN ('self', 'paper')", name=op.f("ck_consent_how_known")),
        sa.CheckConstraint("purpose IN ('diary', 'research')", name=op.f("ck_consent_purpose_known")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_consent_revision_counts")),
        sa.CheckConstraint("said IN ('given', 'withdrawn')", name=op.f("ck_consent_said_known")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_consent_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "recorded_by"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_consent_clinic_id_recorded_by"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_consent")),
    )
    op.create_index(
        op.f("ix_consent_clinic_id_patient_id_purpose_revision"),
        "consent",
        ["clinic_id", "patient_id", "purpose", "revision"],
        unique=True,
    )
    protect(op, "consent")


def downgrade() -> None:
    op.drop_table("consent")

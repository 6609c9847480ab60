"""Protected diaries

Diaries opened only by the responsible clinician, and glass broken with a reason.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
CLOSED = "ix_patient_summary_closed"
OF_CLOSED = ["clinic_id", "on_worklist", "protected_at", "search_name", "patient_id"]


def upgrade() -> None:
    op.add_column("patient", sa.Column("protected_at", MOMENT, nullable=True))
    op.add_column("patient_summary", sa.Column("protected_at", MOMENT, nullable=True))
    op.create_index(CLOSED, "patient_summary", OF_CLOSED)
    op.create_table(
        "break_glass",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("broken_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("review_outcome", sa.String(length=20), nullable=True),
        sa.Column("review_words", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "review_outcome IN ('justified', 'not justified')", name=op.f("ck_break_glass_review_outcome_known")
        ),
        sa.CheckConstraint("broken_at < ends_at", name=op.f("ck_break_glass_ends_later")),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (review_outcome IS NULL) AND (reviewed_at IS NULL) = (reviewed_by IS NULL)",
            name=op.f("ck_break_glass_reviewed_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_break_glass_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_break_glass_clinic_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "reviewed_by"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_break_glass_clinic_id_reviewed_by"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_break_glass")),
    )
    op.create_index(
        op.f("ix_break_glass_clinic_id_patient_id_ends_at"), "break_glass", ["clinic_id", "patient_id", "ends_at"]
    )
    op.create_index(
        op.f("ix_break_glass_clinic_id_reviewed_at_broken_at"), "break_glass", ["clinic_id", "reviewed_at", "broken_at"]
    )


def downgrade() -> None:
    op.drop_table("break_glass")
    op.drop_index(CLOSED, "patient_summary")
    op.drop_column("patient_summary", "protected_at")
    op.drop_column("patient", "protected_at")

"""Course outcomes

What came of each course, for the groups. The day of every summary is called over, so that the jobs and the next look
at the worklist or at the groups make the outcomes of the patients who are there already.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course_outcome",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("medicine", sa.String(length=40), nullable=False),
        sa.Column("medicines", sa.String(length=200), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.Column("baseline", sa.String(length=40), nullable=True),
        sa.Column("weeks", sa.JSON(), nullable=False),
        sa.Column("later_weeks", sa.JSON(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=True),
        sa.Column("relief", sa.String(length=20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("followed", sa.Integer(), nullable=True),
        sa.Column("back_at_baseline", sa.Integer(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "relief IN ('too_early', 'none', 'running', 'lost', 'ended_by_course', 'cannot_say')",
            name=op.f("ck_course_outcome_relief_known"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "course_id"],
            ["course.clinic_id", "course.id"],
            name=op.f("fk_course_outcome_clinic_id_course_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_course_outcome_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", "course_id", name=op.f("pk_course_outcome")),
    )
    op.execute("UPDATE patient_summary SET true_until = '2000-01-01 00:00:00.000000'")


def downgrade() -> None:
    op.drop_table("course_outcome")

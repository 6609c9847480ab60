"""Clinic calibrations

What a clinic's finished courses taught its forecast; learned by a job.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clinic_calibration",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.Column("ranks", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_clinic_calibration_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_clinic_calibration")),
    )


def downgrade() -> None:
    op.drop_table("clinic_calibration")

"""Patient forecasts

Made by a job; every patient who is there already wants one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "patient_forecast",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("wanted_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("course_day_0", sa.Date(), nullable=True),
        sa.Column("p10", sa.Integer(), nullable=True),
        sa.Column("p50", sa.Integer(), nullable=True),
        sa.Column("p90", sa.Integer(), nullable=True),
        sa.Column("p_loss_14d", sa.Float(), nullable=True),
        sa.Column("beyond_horizon", sa.Float(), nullable=True),
        sa.Column("silent", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_forecast_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_patient_forecast")),
    )
    with op.batch_alter_table("patient_forecast", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_forecast_clinic_id_wanted_since"), ["clinic_id", "wanted_since"], unique=False
        )

    op.execute(
        "INSERT INTO patient_forecast (clinic_id, patient_id, wanted, wanted_since) "
        "SELECT clinic_id, patient_id, 1, true_until FROM patient_summary"
    )


def downgrade() -> None:
    with op.batch_alter_table("patient_forecast", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_forecast_clinic_id_wanted_since"))

    op.drop_table("patient_forecast")

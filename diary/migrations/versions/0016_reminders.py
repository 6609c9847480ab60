"""Reminders

How patients want to be reminded, and the reminders that were planned.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reminder_setting",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_confirmed_at", MOMENT, nullable=True),
        sa.Column("confirm_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("confirm_until", MOMENT, nullable=True),
        sa.Column("stop_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("feed_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("next_day", sa.Date(), nullable=True),
        sa.Column("next_number", sa.Integer(), nullable=True),
        sa.CheckConstraint("hour BETWEEN 4 AND 27", name=op.f("ck_reminder_setting_hour_of_the_diary_day")),
        sa.CheckConstraint("next_number IN (1, 2)", name=op.f("ck_reminder_setting_next_number_known")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_reminder_setting_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_reminder_setting")),
    )
    op.create_index(op.f("ix_reminder_setting_clinic_id_next_at"), "reminder_setting", ["clinic_id", "next_at"])
    for secret in ("confirm_hash", "stop_hash", "feed_hash"):
        op.create_index(
            op.f(f"ix_reminder_setting_clinic_id_{secret}"), "reminder_setting", ["clinic_id", secret], unique=True
        )
    op.create_table(
        "reminder",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'push')", name=op.f("ck_reminder_channel_known")),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_reminder_number_known")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_reminder_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_reminder")),
    )
    op.create_index(op.f("ix_reminder_clinic_id_patient_id_day"), "reminder", ["clinic_id", "patient_id", "day"])
    op.create_index(op.f("ix_reminder_clinic_id_link_hash"), "reminder", ["clinic_id", "link_hash"], unique=True)
    op.create_index(op.f("ix_reminder_clinic_id_made_at"), "reminder", ["clinic_id", "made_at"])


def downgrade() -> None:
    op.drop_table("reminder")
    op.drop_table("reminder_setting")

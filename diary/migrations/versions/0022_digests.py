"""Who is mailed the counts of the morning

One row for a member who chose; messages may be digests.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BEFORE = "kind IN ('invite', 'reset', 'notice', 'reminder')"
SINCE = "kind IN ('invite', 'reset', 'notice', 'reminder', 'digest')"


def upgrade() -> None:
    op.create_table(
        "digest_setting",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_confirmed_at", MOMENT, nullable=True),
        sa.Column("confirm_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("confirm_until", MOMENT, nullable=True),
        sa.Column("stop_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("next_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_digest_setting_clinic_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "member_id", name=op.f("pk_digest_setting")),
    )
    op.create_index(op.f("ix_digest_setting_clinic_id_next_at"), "digest_setting", ["clinic_id", "next_at"])
    for column in ("confirm_hash", "stop_hash"):
        name = op.f(f"ix_digest_setting_clinic_id_{column}")
        op.create_index(name, "digest_setting", ["clinic_id", column], unique=True)
    _kinds(SINCE)


def _kinds(words: str) -> None:
    """Let messages be of other kinds; on SQLite the table is copied, with its indexes and every check."""
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_constraint(op.f("ck_outbox_kind_known"), type_="check")
        outbox.create_check_constraint(op.f("ck_outbox_kind_known"), words)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE kind = 'digest'")
    _kinds(BEFORE)
    op.drop_table("digest_setting")

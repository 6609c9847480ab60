"""Which versions of the code the schema still serves

One row for a migration that was carried out: an expansion serves older code too, a contraction names the oldest code
that it serves. Written by `diary.migrations.reach` from what each migration says of itself.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

reach = "expansion"


def upgrade() -> None:
    op.create_table(
        "schema_reach",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.Column("reach", sa.String(length=20), nullable=False),
        sa.Column("serves_since", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_reach")),
        sa.CheckConstraint("reach IN ('expansion', 'contraction')", name=op.f("ck_schema_reach_reach_known")),
    )


def downgrade() -> None:
    op.drop_table("schema_reach")

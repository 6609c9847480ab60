"""Rules are facts

A version of a clinic's rules is added and never changed: verdicts are made again from it.
"""

from alembic import op

from diary.migrations.append_only import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    protect(op, "clinic_rules")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER clinic_rules_no_update")
        op.execute("DROP TRIGGER clinic_rules_no_delete")

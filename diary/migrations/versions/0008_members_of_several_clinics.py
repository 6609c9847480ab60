"""Members of several clinics

Where the invite of a member was sent, and whether it was withdrawn; invites are found by the person they are for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PEOPLE = ("patient_id", "member_id")


def upgrade() -> None:
    op.add_column("invite", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column("invite", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    for person in PEOPLE:
        op.create_index(op.f(f"ix_invite_clinic_id_{person}"), "invite", ["clinic_id", person])


def downgrade() -> None:
    for person in PEOPLE:
        op.drop_index(op.f(f"ix_invite_clinic_id_{person}"), "invite")
    op.drop_column("invite", "withdrawn_at")
    op.drop_column("invite", "email")

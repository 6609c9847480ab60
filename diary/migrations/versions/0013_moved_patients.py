"""Signed decisions, moved patients

Signatures of decisions, codes that patients carry to another clinic, and where a moved diary comes from.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
SIGNED = (
    ("member_name", sa.String(length=120)),
    ("confirmed_at", MOMENT),
    ("confirmed_by", sa.String(length=20)),
    ("rules_digest", sa.String(length=64)),
    ("key_id", sa.String(length=32)),
    ("signature", sa.LargeBinary(length=64)),
)


def upgrade() -> None:
    for name, kind in SIGNED:
        op.add_column("decision", sa.Column(name, kind, nullable=True))
    op.create_table(
        "move_code",
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_move_code_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_move_code")),
    )
    op.create_index(op.f("ix_move_code_clinic_id_patient_id"), "move_code", ["clinic_id", "patient_id"])
    op.create_table(
        "patient_origin",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("from_clinic_id", sa.Uuid(), nullable=False),
        sa.Column("from_patient_id", sa.Uuid(), nullable=False),
        sa.Column("from_clinic", sa.String(length=120), nullable=False),
        sa.Column("from_reference", sa.String(length=64), nullable=False),
        sa.Column("consents", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("key_origin", sa.String(length=20), nullable=False),
        sa.Column("copied_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_origin_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "taken_by"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_patient_origin_clinic_id_taken_by"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_patient_origin")),
    )
    op.create_index(
        op.f("ix_patient_origin_clinic_id_from_clinic_id_from_patient_id"),
        "patient_origin",
        ["clinic_id", "from_clinic_id", "from_patient_id"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("patient_origin")
    op.drop_table("move_code")
    for name, _kind in reversed(SIGNED):
        op.drop_column("decision", name)

"""Erasures

What is left of a person who was erased: a certificate without a name. Facts stay append-only for everybody and
everything but an erasure, which holds a permit for one patient until the end of its unit.
"""

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import (
    OF_COURSE,
    allow_emptying,
    allow_erasure,
    protect,
    refuse_erasure,
)

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OF_A_PATIENT = ("entry", "decision", "patient_event", "consent")


def upgrade() -> None:
    _make_certificates()
    op.create_table(
        "erasure_request",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_erasure_request_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_erasure_request")),
    )
    op.create_table(
        "erasure_permit",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_erasure_permit_clinic_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["erasure.clinic_id", "erasure.id"],
            name=op.f("fk_erasure_permit_clinic_id_patient_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_erasure_permit")),
    )
    op.create_table(
        "retention",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("years BETWEEN 1 AND 30", name=op.f("ck_retention_years_in_range")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_retention_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_retention")),
    )
    for table in OF_A_PATIENT:
        allow_erasure(op, table)
    allow_erasure(op, "baseline_by_hand", OF_COURSE)
    allow_emptying(op)


def _make_certificates() -> None:
    op.create_table(
        "erasure",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.CheckConstraint("how IN ('self', 'paper', 'retention')", name=op.f("ck_erasure_how_known")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_erasure_clinic_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"], ["member.clinic_id", "member.id"], name=op.f("fk_erasure_clinic_id_member_id")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_clinic_id_carried_out_at"), "erasure", ["clinic_id", "carried_out_at"])
    protect(op, "erasure")


def downgrade() -> None:
    for table in (*OF_A_PATIENT, "baseline_by_hand"):
        refuse_erasure(op, table)
    refuse_erasure(op, "audit_event", "UPDATE")
    for table in ("retention", "erasure_permit", "erasure_request", "erasure"):
        op.drop_table(table)

"""The first schema

The first one: nothing comes before it.
"""

import sqlalchemy as sa
from alembic import op

from diary.migrations.append_only import protect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_name", sa.String(length=254), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_account_sign_in_name")),
    )
    op.create_table(
        "clinic",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("emergency_number", sa.String(length=20), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_clinic")),
    )
    op.create_table(
        "account_clinic",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_clinic_account_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_account_clinic_clinic_id")),
        sa.PrimaryKeyConstraint("account_id", "clinic_id", name=op.f("pk_account_clinic")),
    )
    op.create_table(
        "audit_event",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("salt", sa.LargeBinary(length=32), nullable=True),
        sa.Column("commitment", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_audit_event_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "position", name=op.f("pk_audit_event")),
    )
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_actor_id_position"),
            ["clinic_id", "actor_id", "position"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_audit_event_clinic_id_patient_id_position"),
            ["clinic_id", "patient_id", "position"],
            unique=False,
        )

    op.create_table(
        "audit_head",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_audit_head_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "clinic_rules",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_clinic_rules_version_counts")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_clinic_rules_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "version", name=op.f("pk_clinic_rules")),
    )
    op.create_table(
        "clinic_tally",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("out_of_date", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_clinic_tally_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_clinic_tally")),
    )
    op.create_table(
        "member",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('invited', 'active', 'suspended', 'left')", name=op.f("ck_member_status_known")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_member_account_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_member_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_member")),
    )
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_clinic_id_account_id"), ["clinic_id", "account_id"], unique=True)

    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_session_account_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_session_account_id"), ["account_id"], unique=False)

    op.create_table(
        "patient",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("left_handed", sa.Boolean(), nullable=False),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("life_cycle", sa.String(length=20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "life_cycle IN ('active', 'paused', 'discharged', 'moved', 'died')",
            name=op.f("ck_patient_life_cycle_known"),
        ),
        sa.CheckConstraint(
            "birth_year IS NULL OR birth_year BETWEEN 1880 AND 2100",
            name=op.f("ck_patient_birth_year_plausible"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_patient_account_id")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "responsible_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_patient_clinic_id_responsible_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_patient_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_patient")),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_clinic_id_account_id"), ["clinic_id", "account_id"], unique=True)
        batch_op.create_index(batch_op.f("ix_patient_clinic_id_reference"), ["clinic_id", "reference"], unique=True)

    op.create_table(
        "course",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("medicines", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("status IN ('planned', 'given', 'cancelled')", name=op.f("ck_course_status_known")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_course_days_in_order")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_course_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_course")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_course_clinic_id_patient_id_first_day"),
            ["clinic_id", "patient_id", "first_day"],
            unique=False,
        )

    op.create_table(
        "decision",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("next_step", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("shown_digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "kind IN ('repeat', 'wait', 'change', 'stop', 'other')", name=op.f("ck_decision_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_decision_clinic_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_decision_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_decision_clinic_id_patient_id_decided_at"),
            ["clinic_id", "patient_id", "decided_at"],
            unique=False,
        )

    op.create_table(
        "entry",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("client_ref", sa.Uuid(), nullable=False),
        sa.Column("item_version", sa.String(length=40), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("utc_offset_minutes", sa.Integer(), nullable=True),
        sa.Column("clock_error_seconds", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("days_late", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "source IN ('self', 'late', 'staff', 'paper', 'import')", name=op.f("ck_entry_source_known")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_entry_revision_counts")),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 0 AND 10", name=op.f("ck_entry_score_in_range")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_entry_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_entry")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_entry_clinic_id_patient_id_client_ref"),
            ["clinic_id", "patient_id", "client_ref"],
            unique=True,
        )
        batch_op.create_index(
            batch_op.f("ix_entry_clinic_id_patient_id_day_revision"),
            ["clinic_id", "patient_id", "day", "revision"],
            unique=True,
        )

    op.create_table(
        "invite",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('patient', 'member')", name=op.f("ck_invite_purpose_known")),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_invite_clinic_id_member_id"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_invite_clinic_id_patient_id"),
        ),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.clinic_id"], name=op.f("fk_invite_clinic_id")),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_invite")),
    )
    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invite_clinic_id_token_hash"), ["clinic_id", "token_hash"], unique=True)

    op.create_table(
        "patient_event",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('wearing_off', 'liver_test', 'intercurrent_event', 'co_treatment_changed', 'high_scores')",
            name=op.f("ck_patient_event_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_event_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_patient_event")),
    )
    with op.batch_alter_table("patient_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_event_clinic_id_patient_id_day"),
            ["clinic_id", "patient_id", "day"],
            unique=False,
        )

    op.create_table(
        "patient_summary",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("search_name", sa.String(length=240), nullable=False),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("on_worklist", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("medicine", sa.String(length=40), nullable=True),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("order_day", sa.Date(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("true_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('NO_COURSE', 'IN_COURSE', 'SETTLING', 'AWAITING_RESPONSE', 'HOLDING', 'DUE_SOON', 'REPEAT_DUE', 'NEVER_SETTLED', 'NON_RESPONDER', 'NOT_ENOUGH_DATA')",
            name=op.f("ck_patient_summary_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_summary_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", name=op.f("pk_patient_summary")),
    )
    with op.batch_alter_table("patient_summary", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_patient_summary_clinic_id_true_until"), ["clinic_id", "true_until"], unique=False
        )
        batch_op.create_index(
            "ix_patient_summary_state",
            ["clinic_id", "on_worklist", "state", "band", "rank", "order_day", "reference", "patient_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_patient_summary_worklist",
            ["clinic_id", "on_worklist", "band", "rank", "order_day", "reference", "patient_id"],
            unique=False,
        )

    op.create_table(
        "patient_tag",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_tag_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", "tag", name=op.f("pk_patient_tag")),
    )
    with op.batch_alter_table("patient_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_tag_clinic_id_tag"), ["clinic_id", "tag"], unique=False)

    op.create_table(
        "patient_zone",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_patient_zone_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", "valid_from", name=op.f("pk_patient_zone")),
    )
    op.create_table(
        "baseline_by_hand",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "value IS NULL OR value BETWEEN 0 AND 1000", name=op.f("ck_baseline_by_hand_value_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "course_id"],
            ["course.clinic_id", "course.id"],
            name=op.f("fk_baseline_by_hand_clinic_id_course_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_baseline_by_hand")),
    )
    with op.batch_alter_table("baseline_by_hand", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_baseline_by_hand_clinic_id_course_id"), ["clinic_id", "course_id"], unique=False
        )

    op.create_table(
        "infusion",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("medicine", sa.String(length=40), nullable=False),
        sa.Column("dose", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("weight_kg", sa.Integer(), nullable=True),
        sa.Column("remark", sa.String(length=500), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "medicine IN ('bisphosphonate', 'clonidine', 'dexmedetomidine', 'immunoglobulin', 'ketamine', 'ketamine-single', 'lidocaine', 'magnesium', 'other')",
            name=op.f("ck_infusion_medicine_known"),
        ),
        sa.CheckConstraint("unit IN ('mg', 'mg/h', 'mg/kg/h', 'g/kg')", name=op.f("ck_infusion_unit_known")),
        sa.CheckConstraint("dose IS NULL OR dose > 0", name=op.f("ck_infusion_dose_positive")),
        sa.CheckConstraint("hours IS NULL OR hours BETWEEN 1 AND 24000", name=op.f("ck_infusion_hours_plausible")),
        sa.CheckConstraint(
            "weight_kg IS NULL OR weight_kg BETWEEN 100 AND 40000", name=op.f("ck_infusion_weight_plausible")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id", "course_id"],
            ["course.clinic_id", "course.id"],
            name=op.f("fk_infusion_clinic_id_course_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_infusion")),
    )
    with op.batch_alter_table("infusion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_infusion_clinic_id_course_id_day"), ["clinic_id", "course_id", "day"], unique=False
        )

    for table in ("entry", "decision", "audit_event", "baseline_by_hand", "patient_event"):
        protect(op, table)


def downgrade() -> None:
    with op.batch_alter_table("infusion", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_infusion_clinic_id_course_id_day"))

    op.drop_table("infusion")
    with op.batch_alter_table("baseline_by_hand", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_baseline_by_hand_clinic_id_course_id"))

    op.drop_table("baseline_by_hand")
    op.drop_table("patient_zone")
    with op.batch_alter_table("patient_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_tag_clinic_id_tag"))

    op.drop_table("patient_tag")
    with op.batch_alter_table("patient_summary", schema=None) as batch_op:
        batch_op.drop_index("ix_patient_summary_worklist")
        batch_op.drop_index("ix_patient_summary_state")
        batch_op.drop_index(batch_op.f("ix_patient_summary_clinic_id_true_until"))

    op.drop_table("patient_summary")
    with op.batch_alter_table("patient_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_event_clinic_id_patient_id_day"))

    op.drop_table("patient_event")
    with op.batch_alter_table("invite", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invite_clinic_id_token_hash"))

    op.drop_table("invite")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_clinic_id_patient_id_day_revision"))
        batch_op.drop_index(batch_op.f("ix_entry_clinic_id_patient_id_client_ref"))

    op.drop_table("entry")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decision_clinic_id_patient_id_decided_at"))

    op.drop_table("decision")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_clinic_id_patient_id_first_day"))

    op.drop_table("course")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_clinic_id_reference"))
        batch_op.drop_index(batch_op.f("ix_patient_clinic_id_account_id"))

    op.drop_table("patient")
    with op.batch_alter_table("session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_account_id"))

    op.drop_table("session")
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_member_clinic_id_account_id"))

    op.drop_table("member")
    op.drop_table("clinic_tally")
    op.drop_table("clinic_rules")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_patient_id_position"))
        batch_op.drop_index(batch_op.f("ix_audit_event_clinic_id_actor_id_position"))

    op.drop_table("audit_event")
    op.drop_table("account_clinic")
    op.drop_table("clinic")
    op.drop_table("account")

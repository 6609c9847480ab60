"""Words and views of the worklist

What a search looks in, when a chair is likely needed, and filters that a member gave a name.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WORD = sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql")
PLACE = ("band", "rank", "order_day", "reference", "patient_id")
INDEXES = {
    "medicine": ("clinic_id", "on_worklist", "medicine", *PLACE),
    "responsible": ("clinic_id", "on_worklist", "responsible_id", *PLACE),
    "chairs": ("clinic_id", "on_worklist", "chair_on", "medicine", "patient_id"),
}
RIGHT_UNTIL = sa.text("UPDATE patient_summary SET true_until = '2000-01-01 00:00:00.000000'")
"""Every line is made again by the first pass of the jobs, which gives it the day of its chair."""


def upgrade() -> None:
    op.add_column("patient_summary", sa.Column("book_by", sa.Date(), nullable=True))
    op.add_column("patient_summary", sa.Column("chair_on", sa.Date(), nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(op.f(f"ix_patient_summary_{name}"), "patient_summary", list(columns))
    op.add_column("clinic_tally", sa.Column("chairs", sa.JSON(), nullable=True))
    _make_words()
    _make_views()
    op.create_index(
        op.f("ix_decision_clinic_id_member_id_decided_at"), "decision", ["clinic_id", "member_id", "decided_at"]
    )
    op.execute(RIGHT_UNTIL)


def _make_words() -> None:
    op.create_table(
        "worklist_word",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "patient_id"],
            ["patient.clinic_id", "patient.id"],
            name=op.f("fk_worklist_word_clinic_id_patient_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "patient_id", "word", name=op.f("pk_worklist_word")),
    )
    op.create_index(
        op.f("ix_worklist_word_clinic_id_word_patient_id"), "worklist_word", ["clinic_id", "word", "patient_id"]
    )
    _fill_words()


def _fill_words() -> None:
    """Give every line its words at once: a search finds everybody from the first page on."""
    line = sa.table("patient_summary", *map(sa.column, ("clinic_id", "patient_id", "name", "reference")))
    words = sa.table("worklist_word", *map(sa.column, ("clinic_id", "patient_id", "word")))
    connection = op.get_bind()
    for some in connection.execute(sa.select(line)).partitions(1000):
        rows = [
            {"clinic_id": row.clinic_id, "patient_id": row.patient_id, "word": word}
            for row in some
            for word in _begins(row.name.casefold(), row.reference.casefold())
        ]
        if rows:
            connection.execute(sa.insert(words), rows)


def _begins(name: str, reference: str) -> set[str]:
    later = {name[place + 1 :] for place, letter in enumerate(name) if letter == " "}
    return {word[:80] for word in (name, reference, *later) if word}


def _make_views() -> None:
    op.create_table(
        "saved_view",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id", "member_id"],
            ["member.clinic_id", "member.id"],
            name=op.f("fk_saved_view_clinic_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("clinic_id", "id", name=op.f("pk_saved_view")),
    )
    op.create_index(
        op.f("ix_saved_view_clinic_id_member_id_name"), "saved_view", ["clinic_id", "member_id", "name"], unique=True
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_decision_clinic_id_member_id_decided_at"), "decision")
    op.drop_table("saved_view")
    op.drop_table("worklist_word")
    op.drop_column("clinic_tally", "chairs")
    for name in INDEXES:
        op.drop_index(op.f(f"ix_patient_summary_{name}"), "patient_summary")
    op.drop_column("patient_summary", "chair_on")
    op.drop_column("patient_summary", "book_by")

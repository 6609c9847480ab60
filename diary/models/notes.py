"""What staff write about a patient: notes, and the patient's global impression of change as they said it.

Both are append-only: taking one back is a row of its own, which says why. Nothing of it is ever counted by the rules,
and a note is never shown to the patient.
"""

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to
from diary.models.types import ClinicId, Id, Moment
from diary.vocabulary import LONGEST_NOTE


def _takes_back(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["clinic_id", "takes_back"], [f"{table}.clinic_id", f"{table}.id"])


class StaffNote(Base):
    """A note of a member of staff; with `takes_back` it takes that note back, and `words` say why."""

    __tablename__ = "staff_note"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member"),
        _takes_back("staff_note"),
        CheckConstraint("length(words) >= 1", name="words_there"),
        Index(None, "clinic_id", "patient_id", "written_at"),
        Index(None, "clinic_id", "takes_back", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    words: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    takes_back: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    written_at: Mapped[Moment]


class GlobalImpression(Base):
    """How much a patient says that they have changed since before the course, 1 very much better to 7 very much worse.

    `how` is where they said it, at a visit or on the phone. With `takes_back` the row takes that one back: it has no
    answer, and `reason` says why.
    """

    __tablename__ = "global_impression"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("member"),
        _takes_back("global_impression"),
        CheckConstraint("answer IS NULL OR answer BETWEEN 1 AND 7", name="answer_in_range"),
        CheckConstraint("(answer IS NULL) = (takes_back IS NOT NULL)", name="answer_or_taken_back"),
        CheckConstraint("how IN ('visit', 'phone')", name="how_known"),
        Index(None, "clinic_id", "patient_id", "day"),
        Index(None, "clinic_id", "takes_back", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    answer: Mapped[int | None] = mapped_column(Integer)
    how: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    takes_back: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    recorded_at: Mapped[Moment]

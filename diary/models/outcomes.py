"""What came of each course: what the groups are made from."""

import uuid
from datetime import date
from fractions import Fraction

from sqlalchemy import JSON, Boolean, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.clinical.relief import ReliefIs
from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Ratio, Words


class CourseOutcome(Base):
    """One started course, written together with the patient's summary, and out of date when that is.

    `weeks` holds the means of weeks 1-12 after day 0 in 1/420 points, null where there is none, so that 30 % relief is
    decided exactly; `later_weeks` those of weeks 13-52, which are seldom read. `confirmed`, `days`, `followed` and
    `back_at_baseline` are days t.
    """

    __tablename__ = "course_outcome"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("course"),
        one_of("relief", ReliefIs),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    course_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    medicine: Mapped[str] = mapped_column(String(40))
    medicines: Mapped[tuple[str, ...]] = mapped_column(Words)
    first_day: Mapped[date]
    last_day: Mapped[date]
    judged: Mapped[bool] = mapped_column(Boolean)
    baseline: Mapped[Fraction | None] = mapped_column(Ratio)
    weeks: Mapped[list[int | None]] = mapped_column(JSON)
    later_weeks: Mapped[list[int | None]] = mapped_column(JSON)
    confirmed: Mapped[int | None] = mapped_column(Integer)
    relief: Mapped[str] = mapped_column(String(20))
    days: Mapped[int | None] = mapped_column(Integer)
    followed: Mapped[int | None] = mapped_column(Integer)
    back_at_baseline: Mapped[int | None] = mapped_column(Integer)
    as_of: Mapped[date]
